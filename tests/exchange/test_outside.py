"""What lies outside the database: a restored node notices by it, and what was erased does not come back."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from origin_node import referrals
from relevo.delivery import epochs, evidence, log_files, log_status, witness
from relevo.delivery.courier import Courier
from relevo.delivery.evidence import LogBehind
from relevo.delivery.node import Node
from relevo.delivery.outside import Outside
from relevo.delivery.outside_head import OutsideHead, OutsideUnfit
from relevo.delivery.sequencer import sequence
from relevo.domain.access import Role
from relevo.storage import erasure, log
from support.backups import Backup
from support.nodes import HOST_ID, ORIGIN_ID, JoinedNodes, staff
from support.processes import until
from support.story import Story, sample


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outside"


@pytest.fixture
def story(nodes: JoinedNodes, folder: Path) -> Story:
    """As everywhere, but the origin keeps its head outside."""
    begun = Story(nodes=replace(nodes, origin=replace(nodes.origin, outside=folder)))
    begun.take_in(sample("01"))
    return begun


@pytest.fixture
def outside(story: Story, folder: Path) -> Outside:
    found = Outside(story.nodes.origin, folder)
    found.turn()
    return found


def shown(node: Node) -> int:
    """How many entries the head covers that everybody is shown."""
    return int(log_files.newest(node).split("\n")[1])


def signed(node: Node) -> int:
    with node.read() as work:
        newest = log.newest_signed(work.session)
    assert newest is not None
    return newest.size


def grow(node: Node, kid: str = "another") -> None:
    with node.write() as work:
        log.record(work.session, "key", work.at, subject=ORIGIN_ID, kid=kid, change="created")
    sequence(node)


def is_stopped(node: Node) -> bool:
    with node.read() as work:
        return epochs.is_stopped(work.session, HOST_ID)


def test_a_database_that_is_older_than_the_checkpoint_outside_stops_the_node(sent: Story, outside: Outside) -> None:
    origin = sent.nodes.origin
    backup = Backup.of(origin)
    sent.accept()
    outside.turn()
    backup.put_back()
    outside.start()
    assert is_stopped(origin)
    with origin.write(staff(Role.ADMINISTRATOR)) as work:
        epochs.confirm(work, "restored")
    sent.nodes.deliver()
    outside.turn()
    outside.start()
    assert not is_stopped(origin)


def test_a_node_that_was_not_restored_goes_on(sent: Story, outside: Outside) -> None:
    outside.turn()
    outside.start()
    sent.accept()
    outside.turn()
    outside.start()
    assert not is_stopped(sent.nodes.origin)


def test_what_was_erased_after_the_backup_is_erased_again(sent: Story, outside: Outside, tmp_path: Path) -> None:
    origin = sent.nodes.origin
    backup = Backup.of(origin)
    sent.withdraw()
    sent.nodes.deliver()
    outside.turn()
    backup.put_back()
    assert not erasure.is_erased(sent.row(origin))
    assert Outside(origin, tmp_path / "outside").start() == 1
    row = sent.row(origin)
    assert erasure.is_erased(row)
    assert row.status == "erased"
    assert Outside(origin, tmp_path / "outside").start() == 0


def test_a_line_that_broke_off_spoils_no_other(sent: Story, outside: Outside, tmp_path: Path) -> None:
    sent.withdraw()
    sent.nodes.deliver()
    outside.turn()
    file = tmp_path / "outside" / "tombstones.jsonl"
    whole = file.read_text(encoding="utf-8")
    file.write_text(f"{whole}{whole[:20]}", encoding="utf-8")
    assert outside.start() == 0
    assert sent.thread in whole


def test_a_head_is_shown_to_nobody_before_it_stands_outside(sent: Story, outside: Outside) -> None:
    origin, before = sent.nodes.origin, shown(sent.nodes.origin)
    with sent.at_origin() as work:
        referrals.acknowledge(work, sent.thread)
    Courier(origin, sent.nodes.transport).run_once()
    sequence(origin)
    assert signed(origin) > before
    assert shown(origin) == before
    sent.nodes.clock.move(timedelta(hours=1))
    witness.push(origin, sent.nodes.transport)
    with origin.read(staff(Role.ADMINISTRATOR)) as work:
        (seen,) = log_status.status(work).witnesses
        assert seen.size == before
        assert [task.what for task in log_status.tasks(work)] == ["log-hidden"]
    with origin.read(staff(Role.AUDITOR)) as work, pytest.raises(LogBehind):
        evidence.export(work, sent.thread)
    outside.turn()
    assert shown(origin) == signed(origin)
    with origin.read(staff(Role.AUDITOR)) as work:
        assert evidence.export(work, sent.thread)
        assert log.hidden_since(work.session) is None


def test_a_restored_database_that_grew_again_shows_nobody_its_other_history(
    sent: Story, outside: Outside, folder: Path
) -> None:
    origin, backup = sent.nodes.origin, Backup.of(sent.nodes.origin)
    grow(origin, "the one that everybody saw")
    outside.turn()
    kept = OutsideHead(folder).read()
    backup.put_back()
    before = shown(origin)
    for kid in ("another in its place", "one more"):
        grow(origin, kid)
    assert kept is not None
    assert signed(origin) > kept.size
    outside.turn()
    assert shown(origin) == before
    assert OutsideHead(folder).read() == kept
    assert is_stopped(origin)


def test_a_head_that_stands_outside_and_was_not_shown_before_a_crash_is_shown_after_it(
    sent: Story, outside: Outside, folder: Path
) -> None:
    origin = sent.nodes.origin
    grow(origin)
    backup = Backup.of(origin)
    outside.turn()
    backup.put_back()
    assert shown(origin) < signed(origin)
    again = Outside(origin, folder)
    again.start()
    again.turn()
    assert shown(origin) == signed(origin)
    assert not is_stopped(origin)


def test_two_processes_with_two_databases_keep_one_history(tmp_path: Path) -> None:
    program = Path(__file__).parents[1] / "support" / "swapping.py"
    both = {
        name: subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, program, tmp_path, name, "60"], stdout=subprocess.PIPE, text=True
        )
        for name in ("the-node", "its-backup")
    }
    kept = {name: json.loads(process.communicate(timeout=60)[0]) for name, process in both.items()}
    held = OutsideHead(tmp_path).read()
    assert held is not None
    winner = held.note.split()[0]
    assert kept == {name: [*range(1, 61)] if name == winner else [] for name in both}


def test_whoever_compares_and_swaps_is_alone_until_they_are_done(tmp_path: Path) -> None:
    program = Path(__file__).parents[1] / "support" / "swapping.py"
    with OutsideHead(tmp_path).alone():
        other = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, program, tmp_path, "the-node", "1"], stdout=subprocess.PIPE, text=True
        )
        until(lambda: _waits_for_the_lock(other.pid))
        assert OutsideHead(tmp_path).read() is None
    assert json.loads(other.communicate(timeout=60)[0]) == [1]


def _waits_for_the_lock(pid: int) -> bool:
    waiting = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    return any("-> FLOCK" in line and str(pid) in line.split() for line in waiting)


UNFIT = {
    "what is no JSON": "{",
    "what is of another form": '{"size": "1"}',
    "what lacks a member": '{"size": 1, "note": "x"}',
}


@pytest.mark.parametrize("text", UNFIT.values(), ids=UNFIT)
def test_a_head_outside_that_nobody_can_read_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "checkpoint.json").write_text(text, encoding="utf-8")
    with pytest.raises(OutsideUnfit):
        OutsideHead(tmp_path).read()


def test_a_folder_that_cannot_be_used_stops_the_showing_and_nothing_else(
    sent: Story, outside: Outside, folder: Path
) -> None:
    before = shown(sent.nodes.origin)
    (folder / "checkpoint.json").write_text("{", encoding="utf-8")
    grow(sent.nodes.origin)
    for one in (outside.turn, outside.start):
        with pytest.raises(OutsideUnfit):
            one()
    assert shown(sent.nodes.origin) == before
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    with pytest.raises(OutsideUnfit):
        outside.turn()
    assert shown(sent.nodes.origin) == before
