"""Commands with which intake decides about a referral."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from origin_node import referrals
from origin_node.cli_words import Because, Thread, done
from relevo.domain.data_classes import DataClass
from relevo.domain.referral import DeclineReason

PANEL = "Deciding"
DAY = ["%Y-%m-%d"]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    for verb in (acknowledge, accept, decline, ask, waitlist, agree_cancellation, object_cancellation):
        app.command(rich_help_panel=PANEL)(verb)


def acknowledge(ctx: typer.Context, thread: Thread) -> None:
    """Say that somebody here has seen the referral; nothing is decided."""
    done(ctx, lambda work: referrals.acknowledge(work, thread))


def accept(
    ctx: typer.Context,
    thread: Thread,
    note: Annotated[str | None, typer.Option(help="A note to the host.")] = None,
) -> None:
    """Accept the referral."""
    done(ctx, lambda work: referrals.accept(work, thread, note))


def decline(
    ctx: typer.Context,
    thread: Thread,
    reason: Annotated[DeclineReason, typer.Option(help="Why.")],
    text: Annotated[str | None, typer.Option(help="In words, for the reason `other`.")] = None,
) -> None:
    """Decline the referral, with the reason."""
    done(ctx, lambda work: referrals.decline(work, thread, reason, text))


def ask(
    ctx: typer.Context,
    thread: Thread,
    question: Annotated[str, typer.Option(help="What the host is asked.")],
    data_class: Annotated[
        list[DataClass] | None, typer.Option("--class", help="A data class in which the answer is expected.")
    ] = None,
) -> None:
    """Ask the host a question."""
    done(ctx, lambda work: referrals.ask(work, thread, question, data_class or ()))


def waitlist(
    ctx: typer.Context,
    thread: Thread,
    review_on: Annotated[datetime, typer.Option(formats=DAY, help="The day on which it is looked at again.")],
) -> None:
    """Put the referral on the waiting list."""
    done(ctx, lambda work: referrals.waitlist(work, thread, review_on.date()))


def agree_cancellation(ctx: typer.Context, thread: Thread) -> None:
    """Let the host take the referral back."""
    done(ctx, lambda work: referrals.agree_to_cancel(work, thread))


def object_cancellation(ctx: typer.Context, thread: Thread, reason: Because) -> None:
    """Go on although the host asked to take the referral back."""
    done(ctx, lambda work: referrals.object_to_cancel(work, thread, reason))
