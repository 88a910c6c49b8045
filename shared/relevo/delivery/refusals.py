"""What was refused, as an administrator reads it: the exact code, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from relevo.domain.access import Act
from relevo.errors import RelevoError
from relevo.storage import refused
from relevo.storage.unit_of_work import UnitOfWork

STRANGER = "Nothing to do: it is not from a registered peer. If there are very many, tell whoever runs your network."


@dataclass(frozen=True, kw_only=True)
class RefusedItem:
    """One line: when last, from whom (None: strangers), why, the digest of what came, how often that day, what next."""

    at: datetime
    peer: str | None
    code: str
    digest: str | None
    count: int
    next: str


def listed(work: UnitOfWork, peer: str | None = None) -> list[RefusedItem]:
    """What came from `peer`, or from everybody, and was refused; newest first.

    Raises:
        Forbidden: unless the user may register peers.
    """
    work.require(Act.REGISTER_PEER)
    return [
        RefusedItem(
            at=row.at,
            peer=row.peer,
            code=row.code,
            digest=row.digest,
            count=row.count,
            next=_advice().get(row.code, RelevoError.advice) if row.peer else STRANGER,
        )
        for row in refused.everything(work.session, peer)
    ]


@cache
def _advice() -> dict[str, str]:
    return {kind.code: kind.advice for kind in _below(RelevoError)}


def _below(kind: type[RelevoError]) -> Iterator[type[RelevoError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
