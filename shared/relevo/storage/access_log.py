"""Who looked at which personal data, and why: minimal, until looks are recorded."""

from __future__ import annotations

from collections.abc import Iterable

from relevo.storage.unit_of_work import UnitOfWork


def looked(work: UnitOfWork, subject: str, classes: Iterable[str], why: str) -> None:
    """Record a look at data of these classes; `subject` is a thread or a case."""
