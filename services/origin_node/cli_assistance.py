"""Commands for whoever meets the person: arrival, first contact, services, follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from origin_node import assignments, first_contact, follow_up, journey, referrals
from origin_node.cli_words import Because, Thread, done, moment
from relevo.cli import show
from relevo.cli.costs import read_object
from relevo.cli.shared import opened, user
from relevo.domain.assignment import AssignmentStatus
from relevo.domain.first_contact import Channel, ContactOutcome
from relevo.domain.journey import NotArrivedReason
from relevo.errors import BadInput
from relevo.messages.content import Fields
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

PANEL = "Assistance"
Service = Annotated[str, typer.Argument(metavar="SERVICE", help="A requested service, as `services` shows it.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application of the node."""
    verbs = (arrival, not_arrived, contact, contacts, services, assign, service, start, hold, resume, report_follow_up)
    for verb in verbs:
        name = "follow-up" if verb is report_follow_up else None
        app.command(name, rich_help_panel=PANEL)(verb)


def arrival(
    ctx: typer.Context, thread: Thread, at: Annotated[str, typer.Option(help="When, with the offset from UTC.")]
) -> None:
    """Confirm the arrival; the clocks of first contact and follow-up begin."""
    done(ctx, lambda work: journey.confirm_arrival(work, thread, moment(at)))


def not_arrived(
    ctx: typer.Context, thread: Thread, reason: Annotated[NotArrivedReason, typer.Option(help="Why, as far as known.")]
) -> None:
    """Say that the person was not there."""
    done(ctx, lambda work: journey.not_arrived(work, thread, reason))


def contact(
    ctx: typer.Context,
    thread: Thread,
    channel: Annotated[Channel, typer.Option(help="How.")],
    outcome: Annotated[ContactOutcome, typer.Option(help="What came of it.")],
    at: Annotated[str | None, typer.Option(help="When, with the offset from UTC; now if left out.")] = None,
) -> None:
    """Record one attempt to reach the person."""

    def attempt(work: UnitOfWork) -> ReferralRow:
        when = moment(at) if at else work.at
        return first_contact.record(work, thread, at=when, channel=channel, outcome=outcome)

    done(ctx, attempt)


def contacts(ctx: typer.Context, thread: Thread) -> None:
    """List the attempts to reach the person."""
    with opened(ctx).read(user(ctx)) as work:
        rows = [(one.at, one.by, one.channel, one.outcome) for one in first_contact.show(work, thread)]
    show.table(("when (UTC)", "who", "channel", "outcome"), rows, empty="Nobody has tried to reach the person yet.")


def services(ctx: typer.Context, thread: Thread) -> None:
    """List the requested services and where each stands."""
    with opened(ctx).read(user(ctx)) as work:
        rows = [
            (one.service, one.status if one.organisation else "not assigned", one.organisation, one.changed_at)
            for one in assignments.show(work, thread)
        ]
    show.table(("service", "status", "organisation", "since (UTC)"), rows, empty="No service was requested.")


def assign(
    ctx: typer.Context,
    thread: Thread,
    requested: Service,
    organisation: Annotated[str, typer.Option(help="An organisation of this node, such as ci:accueil/housing-desk.")],
    because: Annotated[str | None, typer.Option(help="Why, although it is full or works elsewhere.")] = None,
) -> None:
    """Offer a service to an organisation; `proposals` shows which."""
    done(ctx, lambda work: assignments.assign(work, thread, requested, organisation, because=because))


def service(
    ctx: typer.Context,
    thread: Thread,
    requested: Service,
    status: Annotated[AssignmentStatus, typer.Option(help="Where it stands now.")],
    reason: Annotated[str | None, typer.Option(help="Why; stays at this node.")] = None,
) -> None:
    """Report where a service stands now."""
    done(ctx, lambda work: assignments.report(work, thread, requested, status, reason))


def start(ctx: typer.Context, thread: Thread) -> None:
    """Begin the assistance."""
    done(ctx, lambda work: referrals.start(work, thread))


def hold(ctx: typer.Context, thread: Thread, reason: Because) -> None:
    """Let the assistance rest."""
    done(ctx, lambda work: referrals.hold(work, thread, reason))


def resume(ctx: typer.Context, thread: Thread) -> None:
    """Go on with an assistance that rested."""
    done(ctx, lambda work: referrals.resume(work, thread))


def report_follow_up(
    ctx: typer.Context,
    thread: Thread,
    month: Annotated[int, typer.Option(help="Months after the arrival.")],
    moved: Annotated[
        list[str] | None, typer.Option("--service", metavar="SERVICE=STATUS", help="A service that moved on.")
    ] = None,
    results: Annotated[
        Path | None, typer.Option(help="A JSON file with the data classes `outcome` and `feedback`.")
    ] = None,
) -> None:
    """Report a follow-up; the host is told only what may return."""
    found = _results(results) if results else {}
    done(ctx, lambda work: follow_up.report(work, thread, month, moved=_moved(moved or ()), results=found))


def _moved(given: Sequence[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if not all(mark for _, mark, _ in pairs):
        raise BadInput("a service that moved on is written as SERVICE=STATUS", field="--service")
    return {name: status for name, _, status in pairs}


def _results(file: Path) -> Fields:
    found = read_object(file)
    if not all(isinstance(fields, dict) for fields in found.values()):
        raise BadInput("not a JSON file with data classes", field="--results")
    return found
