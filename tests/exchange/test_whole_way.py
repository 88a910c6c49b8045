"""One referral from the case file to the close a year later, as both nodes tell it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from host_node.tables import CaseRow, ReturnedRow
from origin_node.tables import StatedRow
from relevo.delivery.node import Node
from relevo.protocol.receipt import DueClaim, read_receipt
from relevo.protocol.verification import verify_evidence
from relevo.storage import peers
from relevo.storage.referrals import TimelineEntry
from relevo.storage.tables import DutyRow, OutboxRow
from support.nodes import JoinedNodes
from support.story import COMMENTS, FOUND, Story, sample
from support.traces import texts_in


@pytest.fixture
def closed(nodes_on_each: JoinedNodes) -> Story:
    """Case 01 after its whole way, once on SQLite and once on PostgreSQL."""
    story = Story(nodes=nodes_on_each)
    story.take_in(sample("01"))
    story.send()
    story.to_close()
    return story


def test_a_referral_goes_there_and_comes_back(closed: Story) -> None:
    host, origin = closed.nodes.both
    _require_both_timelines_agree(closed)
    _require_both_owe_the_same(closed)
    _require_receipts_carry_the_due_times(closed)
    _require_sides_stand_apart(closed)
    for node in (host, origin):
        assert verify_evidence(closed.evidence(node)).ok, f"the evidence of {node.identity.node_id} fails"


def _require_both_timelines_agree(story: Story) -> None:
    here, there = (story.timeline(node) for node in story.nodes.both)
    assert [_told(entry) for entry in here] == [_told(entry) for entry in there]
    assert here[0].step == "requested"
    assert here[-1].status == "closed"
    for entry in (*here, *there):
        assert (entry.delivery, entry.problem, entry.late) == ("stored", None, False), entry.step
        assert entry.receipted_at == entry.at


def _told(entry: TimelineEntry) -> tuple[object, ...]:
    return entry.at, entry.step, entry.side, entry.said, entry.status, entry.jti


def _require_both_owe_the_same(story: Story) -> None:
    here, there = ({_owed(duty) for duty in story.duties(node)} for node in story.nodes.both)
    assert here == there
    assert {name for name, *_ in here} >= {"answer", "answer-question", "first-contact", "follow-up-12"}
    assert all(done or dropped for *_, done, dropped in here)


def _owed(duty: DutyRow) -> tuple[object, ...]:
    return duty.duty, duty.side, duty.started_at, duty.due_at, duty.done_at, duty.dropped


def _require_receipts_carry_the_due_times(story: Story) -> None:
    host, origin = story.nodes.both
    node_of = {"host": host.identity.node_id, "origin": origin.identity.node_id}
    kept = {(duty.duty, node_of[duty.side], duty.due_at) for duty in story.duties(host)}
    said = {(due.duty, due.by, due.at) for node in (host, origin) for due in _dues(story, node)}
    assert kept <= said


def _dues(story: Story, node: Node) -> Iterator[DueClaim]:
    with node.read() as work:
        trust = peers.trust(work.session)
        for token in work.session.scalars(select(OutboxRow.receipt).where(OutboxRow.thread == story.thread)):
            yield from read_receipt(str(token), trust=trust, at=work.at).due


def _require_sides_stand_apart(story: Story) -> None:
    """What the host stated and what came back stand side by side; neither took the place of the other."""
    host, origin = story.nodes.both
    with host.read() as work:
        came = list(work.session.scalars(select(ReturnedRow)))
        (case,) = work.session.scalars(select(CaseRow))
        assert {(row.step, row.data_class) for row in came} == {("follow-up", "outcome"), ("closed", "feedback")}
        assert not {"outcome", "feedback"} & case.record.keys()
        assert [row.fields["comments"] for row in came if row.step == "closed"] == [COMMENTS]
        assert FOUND in str([row.fields for row in came if row.step == "follow-up"])
    with origin.read() as work:
        kept = work.session.scalars(select(StatedRow.classes))
        stated = {name: fields for classes in kept for name, fields in classes.items()}
    assert set(stated) == {"identity-min", "contact", "travel", "family", "needs", "skills", "consent"}
    assert stated["travel"]["flight"] == "IB0002"
    assert "IB0002" in list(texts_in(case.record["travel"]))
