"""What a receiver refuses to store: every field beyond consent and SOP, and all that may not return.

The sender decided by the same gate before it sent, so an honest peer never meets this. A message that carries too
much is refused whole, naming each field, and nothing of it is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.domain.data_classes import RETURNING, DataClass, class_of
from relevo.domain.gate import EVERYTHING, Gate, Why, path_of, sendable, withheld_from
from relevo.domain.referral import Step
from relevo.domain.retention import AFTER_ERASURE
from relevo.errors import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from relevo.domain.consent import Terms
    from relevo.domain.data_classes import Record
    from relevo.domain.sop import Purpose, Sop

CONSENT_CHANGED = "consent-changed"
"""The step that brings new terms; it says nothing of the person but what the other side must keep from now on."""

ALWAYS_RETURN: frozenset[str] = frozenset(
    {Step.ACKNOWLEDGED, Step.ACCEPTED, Step.DECLINED, Step.CANCEL_AGREED, CONSENT_CHANGED, *AFTER_ERASURE}
)
"""What an origin tells the host even where the person does not want outcomes to return."""


class ExcessData(Refusal):
    """A message carries more than consent and procedure let its receiver have."""

    code = "excess-data"
    rule = "classes.allowed"
    advice = "Nothing was stored. Tell the sender which fields are too many; they must send the message anew."


class NoReturn(Refusal):
    """The person does not want outcomes to go back to the host."""

    code = "no-return"
    rule = "consent.returns"
    advice = "Send only that the referral was acknowledged, accepted, declined or erased; the rest stays here."


def require_within(
    received: Mapping[str, Iterable[str]],
    *,
    terms: Terms,
    sop: Sop,
    purpose: str,
    services: Iterable[str],
    returning: bool = False,
) -> None:
    """Whether a receiver may store what it got.

    Args:
        received: data class -> names of the fields that came; the terms of the consent may be among them.
        terms: the terms under which it came.
        sop: the procedure named by the message.
        purpose: what the message says it is for.
        services: the services asked for.
        returning: whether it comes back from the origin to the host.

    Raises:
        ExcessData: with one reason for each field too many.
        NoReturn: if it comes back although outcomes may not.
    """
    rule = sop.purposes.get(purpose) if purpose == terms.purpose else None
    brought = {name: tuple(fields) for name, fields in received.items() if name != DataClass.CONSENT}
    if returning and brought and not terms.outcomes_may_return:
        raise NoReturn(_NO_RETURN)
    gate = _inward(rule, sop, terms) if returning else _outward(rule, sop, terms, services)
    excess = tuple(_excess(gate, brought, _clauses(rule, terms, purpose, returning=returning)))
    if excess:
        raise ExcessData(*excess)


def part_within(
    received: Record, *, terms: Terms, sop: Sop, purpose: str, services: Iterable[str], returning: bool
) -> Record:
    """What of a message that came under older terms may be kept under `terms`, which are those in force now."""
    if returning and not terms.outcomes_may_return:
        return {name: fields for name, fields in received.items() if name == DataClass.CONSENT}
    rule = sop.purposes.get(purpose) if purpose == terms.purpose else None
    gate = _inward(rule, sop, terms) if returning else _outward(rule, sop, terms, services)
    return {
        name: {field: value for field, value in fields.items() if gate.bars(name, field) is None}
        for name, fields in received.items()
        if gate.bars(name, None) is None
    }


def may_return(step: str, *, outcomes_may_return: bool) -> bool:
    """Whether the origin may tell the host that `step` was taken."""
    return outcomes_may_return or step in ALWAYS_RETURN


def _outward(rule: Purpose | None, sop: Sop, terms: Terms, services: Iterable[str]) -> Gate:
    return Gate(
        purpose=rule,
        allowed=sop.exception.classes if terms.without_consent else sendable(rule, services),
        agreed=terms.classes,
        withheld=withheld_from(terms.receiver, terms.withhold),
    )


def _inward(rule: Purpose | None, sop: Sop, terms: Terms) -> Gate:
    """What the procedure lets return, without what the person withholds from the host itself."""
    returns = rule.returns if rule else frozenset[str]()
    return Gate(purpose=rule, allowed=returns, agreed=returns, withheld=withheld_from(sop.host, terms.withhold))


def withheld_from_host(terms: Terms, host: str) -> frozenset[str]:
    """The classes that may not go back to `host` whole, because the person withholds something of them from it."""
    if not terms.outcomes_may_return:
        return frozenset(RETURNING)
    paths = withheld_from(host, terms.withhold)
    return frozenset(RETURNING) if EVERYTHING in paths else frozenset(map(class_of, paths)) & RETURNING


def _clauses(rule: Purpose | None, terms: Terms, purpose: str, *, returning: bool) -> Mapping[Why, str]:
    """Where the SOP lists the classes, and the fields, that may move."""
    if rule is None:
        return {Why.NOT_IN_SOP: "purposes"}
    listed = f"purposes.{purpose}.{'returns' if returning else 'allowed'}"
    without = terms.without_consent and not returning
    narrowed = f"purposes.{purpose}.fields"
    return {Why.NOT_IN_SOP: "exception.classes" if without else listed, Why.FIELD_NOT_IN_SOP: narrowed}


def _excess(gate: Gate, brought: Mapping[str, tuple[str, ...]], clauses: Mapping[Why, str]) -> Iterator[Reason]:
    for name, fields in brought.items():
        for field in fields or (None,):
            barred = gate.bars(name, field)
            if barred:
                yield Reason(
                    code=ExcessData.code,
                    field=path_of(name, field),
                    detail=f"may not be stored here ({barred})",
                    advice=ExcessData.advice,
                    rule=_RULES[barred],
                    clause=clauses.get(barred, ""),
                )


_RULES: Mapping[Why, str] = {
    Why.NOT_IN_SOP: "classes.allowed",
    Why.FIELD_NOT_IN_SOP: "classes.fields",
    Why.NO_PLACE: "classes.fields",
    Why.NOT_CONSENTED: "consent.covers-class",
    Why.WITHHELD: "consent.withholds",
}
"""The rule behind each way in which a gate bars a field."""

_NO_RETURN = Reason(
    code=NoReturn.code,
    field="consent.outcomes_may_return",
    detail="the person does not want outcomes to go back to the host",
    advice=NoReturn.advice,
    rule=NoReturn.rule,
)
