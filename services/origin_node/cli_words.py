"""What the commands of an origin share: how a referral is named, and how a verb is run and told of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeAlias

import typer

from relevo.cli.referrals import Thread, report
from relevo.cli.shared import opened, user
from relevo.errors import BadInput
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

__all__ = ["Because", "Thread", "Verb", "done", "moment"]

Verb: TypeAlias = Callable[[UnitOfWork], ReferralRow]
"""A verb with everything but its transaction."""

Because = Annotated[str, typer.Option("--reason", help="Why, in one line.")]


def done(ctx: typer.Context, verb: Verb) -> None:
    """Run a verb in one transaction for whoever calls, and say where the referral stands then."""
    with opened(ctx).write(user(ctx)) as work:
        row = verb(work)
    report(row)


def moment(text: str, option: str) -> datetime:
    """A moment as it is typed, with its offset: `2026-12-14T19:35:00+01:00`, or `…Z` for UTC.

    Raises:
        BadInput: if it is none, or has no offset.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadInput("not a time with its offset, such as 2026-12-14T19:35:00+01:00", field=option)
    return found
