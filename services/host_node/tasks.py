"""What people of a host have to do: one list, gathered from everything that can be due here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import select

from host_node import consent_taking, costs
from host_node.tables import CaseReferralRow, CaseRow, ExceptionRow
from relevo.delivery import duty_tasks, key_tasks, log_status
from relevo.delivery.task_list import Source
from relevo.domain.access import MAY, Act
from relevo.domain.tasks import Task
from relevo.storage.unit_of_work import UnitOfWork


def exceptions_to_review(work: UnitOfWork) -> Iterator[Task]:
    """Exceptions that were raised and that nobody has reviewed; nothing has left under them."""
    waiting = (ExceptionRow.decision.is_(None), ExceptionRow.thread.is_(None))
    for exception in work.session.scalars(select(ExceptionRow).where(*waiting).order_by(ExceptionRow.raised_at)):
        yield Task(
            what="review-exception",
            text="A referral without consent waits for a second person: review it now; a life may be in danger.",
            roles=MAY[Act.REVIEW_EXCEPTION],
            case=exception.case,
            since=exception.raised_at,
        )


def _of_agencies(source: Source) -> Source:
    """The same tasks, each for the agency whose case it is about; staff of the node see all."""

    def tasks(work: UnitOfWork) -> Iterator[Task]:
        agency = {one.id: one.agency for one in work.session.scalars(select(CaseRow))}
        case_of = {one.thread: one.case for one in work.session.scalars(select(CaseReferralRow))}
        for task in source(work):
            yield replace(task, organisation=agency.get(task.case or case_of.get(task.thread or "", "")))

    return tasks


_EVERY: tuple[Source, ...] = (
    duty_tasks.tasks,
    duty_tasks.post,
    log_status.tasks,
    duty_tasks.forgotten,
    duty_tasks.stopped,
    exceptions_to_review,
    costs.tasks,
    consent_taking.tasks,
    key_tasks.tasks,
)

SOURCES: tuple[Source, ...] = tuple(_of_agencies(source) for source in _EVERY)
"""One line for each thing that can be due; each yields all tasks of the node, whoever asks."""
