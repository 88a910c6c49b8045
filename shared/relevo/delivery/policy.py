"""What a receiver asks of a message before it has any effect; the sender asked the same before it sent.

In this order: the SOP is agreed here; a new referral was made while that version was in force; the referral exists and
moves under it; the message rests on the terms that its author knew, or brings new ones; nothing returns that may not;
the terms of the consent still hold; no field is more than consent and SOP allow. What the terms in force now do not
cover is not kept, though it was sent rightly; and so nothing is of what crossed our withdrawal. What rests on an
exception is held to all the rules of `relevo.domain.exception` again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from relevo.clock import moment
from relevo.delivery import consent_changes, steps
from relevo.domain.consent import Terms, is_expired
from relevo.domain.consent_taking import require_lasting
from relevo.domain.data_classes import DataClass
from relevo.domain.disclosure import ALWAYS_RETURN, ExcessData, NoReturn, may_return, require_within
from relevo.domain.exception import Circumstances, as_terms, require_sound
from relevo.domain.exception_refusals import ExceptionExpired
from relevo.domain.excess_data import CONSENT_CHANGED, part_within
from relevo.domain.referral import Status, Step
from relevo.domain.retention import AFTER_ERASURE
from relevo.domain.sides import Side
from relevo.domain.sop import Sop, parse_sop
from relevo.domain.sop_versions import require_current
from relevo.errors import Conflict, Reason, Refusal
from relevo.messages.classes import terms_from_fields, terms_from_record
from relevo.messages.content import Fields, Said
from relevo.messages.exception import exception_from_record
from relevo.messages.steps_referral import Requested
from relevo.protocol.envelope import Opened
from relevo.storage import recall, referrals, sops
from relevo.storage.recall import SopRead
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


class NoBasis(Refusal):
    """The message rests on no consent or exception that this referral knows."""

    code = "no-basis"
    rule = "consent.recorded"
    advice = "The sender records a valid consent and sends the referral under it."


class ThreadUnknown(Refusal):
    """The message continues a referral that never began here."""

    code = "thread-unknown"
    rule = "lifecycle.step"
    advice = "The sender checks that its first message was stored, and sends it first."


class ThreadTaken(Conflict):
    """Another node's referral has this thread; people here name a referral by its thread alone."""

    code = "thread-taken"
    advice = "The sender sends the referral anew, in a random thread of its own."


class ConsentEnded(Refusal):
    """The consent under which personal data moves has expired."""

    code = "consent-expired"
    rule = "consent.expires"
    advice = "Ask the person whether they still agree, and send under a renewed consent."


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """A message about a person that may have its effect, and the referral that it belongs to.

    `said` is what the terms in force now let this node keep of it; `unkept` are the classes and fields that were
    left out, and `hushed` says that even its words may not stay.
    """

    row: ReferralRow
    sop: Sop
    terms: Terms | None
    said: Said
    unkept: frozenset[str] = frozenset()
    hushed: bool = False


def admit(work: UnitOfWork, opened: Opened, said: Said) -> Admitted:
    """The referral that a message belongs to, begun here if this is its first.

    Raises:
        SopUnknown: retryable, if the SOP is not agreed here.
        SopNotInForce, SopSuperseded: of a new referral.
        ThreadUnknown, ThreadTaken, NoBasis, ConsentEnded, ExcessData, NoReturn: faults of the message itself.
    """
    message = opened.verified.manifest.message
    agreed = sops.agreed(work.session, message.sop, message.iss)
    sop = parse_sop(agreed.text)
    row = recall.referral(work.session, message.iss, message.thread)
    if said.step == Step.REQUESTED and row is None:
        _require_version(work, agreed, opened)
        row = _begin(work, opened, said, sop)
    elif row is None:
        raise ThreadUnknown
    terms = _require_basis(work, row, opened, said)
    _require_return(work, terms, said)
    _require_fields(work, row, sop, terms, said, opened)
    return _kept(work, row, sop, terms, said)


def _kept(work: UnitOfWork, row: ReferralRow, sop: Sop, terms: Terms | None, said: Said) -> Admitted:
    """What crossed a narrowing was sent rightly and is no fault, but what is closed now is not kept."""
    now = referrals.terms(row)
    if now is None:
        return Admitted(row=row, sop=sop, terms=terms, said=replace(said, classes={}))
    if now == terms or said.step == CONSENT_CHANGED:
        return Admitted(row=row, sop=sop, terms=terms, said=said)
    returning, services = message_comes_back(work), tuple(row.services)
    kept = part_within(said.classes, terms=now, sop=sop, purpose=row.purpose, services=services, returning=returning)
    unkept = frozenset(_not_kept(said.classes, kept))
    hushed = returning and not may_return(said.step, outcomes_may_return=now.outcomes_may_return)
    return Admitted(row=row, sop=sop, terms=terms, said=replace(said, classes=kept), unkept=unkept, hushed=hushed)


def _not_kept(came: Fields, kept: Fields) -> Iterator[str]:
    """The classes of which nothing is kept, and the fields that are not of those of which something is."""
    for name, fields in came.items():
        left = kept.get(name)
        yield from (name,) if not left else (f"{name}.{field}" for field in fields.keys() - left.keys())


