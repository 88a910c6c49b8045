"""How a command line speaks: lines, facts, tables and refusals, at 80 columns and without colours too.

What another program will read (a token, a statement, a file) is printed bare on standard output; what is only told to
people goes to standard error, where `tell` writes it. Colours are decoration: `NO_COLOR` and pipes take nothing away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from relevo.errors import Refusal, RelevoError
from relevo.protocol.fingerprint import Fingerprint

_WORDS_IN_A_LINE = 6


def bare(text: str) -> None:
    """Print text as it is, for another program to read."""
    typer.echo(text)


def line(text: str, style: str = "") -> None:
    """Print one sentence, wrapped where it is long."""
    _out().print(Text(text, style=style))


def marked(mark: str, text: str, style: str = "") -> None:
    """Print a line behind a mark of its own, such as `✓ holds`; what wraps stays clear of the mark."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style=style, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(mark, Text(text))
    _out().print(grid)


def tell(text: str) -> None:
    """Tell people something, beside what is printed bare."""
    _err().print(Text(text))


def facts(pairs: Mapping[str, object]) -> None:
    """Print names and values below each other; what is None is left out."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs.items():
        if value is not None:
            grid.add_row(name, Text(shown(value)))
    _out().print(grid)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print rows under the names of their columns, or the sentence `empty` if there are none.

    Moments are printed without their zone, so that a row stays a line; name such a column `when (UTC)`. The first
    column is what other commands are given, and is never broken.
    """
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        drawn.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        drawn.add_row(*(Text(minute(value) if isinstance(value, datetime) else shown(value)) for value in row))
    _out().print(drawn if drawn.row_count else Text(empty))


def fingerprint(node_id: str, found: Fingerprint) -> None:
    """Print the fingerprint of a node as it is read aloud: twelve words in two lines, or eight groups of digits."""
    words = [" ".join(found.words[at : at + _WORDS_IN_A_LINE]) for at in range(0, len(found.words), _WORDS_IN_A_LINE)]
    line(f"Fingerprint of {node_id}:", "bold")
    for text in (*words, " ".join(found.digits)):
        line(f"  {text}")


def error(fault: RelevoError) -> None:
    """Print a refusal on standard error: its code, what is wrong, each reason, and what to do next."""
    console = _err()
    console.print(Text.assemble(("Refused", "bold red"), f" ({fault.code})"))
    reasons = fault.reasons if isinstance(fault, Refusal) else ()
    if not reasons:
        named = fault.field and not fault.detail.startswith(fault.field)
        console.print(_below(f"{fault.field}: {fault.detail}" if named else fault.detail))
    for reason in reasons:
        code = "" if reason.code == fault.code else f" ({reason.code})"
        console.print(_below(f"- {reason.field} — {reason.detail}{code}"))
        if reason.rule:
            console.print(_below(because(reason.rule, reason.clause), 4))
        if reason.advice != fault.next_step:
            console.print(_below(f"→ {reason.advice}", 4))
    if fault.rule and not reasons:
        console.print(_below(because(fault.rule, fault.clause)))
    console.print(Text.assemble(("Next: ", "bold"), fault.next_step))


def because(rule: str, clause: str) -> str:
    """The rule behind a refusal, and where the SOP says so."""
    return f"Rule {rule}" + (f"; SOP {clause}" if clause else "")


def shown(value: object) -> str:
    """A value as people read it: moments to the minute in UTC, lists with commas, objects in lists a line each."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{minute(value)} UTC"
        case Mapping():
            return ", ".join(f"{name} {shown(one)}" for name, one in value.items()) or "-"
        case list() | tuple() | set() | frozenset():
            between = "\n" if any(isinstance(one, Mapping) for one in value) else ", "
            return between.join(shown(one) for one in value) or "-"
        case _:
            return str(value)


def minute(at: datetime) -> str:
    """A moment to the minute; who prints it says that it is UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _below(text: str, indent: int = 2) -> Padding:
    return Padding(Text(text), (0, 0, 0, indent), expand=False)


def _out() -> Console:
    return Console(highlight=False)


def _err() -> Console:
    return Console(stderr=True, highlight=False)
