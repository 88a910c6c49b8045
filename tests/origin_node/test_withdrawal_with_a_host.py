"""A withdrawal at the origin, with a real host at the other end and findings still waiting to leave."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import host_node
from host_node import cases, consents
from host_node import referrals as sending
from origin_node import erasure, follow_up, journey
from origin_node import referrals as verbs
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.storage import referrals
from relevo.storage.tables import InboxRow, OutboxRow
from relevo.storage.unit_of_work import User
from support.nodes import JoinedNodes

SAMPLE = Path(host_node.__file__).parent / "samples" / "01-kouassi-aya.json"
COUNSELLOR, INTAKE = User(name="ana", role=Role.COUNSELLOR), User(name="inza", role=Role.INTAKE)
FEEDBACK = {"comments": "The workshop is open (invented).", "language": "fr"}


def sent(nodes: JoinedNodes) -> str:
    with nodes.host.write(COUNSELLOR) as work:
        case = cases.import_case(work, cases.as_file(json.loads(SAMPLE.read_text(encoding="utf-8"))))
        consents.record_from_file(work, case)
        thread = sending.send(work, case).thread
    nodes.deliver()
    return thread


def steps_of(node: Node, thread: str) -> list[str]:
    with node.read() as work:
        return [step.step for step in referrals.steps(work.session, referrals.by_thread(work.session, thread))]


def test_the_host_learns_of_it_at_once_and_of_nothing_that_waited(nodes: JoinedNodes) -> None:
    thread = sent(nodes)
    with nodes.origin.write(INTAKE) as work:
        verbs.acknowledge(work, thread)
        verbs.accept(work, thread)
    nodes.deliver()
    nodes.clock.move(timedelta(days=30))
    with nodes.origin.write(INTAKE) as work:
        journey.confirm_arrival(work, thread, work.at)
        verbs.start(work, thread)
        follow_up.report(work, thread, 1, moved={}, results={"feedback": FEEDBACK})
        erasure.withdraw_consent(work, thread)
    nodes.deliver()
    assert steps_of(nodes.host, thread) == ["requested", "acknowledged", "accepted", "withdrawn", "erased", "erased"]
    assert steps_of(nodes.origin, thread)[-3:] == ["withdrawn", "erased", "erased"]


def test_once_everything_is_receipted_no_disclosure_of_the_referral_is_left_to_send(nodes: JoinedNodes) -> None:
    thread = sent(nodes)
    with nodes.origin.write(INTAKE) as work:
        erasure.withdraw_consent(work, thread)
    nodes.deliver()
    with nodes.origin.read() as work:
        messages = work.session.query(OutboxRow).where(OutboxRow.thread == thread).all()
        request = work.session.query(InboxRow).where(InboxRow.thread == thread).order_by(InboxRow.seq).first()
    assert [one.step for one in sorted(messages, key=lambda one: one.jti)] == ["withdrawn", "erased"]
    assert all(one.receipt and not one.disclosures and one.basis_record is None for one in messages)
    assert request is not None
    assert request.disclosures is None
