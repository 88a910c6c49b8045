"""A registered peer that does not keep to the rules: each message is refused with its own code, and leaves nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relevo.messages.classes import terms_to_fields
from relevo.protocol.strict_json import JsonObject
from relevo.storage import referrals
from support.hand_made import TERMS, Hand, asking, basis_of, step
from support.nodes import JoinedNodes
from support.traces import rows_of, traces

PLANTED = "Foxgloveunderhill"
"""Stands in every message that is to be refused."""


@pytest.fixture
def hand(nodes: JoinedNodes) -> Hand:
    """A host that writes by hand, whose first message was taken."""
    hand = Hand(sender=nodes.host, receiver=nodes.origin)
    assert hand.say(asking()).told == ("stored", None)
    return hand


NEEDS: JsonObject = {"economic": ["business-start"], "intentions": PLANTED}
MANY = [f"{PLANTED}-{number}" for number in range(100_000)]
HOSTILE: dict[str, tuple[JsonObject, str]] = {
    "a class beyond the consent": (
        {
            "step": step("corrected", classes=["skills"], reason="x"),
            "skills": {"education": "primary", "certificates": [PLANTED]},
        },
        "excess-data",
    ),
    "a correction that names another class than it brings": (
        {"step": step("corrected", classes=["family"], reason=PLANTED), "skills": {"education": "primary"}},
        "",
    ),
    "a plan, which is the origin's to agree": (
        {"step": step("plan-agreed"), "plan": {"agreed_on": "2026-11-20", "actions": [{"service": PLANTED}]}},
        "",
    ),
    "a confirmation of an erasure, which is the origin's": (
        {"step": step("erasure-confirmed", organisation="ci:accueil/desk", at="2026-11-22T08:00:00Z", note=PLANTED)},
        "",
    ),
    "words between clinicians under another purpose": (
        {"step": step("medical-question", question=PLANTED)},
        "not-medical-continuity",
    ),
    "costs without consent for them": (
        {
            "step": step("costs-planned"),
            "costs": {"currency": "EUR", "lines": [{"what": PLANTED, "planned": "1", "borne_by": "host"}]},
        },
        "excess-data",
    ),
    "a list without end": (
        {"step": step("corrected", classes=["needs"], reason="x"), "needs": {"economic": MANY, "intentions": PLANTED}},
        "",
    ),
    "an agreement to what nobody proposed": (
        {"step": step("costs-agreed", of="01a2027b-d680-7808-95ce-42f8c4765e02", note=PLANTED)},
        "",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_and_leaves_nothing(hand: Hand, name: str) -> None:
    hidden, code = HOSTILE[name]
    disposition, told = hand.say(hidden, "message").told
    assert disposition in {"refused", "problem"}
    assert told
    assert told == code or not code, told
    assert traces(rows_of(hand.receiver), [PLANTED]) == []


WIDER = {
    "more classes": replace(TERMS, classes=TERMS.classes | {"skills"}),
    "less withheld, another receiver": replace(TERMS, receiver="sn:accueil"),
    "another purpose": replace(TERMS, purpose="medical-continuity"),
}


@pytest.mark.parametrize("name", WIDER)
def test_a_narrowing_that_widens_is_refused_and_changes_nothing(hand: Hand, name: str) -> None:
    salt = hand.basis.salt
    hand.basis = replace(basis_of(WIDER[name]), salt=salt)
    hidden: JsonObject = {
        "step": step("consent-changed", change="narrowed", taken_at="2026-11-22T08:00:00Z"),
        "consent": dict(terms_to_fields(WIDER[name])),
    }
    assert hand.say(hidden, "message").told[0] == "refused"
    with hand.receiver.read() as work:
        assert referrals.terms(referrals.by_thread(work.session, hand.thread)) == TERMS
