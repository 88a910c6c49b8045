"""The commands of `relevo vectors`: runs test vectors, those of Relevo or anybody's in the same form.

A line for each file, a line for each case that came out otherwise, and a sum. With `--json` the same for programs:

    {"ok": true, "cases": 312, "files": [{"file", "subject", "cases", "failures": [{"name", "expected", "found"}]}]}
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import relevo
from relevo.cli import show
from relevo.errors import BadInput
from relevo.vectors.check import SUBJECTS, Checked, check
from relevo.vectors.vector_file import MAX_BYTES, read_vectors

app = typer.Typer(help="Run the test vectors of the protocol.", no_args_is_help=True)

SHIPPED = Path(relevo.__file__).parents[1] / "vectors"
LONGEST = 300


@app.callback()
def about() -> None:
    """Run the test vectors of the protocol."""


@app.command("check")
def check_vectors(
    path: Annotated[
        Path, typer.Argument(metavar="FILE|FOLDER", help="A file of vectors, or a folder of them.", show_default=False)
    ] = SHIPPED,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result for programs.")] = False,
) -> None:
    """Run every case and say which came out otherwise; without a path, those of Relevo. Exit status 1 if one did."""
    checked = {file.name: check(read_vectors(_raw(file))) for file in _files(path)}
    if as_json:
        _print_json(checked)
    else:
        _print_lines(checked)
    raise typer.Exit(0 if _ok(checked) else 1)


@app.command("subjects")
def subjects() -> None:
    """List what vectors can be about, and what a case of each is given and must give."""
    show.table(
        ("subject", "input → result"),
        [(name, " ".join((run.__doc__ or "").split())) for name, run in SUBJECTS.items()],
        empty="There are none.",
    )


def _ok(checked: dict[str, Checked]) -> bool:
    return not any(one.failures for one in checked.values())


def _print_lines(checked: dict[str, Checked]) -> None:
    for name, one in checked.items():
        mark, style = ("✗ FAILS", "bold red") if one.failures else ("✓ holds", "green")
        held = one.cases - len(one.failures)
        show.marked(mark, f"{name}: {held} of {one.cases} cases of {one.subject}", style)
        for failure in one.failures:
            show.marked("      -", f"{failure.name}: expected {_cut(failure.expected)}, found {_cut(failure.found)}")
    cases, failed = (sum(of) for of in zip(*((one.cases, len(one.failures)) for one in checked.values()), strict=True))
    sentence = f"{failed} of {cases} cases FAILED" if failed else f"all {cases} cases hold"
    show.line(f"Summary: {sentence}, in {len(checked)} files.", "bold red" if failed else "bold green")


def _print_json(checked: dict[str, Checked]) -> None:
    files = [{"file": name, **asdict(one)} for name, one in checked.items()]
    cases = sum(one.cases for one in checked.values())
    show.bare(json.dumps({"ok": _ok(checked), "cases": cases, "files": files}, ensure_ascii=False, indent=1))


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(path.glob("*.json")) if path.is_dir() else []
    if not found:
        raise BadInput(
            "no vectors are there",
            field="path",
            next_step="Name a file or a folder of vectors; those of Relevo are in shared/vectors of its source.",
        )
    return found


def _raw(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as fault:
        raise BadInput(f"the file cannot be read: {fault.strerror}", field="path") from None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
