"""Commands about what goes by itself when its time has come; they show threads and numbers, nobody's data."""

from __future__ import annotations

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.cli.referrals import shown_length
from relevo.delivery import retention

app = typer.Typer(help="What is erased when its time has come.", no_args_is_help=True)


@app.command("due")
def due(ctx: typer.Context) -> None:
    """Show which referrals have ended, and when something of them goes next."""
    node = opened(ctx)
    with node.read(user(ctx)) as work:
        found = retention.due(work, node.holdings)
    length = shown_length(one.thread for one in found)
    rows = [(one.thread[:length], one.status, one.erase_at, one.classes) for one in found]
    columns = ("referral", "status", "next goes (UTC)", "classes here")
    show.table(columns, rows, empty="No referral has ended of which anything is left.")


@app.command("run")
def run(ctx: typer.Context) -> None:
    """Erase now what is due; otherwise the node does it by itself within the hour."""
    node = opened(ctx)
    with node.write(user(ctx)) as work:
        looked_at = retention.run(work, node.holdings)
    show.line(f"Looked at {looked_at} referrals that have ended; what was due is erased and logged.")
