"""Commands of an administrator who agrees a procedure; the rules are in `relevo.delivery.sop_exchange`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.cli.sop_documents import print_difference, read_text
from relevo.delivery import sop_exchange
from relevo.domain.access import Act
from relevo.domain.sop_difference import compare
from relevo.storage import sops
from relevo.storage.tables import SopRow
from relevo.storage.unit_of_work import UnitOfWork

app = typer.Typer(help="Agree standard operating procedures (SOPs) with a peer.", no_args_is_help=True)

Named = Annotated[
    str,
    typer.Argument(
        metavar="NAME[@VERSION]", help="The SOP; without a version the newest, or the beginning of a digest."
    ),
]
QUEUED = "The message is queued: a running node delivers it by itself, `deliver` does so now."


@app.command("import")
def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The SOP as TOML; shared/sops has samples.")],
) -> None:
    """Keep a SOP as a draft, after everything in it that contradicts itself was named."""
    text = read_text(file)
    with opened(ctx).write(user(ctx)) as work:
        work.require(Act.AGREE_SOP)
        row = sops.keep(work.session, text, own=work.identity.node_id, at=work.at)
        _describe(row)
    show.line(f"Next: `sop propose {row.name}` signs it and sends it to {row.peer}.")


@app.command("propose")
def propose(ctx: typer.Context, name: Named) -> None:
    """Sign a draft and send it to the other node."""
    with opened(ctx).write(user(ctx)) as work:
        work.require(Act.AGREE_SOP)
        row = sops.find(work.session, name)
        sop_exchange.propose(work, row)
        _describe(row)
    show.line(QUEUED)


@app.command("accept")
def accept(ctx: typer.Context, name: Named) -> None:
    """Sign a SOP that the peer proposed, and tell what it changes; read it first with `sop show` and `sop compare`."""
    with opened(ctx).write(user(ctx)) as work:
        work.require(Act.AGREE_SOP)
        row = sops.find(work.session, name)
        _tell_changes(work, row)
        sop_exchange.accept(work, row)
        _describe(row)
    show.line(QUEUED)


@app.command("show")
def show_one_or_all(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Which one; without a name, a list.")] = None,
) -> None:
    """List all SOPs, each version with what it is good for now, or print the exact text of one."""
    with opened(ctx).read(user(ctx)) as work:
        if name is not None:
            show.bare(sops.find(work.session, name).text)
            return
        rows = [
            (
                f"{row.name}@{row.version}",
                row.peer,
                row.state,
                sops.standing_of(work.session, row, work.at),
                row.effective_at,
                row.digest[:8],
            )
            for row in sops.everything(work.session)
        ]
    columns = ("SOP", "peer", "state", "now", "effective (UTC)", "digest")
    show.table(columns, rows, empty="There is no SOP here; `sop import` keeps one.")


@app.command("compare")
def compare_two(ctx: typer.Context, old: Named, new: Named) -> None:
    """Tell what differs between two SOPs: what may move now and might not before, then everything by its path."""
    with opened(ctx).read(user(ctx)) as work:
        texts = [sops.find(work.session, name).text for name in (old, new)]
    print_difference(compare(*texts))


def _tell_changes(work: UnitOfWork, row: SopRow) -> None:
    agreed = sops.newest_agreed(work.session, row.peer, beside=row)
    if agreed is not None:
        show.line(f"Against {agreed.name}, version {agreed.version}:")
        print_difference(compare(agreed.text, row.text))


def _describe(row: SopRow) -> None:
    title = f"{row.name}, version {row.version}"
    show.facts(
        {"SOP": title, "with": row.peer, "state": row.state, "effective": row.effective_at, "digest": row.digest}
    )
