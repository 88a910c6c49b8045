"""What a stolen key signed: it stands where somebody else proves that it is older, and is listed apart otherwise.

A node that lost a signing key says from when it is invalid (`invalid_from` of its signing period). Whoever has the key
can write any date, so the date in a token proves nothing. What proves that a message is older:

    the other side's receipt          made before that moment, with a key that was not stolen
    a cosigned head of the log        under which the message's record lies, seen by a witness before that moment;
                                      the newest one, or an older one that it continues
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol.record import RecordType
from relevo.protocol.verification_report import Check, day_and_hour, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from relevo.protocol.statement import NodeStatement
    from relevo.protocol.verification_account import Account, Told
    from relevo.protocol.verification_report import Line

_OF_MESSAGES = frozenset({RecordType.MESSAGE_SENT, RecordType.MESSAGE_RECEIVED})


class NotProvenOlder(WireError):
    """A message is signed with a key that was stolen, and nobody else proves that it is older than the theft."""

    code = "not-proven-older"
    advice = "Do not rely on this message. Ask the other node: its receipt or its log may prove that it is older."


def compromised_keys(chains: Iterable[Iterable[NodeStatement]]) -> dict[str, datetime]:
    """From when on each stolen signing key is invalid, by key id, as its node said at last."""
    periods = (period for chain in chains for statement in chain for period in statement.signing)
    found = ((period.key.kid, period.invalid_from) for period in periods)
    return {kid: at for kid, at in found if at is not None}


def check_keys(account: Account, invalid: Mapping[str, datetime]) -> Iterator[Line]:
    """A line for each message of an account that a stolen key signed.

    Args:
        account: what a file has proven but for this.
        invalid: from when on each stolen key is invalid, by key id.
    """
    places = _places(account) if invalid else {}
    for told in account.told:
        if told.kid in invalid:
            yield _line(account, told, invalid, places.get(told.manifest))


def _line(account: Account, told: Told, invalid: Mapping[str, datetime], place: int | None) -> Line:
    stolen = invalid[told.kid]
    receipt = told.receipt
    if receipt is not None and told.receipt_kid not in invalid and receipt.received_at < stolen:
        proof = f"the receipt of {receipt.iss} of {day_and_hour(receipt.received_at)} is older"
    elif seen := [at for at in _seen(account, place) if at < stolen]:
        proof = f"a witness saw the log that holds it on {day_and_hour(min(seen))}"
    else:
        return fails(Check.KEY, told.subject, NotProvenOlder())
    text = f"its key is invalid since {day_and_hour(stolen)}, because it was stolen; {proof}, so it stands."
    return holds(Check.KEY, told.subject, text)


def _seen(account: Account, place: int | None) -> Iterator[datetime]:
    """When witnesses saw heads under which a place of the log lies."""
    for head in (account.head, *account.older):
        if head is not None and place is not None and place < head.checkpoint.size:
            yield from head.seen.values()


def _places(account: Account) -> dict[str, int]:
    """Where in the log the records of manifests lie, by digest."""
    records = ((place, one) for place, one in account.records.items() if one.type in _OF_MESSAGES)
    return {str(one.fields["manifest"]): place for place, one in records}
