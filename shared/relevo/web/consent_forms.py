"""How a change of consent is said over the API, at either node."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from relevo.domain.consent import Account, Giver
from relevo.domain.data_classes import DataClass
from relevo.web.operations import Body

Text = Annotated[str, Field(min_length=1, max_length=2000)]


class AccountGiven(Body):
    """How it was taken: who consented, with whom, in which language; it stays at this node."""

    by: Text = "the person"
    giver: Giver = Giver.PERSON
    capacity: Text | None = None
    evidence_kind: Text | None = None
    evidence: Text | None = None
    language: Text
    interpreter: bool = False
    risks_explained: bool = False
    withdrawing_explained: bool = False
    taken_on: date
    taken_by: Text | None = None
    sheet: Text | None = None

    def to_account(self) -> Account:
        """The account as the rules know it."""
        return Account(**self.model_dump(include=set(AccountGiven.model_fields)))


class Renewal(AccountGiven):
    """The person agrees for longer; `classes` only where a host records a new consent for other classes."""

    expires_on: date
    classes: Annotated[list[DataClass], Field(min_length=1)] | None = None


class WithholdMore(Body):
    """Something more to withhold from somebody, and why; the reason never leaves this node."""

    what: Text
    from_whom: Text
    why: Annotated[str, Field(max_length=2000)] = ""


class Narrowing(AccountGiven):
    """The person takes back classes, withholds something from somebody, or ends it earlier."""

    without: tuple[DataClass, ...] = ()
    withhold: tuple[WithholdMore, ...] = ()
    expires_on: date | None = None
