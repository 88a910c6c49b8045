"""The commands of `relevo sop`, which need no node: check a SOP file, compare two, print the schema for editors.

How a difference is printed stands here too; the commands of a node print theirs in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from relevo.cli import show
from relevo.domain.sop import parse_sop
from relevo.domain.sop_difference import Change, ChangeKind, Movement, SopDifference, compare
from relevo.domain.sop_reach import Reach
from relevo.domain.sop_schema import sop_schema
from relevo.domain.sop_summary import summary
from relevo.errors import BadInput

app = typer.Typer(help="Write standard operating procedures (SOPs): check, compare, schema.", no_args_is_help=True)


@app.command("check")
def check(file: Annotated[Path, typer.Argument(metavar="FILE", help="The SOP as TOML.")]) -> None:
    """Name everything in a SOP that contradicts itself (exit status 2), or tell what it says."""
    show.facts(summary(parse_sop(read_text(file))))
    show.line("✓ Nothing in it contradicts itself.", "green")


@app.command("compare")
def compare_files(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The SOP as it was.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The SOP as it shall be.")],
) -> None:
    """Tell what differs between two SOPs: what may move now and might not before, then everything by its path."""
    print_difference(compare(read_text(old), read_text(new)))


@app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of a SOP, for editors of TOML; shared/sops/sop.schema.json is this."""
    show.bare(json.dumps(sop_schema(), indent=2, ensure_ascii=False))


def print_difference(found: SopDifference) -> None:
    """Print what differs: first what it means for data, then each change by its path."""
    _print_movements("May move now, and might not before:", found.opened, "bold red")
    _print_movements("May no longer move:", found.barred, "bold")
    if not (found.opened or found.barred):
        show.line("The same classes and fields may move as before.", "bold")
    _print_movements("Now, and not before:", found.gained, "bold red")
    _print_movements("No longer:", found.lost, "bold")
    show.line("Every difference, by its path:" if found.changes else "Nothing that the two say differs.", "bold")
    for change in found.changes:
        show.marked("  •", _told(change))


def read_text(file: Path) -> str:
    """The text of a SOP file.

    Raises:
        BadInput: if it cannot be read or is not UTF-8.
    """
    try:
        return file.read_bytes().decode()
    except OSError as fault:
        raise BadInput(f"the file cannot be read: {fault.strerror}", field="file") from None
    except UnicodeDecodeError:
        raise BadInput("the file is not UTF-8 text", field="file") from None


def _print_movements(title: str, movements: Sequence[Movement | Reach], style: str) -> None:
    if movements:
        show.line(title, style)
        for movement in movements:
            show.marked("  •", str(movement))


def _told(change: Change) -> str:
    what = f"{change.old} → {change.new}" if change.kind == ChangeKind.CHANGED else change.old or change.new
    return f"{change.path} {change.kind}: {what or 'an empty table'}"
