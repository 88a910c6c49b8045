"""What lies outside the database: a restored node notices by it, and what was erased does not come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from relevo.delivery import epochs
from relevo.delivery.node import Node
from relevo.delivery.outside import Outside
from relevo.domain.access import Role
from relevo.storage import erasure
from support.backups import Backup
from support.nodes import HOST_ID, staff
from support.story import Story


@pytest.fixture
def outside(story: Story, tmp_path: Path) -> Outside:
    return Outside(story.nodes.origin, tmp_path / "outside")


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
