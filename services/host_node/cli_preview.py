"""How a decision about what leaves is printed, whatever it rests on."""

from __future__ import annotations

from itertools import groupby

from relevo.cli import show
from relevo.domain.disclosure import Disclosure, Line


def print_preview(decision: Disclosure) -> None:
    """Print a preview: what leaves first, then what stays and why, then what stands against sending."""
    for leaves, mark, style in ((True, "→ leaves", "green"), (False, "· stays ", "yellow")):
        lines = [one for one in decision.lines if one.leaves is leaves]
        for (name, why), together in groupby(lines, _class_and_why):
            fields = ", ".join(one.path.partition(".")[2] or one.path for one in together)
            show.marked(mark, f"{name}: {fields}" if leaves else f"{name}: {fields}\n{why}", style)
    show.line("")
    for warning in decision.warnings:
        show.marked("!", f"{warning.field}: {warning.detail}\n{warning.advice}", "bold yellow")
    if not decision.reasons:
        show.line("Nothing stands against sending.", "bold green")
    for reason in decision.reasons:
        why = f"{show.because(reason.rule, reason.clause)}\n" if reason.rule else ""
        show.marked("✗", f"{reason.field}: {reason.detail} ({reason.code})\n{why}{reason.advice}", "bold red")


def _class_and_why(line: Line) -> tuple[str, str]:
    why = line.text.removeprefix("Stays: ")
    return line.path.partition(".")[0], why[:1].upper() + why[1:]
