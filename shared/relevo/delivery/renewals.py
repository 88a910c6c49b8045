"""Whose consent is to be renewed: one task for each open referral, on both sides alike, before data stops moving."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time

from relevo.delivery import duties
from relevo.domain.access import MAY, Act
from relevo.domain.consent import is_expired
from relevo.domain.consent_taking import renewal_from
from relevo.domain.first_contact import Channel, careful, towards
from relevo.domain.referral import Status, is_open
from relevo.domain.sop import parse_sop
from relevo.domain.tasks import Task
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow, SopRow
from relevo.storage.unit_of_work import UnitOfWork

RENEW = "renew-consent"


def renewals(work: UnitOfWork) -> Iterator[Task]:
    """A task for each consent that ends within the days which the procedure names, or has ended."""
    for row in referrals.everything(work.session):
        terms = referrals.terms(row)
        if terms is None or terms.without_consent or not is_open(Status(row.status)):
            continue
        if duties.is_over_by_death(work, row):
            continue
        rule = parse_sop(work.session.get_one(SopRow, row.sop).text).consent
        since = datetime.combine(renewal_from(rule, terms.expires_on), time.min, tzinfo=UTC)
        if since <= work.at:
            yield Task(
                what=RENEW,
                text=careful(_ENDED if is_expired(terms, work.at) else _ENDS, towards(_preference(row))),
                roles=MAY[Act.RECORD_CONSENT] & rule.takers.get(work.identity.side, frozenset()),
                thread=row.thread,
                since=since,
                due_at=datetime.combine(terms.expires_on, time.max, tzinfo=UTC),
            )


def _preference(row: ReferralRow) -> Channel | None:
    return Channel(row.contact_channel) if row.contact_channel else None


_ENDS = "The consent ends soon: sit with the person and ask whether they still agree, then renew it or narrow it."
_ENDED = "The consent has ended and no data moves: ask the person whether they still agree, and renew it."
