"""Commands that end a referral, open it again, or erase it."""

from __future__ import annotations

from typing import Annotated

import typer

from origin_node import closing, erasure, record
from origin_node.cli_words import Because, Thread, done
from relevo.cli.record import warn_missing
from relevo.cli.shared import opened, user
from relevo.domain.referral import ClosingReason

PANEL = "Ending"
Why = Annotated[ClosingReason, typer.Option("--reason", help="Why.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    for verb in (complete, not_complete, close, reopen, withdraw):
        app.command(rich_help_panel=PANEL)(verb)


def complete(ctx: typer.Context, thread: Thread) -> None:
    """Report that what was agreed is done; every service must have come to its end."""
    done(ctx, lambda work: closing.complete(work, thread))


def not_complete(ctx: typer.Context, thread: Thread, reason: Why) -> None:
    """Report that assistance ended before what was agreed was done."""
    done(ctx, lambda work: closing.not_complete(work, thread, reason))


def close(
    ctx: typer.Context,
    thread: Thread,
    reason: Why,
    comments: Annotated[str | None, typer.Option(help="The person's own words.")] = None,
    language: Annotated[str | None, typer.Option(help="The language of these words, such as fr.")] = None,
    no_comments: Annotated[str | None, typer.Option(metavar="WHY", help="Why there are no words.")] = None,
) -> None:
    """Close the referral with the person's comments, or with why there are none."""
    feedback = {"comments": comments, "language": language, "absent_reason": no_comments}
    given = {name: words for name, words in feedback.items() if words is not None}
    done(ctx, lambda work: closing.close(work, thread, reason, given))
    with opened(ctx).read(user(ctx)) as work:
        missing = record.missing(work, thread)
    warn_missing(missing)


def reopen(ctx: typer.Context, thread: Thread, reason: Because) -> None:
    """Go on with a referral that was closed."""
    done(ctx, lambda work: closing.reopen(work, thread, reason))


def withdraw(ctx: typer.Context, thread: Thread) -> None:
    """Withdraw the person's consent: tell the host, and erase."""
    done(ctx, lambda work: erasure.withdraw_consent(work, thread))
