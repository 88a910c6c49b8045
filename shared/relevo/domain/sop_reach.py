"""Who may do what with a data class under a SOP, and for how long it is kept: what one version gives more than another.

    counsellor at the host may consult medication
    the origin may ask for family
    both sides keep costs for 1095 days even after a withdrawal (other version: 730)

Where a text has no rule (no table `[access]` or `[may_ask]`) there is nothing to compare, and nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.domain.sop_rules import AccessRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from relevo.domain.sop import Sop

BOTH = "both sides"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """One thing that may be done with a class; `side` is empty where both sides do it, `more` says how much."""

    side: str = ""
    who: str
    does: str
    data_class: str
    more: str = ""

    def __str__(self) -> str:
        """In words, such as `counsellor at the host may consult medication`."""
        where = f" at the {self.side}" if self.side else ""
        return f"{self.who}{where} {self.does} {self.data_class}{self.more and ' '}{self.more}"


def widened(old: Sop, new: Sop) -> Iterator[Reach]:
    """What `new` lets somebody do, or obliges them to keep, beyond `old`."""
    if old.access and new.access:
        yield from _access(old, new)
    if old.may_ask and new.may_ask:
        yield from _asking(old, new)
    yield from _longer("keep", "after closing", old.retention, new.retention)
    yield from _longer("must keep", "even after a withdrawal", old.keep, new.keep)


def _access(old: Sop, new: Sop) -> Iterator[Reach]:
    for side, rules in new.access.items():
        for role, rule in rules.items():
            before = old.access[side].get(role, AccessRule())
            for does, now, had in (
                ("may enter", rule.enter, before.enter),
                ("may consult", rule.consult, before.consult),
            ):
                for name in sorted(now - had):
                    yield Reach(side=side, who=role, does=does, data_class=name)


def _asking(old: Sop, new: Sop) -> Iterator[Reach]:
    for side, asked in new.may_ask.items():
        for name in sorted(asked - old.may_ask[side]):
            yield Reach(who=f"the {side}", does="may ask for", data_class=name)


def _longer(does: str, until: str, old: Mapping[str, int], new: Mapping[str, int]) -> Iterator[Reach]:
    for name, days in new.items():
        before = old.get(name)
        if before is None or days > before:
            was = "" if before is None else f" (other version: {before})"
            yield Reach(who=BOTH, does=does, data_class=name, more=f"for {days} days {until}{was}")
