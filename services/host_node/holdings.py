"""What a host keeps of a referral in tables of its own: what came back. Its case is its own and stays."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select

from host_node.tables import ReturnedRow
from relevo.delivery.node import Holdings
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def classes(work: UnitOfWork, row: ReferralRow) -> frozenset[str]:
    """The data classes that came back."""
    return frozenset(work.session.scalars(select(ReturnedRow.data_class).where(_came_back_in(row))))


def erase(work: UnitOfWork, row: ReferralRow, gone: frozenset[str]) -> None:
    """Erase what came back of these classes."""
    work.session.execute(delete(ReturnedRow).where(_came_back_in(row), ReturnedRow.data_class.in_(gone)))


def drop(_work: UnitOfWork, _row: ReferralRow) -> None:
    """There is nothing here that belongs to no class."""


def asked(_work: UnitOfWork, _row: ReferralRow) -> tuple[str, ...]:
    """A host gives nothing to organisations."""
    return ()


def _came_back_in(row: ReferralRow) -> ColumnElement[bool]:
    return (ReturnedRow.peer == row.peer) & (ReturnedRow.thread == row.thread)


HOLDINGS = Holdings(classes=classes, erase=erase, drop=drop, asked=asked)
