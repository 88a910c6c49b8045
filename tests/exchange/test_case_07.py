"""Case 07: accepted, given to the employment centre, arrived, withdrawn at the origin; every receipt comes back.

The SOP of this story keeps the journey for thirty days after the end, because accounts must be shown; everything else
goes at once. A copy of the first message that comes afterwards brings nothing back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from host_node import erasure as host_erasure
from host_node.tables import ConsentRow
from origin_node import assignments, chasing, erasure, journey
from origin_node.tables import AssignmentRow, GivenRow, StatedRow
from relevo.delivery import federation
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.protocol import sd_jwt, strict_json
from relevo.protocol.envelope import Envelope, read_manifest
from relevo.protocol.verification import verify_evidence
from relevo.runtime import Service
from relevo.storage import peers, referrals
from relevo.storage.database import Database
from relevo.storage.tables import InboxRow
from relevo.storage.unit_of_work import User
from support.databases import Databases
from support.hand_made import Hand
from support.nodes import JoinedNodes
from support.pairs import join_under, sop_text
from support.planted import STATED, found_in, full, give
from support.story import Story, sample
from support.traces import count_of

CENTRE = "ge:dabruneba/employment-centre"
SERVICES = ("job-placement", "skills-recognition")
ARRIVED_AT = datetime(2026, 11, 30, 22, 40, tzinfo=UTC)
WITHDRAWN_AT = datetime(2026, 12, 10, 10, tzinfo=UTC)
LAST_DAY = date(2027, 1, 9)


@pytest.fixture
def story(databases: Databases, services: tuple[Service, Service]) -> Iterator[Story]:
    """Accepted, given to the employment centre, arrived; once on SQLite and once on PostgreSQL."""
    text = sop_text("es-ge").replace("[keep]\n", "[keep]\ntravel = 30\n")
    nodes = join_under(text, services, databases)
    yield _lived(nodes)
    nodes.close()


def _lived(nodes: JoinedNodes) -> Story:
    story = Story(nodes=nodes)
    story.take_in(full(sample("07")))
    story.send()
    story.accept()
    for service in SERVICES:
        story.origin(assignments.assign, service, CENTRE)
    story.origin(assignments.report, "job-placement", "accepted")
    give(story, CENTRE, "job-placement", "identity-min", "contact", "skills")
    nodes.clock.move_to(ARRIVED_AT + timedelta(hours=10))
    nodes.deliver()
    story.origin(journey.confirm_arrival, ARRIVED_AT)
    nodes.clock.move_to(WITHDRAWN_AT)
    nodes.deliver()
    return story


def _of_the_centre() -> User:
    return User(name="nino", role=Role.CASE_WORKER, organisation=CENTRE)


def test_the_whole_story(story: Story) -> None:
    host, origin = story.nodes.both
    first = _first_envelope(story)
    assert set(found_in(origin)) == set(STATED)
    story.origin(erasure.withdraw_consent)
    _require_said(story)
    _require_gone(story)
    _require_own_record(origin, story)
    _require_chased(story)
    before = count_of(origin, "nonce")
    again = Hand(sender=host, receiver=origin)
    (answered,) = again.bring(first)
    assert answered.token == _receipt_of_the_first(story), "the receipt that it got at first, byte for byte"
    assert count_of(origin, "nonce") == before
    _require_gone(story)
    _require_kept_journey_verifies(story)
    _require_time_takes_the_rest(story)


def test_a_restart_forgets_nothing_of_the_erasure(story: Story) -> None:
    first = _first_envelope(story)
    story.origin(erasure.withdraw_consent)
    restarted = _restarted(story.nodes.origin)
    story.nodes.transport.connect(restarted)
    (answered,) = Hand(sender=story.nodes.host, receiver=restarted).bring(first)
    assert answered.token == _receipt_of_the_first(story)
    assert found_in(restarted) == []
    restarted.database.close()


def _require_said(story: Story) -> None:
    """Both sides have erased and said so, every message is receipted, the consent has ended at the host."""
    for node in story.nodes.both:
        assert story.row(node).status == "erased"
        assert [entry.step for entry in story.timeline(node)][-3:] == ["withdrawn", "erased", "erased"]
        assert {entry.delivery for entry in story.timeline(node)} <= {"stored", "kept-here"}
    said = {entry.side: entry.said for entry in story.timeline(story.nodes.host) if entry.step == "erased"}
    kept = [{"data_class": "travel", "until": LAST_DAY.isoformat()}]
    assert said == {"origin": {"kept": kept, "asked": [CENTRE]}, "host": {"kept": kept}}
    with story.nodes.host.read() as work:
        (consent,) = work.session.scalars(select(ConsentRow))
        assert consent.withdrawn_at == WITHDRAWN_AT


def _require_gone(story: Story) -> None:
    for node in story.nodes.both:
        assert found_in(node) == []
        found = verify_evidence(story.evidence(node))
        assert found.ok
        told = [line.text for line in found.lines if "the erasure of what messages carried: part" in line.text]
        assert len(told) == 1


def _require_own_record(origin: Node, story: Story) -> None:
    """What the centre took up is its own record; what it was only offered is none."""
    with origin.read() as work:
        rows = work.session.scalars(select(AssignmentRow).where(AssignmentRow.thread == story.thread)).all()
        assert [(one.service, one.status, one.organisation) for one in rows] == [("job-placement", "accepted", CENTRE)]
        kept = work.session.scalars(select(StatedRow.classes).where(StatedRow.thread == story.thread)).all()
        assert [list(classes) for classes in kept] == [["travel"]]


def _require_chased(story: Story) -> None:
    """The centre is asked, has a task, confirms, and the host sees it."""
    host, origin = story.nodes.both
    with origin.read(_of_the_centre()) as work:
        (task,) = chasing.tasks(work)
        given = work.session.scalars(select(GivenRow)).all()
    assert (task.what, task.organisation, task.thread) == ("confirm-erasure", CENTRE, story.thread)
    assert task.due_at == datetime(2026, 12, 15, 14, tzinfo=UTC)
    assert given
    assert all(one.presentation is None for one in given)
    assert {(one.ended_at, one.chased_at) for one in given} == {(WITHDRAWN_AT, WITHDRAWN_AT)}
    with origin.write(_of_the_centre()) as work:
        chasing.confirm(work, story.thread, CENTRE)
        assert list(chasing.tasks(work)) == []
    story.nodes.deliver()
    with host.read(User(name="ana", role=Role.COUNSELLOR)) as work:
        (seen,) = host_erasure.chased(work, story.thread)
    assert (seen.organisation, seen.asked_at, seen.confirmed_at) == (CENTRE, WITHDRAWN_AT, WITHDRAWN_AT)
    assert story.deliveries(origin)["erasure-confirmed"] == "stored"


def _require_kept_journey_verifies(story: Story) -> None:
    with story.nodes.origin.read() as work:
        first, signed_with = _first_message(story), story.nodes.host.identity.keys.signing.public
        claims = sd_jwt.verify(first.content or "", first.disclosures or [], key_for=lambda _: signed_with)
        assert referrals.by_thread(work.session, story.thread).basis_record is None
    travel = claims["travel"]
    assert isinstance(travel, dict)
    assert travel["port"] == "TBS"
    assert not {"identity-min", "contact", "needs", "skills", "consent", "step"} & claims.keys()


def _require_time_takes_the_rest(story: Story) -> None:
    story.nodes.clock.move_to(datetime(2027, 1, 9, 23, tzinfo=UTC))
    story.nodes.deliver()
    assert _first_message(story).disclosures
    story.later(hours=2)
    story.nodes.deliver()
    assert not _first_message(story).disclosures
    with story.nodes.origin.read() as work:
        assert work.session.scalars(select(StatedRow)).all() == []
    for node in story.nodes.both:
        assert story.row(node).status == "erased"
        assert verify_evidence(story.evidence(node)).ok


def _first_message(story: Story) -> InboxRow:
    with story.nodes.origin.read() as work:
        mine = select(InboxRow).where(InboxRow.thread == story.thread).order_by(InboxRow.seq)
        return work.session.scalars(mine).first() or InboxRow()


def _receipt_of_the_first(story: Story) -> str:
    return _first_message(story).receipt


def _first_envelope(story: Story) -> Envelope:
    """The envelope that brought the referral, as it was carried."""
    address = story.nodes.origin.identity.endpoint + federation.ENVELOPES
    for carried in story.nodes.transport.carried:
        envelopes = strict_json.load(carried.body)["envelopes"] if carried.url == address else None
        for raw in envelopes if isinstance(envelopes, list) else []:
            envelope = Envelope.from_object(raw)
            if _thread_of(story, envelope) == story.thread:
                return envelope
    raise AssertionError("nothing of this referral was carried")


def _thread_of(story: Story, envelope: Envelope) -> str:
    with story.nodes.origin.read() as work:
        verified = read_manifest(envelope.manifest, trust=peers.trust(work.session), at=work.at)
    return verified.manifest.message.thread


def _restarted(node: Node) -> Node:
    """The same node as another process would make it: same keys, same database, nothing in memory."""
    address = node.database.engine.url.render_as_string(hide_password=False)
    return Node(
        identity=node.identity,
        database=Database(address),
        clock=node.clock,
        handlers=node.handlers,
        release=node.release,
        holdings=node.holdings,
    )
