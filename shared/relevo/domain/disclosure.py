"""What leaves, what stays, and why: one decision for the preview and for sending, so that they cannot differ.

A field leaves only if the SOP allows its class for the purpose and the requested services, the person's consent covers
the class, neither keeps this field back, and nobody decided before that it stays. While a single reason stands nothing
leaves at all, and every reason is named at once. The terms of the consent travel beside (`Disclosure.terms`); the
circumstances of the consent, and above all why something is withheld, never leave.

    decide(record, ...)          at the host, for the preview and again for the sealed message
    require_within(received, …)  at the receiver, the same rule from the terms that came along

Whether a value is well formed is decided elsewhere and comes in as `problems`; of values only their place matters here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relevo.domain.consent import consent_reasons, speaking, terms_of
from relevo.domain.data_classes import DataClass, class_of, field_of
from relevo.domain.excess_data import ALWAYS_RETURN, ExcessData, NoReturn, may_return, require_within
from relevo.domain.gate import TEXTS, Gate, Why, is_binding, path_of, sendable, withheld_from
from relevo.errors import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from relevo.domain.consent import Consent, Terms
    from relevo.domain.data_classes import JsonValue, Record
    from relevo.domain.sop import Purpose, Sop

__all__ = [
    "ALWAYS_RETURN",
    "Disclosure",
    "ExcessData",
    "Line",
    "NoReturn",
    "NotSendable",
    "Why",
    "decide",
    "may_return",
    "require_within",
]


class NotSendable(Refusal):
    """The referral cannot leave as it is."""

    code = "not-sendable"
    rule = "disclosure.all-or-nothing"
    advice = "Mend each reason that is named, look at the preview again, then send."


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a preview: the path of a field, whether it leaves, and why in one sentence."""

    path: str
    leaves: bool
    why: Why
    text: str


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """The decision about one record.

    `leaving` is what may be sealed, empty while `reasons` stand; the lines that leave are exactly its fields.
    `consent` is the one that speaks for this purpose and receiver, valid or not. `warnings` stop nothing.
    """

    leaving: Record
    lines: tuple[Line, ...]
    reasons: tuple[Reason, ...]
    consent: Consent | None
    warnings: tuple[Reason, ...] = ()

    @property
    def terms(self) -> Terms | None:
        """The terms that travel with what leaves; None if nothing may leave."""
        return terms_of(self.consent) if self.consent and not self.reasons else None

    def require(self) -> Disclosure:
        """This decision, if the referral may leave.

        Raises:
            NotSendable: with every reason why it may not.
        """
        if self.reasons:
            raise NotSendable(*self.reasons)
        return self


def decide(  # noqa: PLR0913 (these nine are what the decision depends on; a bundle of them would be made only to be unpacked)
    record: Record,
    *,
    stays: Sequence[Line],
    problems: Sequence[Reason],
    consents: Sequence[Consent],
    sop: Sop,
    purpose: str,
    receiver: str,
    services: Iterable[str],
    at: datetime,
) -> Disclosure:
    """Decides for every field of `record` whether it goes to `receiver`.

    Args:
        record: data class -> field -> value, as the node holds it.
        stays: lines already decided elsewhere; no field that one of them names can leave.
        problems: what is wrong with values, `field` being the path; a refusal only where the field would leave.
        consents: all consents of this person, in the order in which they were recorded.
        sop: the procedure under which the referral moves.
        purpose: a purpose of the SOP.
        receiver: the node that would get it; it must be the SOP's origin.
        services: the services asked for, `category` or `category:detail`.
        at: now.
    """
    wanted, rule = tuple(services), sop.purposes.get(purpose)
    required = rule.required_classes(wanted) if rule else frozenset[str]()
    consent = speaking(consents, purpose=purpose, receiver=receiver, at=at)
    gate = Gate(
        purpose=rule,
        allowed=sendable(rule, wanted),
        agreed=consent.classes if consent else frozenset(),
        withheld=withheld_from(receiver, consent.withhold if consent else ()),
        kept=frozenset(line.path for line in stays),
    )
    meant = gate if consent else replace(gate, agreed=required)
    refusals = tuple(problem for problem in problems if meant.admits_path(problem.field))
    reasons = (
        *refusals,
        *(
            class_required(name, clause=_clause(rule, purpose, name, wanted))
            for name in sorted(required)
            if not _has_part(record, name, meant)
        ),
        *sop_reasons(sop, purpose, receiver),
        *_withhold_reasons(consent, {receiver, sop.host}),
        *consent_reasons(consents, purpose=purpose, receiver=receiver, classes=required, at=at),
    )
    lines = tuple(_record_lines(record, gate, frozenset(problem.field for problem in refusals), held=bool(reasons)))
    apart = (*kept_lines(stays), *_consent_lines(consent), *map(problem_line, problems))
    leaving = {} if reasons else part_of(record, gate)
    return Disclosure(leaving=leaving, lines=one_per_path(lines + apart), reasons=reasons, consent=consent)


def without(decision: Disclosure, hidden: Collection[str]) -> Disclosure:
    """The same decision for somebody who may not read some classes: only the class is named, and nothing leaves here.

    Of such a class one line is left; it leaves if any of its fields does.
    """
    ordered = sorted(decision.lines, key=lambda line: not line.leaves)
    first = {line.path: line for line in one_per_path(_blurred(line, hidden) for line in ordered)}
    lines = dict.fromkeys(_blurred(line, hidden).path for line in decision.lines)
    leaving = {name: fields for name, fields in decision.leaving.items() if name not in hidden}
    return replace(decision, lines=tuple(first[path] for path in lines), leaving=leaving)


