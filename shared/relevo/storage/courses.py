"""Referrals as their clocks see them: where each stands, its steps and its duties, read as columns and not as objects.

Whoever settles receipts asks this of all referrals of a batch at once, and changes no more of them than their duties.

Each table is looked through by itself. A join is planned by how large tables are, and PostgreSQL keeps the plan: one of
a day on which they were empty went through all duties of a peer for each of its steps.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, CompoundSelect, bindparam, cast, null, select, union_all
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
    steps: list[StepRead]
    duties: list[DutyRead]


Referral: TypeAlias = ReferralRow | ReferralRead
Step: TypeAlias = StepRow | StepRead
_Table: TypeAlias = type[ReferralRow | StepRow | DutyRow]
Kept = TypeVar("Kept", DutyRow, DutyRead)


class Courses:
    """The courses of one batch of our own messages to a peer, read together when the first is asked for."""

    def __init__(self, session: Session, peer: str, threads: Collection[str]) -> None:
        self._session = session
        self._peer = peer
        self._unread = frozenset(threads)
        self._read: dict[str, Course] = {}

    def take(self, thread: str) -> Course:
        """The course of a referral; whoever asks for it again gets it as it is then, because its duties may be others.

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
        rows = ask(self._session, _COURSES, {"peer": self._peer, "threads": list(threads)})
        found = {row.thread: Course(ReferralRead(*row[1:_STEP]), [], []) for row in rows if row[1] is not None}
        for thread, *parts in rows:
            step, duty = parts[_STEP - 1 : _DUTY - 1], parts[_DUTY - 1 :]
            if step[0] is not None:
                found[thread].steps.append(StepRead(*step))
            elif duty[0] is not None:
                found[thread].duties.append(DutyRead(*duty))
        for course in found.values():
            course.steps.sort(key=_by_number)
            course.duties.sort(key=_by_time)
        return found


def _by_number(step: StepRead) -> int:
    return step.id


def _by_time(duty: DutyRead) -> tuple[datetime, int]:
    return duty.due_at, duty.id


def _side_by_side(*tables: tuple[_Table, Sequence[ColumnElement[Any]]]) -> CompoundSelect[Any]:
    """A question for columns of each of these tables, in rows of their own, behind the thread that they are of."""
    every = [(owner, column) for owner, columns in tables for column in columns]
    return union_all(
        *(
            select(
                table.thread, *(column if owner is table else cast(null(), column.type) for owner, column in every)
            ).where(table.peer == bindparam("peer"), among(table.thread, "threads"))
            for table, _ in tables
        )
    )


_STEP = 1 + len(ReferralRead._fields)
_DUTY = _STEP + len(StepRead._fields)
_COURSES = _side_by_side(
    (
        ReferralRow,
        [*(getattr(ReferralRow, name) for name in ReferralRead._fields[:-1]), ReferralRow.basis_record.is_(None)],
    ),
    (StepRow, [getattr(StepRow, name) for name in StepRead._fields]),
    (DutyRow, [getattr(DutyRow, name) for name in DutyRead._fields]),
)
