"""The `consent` class: the terms of a consent, as they travel with a referral and as they are digested.

The terms say what the receiver must keep. They have no field for why something is withheld, for who consented, or for
how: such a field is refused like any other that does not exist.

    {"classes": ["identity-min", "needs"], "expires_on": "2028-02-28", "organisation": "ge:dabruneba/shelter",
     "outcomes_may_return": true, "purpose": "reintegration-assistance", "receiver": "ge:dabruneba",
     "withhold": [{"from_whom": "family members", "what": "psychosocial needs"}]}

`terms_record` is these fields as UTF-8 JSON without white space, names sorted, classes sorted, `withhold` in the order
in which the person said it, `organisation` and an empty `withhold` left out: equal terms give equal bytes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from relevo.domain.consent import Terms, Withheld
from relevo.domain.data_classes import DataClass
from relevo.messages.classes_shape import DataClassModel, Strict
from relevo.messages.classes_values import Day, Line, Node, Organisation, Word, each_once, some

if TYPE_CHECKING:
    from pydantic import JsonValue


class WithheldTerm(Strict):
    """What is withheld from whom, as free text that people read."""

    what: Line
    from_whom: Line


class ConsentTerms(DataClassModel):
    """The terms that the receiver must keep."""

    purpose: Word
    receiver: Node
    organisation: Organisation | None = None
    classes: Annotated[tuple[DataClass, ...], Field(max_length=20), AfterValidator(some), AfterValidator(each_once)]
    expires_on: Day
    withhold: Annotated[tuple[WithheldTerm, ...], Field(max_length=20)] | None = None
    outcomes_may_return: bool

    def to_terms(self) -> Terms:
        """The terms as the rules know them."""
        return Terms(
            purpose=self.purpose,
            receiver=self.receiver,
            organisation=self.organisation,
            classes=frozenset(self.classes),
            expires_on=self.expires_on,
            withhold=tuple(Withheld(one.what, one.from_whom) for one in self.withhold or ()),
            outcomes_may_return=self.outcomes_may_return,
        )


def terms_to_fields(terms: Terms) -> dict[str, JsonValue]:
    """The fields of the class `consent` for these terms."""
    fields: dict[str, JsonValue] = {
        "purpose": terms.purpose,
        "receiver": terms.receiver,
        "classes": [str(name) for name in sorted(terms.classes)],
        "expires_on": terms.expires_on.isoformat(),
        "outcomes_may_return": terms.outcomes_may_return,
    }
    if terms.organisation is not None:
        fields["organisation"] = terms.organisation
    if terms.withhold:
        fields["withhold"] = [{"what": what, "from_whom": from_whom} for what, from_whom in terms.withhold]
    return fields


def terms_record(terms: Terms) -> bytes:
    """The bytes that stand for the terms in a digest."""
    fields = terms_to_fields(terms)
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
