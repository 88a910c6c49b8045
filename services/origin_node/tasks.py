"""What people of an origin have to do: one list, gathered from everything that can be due here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import select

from origin_node import chasing, consents, costs, offers, own_part
from origin_node.tables import ContactAttemptRow
from relevo.delivery import duty_tasks
from relevo.domain.access import MAY, Act
from relevo.domain.first_contact import ContactOutcome
from relevo.domain.referral import Status, is_open
from relevo.domain.tasks import Task
from relevo.storage import referrals
from relevo.storage.unit_of_work import UnitOfWork


def unsafe_contacts(work: UnitOfWork) -> Iterator[Task]:
    """People whom nobody may try to reach before intake has found out whether it is safe."""
    people = {row.thread for row in referrals.everything(work.session) if is_open(Status(row.status))}
    unsafe = (ContactAttemptRow.outcome == ContactOutcome.UNSAFE, ContactAttemptRow.cleared_at.is_(None))
    for attempt in work.session.scalars(select(ContactAttemptRow).where(*unsafe).order_by(ContactAttemptRow.at)):
        if attempt.thread in people:
            yield Task(
                what="clear-contact",
                text="An attempt to reach the person was unsafe. Find out why; nobody tries again before you clear it.",
                roles=MAY[Act.CLEAR_CONTACT],
                thread=attempt.thread,
                since=attempt.at,
            )


SOURCES: tuple[Callable[[UnitOfWork], Iterable[Task]], ...] = (
    duty_tasks.tasks,
    duty_tasks.post,
    unsafe_contacts,
    offers.tasks,
    own_part.tasks,
    chasing.tasks,
    costs.tasks,
    consents.tasks,
)
"""One line for each thing that can be due; each yields all tasks of the node, whoever asks."""
