"""The consent sheet and the disclosure statement: what the person agrees to, and what was sent to whom, as text.

The words of the sheet are those of the procedure, as both sides approved them; nothing is translated here. What is
filled in (classes, receiver, dates) stands in the words of the data classes below, which an interpreter reads aloud.

Source: Reintegration Handbook, 4.1.3 (step 4: consent); GDPR, articles 13 and 15.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.domain.data_classes import DataClass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from relevo.domain.consent import Terms
    from relevo.domain.sop_rules import Sheet

IN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        DataClass.IDENTITY_MIN: "case number, name, birth date (or a code and year), sex, nationality, languages",
        DataClass.IDENTITY_FULL: "your documents and addresses",
        DataClass.CONTACT: "how to reach you, and who may answer",
        DataClass.CONSENT: "what you agreed to here, without your reasons",
        DataClass.TRAVEL: "your journey",
        DataClass.FAMILY: "who belongs to your household: relation and age only",
        DataClass.NEEDS: "what help you need and what you intend to do",
        DataClass.SKILLS: "your education, work and certificates",
        DataClass.VULNERABILITY: "what makes you need special protection",
        DataClass.HEALTH_SUMMARY: "your health in short",
        DataClass.MEDICATION: "your medicines and how long they last",
        DataClass.MENTAL_HEALTH_RISK: "a danger to your mental health",
        DataClass.DOCUMENTS: "copies of documents",
        DataClass.PLAN: "the plan that was agreed with you",
        DataClass.COSTS: "what is paid for you",
        DataClass.OUTCOME: "what was done and what came of it",
        DataClass.FEEDBACK: "your own comments",
    }
)
"""Each data class as it is said to a person."""

_NO_SHEET = "There is no approved sheet in this language. An interpreter reads this aloud and is recorded."
_TOLD_BACK = "What becomes of you may be told back."
_NOT_TOLD_BACK = "Nothing of what becomes of you is told back."
_HOW_TO_WITHDRAW = (
    "You may take this back at any time, in part or whole, here or with the organisation that receives you."
)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One message or part that was given to somebody: when, to whom, under which terms, and with which classes.

    `paths` are the fields where they are still known; after erasure the classes alone may be, or nothing.
    """

    at: datetime
    receiver: str
    what: str
    under: str
    classes: Sequence[str]
    paths: Sequence[str] = ()
    state: str


def sheet_text(terms: Terms, sheet: Sheet | None, *, language: str, withheld: Sequence[str] = ()) -> str:
    """The sheet for one consent, ready to print; without an approved text it says that an interpreter is needed."""
    return "\n".join(_sheet_lines(terms, sheet, language, withheld)) + "\n"


def _sheet_lines(terms: Terms, sheet: Sheet | None, language: str, withheld: Sequence[str]) -> Iterator[str]:
    yield sheet.title if sheet else f"Consent ({language})"
    yield ""
    yield sheet.body if sheet else _NO_SHEET
    yield ""
    yield f"Purpose: {terms.purpose}"
    yield f"Goes to: {terms.receiver}" + (f", for {terms.organisation}" if terms.organisation else "")
    yield "What is sent:"
    yield from (f"  - {name}: {IN_WORDS[name]}" for name in DataClass if name in terms.classes)
    for line in withheld:
        yield f"Not to be told: {line}"
    yield _TOLD_BACK if terms.outcomes_may_return else _NOT_TOLD_BACK
    yield f"Until: {terms.expires_on.isoformat()}"
    yield ""
    if sheet:
        yield from (sheet.risks, "")
    yield sheet.withdrawing if sheet else _HOW_TO_WITHDRAW
    yield ""
    yield "Date, name, signature: ______________________"


def statement_text(title: str, sent: Sequence[Sent], *, on: date) -> str:
    """What was sent to whom, when, and under which consent, class by class."""
    return "\n".join(_statement_lines(title, sent, on)) + "\n"


def _statement_lines(title: str, sent: Sequence[Sent], on: date) -> Iterator[str]:
    yield f"What was sent: {title}, as of {on.isoformat()}"
    for one in sent:
        yield ""
        yield f"{one.at:%Y-%m-%d %H:%M} UTC to {one.receiver}: {one.what} ({one.state})"
        yield f"  under: {one.under}"
        if not one.classes:
            yield "  no personal data, or what it held was erased"
        for name in one.classes:
            fields = sorted(path.partition(".")[2] for path in one.paths if path.partition(".")[0] == name)
            yield f"  - {name}: {IN_WORDS.get(name, name)}" + (f" ({', '.join(fields)})" if any(fields) else "")
    if not sent:
        yield "No data about the person was sent."
