"""What happens by itself when the time of a class has come, on both nodes alike, and nobody needs to say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from host_node import referrals as host_referrals
from host_node.tables import CaseRow
from origin_node import chasing, closing, profile
from origin_node import referrals as origin_referrals
from relevo.delivery import retention
from relevo.delivery.node import Node
from relevo.delivery.steps import EverythingErased
from relevo.domain.access import Role
from relevo.errors import Forbidden
from relevo.protocol.verification import verify_evidence
from relevo.storage import erasure, referrals
from relevo.storage.tables import InboxRow, LogEntryRow
from support.nodes import JoinedNodes, staff
from support.planted import CERTIFICATE, INTENTION, NAME, NUMBER, STATED, found_in, full, give
from support.story import COMMENTS, FOUND, Story, sample
from support.traces import texts_in

DESK = "ci:accueil/housing-desk"
YEAR, FIVE_YEARS = timedelta(days=366), timedelta(days=1826)
"""The days of the sample procedure, and one more so that the last is over."""


@pytest.fixture
def story(nodes: JoinedNodes) -> Story:
    """Case 01, full of words that stand nowhere else, sent."""
    told = Story(nodes=nodes)
    told.take_in(full(sample("01")))
    told.send()
    return told


@pytest.fixture
def closed(story: Story) -> Story:
    """The same, told to its end."""
    story.to_close()
    return story


def _after(story: Story, span: timedelta) -> None:
    """Much later; both nodes have published new statements meanwhile, and take a turn."""
    for node in story.nodes.both:
        with node.write() as work:
            for row in referrals.everything(work.session):
                assert row.erase_at is not None
    story.nodes.clock.move(span)
    for node in story.nodes.both:
        retention.sweep(node, None)


def _present(node: Node, story: Story) -> frozenset[str]:
    with node.read() as work:
        row = referrals.by_thread(work.session, story.thread)
        return erasure.classes_of(work.session, row) | node.holdings.classes(work, row)


def _erasures(node: Node) -> int:
    with node.read() as work:
        return sum(b'"erasure"' in one.record for one in work.session.query(LogEntryRow))


def test_each_class_goes_when_its_time_has_come(closed: Story) -> None:
    give(closed, DESK, "housing", "contact")
    before = {node.identity.node_id: _present(node, closed) for node in closed.nodes.both}
    _after(closed, YEAR)
    gone = {"contact", "travel", "family", "skills", "vulnerability"}
    for node in closed.nodes.both:
        assert _present(node, closed) == before[node.identity.node_id] - gone
        assert found_in(node, NUMBER, CERTIFICATE) == []
        assert found_in(node, NAME) == [NAME]
        row = closed.row(node)
        assert (row.status, row.contact_channel, row.arrived_at) == ("closed", None, None)
        assert row.services
        assert _erasures(node) == 1
    assert found_in(closed.nodes.origin, COMMENTS) == [COMMENTS]
    with closed.at_origin() as work:
        assert DESK in {one.organisation for one in chasing.tasks(work)}
        assert "Do not contact" in profile.read(work, closed.thread).reach.rule


def test_with_the_last_class_everything_goes_and_the_status_stays(closed: Story) -> None:
    _after(closed, FIVE_YEARS)
    for node in closed.nodes.both:
        assert found_in(node, *STATED, COMMENTS, FOUND) == []
        row = closed.row(node)
        assert (row.status, row.basis_record, row.erased_at) == ("closed", None, closed.nodes.clock.now())
        assert {str(entry.said) for entry in closed.timeline(node)} == {"{}"}


def test_the_evidence_still_verifies_and_tells_of_the_erasure(closed: Story) -> None:
    with closed.nodes.host.read() as work:
        before = work.at
    _after(closed, FIVE_YEARS)
    assert closed.nodes.clock.now() > before
    closed.nodes.clock.move_to(before)
    closed.nodes.deliver()
    for node in closed.nodes.both:
        found = verify_evidence(closed.evidence(node))
        assert found.ok
        assert any("the erasure of what messages carried: everything" in line.text for line in found.lines)


def test_the_case_of_the_host_is_its_own(closed: Story) -> None:
    _after(closed, FIVE_YEARS)
    with closed.nodes.host.read() as work:
        case = work.session.query(CaseRow).one()
        assert NAME in list(texts_in(case.record))


def test_a_referral_that_was_opened_again_keeps_everything(closed: Story) -> None:
    closed.origin(closing.reopen, "She came back.")
    closed.nodes.clock.move(YEAR)
    for node in closed.nodes.both:
        retention.sweep(node, None)
        assert closed.row(node).contact_channel == "phone"
        assert _erasures(node) == 0


def test_what_was_erased_is_not_opened_again(closed: Story) -> None:
    _after(closed, FIVE_YEARS)
    with pytest.raises(EverythingErased), closed.at_origin() as work:
        closing.reopen(work, closed.thread, "She came back.")


def test_a_withdrawal_after_everything_went_is_still_heard(closed: Story) -> None:
    at = closed.nodes.clock.now()
    _after(closed, FIVE_YEARS)
    closed.nodes.clock.move_to(at)
    closed.withdraw()
    closed.nodes.deliver()
    for node in closed.nodes.both:
        assert closed.row(node).status == "erased"
        assert [entry.step for entry in closed.timeline(node)][-3:] == ["withdrawn", "erased", "erased"]


ENDS = {
    "declined": lambda story: story.origin(origin_referrals.decline, "no-capacity"),
    "cancelled": lambda story: story.host(host_referrals.cancel, "they stay"),
}


@pytest.mark.parametrize("status", ENDS)
def test_what_was_not_taken_goes_by_the_same_table(story: Story, status: str) -> None:
    story.origin(origin_referrals.acknowledge)
    ENDS[status](story)
    _after(story, YEAR)
    for node in story.nodes.both:
        assert story.row(node).status == status
        assert found_in(node, NUMBER, CERTIFICATE) == []
        assert found_in(node, INTENTION) == [INTENTION]


def test_what_was_sent_by_mistake_goes_at_the_receiver_at_once(story: Story) -> None:
    story.accept()
    story.host(host_referrals.enter_in_error)
    host, origin = story.nodes.both
    assert found_in(origin) == []
    assert found_in(host)
    for node in story.nodes.both:
        assert story.row(node).status == "entered-in-error"
        assert verify_evidence(story.evidence(node)).ok


def test_what_is_still_queued_when_it_turns_out_to_be_a_mistake_never_leaves(story: Story) -> None:
    second = Story(nodes=story.nodes)
    second.take_in({**full(sample("01")), "identity-min": {**_identity(), "reference": "ES-2026-009999"}})
    second.send(deliver=False)
    second.host(host_referrals.enter_in_error)
    assert set(second.deliveries(story.nodes.host).values()) == {"held"}


def test_the_list_says_what_goes_when_without_saying_of_what(closed: Story) -> None:
    with closed.nodes.host.read(staff(Role.COORDINATOR)) as work:
        (going,) = retention.due(work, closed.nodes.host.holdings)
    ended = closed.timeline(closed.nodes.host)[-1].at
    over = datetime.combine(ended.date() + timedelta(days=366), datetime.min.time(), tzinfo=UTC)
    assert (going.thread, going.status, going.ended_at, going.erase_at) == (closed.thread, "closed", ended, over)
    assert going.classes == len(_present(closed.nodes.host, closed))


def test_a_counsellor_does_not_run_it(closed: Story) -> None:
    with pytest.raises(Forbidden), closed.at_host() as work:
        retention.run(work, closed.nodes.host.holdings)


def test_one_that_cannot_be_read_keeps_nothing_else_from_going(closed: Story) -> None:
    origin = closed.nodes.origin
    with origin.write() as work:
        came = work.session.query(InboxRow).filter(InboxRow.thread == closed.thread).first()
        assert came is not None
        came.disclosures = ["not a disclosure"]
        referrals.by_thread(work.session, closed.thread).erase_at = work.at
    closed.nodes.deliver()
    assert closed.row(origin).erase_at == closed.nodes.clock.now() + timedelta(days=1)


def test_it_looks_once_an_hour(closed: Story) -> None:
    node, clock = closed.nodes.origin, closed.nodes.clock
    first = retention.sweep(node, None)
    clock.move(timedelta(minutes=59))
    assert retention.sweep(node, first) == first
    clock.move(timedelta(minutes=1))
    assert retention.sweep(node, first) == clock.now()


def _identity() -> dict[str, object]:
    found = full(sample("01"))["identity-min"]
    assert isinstance(found, dict)
    return dict(found)
