"""What a registered peer can send that is signed and sealed as it should be, and what becomes of it.

The host's real keys write what the host's own rules would never let out. Each fault has its own code. A fault of the
message itself gets a signed refusal; what another try may mend gets a problem, and nothing is written. Either way
nothing that was said about the person stands anywhere in the receiver's database.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from host_node.service import SERVICE as HOST
from origin_node import referrals as origin_referrals
from relevo.delivery import steps
from relevo.domain.consent import Terms
from relevo.domain.referral import Step
from relevo.ids import new_jti
from relevo.messages.steps_referral import Answered as AnswerStep
from relevo.protocol.strict_json import JsonObject
from relevo.storage import referrals
from relevo.storage.tables import InboxRow, ReferralRow
from support.databases import SqliteDatabases
from support.hand_made import (
    CLASSES,
    MARKER,
    REQUESTED,
    STATED,
    TERMS,
    Hand,
    asking,
    basis_of,
    step,
    without_basis,
)
from support.nodes import AT, JoinedNodes, make_node, publish
from support.pairs import agree, befriend, carried_to, sop_text
from support.story import Story, changed, sample
from support.traces import count_of, file_of, traces

OTHER_MARKER = "Marker-5519"
"""Stands in what a later message says, beside a first one that was stored."""

WITH_FAMILY = replace(TERMS, classes=CLASSES | {"family"})
WITH_MEDICATION = replace(TERMS, classes=CLASSES | {"medication"})
EXPIRED = replace(TERMS, expires_on=AT.date() - timedelta(days=1))
MEDICAL = replace(TERMS, purpose="medical-continuity")
UNHEARD_OF = replace(TERMS, purpose="census")
MEMBER: JsonObject = {"relation": "son", "age_band": "6-12", "travels": True}
MEDICINE: JsonObject = {
    "items": [{"drug": MARKER, "dose": "1", "regime": "daily", "supply_ends": "2027-01-01"}],
}

FIRST_MESSAGES: dict[str, tuple[Terms, JsonObject, tuple[str, str]]] = {
    "a note in the family": (
        WITH_FAMILY,
        asking(WITH_FAMILY, family={"household": [MEMBER], "note": MARKER}),
        ("refused", "excess-data"),
    ),
    "a note about a member of the family": (
        WITH_FAMILY,
        asking(WITH_FAMILY, family={"household": [{**MEMBER, "note": MARKER}]}),
        ("refused", "excess-data"),
    ),
    "a class that the person did not agree to": (
        TERMS,
        asking(identity_full={"address_origin": MARKER}),
        ("refused", "excess-data"),
    ),
    "a class that the SOP does not know for this purpose": (
        WITH_MEDICATION,
        asking(WITH_MEDICATION, medication=MEDICINE),
        ("refused", "excess-data"),
    ),
    "a class that only an origin states": (
        TERMS,
        asking(feedback={"comments": MARKER, "language": "fr"}),
        ("refused", "excess-data"),
    ),
    "a class that nobody has heard of": (TERMS, asking(horoscope={"sign": MARKER}), ("refused", "excess-data")),
    "no terms": (TERMS, asking(without="consent"), ("refused", "no-basis")),
    "terms that are not those of the record": (WITH_FAMILY, asking(TERMS), ("refused", "no-basis")),
    "another purpose than that of the consent": (MEDICAL, asking(MEDICAL), ("refused", "no-basis")),
    "a purpose that the SOP does not know": (
        UNHEARD_OF,
        asking(UNHEARD_OF, step={**REQUESTED, "purpose": "census"}),
        ("refused", "excess-data"),
    ),
    "a consent that names another receiver": (
        replace(TERMS, receiver="ge:dabruneba"),
        asking(replace(TERMS, receiver="ge:dabruneba")),
        ("refused", "no-basis"),
    ),
    "a consent that has expired": (EXPIRED, asking(EXPIRED), ("refused", "consent-expired")),
    "a value that is not of its form": (
        TERMS,
        asking(contact={"channel": "pigeon", "number": MARKER}),
        ("refused", "malformed-content"),
    ),
    "a class that is no object": (TERMS, asking(needs=MARKER), ("refused", "malformed-content")),
    "no step": (TERMS, asking(without="step"), ("refused", "malformed-content")),
    "words that are not of the step": (
        TERMS,
        asking(step={**REQUESTED, "why": MARKER}),
        ("refused", "step-invalid"),
    ),
    "a step of the other side": (TERMS, {**STATED, "step": step("accepted")}, ("refused", "step-misplaced")),
}


@pytest.mark.parametrize("name", FIRST_MESSAGES)
def test_a_first_message_is_refused_by_a_signed_receipt_with(name: str, hand: Hand) -> None:
    terms, hidden, told = FIRST_MESSAGES[name]
    hand.basis = basis_of(terms)
    answered = hand.say(hidden)
    assert answered.told == told
    assert traces(file_of(hand.receiver), [MARKER]) == []
    with hand.receiver.read() as work:
        assert work.session.query(ReferralRow).count() == 0
        kept = work.session.get_one(InboxRow, (hand.sender.identity.node_id, answered.jti))
        assert (kept.code, kept.disclosures, kept.receipt) == (told[1], None, answered.token)


def test_the_honest_message_beside_them_is_stored_and_leaves_its_traces(hand: Hand) -> None:
    assert hand.say(asking()).told == ("stored", None)
    assert traces(file_of(hand.receiver), [MARKER]) == [MARKER]


def test_a_first_message_that_rests_on_nothing_is_refused(hand: Hand) -> None:
    (answered,) = hand.bring(hand.seal(without_basis(hand.write(asking()))))
    assert answered.told == ("refused", "no-basis")
    assert traces(file_of(hand.receiver), [MARKER]) == []


def test_a_refusal_stays_the_same_when_the_message_comes_again(hand: Hand) -> None:
    envelope = hand.seal(hand.write(asking(without="consent")))
    first, second = (hand.bring(envelope)[0] for _ in range(2))
    assert first.token == second.token


RETRYABLE: dict[str, tuple[JsonObject, dict[str, str], str]] = {
    "a SOP that is not agreed here": (asking(), {"sop": "A" * 43}, "sop-unknown"),
    "a kind that this version does not know": (asking(), {"kind": "telepathy"}, "kind-unknown"),
    "a step that this version does not know": (asking(step={**REQUESTED, "name": "foretold"}), {}, "step-unknown"),
    "an earlier message that has not come": (
        {"step": step("cancelled"), "after": "019cadb0-3f40-7c1e-8a4b-1f2e3d4c5b6a"},
        {"kind": "closed"},
        "predecessor-missing",
    ),
    "another receiver": (asking(), {"aud": "ge:dabruneba"}, "wrong-audience"),
}


@pytest.mark.parametrize("name", RETRYABLE)
def test_nothing_is_written_and_the_message_can_come_again_when_it_names(name: str, hand: Hand) -> None:
    hidden, changes, code = RETRYABLE[name]
    before = count_of(hand.receiver, "nonce", "refused_item")
    assert hand.say(hidden, **changes).told == ("problem", code)
    assert count_of(hand.receiver, "nonce", "refused_item") == before
    assert traces(file_of(hand.receiver), [MARKER]) == []


LATER_MESSAGES: dict[str, tuple[str, JsonObject, str]] = {
    "a step that cannot follow": ("message", {"step": step("cancel-requested")}, "illegal-step"),
    "the first step once more": ("requested", asking(), "illegal-step"),
    "an answer that nobody asked for": (
        "message",
        {"step": step("answered", answer=OTHER_MARKER)},
        "illegal-step",
    ),
    "a step under the kind of another": ("closed", {"step": step("departed", at=AT.isoformat())}, "step-misplaced"),
    "a class that the step does not carry": (
        "closed",
        {"step": step("cancelled"), "skills": {"certificates": [OTHER_MARKER]}},
        "excess-data",
    ),
    "a field beyond the journey": (
        "message",
        {"step": step("journey-changed"), "travel": {"note": OTHER_MARKER}},
        "excess-data",
    ),
    "a question of clinicians where they do not speak": (
        "message",
        {"step": step("medical-question", question=OTHER_MARKER)},
        "not-medical-continuity",
    ),
    "a withdrawal of half a consent": ("withdrawn", {"step": step("withdrawn", scope="return")}, "step-invalid"),
}


@pytest.mark.parametrize("name", LATER_MESSAGES)
def test_a_later_message_is_refused_and_the_referral_stays_where_it_stood_with(name: str, hand: Hand) -> None:
    kind, hidden, code = LATER_MESSAGES[name]
    assert hand.say(asking()).told == ("stored", None)
    assert hand.say(hidden, kind).told == ("refused", code)
    assert traces(file_of(hand.receiver), [OTHER_MARKER]) == []
    with hand.receiver.read() as work:
        row = referrals.by_thread(work.session, hand.thread)
        assert row.status == "requested"
        assert [taken.step for taken in referrals.steps(work.session, row)] == ["requested"]


def test_a_message_whose_identifier_does_not_rise_behind_the_one_that_it_follows_is_refused(hand: Hand) -> None:
    first = hand.say(asking())
    late = {"step": step("departed", at=AT.isoformat()), "after": first.jti}
    backdated = new_jti(AT - timedelta(days=1))
    assert hand.say(late, "message", jti=backdated).told == ("refused", "malformed-content")
    hand.last = first.jti
    assert hand.say(late, "message").told == ("stored", None)


def test_a_later_message_cannot_bring_a_consent_of_its_own(hand: Hand) -> None:
    hand.say(asking())
    hand.basis = basis_of(WITH_FAMILY)
    assert hand.say({"step": step("departed", at=AT.isoformat())}, "message").told == ("refused", "no-basis")


def test_a_message_that_continues_nothing_is_refused(hand: Hand) -> None:
    assert hand.say({"step": step("cancelled")}, "closed").told == ("refused", "thread-unknown")


@pytest.fixture
def stranger(nodes: JoinedNodes, sqlite_databases: SqliteDatabases) -> Hand:
    """Another host that the origin knows as well, with a SOP of its own."""
    node = make_node(
        HOST,
        node_id="es:otra",
        endpoint="https://otra.example",
        address=sqlite_databases.fresh(HOST),
        clock=nodes.clock,
    )
    publish([node], nodes.transport)
    pair = replace(nodes, host=node)
    befriend(pair)
    agree(pair, sop_text("es-ci", host="es:otra"))
    return Hand(sender=node, receiver=nodes.origin)


def test_nobody_touches_the_thread_of_another_peer(hand: Hand, stranger: Hand) -> None:
    assert hand.say(asking()).told == ("stored", None)
    stranger.thread = hand.thread
    assert stranger.say(asking()).told == ("refused", "thread-taken")
    assert stranger.say({"step": step("cancelled")}, "closed").told == ("refused", "thread-unknown")
    with hand.receiver.read() as work:
        row = referrals.by_thread(work.session, hand.thread)
        assert (row.peer, row.status) == ("es:retorno", "requested")


def test_nobody_brings_the_message_of_another_peer(hand: Hand, stranger: Hand) -> None:
    (answered,) = stranger.bring(hand.seal(hand.write(asking())))
    assert answered.told[0] == "problem"
    assert count_of(hand.receiver)["referral"] == 0


def test_nobody_moves_a_referral_under_the_sop_of_another_pair(hand: Hand, stranger: Hand) -> None:
    foreign = hand.write(asking()).message.sop
    assert stranger.say(asking(), sop=foreign).told == ("problem", "sop-unknown")


@pytest.fixture
def asked(nodes: JoinedNodes) -> Story:
    """Case 01 with a consent that also covers medication; the origin has asked something."""
    story = Story(nodes=nodes)
    story.take_in(changed(sample("01"), "consent", classes=[*sorted(CLASSES), "medication"]))
    story.send()
    story.origin(origin_referrals.acknowledge)
    story.origin(origin_referrals.ask, "What does she take?")
    return story


def test_a_sender_sees_on_its_timeline_that_its_message_was_refused_and_why(asked: Story) -> None:
    _answer_without_asking_the_rules(asked, {"medication": MEDICINE})
    last = asked.timeline(asked.nodes.host)[-1]
    assert (last.step, last.delivery, last.problem) == ("answered", "refused", "excess-data")
    assert asked.row(asked.nodes.origin).status == "information-requested"
    assert traces(file_of(asked.nodes.origin), [MARKER]) == []


def test_what_a_verb_forgot_to_ask_the_courier_asks_again(asked: Story) -> None:
    _answer_without_asking_the_rules(asked, {"identity-full": {"address_origin": MARKER}})
    last = asked.timeline(asked.nodes.host)[-1]
    assert (last.step, last.delivery, last.problem) == ("answered", "held", "consent-lacks-class")
    assert all("identity-full" not in came.classes for came in carried_to(asked.nodes, asked.nodes.origin))


def _answer_without_asking_the_rules(story: Story, fields: dict[str, JsonObject]) -> None:
    with story.at_host() as work:
        row = referrals.by_thread(work.session, story.thread)
        steps.take(work, row, Step.ANSWERED, AnswerStep(answer="see there"), fields)
    story.nodes.deliver()
