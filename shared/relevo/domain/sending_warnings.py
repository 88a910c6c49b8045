"""What a counsellor should know before a referral leaves, though it stops nothing.

    consent-ends-early          the consent ends before the last follow-up of the procedure
    short-notice                less than three weeks to the arrival, or less than four for somebody vulnerable
    transfer-on-consent-alone   a public authority sends, and the procedure rests the transfer on consent alone

A public authority can often not rely on consent for the transfer itself, whatever it may do with it otherwise.
Source: Reintegration Handbook, 4.1.3; GDPR, articles 13, 49(1)(a) and 49(3).
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from relevo.domain.consent_taking import months_after
from relevo.domain.sop_parts import TransferBasis
from relevo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from relevo.domain.consent import Consent
    from relevo.domain.sop import Sop

NOTICE = timedelta(weeks=3)
NOTICE_IF_VULNERABLE = timedelta(weeks=4)


def warnings(
    consent: Consent | None,
    sop: Sop,
    *,
    arrives: datetime | None,
    vulnerable: bool,
    public_authority: bool,
    at: datetime,
) -> Iterator[Reason]:
    """Everything to know about a referral that would leave at `at`.

    Args:
        consent: the one that speaks, if any.
        sop: the procedure under which it moves.
        arrives: the planned arrival, if it is known.
        vulnerable: whether the record says so of the person.
        public_authority: whether the node that sends is one.
        at: now.
    """
    last = months_after((arrives or at).date(), max(sop.follow_up_months, default=0))
    if consent is not None and consent.expires_on < last:
        yield _ends_early(consent.expires_on, last)
    if arrives is not None and arrives - at < (NOTICE_IF_VULNERABLE if vulnerable else NOTICE):
        yield _short_notice(arrives, vulnerable=vulnerable)
    if public_authority and sop.transfer_basis == TransferBasis.CONSENT:
        yield _CONSENT_ALONE


def _ends_early(expires_on: date, last: date) -> Reason:
    return Reason(
        code="consent-ends-early",
        field="consent.expires_on",
        detail=f"the consent ends on {expires_on}, before the last follow-up around {last}",
        advice="Ask the person now whether they agree until then, or renew it when the task comes.",
        rule="consent.outlasts-follow-up",
        clause="follow_up_months",
    )


def _short_notice(arrives: datetime, *, vulnerable: bool) -> Reason:
    weeks = "four weeks (the person is vulnerable)" if vulnerable else "three weeks"
    return Reason(
        code="short-notice",
        field="travel.arrival_at",
        detail=f"the arrival on {arrives.astimezone(UTC).date()} (UTC) is less than {weeks} away",
        advice="Send it now and phone the origin's contact point, so that somebody is there on the day.",
        rule="journey.notice",
    )


_CONSENT_ALONE = Reason(
    code="transfer-on-consent-alone",
    field="transfer_basis",
    detail="this node is a public authority, and the procedure rests the transfer on consent alone",
    advice="Ask your data protection officer for another basis, and agree a new version of the procedure.",
    rule="procedure.transfer-basis",
    clause="transfer_basis",
)
