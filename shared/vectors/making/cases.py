"""How a case and a file of vectors are written down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A piece of JSON."""

TOLD = {
    "bad-signature": "unreadable",
    "sealed-changed": "unreadable",
    "decryption-failed": "unreadable",
    "bad-padding": "unreadable",
    "hop-bad-signature": "unreadable",
    "recipient-key-unknown": "key-unknown",
}
"""Codes of which a peer is told less."""


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """One file of vectors: its name is its subject."""

    subject: str
    about: str
    cases: list[Json]
    given: Json

    def written(self) -> Json:
        """The file as JSON."""
        return {
            "format": "relevo-vectors-v1",
            "subject": self.subject,
            "about": self.about,
            "given": self.given,
            "cases": self.cases,
        }


def vectors(subject: str, about: str, cases: Iterable[Json], **given: Json) -> Vectors:
    """A file of vectors about `subject`; `given` is input that all cases share."""
    return Vectors(subject=subject, about=about, cases=list(cases), given=given)


def good(case: str, result: Json, **given: Json) -> Json:
    """A case that has a result."""
    return {"name": case, "input": given, "result": result}


def bad(case: str, error: str, **given: Json) -> Json:
    """A case that is refused."""
    told = {"told": TOLD[error]} if error in TOLD else {}
    return {"name": case, "input": given, "error": error, **told}
