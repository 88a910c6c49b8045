"""How the seven parts of a record are printed."""

from __future__ import annotations

from collections.abc import Iterable

from relevo.cli import show
from relevo.domain.record import PartStanding


def print_parts(parts: Iterable[PartStanding]) -> None:
    """Print each part: present since, missing since, or expected at."""
    rows = [(one.part, _how(one), one.present_since or one.missing_since or one.expected_at) for one in parts]
    show.table(("part", "stands", "when (UTC)"), rows, empty="")


def warn_missing(parts: Iterable[PartStanding]) -> None:
    """Tell people which parts of a record should be there and are not; nothing if all are."""
    names = ", ".join(f"{one.part} since {show.shown(one.missing_since)}" for one in parts)
    if names:
        show.tell(f"The record is not complete; missing: {names}. `record show` tells more.")


def _how(one: PartStanding) -> str:
    if one.present_since is not None:
        return "present since"
    if one.missing_since is not None:
        return "MISSING since"
    return "expected at" if one.needed and one.expected_at is not None else "not needed now"
