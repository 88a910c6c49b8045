"""What leaves without consent, what stays, and why: the decision of `relevo.domain.disclosure` for an exception.

A field leaves only if the procedure counts its class among those that save a life, and nobody decided before that it
stays. Consents are not asked, but what the person withheld from this receiver in any of them stays withheld. Nothing
leaves while a single reason stands, and all are named at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.domain import disclosure
from relevo.domain.data_classes import DataClass, class_of, field_of
from relevo.domain.disclosure import Disclosure, Line
from relevo.domain.exception import Circumstances, faults, review_reasons, terms_of
from relevo.domain.gate import TEXTS, Gate, Why, path_of, withheld_from

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from relevo.domain.consent import Withheld
    from relevo.domain.data_classes import Record
    from relevo.domain.exception import ExceptionGround
    from relevo.domain.sides import Urgency
    from relevo.domain.sop import Sop
    from relevo.errors import Reason


def decide_without_consent(  # noqa: PLR0913 (these are what the decision depends on, as for `disclosure.decide`)
    record: Record,
    *,
    stays: Sequence[Line],
    problems: Sequence[Reason],
    ground: ExceptionGround,
    sop: Sop,
    purpose: str,
    receiver: str,
    urgency: Urgency,
    at: datetime,
    left_at: datetime | None = None,
    withhold: tuple[Withheld, ...] = (),
) -> Disclosure:
    """Decides for every field of `record` whether it goes to `receiver` on this ground.

    Args:
        record: data class -> field -> value, as the node holds it.
        stays: lines already decided elsewhere; no field that one of them names can leave.
        problems: what is wrong with values, `field` being the path; a refusal only where the field would leave.
        ground: why it is to leave, and its review.
        sop: the procedure under which the referral moves.
        purpose: a purpose of the SOP.
        receiver: the node that would get it; it must be the SOP's origin.
        urgency: how soon the case must be answered.
        at: now.
        left_at: when the referral left, if it has.
        withhold: what the person withheld in any consent, and from whom.
    """
    allowed = sop.exception.classes - {DataClass.CONSENT}
    kept = frozenset(line.path for line in stays)
    withheld = withheld_from(receiver, withhold)
    gate = Gate(purpose=sop.purposes.get(purpose), allowed=allowed, agreed=allowed, withheld=withheld, kept=kept)
    part = disclosure.part_of(record, gate)
    terms = terms_of(ground, sop.exception, purpose=purpose, receiver=receiver, classes=frozenset(part))
    around = Circumstances(rule=sop.exception, urgency=urgency, carried=frozenset(record), at=at)
    refusals = tuple(problem for problem in problems if gate.admits_path(problem.field))
    reasons = (
        *refusals,
        *(
            ()
            if DataClass.IDENTITY_MIN in part
            else (disclosure.class_required(DataClass.IDENTITY_MIN, clause="exception.classes"),)
        ),
        *disclosure.sop_reasons(sop, purpose, receiver),
        *faults(terms, around),
        *review_reasons(ground, at=at, left_at=left_at),
    )
    lines = tuple(_lines(record, gate, frozenset(problem.field for problem in refusals), held=bool(reasons)))
    apart = (*disclosure.kept_lines(stays), *map(disclosure.problem_line, problems))
    return Disclosure(
        leaving={} if reasons else part, lines=disclosure.one_per_path(lines + apart), reasons=reasons, consent=None
    )


def _lines(record: Record, gate: Gate, wrong: Collection[str], *, held: bool) -> Iterator[Line]:
    wrong_fields = {path_of(class_of(path), field_of(path) or None) for path in wrong}
    for name, fields in record.items():
        for field in fields:
            path = path_of(name, field)
            if not gate.keeps(name, field):
                why = _why(gate.bars(name, field), wrong=path in wrong_fields, held=held)
                yield Line(path=path, leaves=why is Why.SAVES_LIFE, why=why, text=TEXTS[why])


def _why(barred: Why | None, *, wrong: bool, held: bool) -> Why:
    if barred:
        return Why.NOT_LIFE_SAVING if barred is Why.NOT_IN_SOP else barred
    if wrong:
        return Why.MALFORMED
    return Why.HELD_BACK if held else Why.SAVES_LIFE
