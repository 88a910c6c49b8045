"""What administrators do about the post on a command line: look, carry it by file, and go on after a restore."""

from __future__ import annotations

import shutil

import pytest

from relevo.domain.access import Role
from relevo.storage.unit_of_work import User
from support.command_line import ADMINISTRATOR, CommandLine
from support.nodes import HOST_ID, ORIGIN_ID, SOP, MemoryTransport, register


@pytest.fixture
def pair(host: CommandLine, origin: CommandLine, transport: MemoryTransport) -> tuple[CommandLine, CommandLine]:
    """Two nodes that are registered with each other."""
    for one in (host, origin):
        one.make()
    here, there = transport.nodes.values()
    only_one = User(name=ADMINISTRATOR, role=Role.ADMINISTRATOR)
    register(here, there, transport, only_one)
    register(there, here, transport, only_one)
    return host, origin


def propose(host: CommandLine) -> None:
    host.run("sop", "import", str(SOP))
    host.run("sop", "propose", "es-ci-return")


def test_what_is_queued_and_why_it_waits_is_one_page_of_80_columns(
    pair: tuple[CommandLine, CommandLine], transport: MemoryTransport
) -> None:
    host, _ = pair
    assert "queued" in host.run("delivery", "status").stdout
    propose(host)
    transport.drop_next_request(9)
    host.run("deliver")
    told = host.run("delivery", "status", status=1).stdout
    assert "1, of them 1 tried without a receipt" in told
    assert "peer-unreachable" in told
    assert max(map(len, told.splitlines())) <= 80


def test_the_post_goes_by_file_and_its_receipts_come_back(
    pair: tuple[CommandLine, CommandLine], transport: MemoryTransport
) -> None:
    host, origin = pair
    propose(host)
    post, answers = host.folder / "post.relevo", host.folder / "answers.relevo"
    host.run("outbox", "export", str(post), "--peer", ORIGIN_ID)
    told = origin.run("inbox", "import", str(post), str(answers)).stdout
    assert f"Messages of {HOST_ID} that were read: 1." in " ".join(told.split())
    settled = " ".join(host.run("outbox", "settle", str(answers)).stdout.split())
    assert f"Messages to {ORIGIN_ID} that are receipted now: 1." in settled
    assert not [one for one in transport.carried if one.url.endswith("/envelopes")]
    again = host.folder / "again.relevo"
    origin.run("inbox", "import", str(post), str(again))
    assert again.read_text().splitlines()[1:] == answers.read_text().splitlines()[1:]
    refused = host.run("inbox", "import", str(answers), str(host.folder / "more"), status=2)
    assert "bundle-broken" in refused.stderr


def test_after_a_restore_sending_stops_until_an_administrator_confirms(
    pair: tuple[CommandLine, CommandLine], transport: MemoryTransport
) -> None:
    host, origin = pair
    file = host.folder / "data" / "node.db"
    for node in transport.nodes.values():
        node.database.settle()
        node.database.close()
    backup = host.folder / "backup.db"
    shutil.copyfile(file, backup)
    propose(host)
    host.run("deliver")
    transport.nodes["https://retorno.example"].database.close()
    for beside in ("node.db-wal", "node.db-shm"):
        file.with_name(beside).unlink(missing_ok=True)
    shutil.copyfile(backup, file)
    host.run("deliver")
    assert "Sending has stopped" in host.run("delivery", "status", status=1).stdout
    assert "epoch confirm" in host.run("epoch", "show").stdout
    confirmed = host.run("epoch", "confirm", "--why", "the disk broke").stdout
    assert "epoch 2" in confirmed
    host.run("deliver")
    for side, peer in ((host, ORIGIN_ID), (origin, HOST_ID)):
        compared = side.run("delivery", "compare", peer).stdout
        assert "forgotten" in compared
        assert "missing" not in compared
    assert "Everything gets through" in host.run("delivery", "stuck").stdout
