"""What people of an origin have to do: one list, gathered from everything that can be due here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sqlalchemy import select

from origin_node import chasing, consents, costs, offers, own_part, reach
from origin_node.tables import ContactAttemptRow
from relevo.delivery import duty_tasks, key_tasks, log_status
from relevo.domain.access import MAY, Act
from relevo.domain.first_contact import HANDS_OFF, ContactOutcome, careful, towards
from relevo.domain.referral import Status, is_open
from relevo.domain.tasks import Task
from relevo.storage import referrals
from relevo.storage.unit_of_work import UnitOfWork


def due(work: UnitOfWork) -> Iterator[Task]:
    """What is due, and nothing that would send anybody to a person whom nobody may reach now."""
    unsafe = {one.thread for one in _unsafe(work)}
    for task in duty_tasks.tasks(work):
        if task.thread is None or not duty_tasks.is_with_the_person(task.what):
            yield task
        elif task.thread in unsafe:
            yield replace(task, text=f"{HANDS_OFF} before intake has cleared an attempt that was unsafe. {task.text}")
        else:
            way = towards(reach.preference(work, referrals.by_thread(work.session, task.thread)))
            known = task.text.startswith(careful("", way))
            yield task if known else replace(task, text=careful(task.text, way))


def unsafe_contacts(work: UnitOfWork) -> Iterator[Task]:
    """People whom nobody may try to reach before intake has found out whether it is safe."""
    people = {row.thread for row in referrals.everything(work.session) if is_open(Status(row.status))}
    for attempt in _unsafe(work):
        if attempt.thread in people:
            yield Task(
                what="clear-contact",
                text="An attempt to reach the person was unsafe. Find out why; nobody tries again before you clear it.",
                roles=MAY[Act.CLEAR_CONTACT],
                thread=attempt.thread,
                since=attempt.at,
            )


def _unsafe(work: UnitOfWork) -> list[ContactAttemptRow]:
    unsafe = (ContactAttemptRow.outcome == ContactOutcome.UNSAFE, ContactAttemptRow.cleared_at.is_(None))
    return list(work.session.scalars(select(ContactAttemptRow).where(*unsafe).order_by(ContactAttemptRow.at)))


SOURCES: tuple[Callable[[UnitOfWork], Iterable[Task]], ...] = (
    due,
    duty_tasks.post,
    log_status.tasks,
    duty_tasks.forgotten,
    duty_tasks.stopped,
    unsafe_contacts,
    offers.tasks,
    own_part.tasks,
    chasing.tasks,
    costs.tasks,
    consents.tasks,
    key_tasks.tasks,
)
"""One line for each thing that can be due; each yields all tasks of the node, whoever asks."""
