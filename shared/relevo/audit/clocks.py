"""The clocks of one referral, from manifests, receipts and the text of the SOP alone.

A receipt says in the open which clocks its message starts, and until when. What a message *says* is sealed; its open
kind is not. So a clock is judged like this:

| the kind of a message | what it shows |
| --- | --- |
| carries nothing but what fulfils the duty (`answered` for `answer`) | kept, or late |
| may carry it, among others (`contacted`, `reported`, `message`) | something came in time; what it was is sealed |
| none of them came in time | not kept, for certain |
| the referral ended before (`closed`, `withdrawn`, `erased`) | nothing was due any more |

Where a file discloses the steps themselves (`--with-content`), these are asked in place of the kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.domain.deadlines import duties_done
from relevo.domain.duty import CORRECTED, FIRST_CONTACT, FOLLOW_UP
from relevo.domain.first_contact import ContactOutcome
from relevo.domain.sides import Side
from relevo.messages.registry import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from relevo.domain.sop import Sop
    from relevo.protocol.receipt import DueClaim
    from relevo.protocol.verification_account import Told

ENDS = frozenset({"closed", "withdrawn", "erased"})
_OUTLIVES_ITS_END = frozenset({"answer-cancellation"})


class Standing(StrEnum):
    """How a clock came out."""

    KEPT = "kept"
    LATE = "late"
    MISSED = "missed"
    MAYBE = "maybe"
    MAYBE_LATE = "maybe-late"
    BACKDATED = "backdated"
    DROPPED = "dropped"
    RUNNING = "running"


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A duty as receipts state it: whose, from when, until when, and which message started it."""

    duty: str
    by: str
    started_at: datetime
    due_at: datetime
    started_by: str


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A clock and what became of it: the message that fulfilled it, or the moment at which the referral ended."""

    clock: Clock
    standing: Standing
    done: Told | None = None
    ended_at: datetime | None = None


def clocks_of(told: Sequence[Told], sop: Sop, made_at: datetime) -> tuple[Ran, ...]:
    """Every clock of one referral, in the order in which they ran out.

    Args:
        told: the messages of one thread, of both sides.
        sop: the procedure under which they moved.
        made_at: the moment up to which the file can know anything.
    """
    ordered = sorted(told, key=lambda one: (one.stated_at, one.message.jti))
    clocks = sorted(_clocks(ordered, sop), key=lambda one: (one.due_at, one.duty))
    return tuple(_judge(clock, _rivals(clock, clocks), ordered, sop, made_at) for clock in clocks)


def _clocks(ordered: Sequence[Told], sop: Sop) -> Iterator[Clock]:
    """The clocks that receipts state; one that is set anew before it was fulfilled is the same clock."""
    running: dict[str, Clock] = {}
    for one in ordered:
        for duty in [name for name, clock in running.items() if _fulfils(one, clock, sop) is not None]:
            yield running.pop(duty)
        for due in one.receipt.due if one.receipt and one.receipt.disposition == "stored" else ():
            running[due.duty] = _started(due, one)
    yield from running.values()


def _started(due: DueClaim, one: Told) -> Clock:
    assert one.receipt is not None
    return Clock(
        duty=due.duty, by=due.by, started_at=one.receipt.received_at, due_at=due.at, started_by=one.message.jti
    )


def _rivals(clock: Clock, clocks: Sequence[Clock]) -> datetime:
    """From when on a report can be meant for this clock: follow-ups follow each other."""
    before = [one.due_at for one in clocks if _family(one.duty) == FOLLOW_UP == _family(clock.duty)]
    return max((at for at in before if at < clock.due_at), default=clock.started_at)


def _judge(clock: Clock, since: datetime, ordered: Sequence[Told], sop: Sop, made_at: datetime) -> Ran:
    fit = [(one, sure) for one in ordered if (sure := _fulfils(one, clock, sop)) is not None and one.stated_at >= since]
    ended_at = _ended(clock, ordered)
    done = next(((one, sure) for one, sure in fit if ended_at is None or one.stated_at <= ended_at), None)
    if done is not None:
        one, sure = done
        return Ran(clock=clock, standing=_kept(clock, one, sure=sure), done=one)
    if ended_at is not None and ended_at <= clock.due_at:
        return Ran(clock=clock, standing=Standing.DROPPED, ended_at=ended_at)
    return Ran(clock=clock, standing=Standing.MISSED if made_at > clock.due_at else Standing.RUNNING)


def _kept(clock: Clock, one: Told, *, sure: bool) -> Standing:
    if one.stated_at > clock.due_at:
        return Standing.LATE if sure else Standing.MAYBE_LATE
    if one.receipt is None or one.receipt.received_at > clock.due_at:
        return Standing.BACKDATED
    return Standing.KEPT if sure else Standing.MAYBE


def _ended(clock: Clock, ordered: Sequence[Told]) -> datetime | None:
    """When the referral ended after this clock had begun."""
    if clock.duty in _OUTLIVES_ITS_END:
        return None
    ends = (one.stated_at for one in ordered if one.message.kind in ENDS and one.stated_at >= clock.started_at)
    return next(ends, None)


def _fulfils(one: Told, clock: Clock, sop: Sop) -> bool | None:
    """Whether a message fulfils a clock for certain (True) or perhaps (False); None if it cannot."""
    if one.message.iss != clock.by or one.stated_at < clock.started_at or one.message.jti == clock.started_by:
        return None
    side = Side.HOST if clock.by == sop.host else Side.ORIGIN
    if one.said is not None:
        return True if clock.duty in _said_done(one.said, side) else None
    return FULFILLING[side].get(_family(clock.duty), {}).get(one.message.kind)


def _said_done(said: Mapping[str, object], side: Side) -> frozenset[str]:
    outcome, month, classes = said.get("outcome"), said.get("month"), said.get("classes")
    return duties_done(
        str(said.get("name")),
        speaker=side,
        outcome=outcome if isinstance(outcome, str) else None,
        month=month if isinstance(month, int) else None,
        corrected=[str(one) for one in classes] if isinstance(classes, list) else (),
    )


def _family(duty: str) -> str:
    return FOLLOW_UP if duty.startswith(f"{FOLLOW_UP}-") else duty


def _done_by_step(step: str, side: Side) -> frozenset[str]:
    """The families of duties that a step can fulfil at best."""
    done = duties_done(step, speaker=side, outcome=ContactOutcome.REACHED, month=1, corrected=["contact"])
    return frozenset(_family(duty) for duty in done)


def _by_kind(side: Side) -> dict[str, dict[str, bool]]:
    """By family of duty, the kinds that fulfil it: for certain where each step of the kind does."""
    steps = {step: row.kind for step, row in MESSAGES.items() if side in row.by}
    found: dict[str, dict[str, bool]] = {}
    for step, kind in steps.items():
        for duty in _done_by_step(step, side):
            others = [_done_by_step(one, side) for one, same in steps.items() if same == kind]
            always = all(duty in one for one in others) and step not in {FIRST_CONTACT, CORRECTED}
            found.setdefault(duty, {})[kind] = always
    return found


FULFILLING = {side: _by_kind(side) for side in Side}
"""By side and family of duty, the open kinds that may fulfil it, and whether they do so for certain."""
