"""How a consent is renewed or narrowed while a referral moves under it, on either side, also when both do so at once.

A `Change` brings the terms that somebody recorded, and says which earlier changes they knew. `in_force` makes of the
first terms and of all changes known here the one set of terms that holds. It is a pure function of the *set*: whoever
knows the same changes has the same terms, in whatever order they arrived.

    what a change closes    a class taken out, a withholding added, outcomes that may not return, an earlier last day
    what a change opens     a class added, a withholding lifted, outcomes that may return, a later last day

**What was closed stays closed unless somebody opened it who knew that it was closed.** So a renewal never undoes a
narrowing that it had not seen. Of two last days set at once the later change's stands, but no later than any earlier
day that it had not seen.

`require_change` says which changes a side may make: never purpose, receiver or organisation; a narrowing only closes;
a renewal sets a later last day and opens nothing else, unless the host recorded it as a new consent.

Source: GDPR, article 7(3); Reintegration Handbook, 4.1.3 (step 4: how consent is obtained).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from relevo.domain.gate import EVERYTHING, is_binding
from relevo.domain.sides import Side
from relevo.errors import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

    from relevo.domain.consent import Terms, Withheld

_OUTCOMES = "outcomes may return"


class ConsentChangeKind(StrEnum):
    """What the person changed about a consent that stands."""

    RENEWED = "renewed"
    NARROWED = "narrowed"


class ChangeUnfit(Refusal):
    """The consent cannot be changed in this way."""

    code = "consent-change"
    rule = "consent.changed"
    advice = "Record what the person said now: less of what stands, or the same for longer."


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change: its place among all messages, the terms that it brought, and the earlier changes that it knew."""

    id: str
    terms: Terms
    knew: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class _Delta:
    change: Change
    opened: frozenset[object]
    closed: frozenset[object]
    until: date | None
    at_most: date | None


def in_force(first: Terms, changes: Collection[Change]) -> Terms:
    """The terms that hold where exactly `changes` are known."""
    deltas = tuple(_deltas(first, {one.id: one for one in changes}))
    return _fold(first, deltas)


def base_of(first: Terms, changes: Collection[Change], knew: frozenset[str]) -> Terms:
    """The terms that held for whoever knew only the changes `knew`."""
    return in_force(first, [one for one in changes if one.id in knew])


def _deltas(first: Terms, changes: Mapping[str, Change]) -> Iterator[_Delta]:
    """What each change did to the terms that its author knew; authors only know what has a smaller place in time."""
    done: dict[str, _Delta] = {}
    waiting = dict(sorted(changes.items()))
    while waiting:
        ready = next((one for one in waiting.values() if one.knew.isdisjoint(waiting)), None)
        if ready is None:
            raise ValueError("changes of a consent cannot know of each other in a ring")
        del waiting[ready.id]
        before = _fold(first, tuple(done[name] for name in done if name in ready.knew))
        done[ready.id] = _delta(before, ready)
        yield done[ready.id]


def _delta(before: Terms, change: Change) -> _Delta:
    open_before, open_after = _open(before, change.terms), _open(change.terms, before)
    later, earlier = change.terms.expires_on > before.expires_on, change.terms.expires_on < before.expires_on
    return _Delta(
        change=change,
        opened=open_after - open_before,
        closed=open_before - open_after,
        until=change.terms.expires_on if later else None,
        at_most=change.terms.expires_on if earlier else None,
    )


def _open(terms: Terms, other: Terms) -> frozenset[object]:
    """What `terms` let happen: classes, outcomes, and what only `other` withholds."""
    withheld = {*terms.withhold, *other.withhold} - set(terms.withhold)
    outcomes = {_OUTCOMES} if terms.outcomes_may_return else set[object]()
    return frozenset({*terms.classes, *outcomes, *withheld})


def _fold(first: Terms, deltas: tuple[_Delta, ...]) -> Terms:
    return replace(
        first,
        classes=frozenset(
            name for name in _classes(first, deltas) if _stands(name, deltas, first=name in first.classes)
        ),
        outcomes_may_return=_stands(_OUTCOMES, deltas, first=first.outcomes_may_return),
        withhold=tuple(
            one for one in _withholdings(first, deltas) if not _stands(one, deltas, first=one not in first.withhold)
        ),
        expires_on=_last_day(first, deltas),
    )


def _classes(first: Terms, deltas: tuple[_Delta, ...]) -> frozenset[str]:
    return first.classes.union(*(one.change.terms.classes for one in deltas))


