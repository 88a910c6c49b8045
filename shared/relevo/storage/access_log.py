"""Looks at personal data: each is recorded with who, which classes and why."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.access")


def looked(work: UnitOfWork, subject: str, classes: Iterable[str], why: str) -> None:
    """Record that the user looked at these classes of a referral or case."""
    EVENTS.info("looked", subject=subject, by=work.user.name, classes=sorted(classes), why=why)
