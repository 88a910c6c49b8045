"""Two nodes witness each other's logs: what continues is cosigned, what contradicts is an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from relevo.delivery import evidence, federation, log_files, witness
from relevo.delivery.sequencer import sequence
from relevo.delivery.transport import Answer
from relevo.domain.access import Role
from relevo.protocol import merkle
from relevo.protocol.checkpoint import log_origin, read_checkpoint, sign_checkpoint
from relevo.protocol.cosignature import CosignatureMissing, read_cosignature
from relevo.protocol.evidence import read_evidence
from relevo.protocol.signed_note import signature_line
from relevo.protocol.tiles import Tile, parse_path, read_bundle, subtrees_of
from relevo.protocol.verification import verify_evidence
from relevo.protocol.verification_report import Check, Outcome
from relevo.protocol.witness_request import write_request
from relevo.storage import log
from relevo.storage import witness as kept
from relevo.storage.tables import CheckpointRow, LogEntryRow, LogHashRow
from relevo.storage.tables_witness import LogAlarmRow, WitnessedRow
from relevo.web.log import answer
from support.nodes import HOST_ID, ORIGIN_ID, JoinedNodes, MemoryTransport, staff
from support.story import Story, sample

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sent(nodes: JoinedNodes) -> Story:
    """A referral that was sent and receipted, and a minute in which the heads were exchanged."""
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    settle(nodes)
    return story


def settle(nodes: JoinedNodes) -> None:
    for _ in range(2):
        nodes.clock.move(MINUTE)
        nodes.deliver()


def head(nodes: JoinedNodes) -> CheckpointRow:
    with nodes.host.read() as work:
        found = log.latest_checkpoint(work.session)
    assert found is not None
    return found


def alarms(nodes: JoinedNodes) -> list[LogAlarmRow]:
    with nodes.origin.read() as work:
        return kept.alarms(work.session)


def ask(nodes: JoinedNodes, old: int, proof: list[bytes], note: str) -> tuple[int, str, bytes]:
    said = answer(nodes.origin, write_request(old, proof, note))
    return said.status_code, said.headers["content-type"], bytes(said.body)


def test_each_node_cosigns_the_newest_head_of_the_other(sent: Story) -> None:
    nodes = sent.nodes
    for node, other in ((nodes.host, nodes.origin), (nodes.origin, nodes.host)):
        note = log_files.newest(node)
        seen = read_cosignature(note, other.identity.node_id, other.identity.keys.witness.public)
        assert seen.at <= nodes.clock.now()
        own = log_origin(node.identity.node_id)
        assert read_checkpoint(note, own, node.identity.keys.log.public).size == int(note.split("\n")[1])


def test_heads_are_brought_at_most_once_a_minute_and_only_when_they_grew(sent: Story) -> None:
    nodes = sent.nodes
    before = sum("witness" in carried.url for carried in nodes.transport.carried)
    nodes.deliver()
    settle(nodes)
    assert sum("witness" in carried.url for carried in nodes.transport.carried) == before


def test_the_log_can_be_followed_from_its_files_alone(sent: Story) -> None:
    note = log_files.newest(sent.nodes.host)
    size, root = int(note.split("\n")[1]), note.split("\n")[2]

    def read(tile: Tile) -> bytes:
        return log_files.tile(sent.nodes.host, tile.path)

    own = sent.nodes.host.identity
    found = merkle.root(size, subtrees_of(read, size))
    assert found == read_checkpoint(note, log_origin(HOST_ID), own.keys.log.public).root, root
    bundle = parse_path(f"tile/entries/000.p/{size}")
    entries = read_bundle(log_files.tile(sent.nodes.host, bundle.path), size)
    assert [merkle.leaf_hash(entry) for entry in entries] == [
        subtrees_of(read, size)(0, position) for position in range(size)
    ]


def test_evidence_says_that_the_other_node_saw_this_head(sent: Story) -> None:
    nodes = sent.nodes
    with nodes.host.read(staff(Role.AUDITOR)) as work:
        raw = evidence.export(work, sent.thread)
    report = verify_evidence(read_evidence(raw))
    assert report.ok, report.failures
    (line,) = [one for one in report.lines if one.check is Check.WITNESS]
    assert line.outcome is Outcome.HOLDS
    assert ORIGIN_ID in line.text


def test_a_witness_that_believes_otherwise_says_what_it_cosigned(sent: Story) -> None:
    newest = head(sent.nodes)
    assert ask(sent.nodes, 0, [], newest.note) == (409, witness.SIZE_TYPE, f"{newest.size}\n".encode())
    assert alarms(sent.nodes) == []


def test_two_heads_of_one_size_are_a_fork_and_both_are_kept(sent: Story) -> None:
    newest = head(sent.nodes)
    other = sign_checkpoint(log_origin(HOST_ID), newest.size, b"\7" * 32, sent.nodes.host.identity.keys.log)
    for _ in range(2):
        status, kind, body = ask(sent.nodes, newest.size, [], other)
        assert (status, kind) == (409, "application/problem+json")
        assert b"log-forked" in body
    (alarm,) = alarms(sent.nodes)
    assert (alarm.peer, alarm.code, alarm.known, alarm.shown) == (HOST_ID, "log-forked", newest.note, other)
    with sent.nodes.origin.read() as work:
        assert work.session.get_one(WitnessedRow, HOST_ID).note == newest.note


def test_a_head_that_does_not_continue_the_one_before_is_not_cosigned(sent: Story) -> None:
    newest = head(sent.nodes)
    other = sign_checkpoint(log_origin(HOST_ID), newest.size + 1, b"\7" * 32, sent.nodes.host.identity.keys.log)
    assert ask(sent.nodes, newest.size, [b"\7" * 32], other)[0] == 422
    assert [alarm.code for alarm in alarms(sent.nodes)] == ["log-consistency-failed"]


def test_nobody_else_can_ask_for_a_cosignature_or_raise_an_alarm(sent: Story) -> None:
    newest, keys = head(sent.nodes), sent.nodes.host.identity.keys
    strangers = sign_checkpoint("de:amt/log", newest.size, b"\7" * 32, keys.log)
    forged = sign_checkpoint(log_origin(HOST_ID), newest.size, b"\7" * 32, keys.witness)
    assert ask(sent.nodes, newest.size, [], strangers)[0] == 404
    assert ask(sent.nodes, newest.size, [], forged)[0] == 403
    assert ask(sent.nodes, newest.size + 1, [], newest.note)[0] == 400
    assert alarms(sent.nodes) == []


def test_a_log_that_was_set_back_learns_it_from_its_witness(sent: Story) -> None:
    nodes, newest = sent.nodes, head(sent.nodes)
    with nodes.host.write() as work:
        work.session.execute(delete(CheckpointRow).where(CheckpointRow.size == newest.size))
        work.session.execute(delete(LogEntryRow).where(LogEntryRow.position == newest.size - 1))
        for row in work.session.scalars(select(LogHashRow)).all():
            if (row.position + 1) << row.level == newest.size:
                work.session.delete(row)
    settle(nodes)
    with nodes.host.read() as work:
        (alarm,) = kept.alarms(work.session)
    assert (alarm.peer, alarm.code) == (ORIGIN_ID, "log-set-back")
    assert str(newest.size) in alarm.shown


class Chatty(MemoryTransport):
    """A witness that puts more below a head than its own line."""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        answer = super().send(method, url, headers, body)
        more = signature_line("somebody/else", bytes(76)).encode() * 90
        return replace(answer, body=answer.body + more) if url.endswith(federation.WITNESS) else answer


def test_what_a_witness_adds_to_its_line_is_neither_kept_nor_published(nodes: JoinedNodes) -> None:
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    nodes.clock.move(MINUTE)
    sequence(nodes.host)
    assert witness.push(nodes.host, Chatty(nodes=nodes.transport.nodes)) == 0
    with nodes.host.read() as work:
        assert "somebody" not in kept.cosigned(work.session, head(nodes))
    nodes.clock.move(MINUTE)
    assert witness.push(nodes.host, nodes.transport) == 1


def test_a_peer_out_of_reach_cosigns_later(nodes: JoinedNodes) -> None:
    nodes.transport.disconnect(nodes.origin)
    sequence(nodes.host)
    settle(nodes)
    with pytest.raises(CosignatureMissing):
        read_cosignature(log_files.newest(nodes.host), ORIGIN_ID, nodes.origin.identity.keys.witness.public)
    nodes.transport.connect(nodes.origin)
    settle(nodes)
    assert read_cosignature(log_files.newest(nodes.host), ORIGIN_ID, nodes.origin.identity.keys.witness.public)