def _withholdings(first: Terms, deltas: tuple[_Delta, ...]) -> tuple[Withheld, ...]:
    """All that was ever to be withheld, in the order of the changes, so that both sides write the same record."""
    every = (*first.withhold, *(what for one in sorted(deltas, key=_place) for what in one.change.terms.withhold))
    return tuple(dict.fromkeys(every))


def _stands(what: object, deltas: tuple[_Delta, ...], *, first: bool) -> bool:
    """Whether it is open: from the first, or by an opening, that knew every change which closed it."""
    closings = {one.change.id for one in deltas if what in one.closed}
    if first and not closings:
        return True
    return any(what in one.opened and closings <= one.change.knew for one in deltas)


def _last_day(first: Terms, deltas: tuple[_Delta, ...]) -> date:
    extensions = [one for one in deltas if one.until is not None]
    newest = max(
        (one for one in extensions if not any(one.change.id in later.change.knew for later in extensions)),
        key=_place,
        default=None,
    )
    knew = newest.change.knew if newest else frozenset[str]()
    until = newest.until if newest and newest.until else first.expires_on
    return min([until, *(one.at_most for one in deltas if one.at_most and one.change.id not in knew)])


def _place(delta: _Delta) -> str:
    return delta.change.id


def require_change(before: Terms, after: Terms, *, kind: str, side: Side) -> None:
    """Whether a side may change `before` into `after`.

    Raises:
        ChangeUnfit: with every reason why not.
    """
    reasons = tuple(_reasons(before, after, kind=kind, side=side))
    if reasons:
        raise ChangeUnfit(*reasons)


def _reasons(before: Terms, after: Terms, *, kind: str, side: Side) -> Iterator[Reason]:
    for name in ("purpose", "receiver", "organisation"):
        if getattr(before, name) != getattr(after, name):
            yield _reason(
                "consent-other-aim", name, "a change is never for another purpose, receiver or organisation", _OTHER_AIM
            )
    if before.without_consent:
        yield _reason("consent-none", "basis", "nobody consented: this moves under an exception", _NOBODY)
    if after == before:
        yield _reason("consent-unchanged", "classes", "nothing is changed", "Say what the person changed.")
    if kind == ConsentChangeKind.RENEWED:
        if side is Side.ORIGIN:
            yield from _widened(before, after)
        if after.expires_on <= before.expires_on:
            yield _reason("consent-not-later", "expires_on", "a renewal ends no later than what it renews", _LATER)
    else:
        yield from _widened(before, after)
        if after.expires_on > before.expires_on:
            yield _reason("consent-widened", "expires_on", "a narrowing cannot last longer", _RENEW)


def _widened(before: Terms, after: Terms) -> Iterator[Reason]:
    if after.classes - before.classes:
        yield _reason("consent-widened", "classes", "there are classes that the person had not agreed to", _ANEW)
    if after.outcomes_may_return and not before.outcomes_may_return:
        yield _reason("consent-widened", "outcomes_may_return", "the person had not let outcomes return", _ANEW)
    if set(before.withhold) - set(after.withhold):
        yield _reason("consent-widened", "withhold", "something would no longer be withheld", _ANEW)


def closed_classes(before: Terms, after: Terms) -> frozenset[str]:
    """The classes of which the receiving node may keep nothing any more after a change."""
    barred = frozenset(_barred(after))
    return before.classes if EVERYTHING in barred else (before.classes - after.classes) | (barred & before.classes)


def closed_fields(before: Terms, after: Terms) -> frozenset[str]:
    """The paths `class.field` that the receiving node may not keep any more, beyond whole classes."""
    return frozenset(path for path in set(_barred(after)) - set(_barred(before)) if "." in path)


def _barred(terms: Terms) -> Iterator[str]:
    return (one.what for one in terms.withhold if one.from_whom == terms.receiver and is_binding(one.what))


def _reason(code: str, field: str, detail: str, advice: str) -> Reason:
    return Reason(code=code, field=f"consent.{field}", detail=detail, advice=advice, rule=ChangeUnfit.rule)


_OTHER_AIM = "Record a new consent for it and send a referral of its own under that."
_NOBODY = "As soon as the person can decide, record their consent and send a referral under it."
_LATER = "Choose a later last day; to end it earlier, narrow it."
_RENEW = "Renew it for a later last day; narrow it for an earlier one."
_ANEW = "For more than before the host records a new consent; at the origin, ask the host to speak with the person."