def _blurred(line: Line, hidden: Collection[str]) -> Line:
    name = class_of(line.path)
    return replace(line, path=name) if name in hidden else line


def _clause(rule: Purpose | None, purpose: str, name: str, services: Iterable[str]) -> str:
    return f"purposes.{purpose}.{rule.requiring(name, services)}" if rule else ""


def held(decision: Disclosure, more: tuple[Reason, ...]) -> Disclosure:
    """The same decision with `more` reasons against sending, so that nothing leaves while one of them stands."""
    if not more:
        return decision
    lines = tuple(_line(one.path, Why.HELD_BACK) if one.leaves else one for one in decision.lines)
    return replace(decision, leaving={}, lines=lines, reasons=(*decision.reasons, *more))


def _has_part(record: Record, name: str, gate: Gate) -> bool:
    """Whether the record holds something of the class that could leave, had the person agreed to the class."""
    agreed = replace(gate, agreed=gate.agreed | {name})
    return any(agreed.admits(name, field) for field in record.get(name, {}))


def part_of(record: Record, gate: Gate) -> dict[str, dict[str, JsonValue]]:
    """The fields of a record that a gate admits; no class of which nothing is left."""
    parts = {
        name: {field: value for field, value in fields.items() if gate.admits(name, field)}
        for name, fields in record.items()
    }
    return {name: fields for name, fields in parts.items() if fields}


def _record_lines(record: Record, gate: Gate, wrong: Collection[str], *, held: bool) -> Iterator[Line]:
    wrong_fields = {path_of(class_of(path), field_of(path) or None) for path in wrong}
    for name, fields in record.items():
        for field in fields:
            path = path_of(name, field)
            if not gate.keeps(name, field):
                yield _line(path, _why(name, gate.bars(name, field), wrong=path in wrong_fields, held=held))


def _why(name: str, barred: Why | None, *, wrong: bool, held: bool) -> Why:
    if name == DataClass.CONSENT:
        return Why.NEVER_LEAVES
    if barred:
        return barred
    if wrong:
        return Why.MALFORMED
    return Why.HELD_BACK if held else Why.CONSENTED


def _line(path: str, why: Why) -> Line:
    return Line(path=path, leaves=why is Why.CONSENTED, why=why, text=TEXTS[why])


def kept_lines(stays: Iterable[Line]) -> Iterator[Line]:
    """Lines that were decided elsewhere, none of which leaves."""
    return (replace(line, leaves=False) for line in stays)


def _consent_lines(consent: Consent | None) -> Iterator[Line]:
    if consent is None:
        return
    for name in ("by", "language", "interpreter", "taken_on"):
        yield _line(f"consent.{name}", Why.NEVER_LEAVES)
    for place, one in enumerate(consent.withhold):
        if one.why:
            yield _line(f"consent.withhold[{place}].why", Why.NEVER_LEAVES)


def problem_line(problem: Reason) -> Line:
    """The line of a value that is wrong."""
    return Line(path=problem.field, leaves=False, why=Why.MALFORMED, text=f"Stays: {problem.detail.rstrip('.')}.")


def one_per_path(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The first line of each path."""
    found: dict[str, Line] = {}
    for line in lines:
        found.setdefault(line.path, line)
    return tuple(found.values())


def sop_reasons(sop: Sop, purpose: str, receiver: str) -> Iterator[Reason]:
    """Why this procedure does not serve this purpose or this receiver."""
    if purpose not in sop.purposes:
        yield _PURPOSE_UNKNOWN
    if receiver != sop.origin:
        yield _OTHER_PAIR


def _withhold_reasons(consent: Consent | None, nodes: Collection[str]) -> Iterator[Reason]:
    """Words that software cannot follow must not be passed over in silence."""
    for place, one in enumerate(consent.withhold if consent else ()):
        if one.from_whom in nodes and not is_binding(one.what):
            yield _withhold_unclear(place)


def _withhold_unclear(place: int) -> Reason:
    return Reason(
        code="withhold-unclear",
        field=f"consent.withhold[{place}].what",
        detail="something is withheld from a node itself, in words that name no data class or field",
        advice="Ask the person which part is meant and write it as a class or a field, such as needs.psychosocial.",
        rule="consent.withholds",
    )


def class_required(data_class: str, *, clause: str) -> Reason:
    """The reason that a class without which nothing is sent has nothing to send."""
    return Reason(
        code="class-required",
        field=data_class,
        detail=f"the procedure requires {data_class}, and there is nothing of it that could be sent",
        advice=f"Complete {data_class} in the case, then look at the preview again.",
        rule="classes.required",
        clause=clause,
    )


_PURPOSE_UNKNOWN = Reason(
    code="purpose-unknown",
    field="purpose",
    detail="the procedure has no such purpose",
    advice="Choose a purpose that the procedure knows, or agree a new version of it.",
    rule="classes.purpose",
    clause="purposes",
)
_OTHER_PAIR = Reason(
    code="sop-other-receiver",
    field="receiver",
    detail="the procedure was agreed with another node",
    advice="Choose the procedure that was agreed with the receiver.",
    rule="sop.pair",
    clause="origin",
)
