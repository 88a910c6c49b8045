"""Two files of one and the same node, as two auditors were given them: do both show one log?

| what both files show | what it means |
| --- | --- |
| heads of one size, with one root or with two | one log, or two histories |
| an entry, or a whole subtree, in one place: the same, or not | the same there, or two histories |
| all of the shorter log, as hashes in the longer one | the longer one continues it |
| a proof of growth beside them that leads from root to root, or does not | it continues, or two histories |
| a later file with a shorter log that no witness saw before | it was set back |

Where none of this decides, the line says how far both are the same, and what to ask the node for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol.claims import SKEW
from relevo.protocol.known_tree import grown, leaves_under, root_of
from relevo.protocol.merkle import ConsistencyFailed, verify_consistency
from relevo.protocol.verification_report import Check, could_not_check, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from relevo.protocol.checkpoint import Checkpoint
    from relevo.protocol.log_growth import LogGrowth
    from relevo.protocol.verification_account import Account, Head
    from relevo.protocol.verification_report import Line


class TwoHistories(WireError):
    """One node has shown two logs that cannot both be its log."""

    code = "two-histories"
    advice = "Keep both files: both heads are signed by the node, and together they are the proof."


class LogRolledBack(WireError):
    """A later file of a node shows fewer entries in its log than an earlier one."""

    code = "log-rolled-back"
    advice = "Keep both files and ask the node whether it was restored from a backup; a log never shrinks."


def compare_logs(one: Account, other: Account, growths: Sequence[LogGrowth]) -> Iterator[Line]:
    """Lines about whether two files of one node show one log."""
    if one.head is None or other.head is None:
        text = "whether both files show one log: the head of one of them does not hold."
        yield could_not_check(Check.CHECKPOINT, one.node, text)
        return
    earlier, later = sorted((one, other), key=lambda account: account.made_at)
    shorter, longer = sorted((one, other), key=_size)
    if _size(later) < _size(earlier) and not _was_seen_before(later, earlier):
        detail = f"the later file shows {_size(later)} entries, the earlier one {_size(earlier)}"
        yield fails(Check.CHECKPOINT, one.node, LogRolledBack(detail))
    odd, same = _common(shorter, longer)
    if _size(shorter) == _size(longer):
        yield _same_size(one.node, one.head.checkpoint, other.head.checkpoint)
    elif odd is not None:
        yield fails(Check.CHECKPOINT, one.node, TwoHistories(f"{odd} differ in the two files"))
    else:
        fits = [growth for growth in growths if _is_about(growth, shorter, longer)]
        yield _growth_line(shorter, longer, same, fits)
    entries = one.leaves.keys() & other.leaves.keys()
    if entries and odd is None:
        text = f"the {len(entries)} log entries that stand in both files are the same."
        yield holds(Check.LOG_ENTRY, one.node, text)


def _growth_line(shorter: Account, longer: Account, same: int, growths: Sequence[LogGrowth]) -> Line:
    node, old, new = longer.node, _head(shorter).checkpoint, _head(longer).checkpoint
    continued = f"its log of {new.size} entries continues the one of {old.size}: nothing in it was changed."
    if growths:
        try:
            verify_consistency(old.size, old.root, new.size, new.root, growths[0].proof)
        except ConsistencyFailed:
            detail = f"the proof that {new.size} entries continue the {old.size} does not lead from head to head"
            return fails(Check.CHECKPOINT, node, TwoHistories(detail))
        return holds(Check.CHECKPOINT, node, continued)
    root = root_of(grown(longer.subtrees), old.size) if old.size else old.root
    if root is not None:
        found = holds(Check.CHECKPOINT, node, continued)
        detail = f"the {new.size} entries do not begin with the {old.size} that the shorter file shows"
        return found if root == old.root else fails(Check.CHECKPOINT, node, TwoHistories(detail))
    text = (
        f"whether its log of {new.size} entries continues the one of {old.size}: {same} of these {old.size} are the"
        f" same in both files. Ask {node} for `log prove {old.size} {new.size}`, and bring that file as well."
    )
    return could_not_check(Check.CHECKPOINT, node, text)


def _same_size(node: str, one: Checkpoint, other: Checkpoint) -> Line:
    if one.root != other.root:
        detail = f"two heads of {one.size} entries with different roots, both signed by the node"
        return fails(Check.CHECKPOINT, node, TwoHistories(detail))
    return holds(Check.CHECKPOINT, node, f"both files show the same head of its log, of {one.size} entries.")


def _common(shorter: Account, longer: Account) -> tuple[str | None, int]:
    """The first entries that differ, in words, and how many are the same, in what both know of the shorter log."""
    size = _size(shorter)
    mine, theirs = grown(shorter.subtrees), grown(longer.subtrees)
    common = sorted(place for place in mine.keys() & theirs.keys() if place[1] + 1 << place[0] <= size)
    for level, index in (place for place in common if mine[place] != theirs[place]):
        first, last = index << level, (index + 1 << level) - 1
        return (f"entry {first}" if first == last else f"entries {first} to {last}"), 0
    return None, leaves_under(common)


def _was_seen_before(later: Account, earlier: Account) -> bool:
    """Whether a witness saw the head of the later file by the time of the earlier one: an old head, and no new one."""
    return any(at <= earlier.made_at + SKEW for at in _head(later).seen.values())


def _is_about(growth: LogGrowth, shorter: Account, longer: Account) -> bool:
    return (growth.node, growth.old, growth.new) == (longer.node, _size(shorter), _size(longer))


def _size(account: Account) -> int:
    return _head(account).checkpoint.size


def _head(account: Account) -> Head:
    assert account.head is not None
    return account.head
