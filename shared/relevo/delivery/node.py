"""One node, put together: what code that is shared by both sides is handed so that it never asks which one it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from relevo.clock import Clock
from relevo.delivery.outbox import Message
from relevo.delivery.scanner import Scan, unscanned
from relevo.delivery.shares import Shares
from relevo.errors import NotFound, Reason
from relevo.messages.content import Said
from relevo.storage import referrals
from relevo.storage.database import Database
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import Identity, UnitOfWork, User

Handler: TypeAlias = Callable[[UnitOfWork, ReferralRow, Said], None]
"""What a node does with a peer's step, after everything that both sides check alike held."""

Release: TypeAlias = Callable[[UnitOfWork, Message], Reason | None]
"""Why a queued message may not leave (any more), asked just before it does; None if it may."""


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What a node keeps of a referral in tables of its own, for code that erases without knowing which node it is in.

    `classes` are the data classes of which something is there. `erase` erases some of them, and what belongs to them;
    `drop` the rest, which belongs to no class. `asked` are the organisations behind the node that must erase a part.
    """

    classes: Callable[[UnitOfWork, ReferralRow], frozenset[str]]
    erase: Callable[[UnitOfWork, ReferralRow, frozenset[str]], None]
    drop: Callable[[UnitOfWork, ReferralRow], None]
    asked: Callable[[UnitOfWork, ReferralRow], tuple[str, ...]]


Sees: TypeAlias = Callable[[UnitOfWork, ReferralRow], bool]
"""Whether a user may see a referral as a whole; a user without a part in it learns not even that it is here."""


def whole_node(work: UnitOfWork, _row: ReferralRow) -> bool:
    """Staff of the node see every referral, staff of an organisation behind it none."""
    return work.user.organisation is None


FILE_QUOTA = 20 << 30
"""Bytes of sealed files that one peer may keep at a node, unless its settings say otherwise."""

THE_NODE = User(name="node", role=None)
"""The node itself, when it acts on what a peer sent."""


@dataclass
class Post:
    """Who brings the post in this process, if anybody does.

    `leaving` is entered before a transaction is committed, and left afterwards: what it queued may leave with it.
    """

    leaving: Callable[[UnitOfWork], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node with its identity, its database, its clock, and what is particular to its side.

    `outside` is a folder that survives the database (`relevo.delivery.outside`), if the operator named one.
    `scan` looks at files before anybody may open them; `file_quota` is how many bytes of them each peer may keep here,
    and `shares` what else each may take.
    """

    identity: Identity
    database: Database
    clock: Clock
    handlers: Mapping[str, Handler]
    release: Release
    holdings: Holdings
    sees: Sees = whole_node
    outside: Path | None = None
    scan: Scan = unscanned
    file_quota: int = FILE_QUOTA
    shares: Shares = field(default_factory=Shares)
    post: Post = field(default_factory=Post)

    def referral(self, work: UnitOfWork, thread: str) -> ReferralRow:
        """The referral of a thread, if the user may see it.

        Raises:
            NotFound: if there is none, or it is not theirs to see.
        """
        row = referrals.by_thread(work.session, thread)
        if not self.sees(work, row):
            raise NotFound("there is no such referral; the list shows those that are here")
        return row

    def referrals(self, work: UnitOfWork) -> list[ReferralRow]:
        """The referrals that the user may see, oldest first."""
        return [row for row in referrals.everything(work.session) if self.sees(work, row)]

    @contextmanager
    def write(self, user: User = THE_NODE, *, lane: str | None = None) -> Iterator[UnitOfWork]:
        """A unit of work that is committed at the end of the block, or undone as a whole; `lane` as in `Database`."""
        with ExitStack() as until_kept, self.database.write(lane) as session:
            work = UnitOfWork(session=session, at=self.clock.now(), identity=self.identity, user=user)
            yield work
            until_kept.enter_context(self.post.leaving(work))

    @contextmanager
    def read(self, user: User = THE_NODE) -> Iterator[UnitOfWork]:
        """A unit of work that only reads."""
        with self.database.read() as session:
            yield UnitOfWork(session=session, at=self.clock.now(), identity=self.identity, user=user)

    @contextmanager
    def look(self) -> Iterator[UnitOfWork]:
        """A unit of work for questions that have nothing to do with each other; as in `Database`."""
        with self.database.look() as session:
            yield UnitOfWork(session=session, at=self.clock.now(), identity=self.identity, user=THE_NODE)
