"""The command lines: `relevo` here, for what belongs to no node, and in `shared` what every node has.

`relevo` needs no settings, keys or database: `verify`, `sop`, `part` and `vectors` read files, `monitor` asks nodes
what they show to everybody, `demo` starts nodes of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import parts, sop_documents, vectors
from relevo.cli import verify as verification
from relevo.cli.refusals import Commands

__all__ = ["app", "main"]

app = typer.Typer(add_completion=False)
app.add_typer(sop_documents.app, name="sop", cls=Commands)
app.add_typer(parts.app, name="part", cls=Commands)
app.add_typer(vectors.app, name="vectors", cls=Commands)


@app.callback(cls=Commands, no_args_is_help=True)
def about() -> None:
    """Relevo carries the referral of a returning migrant across a border, and brings back what became of it."""


@app.command()
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="End by itself instead of leaving the nodes running.")] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Six nodes and eight cases; exit status 1 if one falls short.")
    ] = False,
) -> None:
    """Start two nodes on this machine and carry one invented referral there and back."""
    from relevo.cli.demo import run  # noqa: PLC0415 - `verify` must not wait for what only a demo needs
    from relevo.cli.demo_all import run_all  # noqa: PLC0415 - same

    if not every:
        run(once=once)
    elif not run_all(once=once):
        raise typer.Exit(1)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The evidence file of one referral.")],
    *,
    expect: Annotated[
        list[str] | None,
        typer.Option(metavar='NODE_ID="WORDS"', help="A fingerprint that you got in another way; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result for programs.")] = False,
) -> None:
    """Check an evidence file, line by line, without a node and without a network; exit status 1 if anything fails."""
    report = verification.examine(file, expect or ())
    if as_json:
        verification.print_json(report)
    else:
        verification.print_lines(report)
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def monitor(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the newest heads that were seen are kept.")],
    *,
    log: Annotated[
        list[str], typer.Option(metavar="ADDRESS=KEY", help="A node and the verifier key of its log; may be repeated.")
    ],
    witness: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="A witness whose cosignatures are named; may be repeated.")
    ] = None,
    entries: Annotated[bool, typer.Option("--entries", help="Read every new entry as well.")] = False,
    every: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=1, help="Go on asking instead of asking once.")
    ] = None,
) -> None:
    """Follow the logs of nodes from outside: does each head continue the one before? Exit status 1 if one does not."""
    from relevo.cli import monitor as following  # noqa: PLC0415 - `verify` must not wait for what speaks HTTP
    from relevo.delivery.transport import HttpTransport  # noqa: PLC0415 - same

    watch = following.watch_of(log, witness or (), folder, entries=entries)
    transport = HttpTransport()
    try:
        fine = following.run(watch, transport, every=every)
    finally:
        transport.close()
    raise typer.Exit(0 if fine else 1)


def main() -> None:
    """Run the command line `relevo`."""
    app()
