"""What of a case file stays at home, and why.

Our data classes have no place for everything that a case system knows, and that is their purpose. What has no place is
not lost and not hidden: each such field is listed with its path, a code and a sentence for the counsellor, as a line
of the preview, and with the value, which is for this node alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import JsonValue

from relevo.domain.disclosure import Line, Why


class Ground(NamedTuple):
    """A code, and the sentence that tells a counsellor more than the code does."""

    why: Why
    text: str


NO_PLACE = Ground(Why.NO_PLACE, "Stays: no data class has a place for it.")
CONFIDENTIAL = Ground(Why.CONFIDENTIAL, "Stays: the case is confidential; a code and the birth year go in its place.")
DOCUMENTS = Ground(Why.CONFIDENTIAL, "Stays: the case is confidential; documents and addresses would undo the code.")
OTHER_PERSON = Ground(Why.NO_PLACE, "Stays: others of the household appear by relation and age band alone.")
OWN_REFERRAL = Ground(Why.NO_PLACE, "Stays: that person has a referral of their own.")
NOTE = Ground(Why.NO_PLACE, "Stays: a note may tell of somebody's health, and nothing about health is sent in family.")
DECIDED_HERE = Ground(Why.NEVER_LEAVES, "Stays: whether to refer without consent is decided here, by people.")


@dataclass(frozen=True, kw_only=True)
class Stay:
    """One field that stays at home; `value` is left out of what is printed and logged."""

    path: str
    why: Why
    text: str
    value: JsonValue = field(repr=False)

    @property
    def line(self) -> Line:
        """The line of the preview, without the value."""
        return Line(path=self.path, leaves=False, why=self.why, text=self.text)


def stay(path: str, ground: Ground, value: JsonValue) -> Stay:
    """The field at `path` stays at home on this ground."""
    return Stay(path=path, why=ground.why, text=ground.text, value=value)
