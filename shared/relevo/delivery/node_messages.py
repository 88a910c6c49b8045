"""What nodes say to each other about no person in need, by step: who learns it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from relevo.delivery import contact_exchange, epochs, sop_exchange
from relevo.messages.content import Said
from relevo.storage.unit_of_work import UnitOfWork

LEARN: Mapping[str, Callable[[UnitOfWork, str, Said], None]] = MappingProxyType(
    {
        "sop-proposed": sop_exchange.learn,
        "sop-accepted": sop_exchange.learn,
        "contact-list": contact_exchange.learn,
        "stream-restarted": epochs.learn,
    }
)
"""Every step of the kind `node`."""


def learn(work: UnitOfWork, peer: str, said: Said) -> None:
    """Take in what a peer said; faults of the message are raised by whoever learns it."""
    LEARN[said.step](work, peer, said)
