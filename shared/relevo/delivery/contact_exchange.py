"""Whom people phone at the other side when something is not answered: minimal, until contact lists are exchanged."""

from __future__ import annotations

from relevo.messages.steps_contacts import ContactPoint
from relevo.storage.tables import DutyRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork


def whom_to_ask_now(
    work: UnitOfWork,  # noqa: ARG001 (the contact lists will be read from it)
    row: ReferralRow,  # noqa: ARG001
    duty: DutyRow,  # noqa: ARG001
) -> tuple[str, ContactPoint] | None:
    """The organisation and the named person to ask next about an overdue duty; None where nobody is listed."""
    return None
