"""What the origin knows of a person, with what protects them first.

Before any class stands how the person may be reached, and whom they want kept in the dark: a wrong call can put
somebody in danger. Each class then says who stated it and when; beside it stands what somebody here found it to be,
and what the host had stated before. Classes stand in the order of `DataClass`, the consent terms apart from them.

What a role may not consult is shown as present, without its fields (`relevo.domain.access_to_data`); the look at the
rest is recorded. What is withheld from whom is for intake alone, for it can tell who is feared; everybody else reads
that there is something, and asks intake. Auditors and administrators never get here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from origin_node import reach, reassessment, statements, striking
from origin_node.statements import Statement
from origin_node.striking import Entry
from origin_node.tables_record import AssessedRow, StatedBeforeRow, StruckRow
from origin_node.taking import entitled
from relevo.delivery import looking
from relevo.domain.access import Act, Role
from relevo.domain.access_to_data import NOT_YOURS, LookReason
from relevo.domain.consent import Terms
from relevo.domain.data_classes import DataClass
from relevo.domain.first_contact import Channel, Towards, towards
from relevo.messages import classes_readable
from relevo.protocol.strict_json import JsonValue
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

RULES: Mapping[Towards, str] = MappingProxyType(
    {
        Towards.NOBODY: "Do not contact this person in any way. If they come by themselves, ask how to reach them.",
        Towards.INTERMEDIARY: "Speak only with the intermediary named here; any other way can endanger the person.",
        Towards.PERSON: "Contact the person as they asked; mind the hours, the language and who may answer.",
    }
)
ERASED_RULE = "How to reach this person was erased here. Do not contact them."
KEPT_BACK = "The person wants something kept from somebody. Ask intake before you speak of them to anybody."
_APART = frozenset({DataClass.CONTACT, DataClass.CONSENT})


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How the person may be reached: the rule in a sentence, the channel they prefer, and the class `contact`.

    Rule and channel protect the person and are for everybody; `contact` is empty for who may not consult it.
    """

    rule: str
    channel: str | None
    contact: Mapping[str, JsonValue]
    readable: bool


@dataclass(frozen=True, kw_only=True)
class Stated:
    """One data class as the host stated it, when, and in which message; without fields if not `readable`."""

    data_class: str
    fields: Mapping[str, JsonValue]
    readable: bool
    stated_by: str
    stated_at: datetime
    jti: str | None


@dataclass(frozen=True, kw_only=True)
class StatedBefore:
    """One data class as the host had stated it, until when, and whether the host said that it was an error."""

    data_class: str
    fields: Mapping[str, JsonValue]
    readable: bool
    stated_at: datetime
    replaced_at: datetime
    replaced_by: str
    in_error: bool
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class Assessed:
    """One data class as somebody of this node found it; `struck` says why it was entered in error, if it was."""

    number: int
    data_class: str
    fields: Mapping[str, JsonValue]
    readable: bool
    assessed_by: str
    organisation: str | None
    at: datetime
    struck: str | None
    struck_by: str | None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A person as far as the consent lets this node know them; `terms` is None after erasure.

    `without_consent` says that nobody consented, because a life was in danger. `kept_back` is a sentence for those who
    may not read what is withheld from whom; their `terms` have none of it.
    """

    thread: str
    reach: Reach
    kept_back: str | None
    confidential: bool
    vulnerable: bool
    terms: Terms | None
    without_consent: bool
    stated: tuple[Stated, ...]
    assessed: tuple[Assessed, ...]
    before: tuple[StatedBefore, ...]


def read(work: UnitOfWork, thread: str, why: str = LookReason.ASSIST) -> Profile:
    """The profile of the person of a referral, as far as the user's role may consult it; the look is recorded.

    Raises:
        Forbidden: for a role that does not work with people.
        BadInput: if `why` is no word of `LookReason`.
    """
    row = entitled(work, thread, Act.READ_TIMELINE)
    found, before = statements.of(work.session, row), statements.before(work.session, row)
    ours, struck = reassessment.assessed(work.session, row), striking.struck(work.session, row, Entry.ASSESSMENT)
    present = {*found, *(one.data_class for one in before), *(one.data_class for one in ours)}
    readable = looking.look(work, row, present, why)
    terms, kept_back = _terms(work, row)
    return Profile(
        thread=row.thread,
        reach=_reach(row, reach.preference(work, row), found, readable),
        kept_back=kept_back,
        confidential=row.confidential,
        vulnerable=row.vulnerable,
        terms=terms,
        without_consent=referrals.rests_on_exception(row),
        stated=tuple(_shown(found[name], readable) for name in DataClass if name in found and name not in _APART),
        assessed=tuple(_assessed(one, readable, struck.get(one.id)) for one in ours),
        before=tuple(_before(one, readable) for one in before),
    )


def _reach(
    row: ReferralRow, preference: Channel | None, found: Mapping[str, Statement], readable: frozenset[str]
) -> Reach:
    contact, mine = found.get(DataClass.CONTACT), DataClass.CONTACT in readable
    gone = contact is None and row.erase_at is not None
    rule = ERASED_RULE if gone or not referrals.terms(row) else RULES[towards(preference)]
    shown = classes_readable.readable(DataClass.CONTACT, contact.fields) if contact and mine else {}
    return Reach(rule=rule, channel=preference, contact=shown, readable=mine or contact is None)


def _terms(work: UnitOfWork, row: ReferralRow) -> tuple[Terms | None, str | None]:
    """The terms as the user may read them, and the sentence in place of what they may not."""
    terms = referrals.terms(row)
    if terms is None or not terms.withhold or work.user.role in {None, Role.INTAKE}:
        return terms, None
    return replace(terms, withhold=()), KEPT_BACK


def _fields(row: Statement | AssessedRow | StatedBeforeRow, readable: frozenset[str]) -> Mapping[str, JsonValue]:
    return classes_readable.readable(row.data_class, row.fields) if row.data_class in readable else {}


def _why(reason: str, row: AssessedRow | StatedBeforeRow, readable: frozenset[str]) -> str:
    """Why something was wrong, for whoever may read what it was; the reason can say it again."""
    return reason if row.data_class in readable else NOT_YOURS


def _shown(row: Statement, readable: frozenset[str]) -> Stated:
    return Stated(
        data_class=row.data_class,
        fields=_fields(row, readable),
        readable=row.data_class in readable,
        stated_by=row.stated_by,
        stated_at=row.stated_at,
        jti=row.jti,
    )


def _assessed(row: AssessedRow, readable: frozenset[str], struck: StruckRow | None) -> Assessed:
    return Assessed(
        number=row.id,
        data_class=row.data_class,
        fields=_fields(row, readable),
        readable=row.data_class in readable,
        assessed_by=row.assessed_by,
        organisation=row.organisation,
        at=row.at,
        struck=_why(struck.reason, row, readable) if struck else None,
        struck_by=struck.struck_by if struck else None,
    )


def _before(row: StatedBeforeRow, readable: frozenset[str]) -> StatedBefore:
    return StatedBefore(
        data_class=row.data_class,
        fields=_fields(row, readable),
        readable=row.data_class in readable,
        stated_at=row.stated_at,
        replaced_at=row.replaced_at,
        replaced_by=row.replaced_by,
        in_error=row.in_error,
        reason=_why(row.reason, row, readable) if row.reason else None,
    )
