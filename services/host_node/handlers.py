"""What a host does with each step of an origin, beyond what both sides do alike.

Data classes that come back are kept apart from what the host itself stated; neither overwrites the other.
"""

from __future__ import annotations

from collections.abc import Mapping

from host_node import consent_changes, costs, erasure
from host_node.tables import ReturnedRow
from relevo.delivery import clinical
from relevo.delivery.node import Handler
from relevo.domain.excess_data import CONSENT_CHANGED
from relevo.domain.referral import Step
from relevo.domain.retention import ERASURE_CONFIRMED
from relevo.domain.sides import Side
from relevo.messages.content import Said
from relevo.messages.registry import MESSAGES, NODE_KIND, spoken_by
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


_PARTICULAR: Mapping[str, Handler] = {
    Step.WITHDRAWN: erasure.withdrawn,
    Step.ERASED: erasure.erased,
    ERASURE_CONFIRMED: erasure.noted,
    CONSENT_CHANGED: consent_changes.learn,
    "medical-question": clinical.learned,
    "medical-answer": clinical.learned,
    **costs.HANDLERS,
}

HANDLERS: Mapping[str, Handler] = {
    step: _PARTICULAR.get(step, keep_returned)
    for step in sorted(spoken_by(Side.ORIGIN))
    if MESSAGES[step].kind != NODE_KIND
}
"""One entry for each step that an origin may say about a person."""
