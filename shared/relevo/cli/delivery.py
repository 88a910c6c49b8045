"""Commands about the post itself: how it stands, what does not get through, and what to do after a restore.

delivery status            per peer what waits and why; exit status 1 if somebody has to look
delivery compare PEER      both nodes' streams, message by message; exit status 1 if they differ
delivery stuck             messages that do not get through, and what to do
delivery resend JTI        try one of them at once
epoch show|confirm|noted   after this node was restored from a backup
"""

from __future__ import annotations

from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import invocation, opened, transport, user
from relevo.delivery import comparison, dead_letters, epochs, standing
from relevo.delivery.standing import Standing
from relevo.domain.access import Act
from relevo.storage import streams
from relevo.storage.tables_streams import ForgottenRow

app = typer.Typer(help="How the post to other nodes stands.", no_args_is_help=True)
epoch_app = typer.Typer(help="Go on after this node was restored from a backup.", no_args_is_help=True)

ATTENTION = 1


@app.command("status")
def status(ctx: typer.Context) -> None:
    """Show for each peer what waits, since when and why; exit status 1 if somebody has to look."""
    with opened(ctx).read(user(ctx)) as work:
        found = standing.standings(work)
    for one in found:
        show.line(f"{one.peer} ({one.state})", "bold")
        show.facts(_facts(one))
    if not found:
        show.line("No peer is registered; `peer add` begins it.")
    if any(one.stopped for one in found):
        show.line(f"Sending has stopped: see `{invocation(ctx).service.name} epoch show`.", "bold red")
    raise typer.Exit(0 if all(standing.is_well(one) for one in found) else ATTENTION)


@app.command("compare")
def compare(ctx: typer.Context, peer: Annotated[str, typer.Argument(metavar="NODE_ID")]) -> None:
    """Compare both nodes' streams, and name each message that only one side has; exit status 1 if there is one.

    What a restore lost is named too, and is no reason for a status: `epoch show` says what is to be done about it.
    """
    found = comparison.compare(opened(ctx), transport(ctx), peer, user(ctx))
    rows = [(one.jti, "ours" if one.sent else "theirs", one.epoch, one.seq, one.finding) for one in found.one_sided]
    show.table(("message", "stream", "epoch", "seq", "finding"), rows, empty="Both nodes have the same.")
    show.line(f"{found.alike} messages are the same at both nodes.")
    raise typer.Exit(0 if comparison.is_well(found) else ATTENTION)


@app.command("stuck")
def stuck(ctx: typer.Context) -> None:
    """List the messages that do not get through, with why and what to do."""
    node = opened(ctx)
    with node.read(user(ctx)) as work:
        found = dead_letters.dead_letters(work, node)
    for one in found:
        show.line(f"{one.jti}  {one.state}: {one.code}", "bold")
        show.facts({"peer": one.peer, "referral": one.thread, "made": one.made_at, "do": one.next})
    if not found:
        show.line("Everything gets through.")


@app.command("resend")
def resend(ctx: typer.Context, jti: Annotated[str, typer.Argument(metavar="JTI", help="As `stuck` shows it.")]) -> None:
    """Try a message again now instead of later; it stays the same message."""
    node = opened(ctx)
    with node.write(user(ctx)) as work:
        dead_letters.resend(work, node, jti)
    show.line("It goes with the next turn; `deliver` makes one now.")


@epoch_app.command("show")
def show_epochs(ctx: typer.Context) -> None:
    """Show whether sending has stopped, and which messages this node had sent and no longer knows."""
    with opened(ctx).read(user(ctx)) as work:
        work.require(Act.REGISTER_PEER)
        stopped = epochs.stopped_by(work.session)
        forgotten = streams.forgotten(work.session)
    for stand in stopped:
        since = show.shown(stand.stopped_at)
        show.line(f"Stopped since {since}: {stand.peer} holds messages of this node that this node does not know.")
    rows = [_row(one) for one in forgotten]
    show.table(("message", "peer", "kind", "found (UTC)", "noted by"), rows, empty="Nothing is known to be forgotten.")
    if stopped:
        show.line("Next: see that the newest backup is in place; then let sending go on under a new epoch:")
        show.bare(f'  {invocation(ctx).service.name} --as NAME epoch confirm --why "…"')


@epoch_app.command("confirm")
def confirm(
    ctx: typer.Context, why: Annotated[str, typer.Option(help="What happened; it stays in this node.")]
) -> None:
    """Let sending go on under a new epoch towards every peer."""
    with opened(ctx).write(user(ctx)) as work:
        for row in epochs.confirm(work, why):
            show.line(f"The stream to {row.node_id} goes on under epoch {row.epoch}.")


@epoch_app.command("noted")
def noted(
    ctx: typer.Context, jti: Annotated[str, typer.Argument(metavar="JTI", help="As `epoch show` has it.")]
) -> None:
    """Note that people have entered again what a forgotten message said, or that nothing is to be done."""
    with opened(ctx).write(user(ctx)) as work:
        epochs.note_forgotten(work, jti)
    show.line("Noted; its task is gone.")


def _facts(one: Standing) -> dict[str, object]:
    missing = f"{one.missing_there} there, {one.missing_here} here"
    return {
        "queued": f"{one.queued}, of them {one.in_flight} tried without a receipt",
        "oldest": one.oldest_at,
        "last receipt": one.last_receipt_at,
        "last heard": one.heard_at,
        "waits": one.waits,
        "next try": one.next_attempt_at,
        "epoch, place": f"{one.epoch}, {one.last_seq}",
        "missing": missing if one.missing_there or one.missing_here else None,
        "held, refused": f"{one.held}, {one.refused}",
        "forgotten": one.forgotten or None,
        "brought": f"{one.brought_today} messages today, {one.kept_bytes} bytes kept",
        "statement ends": one.statement_ends_at,
    }


def _row(one: ForgottenRow) -> tuple[object, ...]:
    return one.jti, one.peer, one.kind, one.found_at, one.noted_by
