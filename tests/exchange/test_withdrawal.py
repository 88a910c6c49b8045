"""A person withdraws: nothing more leaves, both nodes erase, each says so, and the evidence still verifies."""

from __future__ import annotations

from sqlalchemy import select

from host_node import referrals as host_referrals
from host_node.tables import CaseRow, ConsentRow
from origin_node import erasure, profile
from origin_node import referrals as origin_referrals
from relevo.delivery import federation
from relevo.delivery.node import Node
from relevo.protocol import strict_json
from relevo.protocol.envelope import Envelope
from relevo.protocol.verification import verify_evidence
from relevo.storage.tables import InboxRow, OutboxRow
from support.hand_made import MARKER, Hand, asking, step
from support.pairs import carried_to
from support.story import COMMENTS, FOUND, Story, changed, sample
from support.traces import count_of, file_of, rows_of, settled_file_of, texts_in, traces

PERSONAL = ["Aya Marie-Laure", "Guessan Kouassi", "1994-03-08", "+225 07 00 00 00 01", "tailoring workshop", "Bouaké"]
"""What only case 01 says."""


def test_nothing_leaves_if_the_person_withdraws_before_the_delivery(story: Story) -> None:
    story.send(deliver=False)
    assert story.withdraw() == [story.thread]
    story.nodes.deliver()
    story.later(days=7)
    story.nodes.deliver()
    assert not list(carried_to(story.nodes, story.nodes.origin))
    assert count_of(story.nodes.origin)["referral"] == 0
    assert story.deliveries(story.nodes.host) == {"requested": "held", "withdrawn": "held"}


def test_nothing_leaves_if_the_request_was_lost_and_the_person_withdraws_before_the_next(story: Story) -> None:
    story.nodes.transport.drop_next_request()
    story.send()
    story.withdraw()
    story.later(days=1)
    story.nodes.deliver()
    assert traces(file_of(story.nodes.origin), PERSONAL) == []
    assert story.deliveries(story.nodes.host)["requested"] == "held"


def test_the_origin_erases_when_the_person_withdraws_at_the_host(sent: Story) -> None:
    sent.accept()
    assert traces(file_of(sent.nodes.origin), PERSONAL) == PERSONAL
    sent.withdraw()
    sent.nodes.deliver()
    _require_erased(sent)
    assert [entry.step for entry in sent.timeline(sent.nodes.host)][-3:] == ["withdrawn", "erased", "erased"]


def test_both_erase_when_the_person_withdraws_at_the_origin(sent: Story) -> None:
    sent.accept()
    sent.arrive()
    sent.origin(erasure.withdraw_consent)
    _require_erased(sent)
    with sent.nodes.host.read() as work:
        (consent,) = work.session.scalars(select(ConsentRow))
        assert consent.withdrawn_at == sent.nodes.clock.now()


def test_what_came_back_goes_as_well_when_the_person_withdraws_after_the_close(sent: Story) -> None:
    sent.to_close()
    for node in sent.nodes.both:
        assert traces(file_of(node), [COMMENTS, FOUND]) == [COMMENTS, FOUND]
    sent.withdraw()
    sent.nodes.deliver()
    _require_erased(sent)
    for node in sent.nodes.both:
        assert traces(settled_file_of(node), [COMMENTS, FOUND]) == []


def test_the_host_does_not_wait_for_the_origin_to_erase_its_copies(sent: Story) -> None:
    sent.nodes.transport.disconnect(sent.nodes.origin)
    sent.withdraw()
    sent.nodes.deliver()
    assert sent.row(sent.nodes.host).status == "withdrawn"
    assert traces(rows_of(sent.nodes.host, "case_file", "consent"), PERSONAL) == []
    sent.nodes.transport.connect(sent.nodes.origin)
    sent.later(days=1)
    sent.nodes.deliver()
    _require_erased(sent)


def test_the_host_keeps_its_own_case(sent: Story) -> None:
    sent.withdraw()
    sent.nodes.deliver()
    with sent.nodes.host.read() as work:
        (case,) = work.session.scalars(select(CaseRow))
        assert "Aya Marie-Laure" in list(texts_in(case.record))


def test_a_late_copy_of_the_first_message_brings_nothing_back(sent: Story, hand: Hand) -> None:
    first = _first_envelope(sent)
    sent.accept()
    sent.withdraw()
    sent.nodes.deliver()
    before = count_of(sent.nodes.origin, "nonce")
    (again,) = hand.bring(first)
    assert again.told == ("stored", None), "the receipt that it got at first"
    assert count_of(sent.nodes.origin, "nonce") == before
    _require_erased(sent)


def test_a_new_first_message_in_a_withdrawn_thread_is_refused(hand: Hand) -> None:
    hand.say(asking())
    assert hand.say({"step": step("withdrawn", scope="all")}, "withdrawn").told == ("stored", None)
    assert hand.say(asking()).told[0] == "refused"
    assert traces(settled_file_of(hand.receiver), [MARKER]) == []


