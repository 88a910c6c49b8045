"""What clinicians on both sides ask and tell each other, under `medical-continuity` alone.

A question opens a duty on the other side; while it is open that side's clinicians answer it, and nobody puts a second.
Words and answers are read by clinicians: everybody else sees on the timeline that there was a question, and whether it
was answered. The host's answer may carry `health-summary` and `medication`; the origin's carries words alone. Where
outcomes may not return an origin neither asks nor answers. The words go with the rest when the consent is withdrawn.

Source: Reintegration Handbook, 4.1.3 (step 4: continuity of assistance, above all health matters).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from relevo.delivery import looking, steps
from relevo.delivery.steps import NOTHING
from relevo.domain.access import MAY, Act
from relevo.domain.data_classes import DataClass
from relevo.domain.deadlines import MEDICAL_ANSWER, MEDICAL_QUESTION
from relevo.domain.disclosure import ExcessData, NoReturn
from relevo.domain.medication import MEDICAL_CONTINUITY
from relevo.domain.sides import Side
from relevo.errors import BadInput, Conflict, Reason, Refusal
from relevo.messages.content import Fields, Said
from relevo.messages.steps import read_payload
from relevo.messages.steps_record import MedicalAnswer
from relevo.storage import referrals
from relevo.storage.access_log import looked
from relevo.storage.referrals import TimelineEntry
from relevo.storage.tables import ReferralRow, StepRow
from relevo.storage.unit_of_work import UnitOfWork

STEPS = frozenset({MEDICAL_QUESTION, MEDICAL_ANSWER})


class NotMedicalContinuity(Refusal):
    """Clinicians speak only in referrals for medical continuity."""

    code = "not-medical-continuity"
    advice = "Use the person's referral for medical-continuity; without one, ask the person for a consent to it first."


class MedicalQuestionOpen(Conflict):
    """This side has asked already and waits for the answer."""

    code = "medical-question-open"
    advice = "Wait for the answer. Where it cannot wait, phone the clinic that the contact list names."


class MedicalQuestionUnknown(Refusal):
    """There is no such question of the other side that waits for an answer."""

    code = "medical-question-unknown"
    advice = "Look at what the other side asked with `medical list`, and answer the question that is open."


@dataclass(frozen=True, kw_only=True)
class Word:
    """One question or answer, with its message: for clinicians."""

    at: datetime
    side: str
    who: str
    step: str
    text: str
    jti: str | None
    to: str | None


def ask(work: UnitOfWork, thread: str, question: str) -> ReferralRow:
    """Ask the clinicians of the other side.

    Raises:
        NotMedicalContinuity, NoReturn, MedicalQuestionOpen: if it cannot be asked here, or now.
    """
    work.require(Act.ASK_CLINICIAN)
    row = referrals.by_thread(work.session, thread)
    require_possible(row, work.identity.side)
    side = work.identity.side
    if _open_question(work, row, asked_by=side) is not None:
        raise MedicalQuestionOpen
    steps.take(work, row, MEDICAL_QUESTION, read_payload(MEDICAL_QUESTION, {"question": question}))
    return row


def answer(work: UnitOfWork, row: ReferralRow, to: str, text: str, fields: Fields = NOTHING) -> ReferralRow:
    """Answer the question that the clinicians of the other side asked in the message `to`.

    Raises:
        NotMedicalContinuity, NoReturn: if nobody speaks of health here.
        MedicalQuestionUnknown: if that question does not wait for an answer.
    """
    work.require(Act.ANSWER_CLINICIAN)
    require_possible(row, work.identity.side)
    waiting = _open_question(work, row, asked_by=work.identity.side.other)
    if waiting is None or waiting.jti != to:
        raise MedicalQuestionUnknown(field="to")
    steps.take(work, row, MEDICAL_ANSWER, read_payload(MEDICAL_ANSWER, {"to": to, "answer": text}), fields)
    return row


def learned(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
    """Check what the other side's clinicians said, once the step is on the timeline.

    Raises:
        NotMedicalContinuity, NoReturn: if it may not be said here.
        ExcessData: if an origin sent a data class with it.
        MedicalQuestionUnknown: if it answers what nobody here asked.
    """
    speaker = work.identity.side.other
    require_possible(row, speaker)
    if speaker is Side.ORIGIN and said.classes:
        raise ExcessData(*(_too_much(name) for name in said.classes))
    if isinstance(said.payload, MedicalAnswer):
        asked = (one.jti for one in _questions(work, row, asked_by=work.identity.side))
        if said.payload.to not in asked:
            raise MedicalQuestionUnknown(field="to")


def words(work: UnitOfWork, thread: str) -> list[Word]:
    """What was asked and answered in a referral, in order.

    Raises:
        Forbidden: for anybody but a clinician.
    """
    work.require(Act.READ_CLINICAL)
    row = referrals.by_thread(work.session, thread)
    looked(work, row.thread, (DataClass.HEALTH_SUMMARY,), "clinical")
    return [_word(one) for one in referrals.steps(work.session, row) if one.step in STEPS and one.said]


def readable(work: UnitOfWork, entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """A timeline as the user may read it: without the words of clinicians for anybody else."""
    role = work.user.role
    if role is None or role in MAY[Act.READ_CLINICAL]:
        return list(entries)
    return [replace(entry, said={}) if entry.step in STEPS else entry for entry in entries]


def require_possible(row: ReferralRow, speaker: Side) -> None:
    """Whether `speaker` may speak of health in this referral at all.

    Raises:
        NotMedicalContinuity: for a referral with another purpose.
        NoReturn: of an origin, where the person lets nothing but the decision go back.
    """
    if row.purpose != MEDICAL_CONTINUITY:
        raise NotMedicalContinuity(field="purpose")
    terms = referrals.terms(row)
    if speaker is Side.ORIGIN and terms is not None and not terms.outcomes_may_return:
        raise NoReturn(detail="nothing but the decision may go to the host", field="consent.outcomes_may_return")


def require_may_ask(work: UnitOfWork, row: ReferralRow, classes: Sequence[str]) -> None:
    """Whether the procedure lets the other side ask for these classes later, where it says so at all.

    Raises:
        BadInput: naming those that it does not.
    """
    may = looking.sop_of(work, row).may_ask.get(work.identity.side.other)
    barred = sorted(set(classes) - may) if may is not None else []
    if barred:
        names = ", ".join(barred)
        raise BadInput(
            f"the procedure does not let the other side ask for {names} later",
            field="classes",
            next_step="Answer in words, or agree a version of the procedure that allows it.",
        )


def _open_question(work: UnitOfWork, row: ReferralRow, *, asked_by: Side) -> StepRow | None:
    """The last question of a side, unless it was answered."""
    spoken = referrals.steps(work.session, row)
    answered = {one.said.get("to") for one in spoken if one.step == MEDICAL_ANSWER}
    asked = _questions(work, row, asked_by=asked_by)
    return asked[-1] if asked and asked[-1].jti not in answered else None


def _questions(work: UnitOfWork, row: ReferralRow, *, asked_by: Side) -> list[StepRow]:
    return [one for one in referrals.steps(work.session, row) if (one.step, one.side) == (MEDICAL_QUESTION, asked_by)]


def _word(step: StepRow) -> Word:
    text, to = step.said.get("question") or step.said.get("answer"), step.said.get("to")
    return Word(
        at=step.at,
        side=step.side,
        who=step.who,
        step=step.step,
        text=str(text),
        jti=step.jti,
        to=str(to) if to else None,
    )


def _too_much(name: str) -> Reason:
    return Reason(
        code=ExcessData.code,
        field=name,
        detail="an origin answers in words; no data class goes back with them",
        advice="Answer in words alone.",
    )
