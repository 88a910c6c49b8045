"""Which fields may cross the border in one message: the rule that sender and receiver share.

A field may cross if the SOP allows its class for the purpose and the services, the person agreed to the class, it is
not withheld from this receiver, and the SOP does not narrow the class to other fields. What the consent withholds
binds here where its words are a class, a path or `everything`, and it names the receiving node itself; withholding
from a local organisation or a relative is kept by the receiver, who reads it in the terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.domain.data_classes import DataClass, class_of, field_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from relevo.domain.consent import Withheld, Withholding
    from relevo.domain.sop_parts import Purpose

EVERYTHING = "everything"
_CLASSES = frozenset(DataClass)


class Why(StrEnum):
    """Why a field leaves or stays."""

    CONSENTED = "consented"
    NOT_CONSENTED = "not-consented"
    NOT_IN_SOP = "not-in-sop"
    FIELD_NOT_IN_SOP = "field-not-in-sop"
    WITHHELD = "withheld"
    NEVER_LEAVES = "never-leaves"
    CONFIDENTIAL = "confidential"
    NO_PLACE = "no-place"
    MALFORMED = "malformed"
    HELD_BACK = "held-back"
    SAVES_LIFE = "saves-life"
    NOT_LIFE_SAVING = "not-life-saving"


TEXTS: Mapping[Why, str] = {
    Why.CONSENTED: "Leaves: the procedure allows it and the person agreed to it.",
    Why.NOT_CONSENTED: "Stays: the person has not agreed that this part is sent.",
    Why.NOT_IN_SOP: "Stays: the procedure does not allow this part for what is asked.",
    Why.FIELD_NOT_IN_SOP: "Stays: the procedure allows other fields of this part, not this one.",
    Why.WITHHELD: "Stays: the person asked to withhold it from this receiver.",
    Why.NEVER_LEAVES: "Stays: this is never sent; the receiver gets only the terms it must keep.",
    Why.CONFIDENTIAL: "Stays: the case is confidential.",
    Why.NO_PLACE: "Stays: a referral has no place for it.",
    Why.MALFORMED: "Stays: it must be corrected before it can be sent.",
    Why.HELD_BACK: "Would leave, but nothing leaves while a reason against sending stands.",
    Why.SAVES_LIFE: "Leaves without consent: a life is in danger, and the procedure counts this part as life-saving.",
    Why.NOT_LIFE_SAVING: "Stays: without consent only what the procedure counts as life-saving leaves.",
}


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The rule for one message: what the SOP allows, what the person agreed to, what is withheld or kept."""

    purpose: Purpose | None
    allowed: frozenset[str]
    agreed: frozenset[str]
    withheld: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()

    def bars(self, data_class: str, field: str | None) -> Why | None:
        """Why the field, or the class alone where `field` is None, stays; None if it may leave.

        A field name with a dot or a bracket in it, or none, could pass for another path and has no place anywhere.
        """
        if data_class not in self.allowed:
            return Why.NOT_IN_SOP
        if data_class not in self.agreed:
            return Why.NOT_CONSENTED
        if self.withheld and not self.withheld.isdisjoint({EVERYTHING, data_class, path_of(data_class, field)}):
            return Why.WITHHELD
        return self._bars_field(data_class, field) if field is not None else None

    def _bars_field(self, data_class: str, field: str) -> Why | None:
        if not field.isidentifier():
            return Why.NO_PLACE
        if self.purpose and not self.purpose.allows_field(data_class, field):
            return Why.FIELD_NOT_IN_SOP
        return None

    def keeps(self, data_class: str, field: str | None) -> bool:
        """Whether it was decided before that the field, or its whole class, stays."""
        return not self.kept.isdisjoint({data_class, path_of(data_class, field)})

    def admits(self, data_class: str, field: str | None) -> bool:
        """Whether the field leaves."""
        return not self.keeps(data_class, field) and self.bars(data_class, field) is None

    def admits_path(self, path: str) -> bool:
        """Whether what stands at `path`, however deep, leaves."""
        return path not in self.kept and self.admits(class_of(path), field_of(path) or None)


def sendable(rule: Purpose | None, services: Iterable[str]) -> frozenset[str]:
    """What a host may send of its record; the terms are made from the consent, never from the record."""
    return rule.allowed_classes(services) - {DataClass.CONSENT} if rule else frozenset()


def is_binding(what: str) -> bool:
    """Whether these words of a consent name something that software can withhold."""
    return what == EVERYTHING or class_of(what) in _CLASSES


def withheld_from(receiver: str, withhold: Iterable[Withholding | Withheld]) -> frozenset[str]:
    """What is withheld from the receiving node itself, in the words of the consent."""
    return frozenset(one.what for one in withhold if one.from_whom == receiver)


def path_of(data_class: str, field: str | None) -> str:
    """`travel.port`, or the class alone."""
    return data_class if field is None else f"{data_class}.{field}"
