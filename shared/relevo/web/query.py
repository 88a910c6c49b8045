"""What may stand behind the `?` of an address: what the route knows, and nothing else.

A filter that is mistyped would otherwise be passed over, and a list would show what it was meant to leave out.
"""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from relevo.errors import BadInput
from relevo.web.access import CurrentUser


async def known_query(request: Request, _user: CurrentUser) -> None:
    """Depend on this to refuse what a route does not know; only those who may ask are told what it does.

    It waits for nothing, so it needs no thread.

    Raises:
        Unauthenticated: without a token, first.
        BadInput: for any other name; names that were given are not repeated, for they may be anything.
    """
    if not request.query_params:
        return
    route: APIRoute = request.scope["route"]
    known = set(_names(route.dependant))
    if not request.query_params.keys() <= known:
        told = f"known are: {', '.join(sorted(known))}" if known else "nothing is known there"
        raise BadInput(f"something behind the ? of the address is not known here; {told}", field="query")


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for one in dependant.dependencies:
        yield from _names(one)
