"""A third party follows a node's log: it notices whatever is taken out, changed or set back, and keeps the proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from relevo.cli import app
from relevo.cli.monitor import run, watch_of
from relevo.delivery.log_files import newest
from relevo.delivery.sequencer import sequence
from relevo.errors import BadInput
from relevo.protocol.checkpoint import log_verifier_key
from relevo.protocol.cosignature import witness_verifier_key
from relevo.storage import log
from relevo.storage.tables import CheckpointRow, LogEntryRow, LogHashRow
from support.nodes import HOST_ADDRESS, HOST_ID, ORIGIN_ID, JoinedNodes
from support.story import Story, sample


@dataclass(frozen=True, kw_only=True)
class Follower:
    """Somebody who follows the host's log, and where what they saw is kept."""

    nodes: JoinedNodes
    folder: Path

    def ask(self, *, entries: bool = True, witnesses: tuple[str, ...] = ()) -> bool:
        """One round; whether nothing contradicted itself."""
        key = log_verifier_key(HOST_ID, self.nodes.host.identity.keys.log.public)
        watch = watch_of([f"{HOST_ADDRESS}={key}"], witnesses, self.folder, entries=entries)
        return run(watch, self.nodes.transport, every=None)

    @property
    def alarms(self) -> list[str]:
        """What was kept as proof."""
        return [file.read_text(encoding="utf-8") for file in sorted(self.folder.glob("*.alarm-*"))]


@pytest.fixture
def follower(nodes: JoinedNodes, tmp_path: Path) -> Follower:
    """Has seen the log after a referral was sent."""
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    nodes.clock.move(timedelta(minutes=2))
    nodes.deliver()
    follower = Follower(nodes=nodes, folder=tmp_path / "seen")
    assert follower.ask()
    return follower


def grow(nodes: JoinedNodes) -> None:
    with nodes.host.write() as work:
        log.record(work.session, "key", work.at, subject=HOST_ID, kid="another", change="created")
    sequence(nodes.host)


def test_a_log_that_grows_holds(follower: Follower, capsys: pytest.CaptureFixture[str]) -> None:
    grow(follower.nodes)
    key = witness_verifier_key(ORIGIN_ID, follower.nodes.origin.identity.keys.witness.public)
    assert follower.ask(witnesses=(key,))
    assert follower.ask(entries=False)
    assert follower.alarms == []
    assert "1 more than before" in capsys.readouterr().out


def test_the_witness_of_a_head_is_named(follower: Follower, capsys: pytest.CaptureFixture[str]) -> None:
    key = witness_verifier_key(ORIGIN_ID, follower.nodes.origin.identity.keys.witness.public)
    assert follower.ask(witnesses=(key,))
    assert "seen by ci:accueil/witness" in " ".join(capsys.readouterr().out.split())


def rebuilt(session: Session, change: Callable[[Session], None]) -> None:
    """The log as its operator would write it anew after a change, if they could not bear the truth."""
    for table in (CheckpointRow, LogHashRow):
        session.execute(delete(table))
    change(session)
    session.execute(update(LogEntryRow).values(position=None))


def take_out(session: Session) -> None:
    first = select(func.min(LogEntryRow.id)).scalar_subquery()
    session.execute(delete(LogEntryRow).where(LogEntryRow.id == first))


def redate(session: Session) -> None:
    session.execute(update(LogEntryRow).where(LogEntryRow.position == 3).values(entry=b"\7" * 32))


def reorder(session: Session) -> None:
    one, two = session.scalars(select(LogEntryRow).where(LogEntryRow.position.in_((2, 3))))
    one.entry, two.entry = two.entry, one.entry


REWRITTEN: dict[str, tuple[Callable[[Session], None], str]] = {
    "an entry was taken out": (take_out, "log-shrank"),
    "an entry was written anew with another date": (redate, "log-rewritten"),
    "two entries changed places": (reorder, "log-rewritten"),
}


@pytest.mark.parametrize("case", REWRITTEN)
def test_a_rewritten_log_is_an_alarm_with_both_heads(
    case: str, follower: Follower, capsys: pytest.CaptureFixture[str]
) -> None:
    change, code = REWRITTEN[case]
    before = newest(follower.nodes.host)
    with follower.nodes.host.write() as work:
        rebuilt(work.session, change)
    sequence(follower.nodes.host)
    assert not follower.ask()
    assert code in capsys.readouterr().out
    (kept,) = follower.alarms
    assert before.partition("\n\n")[0] in kept
    assert newest(follower.nodes.host) in kept
    assert not follower.ask()
    assert len(follower.alarms) == 2, "the head that was seen first stays the one to compare with"


def test_an_entry_that_is_not_in_the_tree_is_an_alarm(follower: Follower) -> None:
    grow(follower.nodes)
    with follower.nodes.host.write() as work:
        last = log.size(work.session) - 1
        work.session.execute(update(LogEntryRow).where(LogEntryRow.position == last).values(entry=b"\7" * 32))
    assert not follower.ask()
    assert follower.alarms


def test_a_node_out_of_reach_is_no_alarm(follower: Follower, capsys: pytest.CaptureFixture[str]) -> None:
    follower.nodes.transport.disconnect(follower.nodes.host)
    assert follower.ask()
    assert "peer-unreachable" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("given", ["es:retorno/log+00+AA==", "ftp://x=y", "https://x.example=es:retorno/log+0+!"])
def test_what_is_no_log_is_refused(given: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        watch_of([given], (), tmp_path, entries=False)


REACHED = {
    "loopback is not asked unless somebody says so": ((), "peer-address-forbidden"),
    "loopback is asked if somebody says so": (("--allow-private",), "peer-unreachable"),
}


@pytest.mark.parametrize(("options", "code"), REACHED.values(), ids=REACHED)
def test_the_command_asks_where_it_may(nodes: JoinedNodes, tmp_path: Path, options: tuple[str, ...], code: str) -> None:
    key = log_verifier_key(HOST_ID, nodes.host.identity.keys.log.public)
    asked = CliRunner().invoke(app, ["monitor", str(tmp_path), "--log", f"http://127.0.0.1:1={key}", *options])
    assert (asked.exit_code, code in asked.output) == (0, True)
