"""What an examination of evidence found, line by line, in sentences that two people can read to each other.

A line that fails carries the stable code of the refusal; a line that could not be checked says why, and is no failure:
it names what the file alone cannot prove. A line that says *not kept* is about people and no fault of the evidence:
what is shown holds, and it shows that something was not done in time, or without the basis that it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.errors import WireError

if TYPE_CHECKING:
    from datetime import datetime


COULD_NOT = "could not check: "


class Check(StrEnum):
    """What a line is about."""

    FILE = "file"
    STATEMENT = "statement"
    FINGERPRINT = "fingerprint"
    SOP = "sop"
    BASIS = "basis"
    MANIFEST = "manifest"
    CONTENT = "content"
    RECEIPT = "receipt"
    ATTACHMENT = "attachment"
    ORDER = "order"
    CHECKPOINT = "checkpoint"
    WITNESS = "witness"
    LOG_ENTRY = "log-entry"
    LOG_COVERAGE = "log-coverage"
    KEY = "key"
    DEADLINE = "deadline"
    ERASURE = "erasure"
    BOTH_SIDES = "both-sides"
    DISCLOSURE = "disclosure"
    LOOK = "look"


class Outcome(StrEnum):
    """How a check came out."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_KEPT = "not-kept"
    NOT_CHECKED = "could-not-check"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One check of one thing; `code` stands in failures and in what was not kept, `advice` in some failures."""

    check: Check
    subject: str
    outcome: Outcome
    text: str
    code: str | None = None
    advice: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against it; true for what could not be checked."""
        return self.outcome is not Outcome.FAILS

    def __str__(self) -> str:
        return f"{_MARKS[self.outcome]} {self.subject}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class Report:
    """All lines, in the order in which they were checked."""

    lines: tuple[Line, ...]

    @property
    def ok(self) -> bool:
        """Whether no line fails."""
        return not self.failures

    @property
    def failures(self) -> tuple[Line, ...]:
        """The lines that fail."""
        return self._having(Outcome.FAILS)

    @property
    def not_kept(self) -> tuple[Line, ...]:
        """The lines that say what was not done in time, or not as agreed."""
        return self._having(Outcome.NOT_KEPT)

    @property
    def unchecked(self) -> tuple[Line, ...]:
        """The lines that say what could not be checked."""
        return self._having(Outcome.NOT_CHECKED)

    @property
    def summary(self) -> str:
        """The whole in one sentence."""
        checked, failed = len(self.lines) - len(self.unchecked), len(self.failures)
        found = f"{failed} of {checked} checks FAILED" if failed else f"all {checked - len(self.not_kept)} checks hold"
        broken = f"; {len(self.not_kept)} NOT KEPT" if self.not_kept else ""
        return f"{found}{broken}; {len(self.unchecked)} things could not be checked from what is here."

    def _having(self, outcome: Outcome) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.outcome is outcome)


_FAILED = {
    Check.BOTH_SIDES: "the two sides do not agree",
    Check.CHECKPOINT: "the head of the log does not hold",
    Check.LOG_COVERAGE: "not all of it is in the log",
    Check.ATTACHMENT: "what is shown of the file does not hold",
    Check.KEY: "it may be the work of a thief",
    Check.DEADLINE: "the due time does not hold",
}
"""What is said of a failure where the word of the check alone would not be understood."""
_MARKS = {
    Outcome.HOLDS: "ok      ",
    Outcome.FAILS: "FAILED  ",
    Outcome.NOT_KEPT: "NOT KEPT",
    Outcome.NOT_CHECKED: "unproven",
}


def holds(check: Check, subject: str, text: str) -> Line:
    """A line that says what was found to be so."""
    return Line(check=check, subject=subject, outcome=Outcome.HOLDS, text=text)


def fails(check: Check, subject: str, error: WireError) -> Line:
    """A line that says which part does not hold and why, with the code of `error`, and its advice if it has its own."""
    why = error.detail.rstrip(".")
    text = f"{_FAILED.get(check, _fault(check))}: {why[:1].lower()}{why[1:]} ({error.code})."
    advice = None if error.advice == WireError.advice else error.advice
    return Line(check=check, subject=subject, outcome=Outcome.FAILS, text=text, code=error.code, advice=advice)


def _fault(check: Check) -> str:
    return f"the {check.replace('-', ' ')} does not hold"


def not_kept(check: Check, subject: str, code: str, text: str) -> Line:
    """A line that says what people did not do, under a stable code; the evidence of it holds."""
    return Line(check=check, subject=subject, outcome=Outcome.NOT_KEPT, text=text, code=code)


def could_not_check(check: Check, subject: str, text: str) -> Line:
    """A line that says what the file cannot prove, and what to do about it."""
    return Line(check=check, subject=subject, outcome=Outcome.NOT_CHECKED, text=f"{COULD_NOT}{text}")


def day_and_hour(at: datetime) -> str:
    """A moment as people say it: `22 November 2026, 09:00 UTC`."""
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
