"""Two files against each other: of both sides of a relation, or of one node, as two auditors were given them.

| two files of | is compared |
| --- | --- |
| the two nodes of a relation | statements, SOPs, every message, receipt and attached file; what one lacks is named |
| one and the same node | the heads of its log, and what both show of it (`relevo.audit.histories`) |

A message that its sender shows with a receipt must stand in the receiver's file. One without a receipt may still be on
its way. Whoever shows a message signed by the other proves by that alone that the other made it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.audit.histories import compare_logs
from relevo.audit.referrals import threads
from relevo.errors import WireError
from relevo.protocol.verification_files import file_subject
from relevo.protocol.verification_report import Check, could_not_check, day_and_hour, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from relevo.protocol.log_growth import LogGrowth
    from relevo.protocol.verification_account import Account, Told, ToldFile
    from relevo.protocol.verification_report import Line

_ONE_RECEIPT = "whether its sender knows what became of it; the receipt stands in one of the two files alone."


class NotTheSameRelation(WireError):
    """The two files are of no two nodes that speak to each other, or of two referrals."""

    code = "not-the-same-relation"
    advice = "Bring the files of both nodes about the same referral or the same relation, or two files of one node."


class MessageMissing(WireError):
    """One side shows a message, signed or receipted by the other, that the other side's file lacks."""

    code = "message-missing"
    advice = "Ask the side that lacks it for a fresh export; if it is missing there too, it was taken out."


class MessageDiffers(WireError):
    """One id, and two different messages in the two files."""

    code = "message-differs"
    advice = "Keep both files and tell an auditor: each is signed, and an honest node never does that."


class ReceiptDiffers(WireError):
    """Two different receipts of one receiver for one message."""

    code = "receipt-differs"
    advice = "Ask the receiver whether it was restored from a backup; otherwise one of the two was replaced."


class AttachmentMissing(WireError):
    """The sender shows the receiver's receipt for a file, and the receiver's evidence knows nothing of it."""

    code = "attachment-missing"
    advice = "Ask the receiver for a fresh export; if it is missing there too, it was taken out."


class AttachmentReceiptDiffers(WireError):
    """The two sides show different receipts for one file."""

    code = "attachment-receipt-differs"
    advice = "Ask the receiver whether it was restored from a backup; otherwise one of the two was replaced."


class StatementsDiffer(WireError):
    """The two files show different statements of one node for one version."""

    code = "statements-differ"
    advice = "Compare the fingerprint of that node with its administrator; one of the two files was changed."


class SopsDiffer(WireError):
    """The two files show a referral under different SOPs."""

    code = "sops-differ"
    advice = "Compare both texts with both administrators; a referral stays under the version that it began with."


def reconcile(one: Account, other: Account, growths: Sequence[LogGrowth] = ()) -> Iterator[Line]:
    """Lines about what the two accounts say of each other; `growths` are the proofs of growth that were brought."""
    if one.node == other.node:
        yield from compare_logs(one, other, growths)
        return
    if (one.node, one.peer) != (other.peer, other.node) or not _share(one, other):
        yield fails(Check.BOTH_SIDES, f"{one.node} and {other.node}", NotTheSameRelation())
        return
    yield from _statement_lines(one, other)
    yield from _sop_lines(one, other)
    yield from _message_lines(one, other)
    yield from _file_lines(one, other)


def _share(one: Account, other: Account) -> bool:
    return one.whole or other.whole or bool(one.threads() & other.threads())


def _statement_lines(one: Account, other: Account) -> Iterator[Line]:
    for node in (one.node, other.node):
        longer, shorter = sorted((one.statements[node], other.statements[node]), key=len, reverse=True)
        begin = longer.index(shorter[0]) if shorter[0] in longer else 0
        if longer[begin : begin + len(shorter)] != shorter:
            yield fails(Check.STATEMENT, node, StatementsDiffer())
        else:
            yield holds(Check.STATEMENT, node, "both files show the same statements of it, as far as both go.")


def _sop_lines(one: Account, other: Account) -> Iterator[Line]:
    mine, theirs = threads(one.told), threads(other.told)
    for thread in sorted(mine.keys() & theirs.keys()):
        under = [{told.message.sop for told in found} - {"none"} for found in (mine[thread], theirs[thread])]
        if under[0] != under[1]:
            yield fails(Check.SOP, f"referral {thread[:8]}", SopsDiffer())
    common = one.sops.keys() & other.sops.keys()
    if common:
        yield holds(Check.SOP, "SOP", f"both files show the same text of {len(common)} SOP{'s' * (len(common) > 1)}.")


