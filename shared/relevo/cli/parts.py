"""The command of `relevo part`, which needs no node: an organisation verifies what it was given.

The statement of the host that signed must come another way than the file: from the host's own page, or by hand. Its
fingerprint is printed, to be compared by phone. No clock is asked: a part is as good as the signatures in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.errors import BadInput
from relevo.messages.classes_readable import readable
from relevo.protocol.fingerprint import fingerprint_of
from relevo.protocol.part import MAX_BYTES, read_part, verify_part
from relevo.protocol.statement import NodeStatement, read_statement
from relevo.protocol.trust import Trust

app = typer.Typer(help="Verify what an organisation was given of a person.", no_args_is_help=True)


@app.callback()
def about() -> None:
    """Verify what an organisation was given of a person."""


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The part, as `part export` wrote it.")],
    statement: Annotated[Path, typer.Option(metavar="FILE", help="The statement of the host, as it publishes it.")],
    organisation: Annotated[
        str | None, typer.Option(metavar="NAME", help="Your organisation; refused if the part is another's.")
    ] = None,
) -> None:
    """Check that the host signed every field of a part, and that it was given to your organisation; then show it."""
    part, host = read_part(_raw(file)), _statement(statement)
    if organisation not in (None, part.organisation):
        raise BadInput("this part was given to another organisation", field="organisation")
    found = verify_part(part, trust=Trust({host.node_id: host}), at=part.given_at)
    show.line(f"✓ Signed by {found.signed_by}, given to {part.organisation} for {part.service}.", "bold green")
    show.fingerprint(host.node_id, fingerprint_of(host))
    for name, fields in found.classes.items():
        show.line(name, "bold")
        show.facts(readable(name, fields))


def _statement(file: Path) -> NodeStatement:
    return read_statement(_raw(file).decode(errors="replace").strip(), at=None)


def _raw(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as fault:
        raise BadInput(f"the file cannot be read: {fault.strerror}", field="file") from None
