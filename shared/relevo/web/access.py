"""Who asks: the bearer token of a request, as a user (RFC 6750, section 2.1)."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from relevo.delivery.node import Node
from relevo.errors import Unauthenticated
from relevo.storage import users
from relevo.storage.unit_of_work import User

_bearer = HTTPBearer(auto_error=False, description="The token that `user add` printed.")


def node_of(request: Request) -> Node:
    """The node that a request was sent to."""
    node: Node = request.app.state.node
    return node


def _user(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> User:
    if given is None:
        raise Unauthenticated
    with node_of(request).look() as work:
        return users.by_token(work.session, given.credentials)


CurrentUser: TypeAlias = Annotated[User, Depends(_user)]
"""The user whose token the request carries; 401 without one."""