def _message_lines(one: Account, other: Account) -> Iterator[Line]:
    """Every message by its id, in the order of its making; at the end how many are the same on both sides."""
    mine, theirs = ({told.message.jti: told for told in account.told} for account in (one, other))
    covers = {account.node: _Cover.of(account) for account in (one, other)}
    same = 0
    for jti in sorted(mine.keys() | theirs.keys()):
        left, right = mine.get(jti), theirs.get(jti)
        if left is not None and right is not None:
            lines = list(_differences(left, right))
            same += not [line for line in lines if not line.ok]
            yield from lines
        elif left is not None and covers[other.node].holds(left):
            yield _lacking(left, one, other)
        elif right is not None and covers[one.node].holds(right):
            yield _lacking(right, other, one)
    yield holds(Check.BOTH_SIDES, "messages", f"{same} are the same in both files, with the same receipts.")


def _file_lines(one: Account, other: Account) -> Iterator[Line]:
    """Every file that either side shows, and at the end how many are the same on both sides."""
    mine, theirs = ({(file.thread, file.sender, file.digest): file for file in a.files} for a in (one, other))
    same = 0
    for key in sorted(mine.keys() | theirs.keys()):
        line = _file_line(key, mine.get(key), theirs.get(key), (one, other))
        same += line is None
        if line is not None:
            yield line
    if same:
        yield holds(Check.ATTACHMENT, "attached files", f"{same} are the same in both files, with the same receipts.")


def _file_line(
    key: tuple[str, str, str], left: ToldFile | None, right: ToldFile | None, both: tuple[Account, Account]
) -> Line | None:
    thread, sender, digest = key
    shown = [found.receipt_digest for found in (left, right) if found is not None]
    subject = file_subject(digest)
    if len(shown) == len(both):
        if None not in shown and shown[0] != shown[1]:
            return fails(Check.ATTACHMENT, subject, AttachmentReceiptDiffers())
        return None if shown[0] == shown[1] else could_not_check(Check.ATTACHMENT, subject, _ONE_RECEIPT)
    having, lacking = both if left is not None else (both[1], both[0])
    if having.node != sender or shown[0] is None or thread not in lacking.threads():
        text = f"whether {lacking.node} knows of it; it stands in the file of {having.node} alone."
        return could_not_check(Check.ATTACHMENT, subject, text)
    why = f"the file of {lacking.node} lacks it, and {having.node} can show that {lacking.node} receipted it"
    return fails(Check.ATTACHMENT, subject, AttachmentMissing(why))


def _differences(left: Told, right: Told) -> Iterator[Line]:
    if left.message != right.message:
        yield fails(Check.BOTH_SIDES, left.subject, MessageDiffers())
        return
    if left.receipt_digest == right.receipt_digest:
        return
    if left.receipt is not None and right.receipt is not None:
        yield fails(Check.BOTH_SIDES, left.subject, ReceiptDiffers())
        return
    text = f"whether {left.message.iss} knows that it arrived; the receipt stands in one of the two files alone."
    yield could_not_check(Check.BOTH_SIDES, left.subject, text)


def _lacking(told: Told, having: Account, lacking: Account) -> Line:
    """What it means that one file has a message and the other has not."""
    if told.message.iss == having.node and told.receipt is None:
        since = day_and_hour(told.sent_at)
        text = f"whether it arrived: {having.node} sent it on {since} and shows no receipt; {lacking.node} lacks it."
        return could_not_check(Check.BOTH_SIDES, told.subject, text)
    if told.sent_at > lacking.made_at:
        text = f"whether {lacking.node} has it: its file is older than the message."
        return could_not_check(Check.BOTH_SIDES, told.subject, text)
    proof = "receipted it" if told.message.iss == having.node else "signed it"
    why = f"the file of {lacking.node} lacks it, and {having.node} can show that {lacking.node} {proof}"
    return fails(Check.BOTH_SIDES, told.subject, MessageMissing(why))


@dataclass(frozen=True)
class _Cover:
    """Which messages would have to stand in a file: those of its referrals, or of its stretch of each stream."""

    threads: frozenset[str]
    stretches: Mapping[str, tuple[tuple[int, int], tuple[int, int]]] | None

    @classmethod
    def of(cls, account: Account) -> _Cover:
        places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for one in account.told:
            places[one.message.iss].append(one.place)
        stretches = {node: (min(found), max(found)) for node, found in places.items()}
        return cls(account.threads(), stretches if account.whole else None)

    def holds(self, told: Told) -> bool:
        if self.stretches is None:
            return told.message.thread in self.threads
        first, last = self.stretches.get(told.message.iss, ((1, 0), (0, 0)))
        return first <= told.place <= last
