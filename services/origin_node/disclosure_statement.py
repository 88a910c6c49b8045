"""What was sent to whom about a person: back to the host, and on to organisations of this node."""

from __future__ import annotations

from datetime import UTC

from sqlalchemy import select

from origin_node.tables import GivenRow
from origin_node.taking import entitled
from relevo.delivery.disclosures import sent_to_peer
from relevo.domain.access import Act
from relevo.domain.consent_sheet import Sent, statement_text
from relevo.domain.data_classes import class_of
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def disclosure(work: UnitOfWork, thread: str) -> str:
    """What this node told the host and gave to organisations: when, under which consent, class by class."""
    row = entitled(work, thread, Act.PRINT_SHEET)
    sent = sorted((*sent_to_peer(work, row), *_given(work, row)), key=lambda one: one.at)
    return statement_text(f"referral {row.thread}", sent, on=work.at.astimezone(UTC).date())


def _given(work: UnitOfWork, row: ReferralRow) -> list[Sent]:
    mine = (GivenRow.peer == row.peer, GivenRow.thread == row.thread)
    found = work.session.scalars(select(GivenRow).where(*mine).order_by(GivenRow.id))
    return [
        Sent(
            at=one.given_at,
            receiver=one.organisation,
            what=f"its part for {one.service}",
            under=f"the consent of the referral, {row.basis.partition(':')[2]}",
            classes=sorted({class_of(path) for path in one.paths}),
            paths=[path for path in one.paths if "." in path],
            state=_state(one),
        )
        for one in found
    ]


def _state(given: GivenRow) -> str:
    if given.confirmed_at is not None:
        return f"erased there, confirmed {given.confirmed_at:%Y-%m-%d}"
    return "asked to erase it" if given.chased_at is not None else "given"
