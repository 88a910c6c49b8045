"""The consents that a case file reports, as drafts that a person of this node has still to record.

A file is no act of anybody here: a draft becomes a consent when a counsellor records it. What the file does not say is
read in the way that gives away least: outcomes may not return, no interpreter was there, and the consent covers the
person whom the case is about. A withdrawal up to the day of import is taken over, for it can only protect; one dated
later is nobody's act yet and is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from host_node.case_file_json import Section, refuse, section_of, sections_of
from host_node.case_file_stays import NO_PLACE, Stay, stay
from relevo.domain.consent import Giver, Withholding
from relevo.domain.data_classes import DataClass

PRINCIPAL = "principal"
"""The person whom the case is about, as exporters write it in `covers`."""

_GIVERS: Mapping[str, Giver] = MappingProxyType(
    {
        "the person": Giver.PERSON,
        **dict.fromkeys(("legal guardian", "guardian", "parent", "mother", "father"), Giver.GUARDIAN),
    }
)

_WITHHOLDING = frozenset({"what", "from", "why"})
_CONSENT = frozenset(
    {
        "by", "capacity", "covers", "purpose", "receiver", "organisation", "classes", "withhold",
        "outcomes_may_return", "language", "interpreter", "taken_on", "expires_on", "withdrawn_on",
        "evidence_kind", "evidence", "risks_explained", "withdrawing_explained", "taken_by", "sheet",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ConsentDraft:
    """One consent as the file reports it; `covers` says whose data it is about.

    Where `giver` is None, `by` and `capacity` tell: whoever is not said to be the person or a guardian only looks after
    them.
    """

    by: str
    capacity: str | None
    covers: tuple[str, ...]
    purpose: str
    receiver: str
    organisation: str | None
    classes: tuple[str, ...]
    withhold: tuple[Withholding, ...]
    outcomes_may_return: bool
    language: str
    interpreter: bool
    taken_on: date
    expires_on: date
    withdrawn_on: date | None
    giver: Giver | None = None
    evidence_kind: str | None = None
    evidence: str | None = None
    risks_explained: bool = False
    withdrawing_explained: bool = False
    taken_by: str | None = None
    sheet: str | None = None

    @property
    def given_by(self) -> Giver:
        """Who consents."""
        return self.giver or _GIVERS.get((self.capacity or self.by).casefold(), Giver.CAREGIVER)

    @property
    def covers_principal(self) -> bool:
        """Whether it is about the person of this case and not about somebody of the household."""
        return PRINCIPAL in self.covers


@dataclass(frozen=True, kw_only=True)
class Consents:
    """The drafts, the fields that stay at home, and the paths that count for nothing."""

    drafts: tuple[ConsentDraft, ...]
    stays: tuple[Stay, ...]
    ignored: tuple[str, ...]


def read_consents(document: Section, *, on: date) -> Consents:
    """The consents of a case file; none if it has none.

    Raises:
        CaseFileInvalid: naming the field of the consent that is missing or wrong.
    """
    sections = _sections(document)
    return Consents(
        drafts=tuple(_draft(section, on) for section in sections),
        stays=tuple(one for section in sections for one in _stays(section)),
        ignored=tuple(section.at("withdrawn_on") for section in sections if _in_future(section, on)),
    )


def _sections(document: Section) -> tuple[Section, ...]:
    value = document.fields.get(DataClass.CONSENT, [])
    if isinstance(value, dict):
        return (section_of(value, DataClass.CONSENT),)
    return sections_of(value, DataClass.CONSENT)


def _draft(section: Section, on: date) -> ConsentDraft:
    return ConsentDraft(
        by=section.text("by"),
        capacity=section.text_or_none("capacity"),
        covers=section.texts("covers") or (PRINCIPAL,),
        purpose=section.text("purpose"),
        receiver=section.text("receiver"),
        organisation=section.text_or_none("organisation"),
        classes=_classes(section),
        withhold=tuple(_withholding(one) for one in section.sections("withhold")),
        outcomes_may_return=section.flag("outcomes_may_return"),
        language=section.text("language"),
        interpreter=section.flag("interpreter"),
        taken_on=section.day("taken_on"),
        expires_on=section.day("expires_on"),
        withdrawn_on=None if _in_future(section, on) else section.day_or_none("withdrawn_on"),
        evidence_kind=section.text_or_none("evidence_kind"),
        evidence=section.text_or_none("evidence"),
        risks_explained=section.flag("risks_explained"),
        withdrawing_explained=section.flag("withdrawing_explained"),
        taken_by=section.text_or_none("taken_by"),
        sheet=section.text_or_none("sheet"),
    )


def _classes(section: Section) -> tuple[str, ...]:
    classes = section.texts("classes")
    if not classes:
        refuse(section.at("classes"), "is missing")
    for index, name in enumerate(classes):
        if name not in frozenset(DataClass):
            refuse(f"{section.at('classes')}[{index}]", "is no data class")
    return classes


def _withholding(section: Section) -> Withholding:
    why = section.text_or_none("why") or ""
    return Withholding(what=section.text("what"), from_whom=section.text("from"), why=why)


def _in_future(section: Section, on: date) -> bool:
    withdrawn_on = section.day_or_none("withdrawn_on")
    return withdrawn_on is not None and withdrawn_on > on


def _stays(section: Section) -> Iterator[Stay]:
    yield from _unknown(section, _CONSENT)
    for withholding in section.sections("withhold"):
        yield from _unknown(withholding, _WITHHOLDING)


def _unknown(section: Section, known: frozenset[str]) -> Iterator[Stay]:
    for name, value in section.fields.items():
        if name not in known:
            yield stay(section.at(name), NO_PLACE, value)
