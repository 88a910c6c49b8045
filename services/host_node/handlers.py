"""What a host does with each step of an origin, beyond what both sides do alike.

Data classes that come back are kept apart from what the host itself stated; neither overwrites the other.
"""

from __future__ import annotations

from collections.abc import Mapping

from host_node import consent_changes, consents
from host_node.consent_changes import forget_returned
from host_node.tables import ReturnedRow
from relevo.delivery import outbox, steps
from relevo.delivery.node import Handler
from relevo.domain.excess_data import CONSENT_CHANGED
from relevo.domain.referral import Step
from relevo.domain.sides import Side
from relevo.messages.content import Said
from relevo.messages.registry import MESSAGES, NODE_KIND, spoken_by
from relevo.messages.steps_referral import Erased
from relevo.storage.erasure import erase_thread
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def keep_returned(work: UnitOfWork, row: ReferralRow, said: Said) -> None:
    """Keep the data classes that came back; a step without any leaves only its place on the timeline."""
    for name, fields in said.classes.items():
        work.session.add(
            ReturnedRow(
                jti=row.peer_last,
                data_class=name,
                peer=row.peer,
                thread=row.thread,
                step=said.step,
                fields=dict(fields),
                came_at=work.at,
            )
        )


def withdrawn(work: UnitOfWork, row: ReferralRow, _said: Said) -> None:
    """The person withdrew at the origin: the consent ends here, what came back goes, and this side says so."""
    consents.noted_as_withdrawn(work, row.thread)
    outbox.hold_back(work.session, row)
    forget_returned(work, row)
    erase_thread(work.session, row)
    steps.take(work, row, Step.ERASED, Erased(kept=()))


def erased(work: UnitOfWork, row: ReferralRow, _said: Said) -> None:
    """The origin has erased: what the host keeps of the exchange itself goes as well; its own case stays its own."""
    forget_returned(work, row)
    erase_thread(work.session, row)


_PARTICULAR: Mapping[str, Handler] = {
    Step.WITHDRAWN: withdrawn,
    Step.ERASED: erased,
    CONSENT_CHANGED: consent_changes.learn,
}

HANDLERS: Mapping[str, Handler] = {
    step: _PARTICULAR.get(step, keep_returned)
    for step in sorted(spoken_by(Side.ORIGIN))
    if MESSAGES[step].kind != NODE_KIND
}
"""One entry for each step that an origin may say about a person."""