def test_what_the_origin_was_about_to_send_stays_when_the_withdrawal_crosses_it(sent: Story) -> None:
    sent.accept()
    sent.nodes.transport.disconnect(sent.nodes.host)
    sent.arrive()
    sent.withdraw()
    sent.nodes.transport.connect(sent.nodes.host)
    sent.later(days=1)
    sent.nodes.deliver()
    _require_erased(sent)


def test_an_answer_that_was_still_queued_stays_and_does_not_stop_the_withdrawal_behind_it(sent: Story) -> None:
    sent.origin(origin_referrals.acknowledge)
    sent.origin(origin_referrals.ask, "Which school year is the boy in?", ["needs"])
    with sent.at_host() as work:
        host_referrals.answer(work, sent.thread, "The first year of primary school.")
    sent.withdraw()
    sent.nodes.deliver()
    assert sent.deliveries(sent.nodes.host)["answered"] == "held"
    _require_erased(sent)


def test_what_was_held_because_the_consent_expired_does_not_stop_what_comes_behind_it(sent: Story) -> None:
    sent.accept()
    sent.host(host_referrals.depart, sent.nodes.clock.now())
    sent.nodes.transport.disconnect(sent.nodes.origin)
    sent.later(days=300)
    sent.host(host_referrals.change_journey, {"flight": "IB0005"})
    sent.later(days=200)
    sent.nodes.transport.connect(sent.nodes.origin)
    sent.nodes.deliver()
    assert sent.deliveries(sent.nodes.host)["journey-changed"] == "held"
    sent.host(host_referrals.cancel, "the consent has expired")
    sent.later(days=1)
    sent.nodes.deliver()
    assert sent.deliveries(sent.nodes.host)["cancel-requested"] == "stored"
    assert sent.row(sent.nodes.origin).status == "cancel-requested"


def test_a_withdrawal_on_both_sides_at_once_ends_the_same_way(sent: Story) -> None:
    sent.accept()
    with sent.at_origin() as work:
        erasure.withdraw_consent(work, sent.thread)
    sent.withdraw()
    sent.nodes.deliver()
    sent.later(days=1)
    sent.nodes.deliver()
    _require_erased(sent)


def test_a_new_referral_under_a_new_consent_can_follow(sent: Story) -> None:
    sent.withdraw()
    sent.nodes.deliver()
    old = sent.thread
    with sent.at_host() as work:
        case = host_referrals.case_of(work, old)
        assert {reason.code for reason in host_referrals.preview(work, case).reasons} == {"consent-withdrawn"}
    again = Story(nodes=sent.nodes)
    again.take_in(changed(sample("01"), "identity-min", reference="ES-2026-004417-B"))
    again.send()
    assert again.row(again.nodes.origin).status == "requested"
    assert again.thread != old


def test_the_origin_says_that_everything_was_erased_where_the_profile_was(sent: Story) -> None:
    sent.origin(origin_referrals.acknowledge)
    sent.withdraw()
    sent.nodes.deliver()
    with sent.at_origin() as work:
        shown = profile.read(work, sent.thread)
    assert (shown.stated, shown.terms, shown.reach.contact) == ((), None, {})


def _require_erased(story: Story) -> None:
    """Both sides say so, nothing of the exchange is left on either, and what is left still verifies."""
    host, origin = story.nodes.both
    for node in (host, origin):
        assert story.row(node).status == "erased"
        assert {entry.delivery for entry in story.timeline(node)} <= {"stored", "held"}
        assert verify_evidence(story.evidence(node)).ok
        _require_no_words_left(story, node)
    assert traces(rows_of(origin), PERSONAL) == traces(settled_file_of(origin), PERSONAL) == []


def _require_no_words_left(story: Story, node: Node) -> None:
    with node.read() as work:
        for came in work.session.scalars(select(InboxRow).where(InboxRow.thread == story.thread)):
            assert not came.disclosures, came.kind
        for left in work.session.scalars(select(OutboxRow).where(OutboxRow.thread == story.thread)):
            assert (left.disclosures, left.sealed, left.basis_record) == ([], None, None), left.step
    assert story.row(node).basis_record is None
    tables = {"case_file", "consent"}
    assert count_of(node, *tables).get("returned", 0) == count_of(node, *tables).get("stated", 0) == 0


def _first_envelope(story: Story) -> Envelope:
    """The envelope that brought the referral, as it was carried."""
    address = story.nodes.origin.identity.endpoint + federation.ENVELOPES
    bodies = [one.body for one in story.nodes.transport.carried if one.url == address]
    envelopes = strict_json.load(bodies[-1])["envelopes"]
    assert isinstance(envelopes, list)
    return Envelope.from_object(envelopes[0])
