"""What a message writes, apart from everything else in its transaction, so that its failure is its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.orm import Session

from relevo.messages.content import MalformedContent
from relevo.storage.database import UNKEEPABLE

EVENTS = structlog.get_logger("relevo.inbox")


@contextmanager
def apart(session: Session) -> Iterator[None]:
    """A savepoint.

    Raises:
        MalformedContent: if the database cannot keep what the message says, such as a number out of its range.
    """
    try:
        with session.begin_nested():
            yield
    except UNKEEPABLE as fault:
        EVENTS.error("cannot be kept", kind=type(fault).__name__)
        raise MalformedContent(detail="it says something that the database cannot keep", field="step") from None
