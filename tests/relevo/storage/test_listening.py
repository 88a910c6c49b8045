"""The bell: what is queued wakes those who bring it, in other processes too, when it is committed and not before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import select

from relevo.runtime import Service
from relevo.storage.database import BELL, Database, ring
from relevo.storage.listening import Listener
from support.databases import PostgresDatabases
from support.nodes import JoinedNodes
from support.story import Story, sample

SECONDS, PEER = 30, "ci:accueil"


class GivenUp(Exception):
    """Whoever writes gives up."""


@pytest.fixture
def two(
    postgres_databases: PostgresDatabases, services: tuple[Service, Service]
) -> Iterator[tuple[Database, Database]]:
    """One PostgreSQL database, opened twice, as two processes do."""
    address = postgres_databases.fresh(services[0])
    opened = Database(address), Database(address)
    yield opened
    for one in opened:
        one.close()


def given_up(database: Database) -> None:
    with suppress(GivenUp), database.write() as session:
        ring(session, PEER)
        raise GivenUp


@pytest.fixture
def heard(two: tuple[Database, Database]) -> Iterator[tuple[Database, Database]]:
    """The same, while the first of them listens and has answered what was rung before."""
    listener = Listener(two[0])
    listener.start()
    try:
        assert two[0].bell.wait(SECONDS), "whoever begins to listen looks once for what was rung before"
        assert two[0].bell.answer() is None
        yield two
    finally:
        listener.stop()


def test_what_another_process_commits_is_heard_but_not_for_whom(heard: tuple[Database, Database]) -> None:
    here, there = heard
    with there.write() as session:
        ring(session, PEER)
    assert here.bell.wait(SECONDS)
    assert here.bell.answer() is None


def test_what_this_process_rings_it_hears_at_once_for_whom_and_only_once(heard: tuple[Database, Database]) -> None:
    here, there = heard
    with here.write() as session:
        ring(session, PEER)
        ring(session, "de:rueckkehr")
    assert here.bell.answer() == {PEER, "de:rueckkehr"}
    with there.write() as session:
        ring(session, PEER)
    assert here.bell.wait(SECONDS)
    assert here.bell.answer() is None
    assert here.bell.answer() == set(), "its own ring came before the other's, and was passed over"


def test_only_what_is_committed_and_rang_is_told_once(two: tuple[Database, Database]) -> None:
    _, there = two
    address = there.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as listening:
        listening.execute(f"LISTEN {BELL}")
        given_up(there)
        with there.write() as session:
            session.execute(select(1))
        with there.write() as session:
            ring(session, PEER)
            ring(session, PEER)
        assert len(list(listening.notifies(timeout=SECONDS, stop_after=1))) == 1
        assert list(listening.notifies(timeout=0)) == []


def test_what_is_given_up_rings_nowhere(database: Database) -> None:
    given_up(database)
    assert not database.bell.is_set()
    with database.write() as session:
        ring(session, PEER)
    assert database.bell.is_set()


def test_a_referral_that_is_sent_rings(nodes_on_each: JoinedNodes) -> None:
    story = Story(nodes=nodes_on_each)
    story.take_in(sample("01"))
    bell = story.nodes.host.database.bell
    bell.clear()
    story.send(deliver=False)
    assert bell.is_set()