def _require_version(work: UnitOfWork, agreed: SopRead, opened: Opened) -> None:
    """Raises `SopNotInForce` or `SopSuperseded`; only of a new referral, for one under way stays under its version."""
    made_at, newer = moment(opened.claims["iat"]), sops.superseded_at(work.session, agreed)
    require_current(parse_sop(agreed.text), newer, made_at=made_at, received_at=work.at)


def _begin(work: UnitOfWork, opened: Opened, said: Said, sop: Sop) -> ReferralRow:
    message, basis, stated = opened.verified.manifest.message, opened.basis, said.payload
    if basis is None or not isinstance(stated, Requested):
        raise NoBasis(detail="a referral rests on a consent or on an exception", field="basis")
    if basis.kind == "exception":
        terms = _sound_exception(basis.record, stated, said, sop, work.at)
    else:
        terms = _consented(basis.record, said)
        require_lasting(sop.consent, since=moment(opened.claims["iat"]).date(), expires_on=terms.expires_on)
    if terms.receiver != work.identity.node_id or terms.purpose != stated.purpose:
        raise NoBasis(detail="the consent is for another receiver or another purpose", field="basis.receiver")
    if recall.is_taken(work.session, message.iss, message.thread):
        raise ThreadTaken(field="thread")
    row = referrals.begin(
        message.iss, message.thread, requested=stated, fields=said.classes, sop=message.sop, basis=basis, at=work.at
    )
    recall.add(work.session, row)
    return row


def _consented(record: bytes, said: Said) -> Terms:
    if DataClass.CONSENT not in said.classes:
        raise NoBasis(detail="a referral comes with the terms of a consent", field="consent")
    terms = terms_from_record(record)
    if terms_from_fields(said.classes[DataClass.CONSENT]) != terms:
        raise NoBasis(detail="the consent terms are not those that the message rests on", field="consent")
    return terms


def _sound_exception(record: bytes, stated: Requested, said: Said, sop: Sop, at: datetime) -> Terms:
    """The terms of an exception, of which the receiver believes nothing that it can check."""
    if DataClass.CONSENT in said.classes:
        raise NoBasis(detail="what rests on an exception carries no terms of a consent", field="consent")
    terms, carried = exception_from_record(record), frozenset(said.classes)
    around = Circumstances(rule=sop.exception, urgency=stated.urgency, carried=carried, at=at)
    require_sound(terms, around)
    return as_terms(terms)


def _require_basis(work: UnitOfWork, row: ReferralRow, opened: Opened, said: Said) -> Terms | None:
    message = opened.verified.manifest.message
    if message.sop != row.sop:
        raise NoBasis(detail="a referral stays under the SOP under which it began", field="sop")
    if said.step in AFTER_ERASURE:
        return None
    if said.step == CONSENT_CHANGED and referrals.terms(row) is not None:
        return consent_changes.brought(work, row, opened.basis, said, message.jti)
    if said.step == CONSENT_CHANGED and steps.crossed(work, row, Step.WITHDRAWN, said.seen):
        return None
    terms = consent_changes.known(work, row, said, message.jti)
    erased = terms is None and consent_changes.was_changed(work, row)
    if not erased and message.basis != consent_changes.claim_of(row, terms):
        raise NoBasis(detail="the message does not rest on the consent of this referral", field="basis")
    return terms


def _require_return(work: UnitOfWork, terms: Terms | None, said: Said) -> None:
    """What the person does not let return is not taken either, whether it carries a data class or only words."""
    stays = message_comes_back(work) and said.step not in ALWAYS_RETURN
    if stays and terms is not None and not terms.outcomes_may_return:
        raise NoReturn(field="step")


def _require_current(terms: Terms, opened: Opened, at: datetime) -> None:
    """A consent holds if it held when the message was sealed; an exception runs out by the receiver's own clock."""
    if terms.without_consent:
        if is_expired(terms, at):
            raise ExceptionExpired(field="basis")
    elif is_expired(terms, opened.verified.manifest.attempt.iat):
        raise ConsentEnded


def _require_fields(
    work: UnitOfWork, row: ReferralRow, sop: Sop, terms: Terms | None, said: Said, opened: Opened
) -> None:
    if not said.classes:
        return
    if terms is None or Status(row.status) in {Status.WITHDRAWN, Status.ERASED}:
        _require_crossing(work, row, said)
        return
    if said.step == CONSENT_CHANGED:
        return
    _require_current(terms, opened, work.at)
    purpose = sop.purposes.get(row.purpose)
    if purpose is None:
        raise ExcessData(_unknown_purpose())
    received = {name: tuple(fields) for name, fields in said.classes.items()}
    services = tuple(row.services)
    returning = message_comes_back(work)
    require_within(received, terms=terms, sop=sop, purpose=row.purpose, services=services, returning=returning)


def _require_crossing(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
    """What was sent before its author knew of the withdrawal is no fault; nothing of it is kept."""
    if not steps.crossed(work, row, Step.WITHDRAWN, said.seen):
        raise NoBasis(detail="the consent was withdrawn; no personal data moves any more", field="basis")


def message_comes_back(work: UnitOfWork) -> bool:
    """Whether a message that arrives here goes from the origin to the host; either side may say some steps."""
    return work.identity.side is Side.HOST


def _unknown_purpose() -> Reason:
    return Reason(
        code=ExcessData.code,
        field="purpose",
        detail="the SOP does not know this purpose",
        advice="Send for a purpose of the SOP.",
        rule="classes.purpose",
        clause="purposes",
    )
