"""What evidence shows of a referral beyond its bytes, one sentence at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relevo.audit.referrals import check_referrals
from relevo.protocol.manifest import NONE
from relevo.protocol.verification import Outcome, examine_evidence
from relevo.protocol.verification_account import Account
from support.evidence_sample import sample


@pytest.fixture(scope="module")
def account() -> Account:
    """A referral with a consent, as its host shows it."""
    found = examine_evidence(sample().evidence()).account
    assert found is not None
    return found


def test_a_message_that_rests_on_nothing_is_named(account: Account) -> None:
    (first, *rest) = account.told
    bare = replace(first, message=replace(first.message, basis=NONE))
    lines = list(check_referrals(replace(account, told=[bare, *rest])))
    (found,) = [one for one in lines if one.code == "without-basis"]
    assert found.outcome is Outcome.NOT_KEPT
    assert found.text.startswith("es:retorno sent requested ")
    assert found.text.endswith(" without a consent and without an exception.")


def test_one_that_rests_on_a_consent_is_said_to(account: Account) -> None:
    told = [one.text for one in check_referrals(account)]
    assert "each message names the consent that it rests on." in told
