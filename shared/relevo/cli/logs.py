"""Commands about the node's log and its witnesses, for administrators and auditors; no data of anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.delivery import log_status

app = typer.Typer(help="The log of this node, and who has seen it.", no_args_is_help=True)


@app.command("show")
def show_log(ctx: typer.Context) -> None:
    """Show the head of the log, the key that signs it, and which peer has cosigned how much of it."""
    with opened(ctx).read(user(ctx)) as work:
        found = log_status.status(work)
    show.facts({"entries": found.size, "signed": found.signed_at, "newer, not shown since": found.hidden_since})
    show.line("")
    rows = [(one.peer, one.size, one.at, one.problem) for one in found.witnesses]
    show.table(
        ("witness", "entries", "when (UTC)", "problem"), rows, empty="No peer is active, so nobody witnesses it."
    )
    show.line("")
    show.line("Verifier keys of the log and of its witnesses, for `relevo monitor`:", "bold")
    for key in (found.verifier_key, *(one.verifier_key for one in found.witnesses)):
        show.bare(f"  {key}")


@app.command("prove")
def prove(
    ctx: typer.Context,
    old: Annotated[int, typer.Argument(metavar="OLD", help="The entries of the shorter log.")],
    new: Annotated[int, typer.Argument(metavar="NEW", help="The entries of the longer one.")],
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
) -> None:
    """Write the proof that the log only grew between two sizes, for an auditor who has two evidence files."""
    with opened(ctx).read(user(ctx)) as work:
        found = log_status.prove_growth(work, old, new)
    out.write_bytes(found)
    show.line(f"{out} holds the proof. Check it with both files: relevo verify EARLIER LATER {out}")


@app.command("alarms")
def list_alarms(ctx: typer.Context) -> None:
    """List what contradicts itself: each alarm keeps both signed heads as proof."""
    with opened(ctx).read(user(ctx)) as work:
        found = [
            (one.id, one.found_at, one.peer, one.code, one.seen_by or "nobody yet") for one in log_status.alarms(work)
        ]
    show.table(
        ("alarm", "when (UTC)", "peer", "what", "seen by"), found, empty="No log has ever contradicted itself here."
    )


@app.command("seen")
def see(ctx: typer.Context, number: Annotated[int, typer.Argument(metavar="ALARM", help="Its number.")]) -> None:
    """Print both signed heads of an alarm, and say that you have looked at them."""
    with opened(ctx).write(user(ctx)) as work:
        row = log_status.see(work, number)
        known, shown, peer, code = row.known, row.shown, row.peer, row.code
    show.tell(f"{code}, {peer}. What stood before, and what was shown then:")
    show.bare(known)
    show.bare(shown)
    show.tell("Keep both and give them to an auditor: each is signed.")
