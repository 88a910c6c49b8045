"""Referrals as their clocks see them: where each stands, its steps and its duties, read as columns and not as objects.

Whoever settles receipts asks this of all referrals of a batch at once, and changes no more of them than their duties.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from relevo.errors import NotFound
from relevo.protocol.strict_json import JsonValue
from relevo.storage.among import among
from relevo.storage.appending import ask
from relevo.storage.tables import DutyRow, ReferralRow, StepRow


class ReferralRead(NamedTuple):
    """Where a referral stands."""

    peer: str
    thread: str
    status: str
    journey: str
    contact_channel: str | None
    sop: str
    erased: bool


class StepRead(NamedTuple):
    """A step as it was kept."""

    id: int
    step: str
    side: str
    at: datetime
    jti: str | None
    said: dict[str, JsonValue]
    facts: dict[str, JsonValue] | None


class DutyRead(NamedTuple):
    """A duty as it stands in the database."""

    id: int
    duty: str
    due_at: datetime
    done_at: datetime | None
    dropped: bool


class Course(NamedTuple):
    """A referral, its steps in the order in which this node learned of them, and its duties by time."""

    referral: ReferralRead
    steps: Sequence[StepRead]
    duties: Sequence[DutyRead]


Referral: TypeAlias = ReferralRow | ReferralRead
Step: TypeAlias = StepRow | StepRead
Kept = TypeVar("Kept", DutyRow, DutyRead)


class Courses:
    """The courses of one batch of our own messages to a peer, read together when the first is asked for."""

    def __init__(self, session: Session, peer: str, messages: Collection[str], threads: Collection[str]) -> None:
        self._session = session
        self._about = {"peer": peer, "messages": list(messages)}
        self._unread = frozenset(threads)
        self._read: dict[str, Course] = {}

    def take(self, thread: str) -> Course:
        """The course of a referral; whoever asks for it again gets it as it is then, because its duties may be others.

        Duties are read with a step that one of the messages told of.

        Raises:
            NotFound: if there is no such referral with the peer.
        """
        if thread not in self._read:
            self._read |= self._ask(self._unread | {thread})
            self._unread = frozenset()
        found = self._read.pop(thread, None)
        if found is None:
            raise NotFound("there is no such referral")
        return found

    def _ask(self, threads: Collection[str]) -> Mapping[str, Course]:
        found: dict[str, tuple[ReferralRead, dict[int, StepRead], dict[int, DutyRead]]] = {}
        for row in ask(self._session, _COURSES, {**self._about, "threads": list(threads)}):
            referral = ReferralRead(*row[:_STEP])
            _, steps, duties = found.setdefault(referral.thread, (referral, {}, {}))
            if row[_STEP] is not None:
                steps[row[_STEP]] = StepRead(*row[_STEP:_DUTY])
            if row[_DUTY] is not None:
                duties[row[_DUTY]] = DutyRead(*row[_DUTY:])
        return {
            thread: Course(referral, list(steps.values()), list(duties.values()))
            for thread, (referral, steps, duties) in found.items()
        }


_STEP = len(ReferralRead._fields)
_DUTY = _STEP + len(StepRead._fields)
_COURSES = (
    select(
        *(getattr(ReferralRow, name) for name in ReferralRead._fields[:-1]),
        ReferralRow.basis_record.is_(None),
        *(getattr(StepRow, name) for name in StepRead._fields),
        *(getattr(DutyRow, name) for name in DutyRead._fields),
    )
    .outerjoin(StepRow, (StepRow.peer == ReferralRow.peer) & (StepRow.thread == ReferralRow.thread))
    .outerjoin(
        DutyRow,
        (DutyRow.peer == StepRow.peer) & (DutyRow.thread == StepRow.thread) & among(StepRow.jti, "messages"),
    )
    .where(ReferralRow.peer == bindparam("peer"), among(ReferralRow.thread, "threads"))
    .order_by(StepRow.id, DutyRow.due_at, DutyRow.id)
)
