"""What a file shows of each referral beyond its bytes: consent, answer, deadlines, erasure; in words to read aloud.

The rules are those of the SOP that stands in the file; nothing of a person is needed for them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from relevo.audit.clocks import Ran, Standing, clocks_of
from relevo.audit.due_times import require_by_sop
from relevo.audit.exceptions import exception_lines
from relevo.domain.duty import FOLLOW_UP, Duty
from relevo.domain.sop import SopInvalid, parse_sop
from relevo.errors import WireError
from relevo.protocol.manifest import NONE
from relevo.protocol.record import RecordType
from relevo.protocol.verification_report import Check, could_not_check, day_and_hour, fails, holds, not_kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from relevo.domain.sop import Sop
    from relevo.protocol.record import Record
    from relevo.protocol.verification_account import Account, Told
    from relevo.protocol.verification_report import Line

WITHOUT_BASIS = frozenset({"node", "erased"})
"""Kinds that need no consent: about no person, or about what is no longer there."""
SEALED = "only their kind is open. Who leads the case can show the rest (evidence --with-content)."
_EXCEPTION = "exception:"
HOURS_IN_DAY = 24

NAMES = {
    Duty.ANSWER: "the answer (a decision, or a question)",
    Duty.ANSWER_QUESTION: "the answer to a question",
    Duty.ANSWER_CANCELLATION: "the answer to a cancellation",
    Duty.ANSWER_JOURNEY: "word about the journey",
    Duty.CLINICIAN_AT_HOST: "the answer of the host's clinicians",
    Duty.CLINICIAN_AT_ORIGIN: "the answer of the origin's clinicians",
    Duty.CORRECT_CONTACT: "the right number",
    Duty.REVIEW_WAITLIST: "the review of the waiting list",
    Duty.CONFIRM_ARRIVAL: "word of the arrival",
    Duty.FIRST_CONTACT: "the first contact",
    Duty.PLAN: "the plan",
    Duty.MEDICATION_SUPPLY: "that the medicine goes on",
}


@dataclass(frozen=True, kw_only=True)
class _Referral:
    """One referral as all files together show it; `records` are of the log of each node that brought a file."""

    thread: str
    told: Sequence[Told]
    records: Mapping[str, Sequence[Record]]
    sops: Mapping[str, str]
    exceptions: Sequence[bytes]
    known_until: datetime

    @property
    def subject(self) -> str:
        """How lines call it."""
        return f"referral {self.thread[:8]}"


def threads(told: Iterable[Told]) -> dict[str, list[Told]]:
    """The messages of each referral, by thread; what nodes say to each other about nobody is left out."""
    found: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        if one.message.kind != "node":
            found[one.message.thread].append(one)
    return found


def check_referrals(*accounts: Account) -> Iterator[Line]:
    """Lines about every referral, in the order of their threads, from one file or from those of both sides."""
    merged = {told.message.jti: told for told in chain.from_iterable(one.told for one in accounts) if not told.receipt}
    merged |= {told.message.jti: told for told in chain.from_iterable(one.told for one in accounts) if told.receipt}
    records = {account.node: _records(account) for account in accounts}
    for thread, told in sorted(threads(merged.values()).items()):
        referral = _Referral(
            thread=thread,
            told=told,
            records={node: found.get(thread, ()) for node, found in records.items()},
            sops={digest: text for account in accounts for digest, text in account.sops.items()},
            exceptions=_exceptions(told, accounts),
            known_until=max(account.made_at for account in accounts),
        )
        yield from _basis_lines(referral)
        yield from _acknowledgement(referral.subject, told)
        yield from _clock_lines(referral)
        yield from _erasure_lines(referral)


def _exceptions(told: Sequence[Told], accounts: Sequence[Account]) -> Sequence[bytes]:
    """The records of exceptions that any of the files shows, of those which messages of this referral name."""
    named = sorted({one.message.basis for one in told if one.message.basis.startswith(_EXCEPTION)})
    shown = (account.bases.get(claim) for claim in named for account in accounts)
    return tuple(dict.fromkeys(record for record in shown if record is not None))


def name_of(duty: str) -> str:
    """A duty as people call it."""
    month = duty.removeprefix(f"{FOLLOW_UP}-")
    if month.isdigit():
        return f"the follow-up after {month} month{'' if month == '1' else 's'}"
    return NAMES[Duty(duty)] if duty in set(NAMES) else duty


def _basis_lines(referral: _Referral) -> Iterator[Line]:
    told, subject = referral.told, referral.subject
    bare = [one for one in told if one.message.basis == NONE and one.message.kind not in WITHOUT_BASIS]
    for one in bare:
        text = f"{one.message.iss} sent {one.subject} without a consent and without an exception."
        yield not_kept(Check.BASIS, subject, "without-basis", text)
    if any(one.message.basis.startswith(_EXCEPTION) for one in told):
        sender = min(told, key=lambda one: one.stated_at).message.iss
        yield from exception_lines(subject, sender, referral.records, referral.exceptions)
    elif not bare:
        yield holds(Check.BASIS, subject, "each message names the consent that it rests on.")


def _acknowledgement(subject: str, told: Sequence[Told]) -> Iterator[Line]:
    requested = next((one for one in told if one.message.kind == "requested" and one.receipt), None)
    if requested is None or requested.receipt is None:
        return
    came, who = requested.receipt.received_at, requested.message.aud
    seen = min((one for one in told if one.message.kind == "acknowledged"), key=lambda one: one.stated_at, default=None)
    if seen is not None:
        text = f"{who} acknowledged it {long(seen.stated_at - came)} after it came; the SOP sets no time for that."
        yield holds(Check.DEADLINE, subject, text)
    elif not any(one.message.iss == who for one in told):
        yield could_not_check(
            Check.DEADLINE, subject, f"whether a person at {who} has seen it; nobody acknowledged it."
        )


def _clock_lines(referral: _Referral) -> Iterator[Line]:
    told, subject = referral.told, referral.subject
    named = sorted({one.message.sop for one in told} - {NONE})
    if not named:
        return
    sop = _sop(referral.sops.get(named[0]))
    if len(named) > 1 or sop is None:
        yield could_not_check(
            Check.DEADLINE, subject, "its deadlines; it does not move under one SOP that can be read."
        )
        return
    wrong = list(_not_by_sop(subject, told, sop))
    yield from wrong
    ran = clocks_of(told, sop, referral.known_until)
    if ran and not wrong:
        yield holds(Check.DEADLINE, subject, f"its {len(ran)} due times are those that the SOP gives.")
    yield from (_clock_line(subject, one) for one in ran)
    guessed = sum(one.standing in {Standing.MAYBE, Standing.MAYBE_LATE} for one in ran)
    if guessed:
        text = f"what the messages say that came for {guessed} of these due times; {SEALED}"
        yield could_not_check(Check.DEADLINE, subject, text)


def _not_by_sop(subject: str, told: Sequence[Told], sop: Sop) -> Iterator[Line]:
    for one in told:
        try:
            require_by_sop(one, sop)
        except WireError as error:
            yield fails(Check.DEADLINE, f"{subject}, {one.subject}", error)


def _clock_line(subject: str, ran: Ran) -> Line:
    what, who, due = name_of(ran.clock.duty), ran.clock.by, day_and_hour(ran.clock.due_at)
    was = f"{what} was due from {who} by {due}"
    if ran.standing is Standing.MISSED:
        code = "unanswered" if ran.clock.duty == Duty.ANSWER else "deadline-missed"
        return not_kept(Check.DEADLINE, subject, code, f"{was}, and never came.")
    if ran.standing is Standing.DROPPED and ran.ended_at:
        return holds(Check.DEADLINE, subject, f"{was}; the referral ended before, on {day_and_hour(ran.ended_at)}.")
    if ran.done is None:
        return could_not_check(Check.DEADLINE, subject, f"{what}: it is due from {who} by {due}, after this file.")
    return _done_line(subject, ran, ran.done, was)


def _done_line(subject: str, ran: Ran, done: Told, was: str) -> Line:
    on = day_and_hour(done.stated_at)
    came = f'a message of the kind "{done.message.kind}" came on {on}'
    late = f"{long(done.stated_at - ran.clock.due_at)} late"
    match ran.standing:
        case Standing.KEPT:
            return holds(Check.DEADLINE, subject, f"{was}, and came on {on}: in time.")
        case Standing.MAYBE:
            return holds(Check.DEADLINE, subject, f"{was}; {came}: in time.")
        case Standing.LATE:
            return not_kept(Check.DEADLINE, subject, "deadline-late", f"{was}, and came on {on}, {late}.")
        case Standing.MAYBE_LATE:
            return not_kept(Check.DEADLINE, subject, "deadline-late", f"{was}; {came}, {late}.")
        case _:
            return could_not_check(Check.DEADLINE, subject, f"whether {was} in time: {_undecided(done, on)}")


def _undecided(done: Told, on: str) -> str:
    if done.receipt is None:
        return f"{done.message.iss} dates its message {on}, and no receipt says when it arrived."
    return f"{done.message.iss} dates its message {on}; it arrived only on {day_and_hour(done.receipt.received_at)}."


def _erasure_lines(referral: _Referral) -> Iterator[Line]:
    subject, done = referral.subject, set[str]()
    for node, records in referral.records.items():
        for record in (one for one in records if one.type is RecordType.ERASURE):
            done.add(node)
            what = _ERASED.get(str(record.fields["change"]), "something")
            text = f"{node} erased {what} on {day_and_hour(record.at)}; its log has said so since."
            yield holds(Check.ERASURE, subject, text)
    for one in (told for told in referral.told if told.message.kind == "erased"):
        done.add(one.message.iss)
        receipted = f", and {one.message.aud} receipted that" if one.receipt else ""
        text = f"{one.message.iss} told {one.message.aud} on {day_and_hour(one.stated_at)} that it erased{receipted}."
        yield holds(Check.ERASURE, subject, text)
    withdrawals = [told for told in referral.told if told.message.kind == "withdrawn"]
    for one in sorted(withdrawals, key=lambda told: told.stated_at)[:1]:
        for node in sorted({one.message.iss, one.message.aud} - done):
            text = (
                f"what was sent was taken back on {day_and_hour(one.stated_at)}; {node} does not show that it erased."
            )
            yield not_kept(Check.ERASURE, subject, "not-erased", text)


def _records(account: Account) -> dict[str, list[Record]]:
    """Records about consent, exceptions and erasures, by referral."""
    found: dict[str, list[Record]] = defaultdict(list)
    for record in account.records.values():
        if record.type in _ABOUT and record.fields["thread"] is not None:
            found[record.fields["thread"]].append(record)
    return found


def _sop(text: str | None) -> Sop | None:
    try:
        return None if text is None else parse_sop(text)
    except SopInvalid:
        return None


def long(span: timedelta) -> str:
    """A span as people say it: `3 hours`, `2 days`."""
    minutes = max(0, int(span.total_seconds() // 60))
    hours, days = minutes // 60, minutes // 60 // HOURS_IN_DAY
    for count, unit in ((days if hours >= 2 * HOURS_IN_DAY else 0, "day"), (hours, "hour"), (minutes, "minute")):
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


_ABOUT = frozenset({RecordType.CONSENT, RecordType.EXCEPTION, RecordType.ERASURE})
_ERASED = {
    "everything": "everything but the evidence",
    "part": "a part",
    "given-part": "what an organisation had been given, as that confirmed,",
}
