"""Whether a stream is whole: a message that was taken out of a relation leaves a number that nobody has."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol.verification_report import Check, could_not_check, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from relevo.protocol.verification_account import Told
    from relevo.protocol.verification_report import Line

MOST_NAMED = 10


class StreamGap(WireError):
    """A number of a stream is missing."""

    code = "stream-gap"
    advice = "Ask the node for a fresh export and compare with the file of the other node, which may have the message."


class PlaceTakenTwice(WireError):
    """Two different messages have one number in a stream."""

    code = "place-taken-twice"
    advice = "Keep the file and tell an auditor: an honest node never gives one number to two messages."


def check_streams(told: Sequence[Told], node: str, peer: str, *, whole: bool) -> Iterator[Line]:
    """Lines about the numbers of what `node` sent to `peer` and got from it; `whole` from the first message on."""
    for iss, subject in ((node, f"messages to {peer}"), (peer, f"messages from {peer}")):
        epochs: dict[int, dict[int, str]] = defaultdict(dict)
        for one in (one for one in told if one.message.iss == iss):
            epoch, seq = one.place
            if epochs[epoch].setdefault(seq, one.message.jti) != one.message.jti:
                yield fails(Check.ORDER, subject, PlaceTakenTwice(f"number {seq} is carried by two messages"))
        for epoch, taken in sorted(epochs.items()):
            yield _epoch_line(subject if len(epochs) == 1 else f"{subject}, epoch {epoch}", taken, iss == node, whole)


def _epoch_line(subject: str, taken: dict[int, str], own: bool, whole: bool) -> Line:  # noqa: FBT001 - two plain facts
    first, last = 1 if whole else min(taken), max(taken)
    missing = [seq for seq in range(first, last + 1) if seq not in taken]
    if not missing:
        text = f"{len(taken):,}, numbers {first} to {last} without a gap: none was taken out between them."
        return holds(Check.ORDER, subject, text)
    named = ", ".join(map(str, missing[:MOST_NAMED])) + (" and more" if len(missing) > MOST_NAMED else "")
    if own:
        return fails(Check.ORDER, subject, StreamGap(f"nothing is shown under number {named}"))
    text = f"number {named}: not here. It may still be on its way; the other node's file tells."
    return could_not_check(Check.ORDER, subject, text)
