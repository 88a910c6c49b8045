"""What somebody has to do: one list for each person of what is due, overdue, or waiting for the other side.

A `Task` is computed from what a node knows, never kept: nothing can be done without its task going, and nothing can be
due without its task standing there. Nothing here reads a clock or a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.domain.access import Role


class WaitsFor(StrEnum):
    """Who can end a task."""

    US = "us"
    PEER = "peer"
    ORGANISATION = "organisation"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to do.

    `what` is a word (`answer`, `renew-consent`, …), `text` a sentence that says what to do next, without personal data.
    `thread` or `case` says about what; `roles` who may do it; `who` names one user where only that one should;
    `organisation` the organisation whose staff it is for. Moments are aware, in UTC.
    """

    what: str
    text: str
    roles: frozenset[Role]
    waits_for: WaitsFor = WaitsFor.US
    thread: str | None = None
    case: str | None = None
    who: str | None = None
    organisation: str | None = None
    since: datetime
    due_at: datetime | None = None
