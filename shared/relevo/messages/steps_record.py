"""What is said about the record itself: the consent it moves under, corrections, the plan, files, costs, clinicians.

Terms, values, plan, files and costs travel as data classes; what stands here is only what was done with them.

Source: Reintegration Handbook, 4.1.3 (step 4: consent, continuity of assistance, the complete record, costs).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from relevo.domain.consent_change import ConsentChangeKind
from relevo.domain.data_classes import DataClass
from relevo.messages.classes_shape import Strict
from relevo.messages.classes_values import Digest, Line, Moment, Note, Organisation, Thread, each_once, some
from relevo.messages.steps_shape import StepPayload

Classes = Annotated[tuple[DataClass, ...], Field(max_length=20), AfterValidator(some), AfterValidator(each_once)]


class ConsentChanged(StepPayload):
    """The person renewed or narrowed the consent; the class `consent` has the terms that hold from now on."""

    change: ConsentChangeKind
    taken_at: Moment


class ErasureConfirmed(StepPayload):
    """An organisation that was given a part has erased it too."""

    organisation: Organisation
    at: Moment


class Corrected(StepPayload):
    """What was stated before of these classes was entered in error; what holds instead travels beside."""

    classes: Classes
    reason: Line


class PlanAgreed(StepPayload):
    """The plan was agreed with the person; the class `plan` has it."""


class MedicationSecured(StepPayload):
    """The origin has seen to it that the person does not run out of a medicine; nothing more is told."""


class DocumentsReturned(StepPayload):
    """This side sends files about the person; the class `documents` names them, and they follow after the receipt."""


class CostsPlanned(StepPayload):
    """This side proposes costs; the class `costs` has them. `replaces` is the proposal whose place they take."""

    replaces: Thread | None = None


class CostsAgreed(StepPayload):
    """This side agrees to the costs that the other side proposed in the message `of`."""

    of: Thread


class Proof(Strict):
    """That something was paid: the digest of a document that stays where it is, and what kind it is."""

    line: Annotated[int, Field(ge=0, le=59)]
    kind: Line
    digest: Digest


class CostsReported(StepPayload):
    """What was really spent; the class `costs` has planned and actual amounts."""

    proofs: Annotated[tuple[Proof, ...], Field(max_length=60)] | None = None


class MedicalQuestion(StepPayload):
    """One clinician asks the other."""

    question: Note


class MedicalAnswer(StepPayload):
    """One clinician answers the other's message `to`."""

    to: Thread
    answer: Note
