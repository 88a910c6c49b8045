"""Renewing and narrowing a consent in a referral that is under way: our own changes, and the peer's.

    change     somebody here recorded what the person said: new terms, and the message that brings them
    brought    what a receiver asks of a message that brings terms
    learned    the peer's change takes its place among all that are known here
    known      the terms under which the author of any other message made it

The terms in force stand in the referral itself (`basis`, `basis_record`) and are what `relevo.domain.consent_change`
makes of all changes known here. A message rests on the terms that its author knew: what that was follows from the
last message of ours that it says it had seen, so both nodes compute the same commitment under the referral's one salt.
"""

from __future__ import annotations

from datetime import UTC, datetime

from relevo.delivery import steps
from relevo.delivery.outbox import Message
from relevo.domain.consent import Terms, is_expired
from relevo.domain.consent_change import ChangeUnfit, base_of, in_force, require_change
from relevo.domain.consent_taking import require_lasting
from relevo.domain.data_classes import DataClass
from relevo.domain.excess_data import CONSENT_CHANGED
from relevo.domain.referral import Step
from relevo.domain.sop import Sop
from relevo.errors import BadInput, Conflict
from relevo.messages.classes import terms_from_fields, terms_from_record, terms_record, terms_to_fields
from relevo.messages.content import Said
from relevo.messages.steps_record import ConsentChanged
from relevo.protocol.basis import Basis, kind_of
from relevo.storage import bases, log, referrals, sops
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


class NothingStands(Conflict):
    """There is no consent in this referral that could be changed."""

    code = "consent-ended"
    rule = "consent.changed"
    advice = "The consent was withdrawn, or nobody ever consented. Record a new consent and send a referral under it."


def change(work: UnitOfWork, row: ReferralRow, kind: str, after: Terms, taken_at: datetime) -> Terms:
    """Let the referral move under the terms `after` from now on, and tell the peer; the terms before.

    Raises:
        NothingStands: if there are no terms of a consent.
        ChangeUnfit, ConsentRuleBroken: if the person's words or the procedure do not let this side do it.
        IllegalStep: if it was withdrawn.
    """
    before, side = referrals.terms(row), work.identity.side
    if before is None or before.without_consent:
        raise NothingStands
    if taken_at > work.at:
        raise BadInput("the time has not come yet; check day and offset", field="consent.taken_at")
    require_change(before, after, kind=kind, side=side)
    require_lasting(_sop(work, row).consent, since=taken_at.astimezone(UTC).date(), expires_on=after.expires_on)
    first, knew = terms_record(before), [one.jti for one in bases.of(work.session, row) if one.jti != bases.FIRST]
    _rest_on(row, after)
    payload = ConsentChanged.model_validate({"change": kind, "taken_at": taken_at.isoformat()})
    taken = steps.take(work, row, CONSENT_CHANGED, payload, {DataClass.CONSENT: terms_to_fields(after)})
    if taken.jti is None:
        raise NothingStands
    bases.keep(work.session, row, jti=taken.jti, side=side, knew=knew, record=terms_record(after), first=first)
    _log(work, row)
    return before


def brought(work: UnitOfWork, row: ReferralRow, basis: Basis | None, said: Said, jti: str) -> Terms:
    """The terms that the peer's change brings, if it may make that change.

    Raises:
        ChangeUnfit, ConsentRuleBroken: if it may not; nothing is changed.
    """
    before, payload = known(work, row, said, jti), said.payload
    given = said.classes.get(DataClass.CONSENT)
    if before is None or basis is None or given is None or not isinstance(payload, ConsentChanged):
        raise ChangeUnfit(detail="a change comes with the new terms, of a consent that stands", field="consent")
    after = terms_from_fields(given)
    if (basis.kind, basis.record, basis.salt) != ("consent", terms_record(after), row.basis_salt):
        raise ChangeUnfit(detail="the new terms are not those that the message rests on", field="basis")
    require_change(before, after, kind=payload.change, side=work.identity.side.other)
    since = min(payload.taken_at, work.at).astimezone(UTC).date()
    require_lasting(_sop(work, row).consent, since=since, expires_on=after.expires_on)
    return after


