"""Consent on paper, and what was sent to whom: the two texts that a person may take along."""

from __future__ import annotations

from datetime import UTC

from sqlalchemy import select

from host_node import consents
from host_node.case_file import ConsentDraft
from host_node.cases import drafts
from host_node.consents import ConsentUnfit
from host_node.tables import CaseReferralRow, CaseRow
from relevo.delivery.disclosures import sent_to_peer
from relevo.domain.access import Act
from relevo.domain.consent import Terms, Withheld, speaking, terms_of
from relevo.domain.consent_sheet import Sent, sheet_text, statement_text
from relevo.domain.sop import parse_sop
from relevo.storage import referrals, sops
from relevo.storage.unit_of_work import UnitOfWork


def sheet(work: UnitOfWork, case: CaseRow, purpose: str, language: str) -> str:
    """The consent sheet of a case for one purpose, from its newest consent or else from what the file proposes.

    Raises:
        ConsentUnfit: if neither speaks of this purpose.
        Conflict: if no SOP with the origin is in force.
    """
    work.require(Act.PRINT_SHEET)
    sop = parse_sop(sops.in_force(work.session, case.origin, work.at).text)
    terms = _terms(work, case, purpose)
    withheld = [f"{one.what} to {one.from_whom}" for one in terms.withhold]
    return sheet_text(terms, sop.sheets.get(language), language=language, withheld=withheld)


def disclosure(work: UnitOfWork, case: CaseRow) -> str:
    """What left this node about the person of a case: to whom, when, under which consent, class by class."""
    work.require(Act.PRINT_SHEET)
    threads = work.session.scalars(select(CaseReferralRow.thread).where(CaseReferralRow.case == case.id))
    rows = [referrals.by_thread(work.session, thread) for thread in threads]
    sent: list[Sent] = sorted((one for row in rows for one in sent_to_peer(work, row)), key=lambda one: one.at)
    return statement_text(f"case {case.reference}", sent, on=work.at.astimezone(UTC).date())


def _terms(work: UnitOfWork, case: CaseRow, purpose: str) -> Terms:
    recorded = consents.of_case(work.session, case)
    found = speaking(recorded, purpose=purpose, receiver=case.origin, at=work.at)
    if found is not None:
        return terms_of(found)
    proposed = next((one for one in drafts(case) if one.covers_principal and one.purpose == purpose), None)
    if proposed is None:
        raise ConsentUnfit("neither a consent nor the case file speaks of this purpose", field="consent.purpose")
    return _proposed(proposed)


def _proposed(draft: ConsentDraft) -> Terms:
    return Terms(
        purpose=draft.purpose,
        receiver=draft.receiver,
        organisation=draft.organisation,
        classes=frozenset(draft.classes),
        expires_on=draft.expires_on,
        withhold=tuple(Withheld(one.what, one.from_whom) for one in draft.withhold),
        outcomes_may_return=draft.outcomes_may_return,
    )
