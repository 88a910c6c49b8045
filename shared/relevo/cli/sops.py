"""Commands of an administrator who agrees a procedure; the rules are in `relevo.delivery.sop_exchange`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.cli.context import opened, user
from relevo.delivery import sop_exchange
from relevo.domain.access import Act
from relevo.errors import BadInput
from relevo.storage import sops
from relevo.storage.tables import SopRow

app = typer.Typer(help="Agree standard operating procedures (SOPs) with a peer.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="NAME", help="The name of the SOP, or the beginning of its digest.")]
QUEUED = "The message is queued: a running node delivers it by itself, `deliver` does so now."


@app.command("import")
def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The SOP as TOML; shared/sops has samples.")],
) -> None:
    """Keep a SOP as a draft, after everything in it that contradicts itself was named."""
    text = _text(file)
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
    """Sign a SOP that the peer proposed; read it first with `sop show`."""
    with opened(ctx).write(user(ctx)) as work:
        work.require(Act.AGREE_SOP)
        row = sops.find(work.session, name)
        sop_exchange.accept(work, row)
        _describe(row)
    show.line(QUEUED)


@app.command("show")
def show_one_or_all(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Which one; without a name, a list.")] = None,
) -> None:
    """List all SOPs, or print the exact text of one."""
    with opened(ctx).read(user(ctx)) as work:
        if name is not None:
            show.bare(sops.find(work.session, name).text)
            return
        rows = [
            (row.name, row.version, row.peer, row.state, row.effective_at, row.digest[:12])
            for row in sops.everything(work.session)
        ]
    columns = ("name", "version", "peer", "state", "effective", "digest")
    show.table(columns, rows, empty="There is no SOP here; `sop import` keeps one.")


def _describe(row: SopRow) -> None:
    title = f"{row.name}, version {row.version}"
    show.facts(
        {"SOP": title, "with": row.peer, "state": row.state, "effective": row.effective_at, "digest": row.digest}
    )


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except OSError as fault:
        raise BadInput(f"the file cannot be read: {fault.strerror}", field="file") from None
    except UnicodeDecodeError:
        raise BadInput("the file is not UTF-8 text", field="file") from None
