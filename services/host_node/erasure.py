"""Withdrawal at the host: its own consent ends, what came back goes, and it sees who else has erased.

    the person says it here       (`host_node.consents`) withdrawn -> the origin's erased -> erase -> erased
    the person says it there      (withdrawn was learned) -> end the consent, hold back, erase -> erased

Each side says once that it has erased. The organisations that the origin asked stand in its `erased`, and each
confirms by itself; `chased` puts both together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from host_node import consents
from host_node.agencies import entitled
from host_node.holdings import HOLDINGS
from relevo.delivery import outbox, retention
from relevo.domain.access import Act
from relevo.domain.referral import Step
from relevo.domain.retention import ERASURE_CONFIRMED
from relevo.domain.sides import Side
from relevo.messages.content import Said
from relevo.storage import referrals
from relevo.storage.tables import ReferralRow, StepRow
from relevo.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Chased:
    """An organisation of the origin that was asked to erase its part, as the origin told it."""

    organisation: str
    asked_at: datetime | None
    confirmed_at: datetime | None


def withdrawn(work: UnitOfWork, row: ReferralRow, _said: Said) -> None:
    """The person withdrew at the origin: the consent ends here, what came back goes, and this side says so."""
    consents.noted_as_withdrawn(work, row.thread)
    outbox.hold_back(work.session, row)
    retention.erase_withdrawn(work, row, HOLDINGS)


def erased(work: UnitOfWork, row: ReferralRow, _said: Said) -> None:
    """The origin has erased: what the host keeps of the exchange itself goes as well; its own case stays its own."""
    retention.erase_withdrawn(work, row, HOLDINGS)


def noted(_work: UnitOfWork, _row: ReferralRow, _said: Said) -> None:
    """The timeline tells it; there is nothing else to do."""


def chased(work: UnitOfWork, thread: str) -> list[Chased]:
    """The organisations of the origin that were asked to erase something of a referral, and who has confirmed."""
    taken = referrals.steps(work.session, entitled(work, thread, Act.READ_TIMELINE))
    asked = dict(_asked(taken))
    confirmed = {str(one.said.get("organisation")): one.at for one in taken if one.step == ERASURE_CONFIRMED}
    return [
        Chased(organisation=name, asked_at=asked.get(name), confirmed_at=confirmed.get(name))
        for name in sorted(asked.keys() | confirmed.keys())
    ]


def _asked(taken: list[StepRow]) -> Iterator[tuple[str, datetime]]:
    for one in taken:
        named = one.said.get("asked") if one.step == Step.ERASED and one.side == Side.ORIGIN else None
        yield from ((str(name), one.at) for name in (named if isinstance(named, list) else ()))
