"""What a stolen key signed stands only where somebody else proves that it is older than the theft."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from relevo.protocol.cosignature import cosign_checkpoint, with_cosignatures
from relevo.protocol.verification import examine_evidence
from relevo.protocol.verification_account import Account
from relevo.protocol.verification_keys import check_keys, compromised_keys
from support.evidence_sample import sample
from support.wire_pair import AT, HOST, ORIGIN, ORIGIN_ID, TRUST

HOUR = timedelta(hours=1)


def account(*, seen_at: datetime | None = None) -> Account:
    """The sample: the first message of the host is receipted after an hour, its last one never."""
    evidence = sample().evidence()
    if seen_at is not None:
        line = cosign_checkpoint(evidence.checkpoint, ORIGIN_ID, ORIGIN.witness, seen_at)
        evidence = replace(evidence, checkpoint=with_cosignatures(evidence.checkpoint, line))
    found = examine_evidence(evidence).account
    assert found is not None
    return found


LAST = AT + timedelta(days=301)

CASES: dict[str, tuple[datetime | None, datetime, set[str], list[str | None]]] = {
    "stolen after both, one receipted": (None, LAST + HOUR, {"host"}, [None, "not-proven-older"]),
    "stolen before the receipt": (None, AT + HOUR, {"host"}, ["not-proven-older", "not-proven-older"]),
    "the receipt's key was stolen as well": (None, LAST, {"host", "origin"}, ["not-proven-older"] * 4),
    "a witness saw the log before": (LAST + HOUR, LAST + 2 * HOUR, {"host"}, [None, None]),
    "a witness saw the log after": (LAST + 2 * HOUR, LAST + HOUR, {"host"}, [None, "not-proven-older"]),
    "no key was stolen": (None, LAST, set(), []),
}


@pytest.mark.parametrize(("seen_at", "stolen", "whose", "codes"), CASES.values(), ids=CASES)
def test_what_stands(seen_at: datetime | None, stolen: datetime, whose: set[str], codes: list[str | None]) -> None:
    keys = {"host": HOST.signing.kid, "origin": ORIGIN.signing.kid}
    lines = [*check_keys(account(seen_at=seen_at), {keys[one]: stolen for one in whose})]
    assert sorted(str(line.code) for line in lines) == sorted(map(str, codes))


def test_keys_of_which_nobody_says_so_are_not_compromised() -> None:
    assert compromised_keys([[one] for one in TRUST.statements.values()]) == {}