def learned(work: UnitOfWork, row: ReferralRow, said: Said) -> tuple[Terms, Terms]:
    """Let the peer's change take its place; the terms in force before and after it."""
    jti, before = row.peer_last, referrals.terms(row)
    if before is None or jti is None:
        raise NothingStands
    rows = bases.of(work.session, row)
    bases.keep(
        work.session,
        row,
        jti=jti,
        side=work.identity.side.other,
        knew=sorted(_knew(work, rows, said, jti)),
        record=terms_record(terms_from_fields(said.classes[DataClass.CONSENT])),
        first=terms_record(before),
    )
    found = bases.history(bases.of(work.session, row))
    if found is None:
        raise NothingStands
    after = in_force(*found)
    _rest_on(row, after)
    _log(work, row)
    return before, after


def known(work: UnitOfWork, row: ReferralRow, said: Said, jti: str) -> Terms | None:
    """The terms under which the author of a message made it; None if they are erased here."""
    if referrals.rests_on_exception(row) or said.step == Step.REQUESTED:
        return referrals.terms(row)
    rows = bases.of(work.session, row)
    found = bases.history(rows)
    return base_of(*found, _knew(work, rows, said, jti)) if found else referrals.terms(row)


def took_back(work: UnitOfWork, row: ReferralRow, name: str) -> bool:
    """Whether the person no longer lets this class move, which moves in both directions, though they once did."""
    terms, found = referrals.terms(row), bases.history(bases.of(work.session, row))
    return terms is None or (found is not None and name in found[0].classes - terms.classes)


def lapsed(message: Message, at: datetime) -> bool:
    """Whether the terms under which a queued message was made have run out, though later ones may hold.

    The receiver would refuse it, for it rests on those terms; what carries no data class may go.
    """
    if not message.classes or message.manifest is not None or not message.basis.startswith("consent:"):
        return False
    terms = made_under(message)
    return terms is not None and is_expired(terms, at)


def made_under(message: Message) -> Terms | None:
    """The terms of the consent under which a queued message was made; None once they are erased."""
    if message.basis_record is None:
        return None
    return terms_from_record(message.basis_record)


def claim_of(row: ReferralRow, terms: Terms | None) -> str:
    """The commitment to `terms` in this referral; after erasure, or under an exception, the one that it rests on."""
    if terms is None or terms.without_consent or row.basis_salt is None or terms == referrals.terms(row):
        return row.basis
    return Basis(kind=kind_of(row.basis), record=terms_record(terms), salt=row.basis_salt).claim


def was_changed(work: UnitOfWork, row: ReferralRow) -> bool:
    """Whether the terms of the referral were ever changed; still known after erasure.

    A change that crossed a withdrawal was never kept, but what its author said next rests on it.
    """
    changed = (one.step == CONSENT_CHANGED for one in referrals.steps(work.session, row))
    return bool(bases.of(work.session, row)) or any(changed)


def _knew(work: UnitOfWork, rows: list[bases.BasisRow], said: Said, jti: str) -> frozenset[str]:
    """Of their changes, those before this message; of ours, those up to the last message that it had seen."""
    ours, seen = work.identity.side, said.seen or ""
    return bases.known_to(rows, lambda one: one.jti <= seen if one.side == ours else one.jti < jti)


def _rest_on(row: ReferralRow, terms: Terms) -> None:
    row.basis, row.basis_record = claim_of(row, terms), terms_record(terms)


def _sop(work: UnitOfWork, row: ReferralRow) -> Sop:
    return sops.parsed(work.session, row.sop)


def _log(work: UnitOfWork, row: ReferralRow) -> None:
    commitment = row.basis.partition(":")[2]
    log.record(
        work.session, "consent", work.at, subject=row.thread, thread=row.thread, commitment=commitment, change="changed"
    )
