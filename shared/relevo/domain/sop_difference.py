"""What differs between two SOPs, in the terms of the document, and what that means for data.

`compare` puts first what matters first: the classes and fields that may move under the new text and might not under
the old one, then those that may no longer move, who sees or holds what now (`relevo.domain.sop_reach`), then every
difference by its path in the document:

    purposes.medical-continuity.allowed   added    contact
    response.routine.working_days         changed  10 → 5
    sheets.fr.withdrawing                 changed  … two weeks … → … one month …

The order of a list says nothing in a SOP (months ascend, all others are sets), nor do comments and spaces.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias

from relevo.domain.sop import parse_sop
from relevo.domain.sop_reach import Reach, widened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from relevo.domain.sop import Purpose, Sop

Terms: TypeAlias = "Mapping[str, object]"
SHORT = 100
"""Texts of up to so many characters are shown whole."""


class ChangeKind(StrEnum):
    """How something differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference: where in the document, and what stood there before and stands there now, as it is written."""

    path: str
    kind: ChangeKind
    old: str = ""
    new: str = ""


@dataclass(frozen=True, kw_only=True)
class Movement:
    """A class, or a part of it, that moves for a purpose: beside every service, or only with `service`.

    The part is the `fields` alone, or everything `beyond` some fields; the class is whole if both are empty.
    """

    purpose: str
    service: str
    data_class: str
    returns: bool
    fields: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()

    def __str__(self) -> str:
        """In words, such as `travel (port) to the origin, for reintegration-assistance, only with housing`."""
        parts = f" ({', '.join(self.fields)})" if self.fields else ""
        parts = f" (beyond {', '.join(self.beyond)})" if self.beyond else parts
        only = f", only with {self.service}" if self.service else ""
        way = "back to the host" if self.returns else "to the origin"
        return f"{self.data_class}{parts} {way}, for {self.purpose}{only}"


@dataclass(frozen=True, kw_only=True)
class SopDifference:
    """What may move now and might not before, what may no longer move, and every difference of the documents.

    `gained` is who may do with which class, or must keep of it, more than before; `lost` the contrary.
    """

    opened: tuple[Movement, ...]
    barred: tuple[Movement, ...]
    gained: tuple[Reach, ...]
    lost: tuple[Reach, ...]
    changes: tuple[Change, ...]


def compare(old: str, new: str) -> SopDifference:
    """What differs between two SOP texts.

    Raises:
        SopInvalid: if either is none.
    """
    before, after = parse_sop(old), parse_sop(new)
    return SopDifference(
        opened=tuple(_gained(before, after)),
        barred=tuple(_gained(after, before)),
        gained=tuple(widened(before, after)),
        lost=tuple(widened(after, before)),
        changes=tuple(_changes("", tomllib.loads(old), tomllib.loads(new))),
    )


def _changes(path: str, old: Terms, new: Terms) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        yield from _change(f"{path}.{key}" if path else key, old.get(key), new.get(key))


def _change(path: str, old: object, new: object) -> Iterator[Change]:
    if isinstance(old, dict) or isinstance(new, dict):
        yield from _tables(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _items(path, old, new)
    elif old is None:
        yield Change(path=path, kind=ChangeKind.ADDED, new=_written(new))
    elif new is None:
        yield Change(path=path, kind=ChangeKind.REMOVED, old=_written(old))
    elif old != new:
        before, after = _apart(_written(old), _written(new))
        yield Change(path=path, kind=ChangeKind.CHANGED, old=before, new=after)


def _tables(path: str, old: object, new: object) -> Iterator[Change]:
    """A table that comes or goes is named by what it holds, or by itself if it is empty."""
    if not old and not new:
        if old is None or new is None:
            yield Change(path=path, kind=ChangeKind.ADDED if old is None else ChangeKind.REMOVED)
        return
    yield from _changes(path, old if isinstance(old, dict) else {}, new if isinstance(new, dict) else {})


def _items(path: str, old: list[object], new: list[object]) -> Iterator[Change]:
    gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
    if gone:
        yield Change(path=path, kind=ChangeKind.REMOVED, old=_written(gone))
    if come:
        yield Change(path=path, kind=ChangeKind.ADDED, new=_written(come))


def _apart(old: str, new: str) -> tuple[str, str]:
    """Two texts, each without the words in which both begin and end, if there are many."""
    if max(len(old), len(new)) <= SHORT:
        return old, new
    before, after = old.split(), new.split()
    first = _common(before, after)
    last = _common(before[first:][::-1], after[first:][::-1])
    return _part(before, first, last), _part(after, first, last)


def _common(some: list[str], others: list[str]) -> int:
    alike = (one == other for one, other in zip(some, others, strict=False))
    return sum(1 for _ in takewhile(bool, alike))


def _part(words: list[str], first: int, last: int) -> str:
    here = words[first : len(words) - last]
    return " ".join((*(["…"] if first else []), *here, *(["…"] if last else [])))


def _written(value: object) -> str:
    if isinstance(value, list):
        between = "; " if any(isinstance(one, dict) for one in value) else ", "
        return between.join(_written(one) for one in value) or "an empty list"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_written(one)}" for name, one in value.items()) or "an empty table"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _gained(old: Sop, new: Sop) -> Iterator[Movement]:
    for name, purpose in new.purposes.items():
        yield from _gained_for(name, old.purposes.get(name), purpose)


def _gained_for(name: str, old: Purpose | None, new: Purpose) -> Iterator[Movement]:
    always = new.allowed_classes([])
    for service in ("", *sorted(new.services)):
        wanted = new.allowed_classes([service]) - (always if service else frozenset())
        had = old.allowed_classes([service]) if old else frozenset()
        for data_class, part in _wider(wanted, had, old, new):
            yield Movement(purpose=name, service=service, data_class=data_class, returns=False, **part)
    for data_class, part in _wider(new.returns, old.returns if old else frozenset(), old, new):
        yield Movement(purpose=name, service="", data_class=data_class, returns=True, **part)


def _wider(
    wanted: frozenset[str], had: frozenset[str], old: Purpose | None, new: Purpose
) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    """Each class of `wanted` of which more may move than before, with the part that is new."""
    for data_class in sorted(wanted):
        now = new.fields.get(data_class, frozenset())
        before = old.fields.get(data_class, frozenset()) if old else frozenset()
        if data_class not in had:
            yield data_class, {"fields": tuple(sorted(now))}
        elif before and not now:
            yield data_class, {"beyond": tuple(sorted(before))}
        elif before and now - before:
            yield data_class, {"fields": tuple(sorted(now - before))}
