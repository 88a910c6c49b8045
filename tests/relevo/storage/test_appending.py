"""A row that waits is in the database before anybody asks, and is gone with the savepoint that it was added in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta, timezone

import pytest
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from relevo.runtime import Service
from relevo.storage import log
from relevo.storage.appending import alter, append, ask
from relevo.storage.database import Database
from relevo.storage.tables import InboxRow, LogEntryRow, LogHashRow, ManifestRow, StepRow
from support.databases import PostgresDatabases
from support.nodes import AT

PEER = "fr:autre"
TOKENS = select(ManifestRow.token).where(ManifestRow.jti == bindparam("named"))
SAY = update(ManifestRow).where(ManifestRow.jti == bindparam("named")).values(token=bindparam("said"))


def _keep(session: Session, name: str) -> None:
    append(session, ManifestRow, digest=name, jti=name, token="sample", made_at=AT)


def _kept(session: Session) -> list[str]:
    return list(session.scalars(select(ManifestRow.digest).where(ManifestRow.token == "sample").order_by("digest")))


def test_a_question_finds_what_was_added_just_now(database: Database) -> None:
    with database.write() as session:
        _keep(session, "a")
        assert session.get_one(ManifestRow, "a").made_at == AT
        _keep(session, "b")
        assert _kept(session) == ["a", "b"]


def test_what_was_added_is_there_after_the_transaction(database: Database) -> None:
    with database.write() as session:
        _keep(session, "a")
    with database.read() as session:
        assert _kept(session) == ["a"]


DISCLOSURES: dict[str, list[str] | None] = {"some": ["WyJh", "WyJi"], "one": ["WyJh"], "none": [], "erased": None}


@pytest.mark.parametrize("length", [1, 3000], ids=["short rows", "long rows"])
def test_disclosures_are_kept_in_their_order_in(length: int, database: Database) -> None:
    words = dict.fromkeys(("identity", "thread", "kind", "disposition", "receipt"), "x")
    with database.write() as session:
        for seq, (jti, texts) in enumerate(DISCLOSURES.items()):
            place = {"peer": PEER, "jti": jti, "epoch": 1, "seq": seq, "received_at": AT, "manifest": "x" * length}
            append(session, InboxRow, **words, **place, content=None, disclosures=texts, code=None)
    with database.read() as session:
        found = session.execute(select(InboxRow.jti, InboxRow.disclosures).where(InboxRow.peer == PEER))
        assert {row.jti: row.disclosures for row in found} == DISCLOSURES


def test_a_savepoint_that_is_undone_takes_what_was_added_since_and_nothing_before(database: Database) -> None:
    with database.write() as session:
        _keep(session, "before")
        savepoint = session.begin_nested()
        _keep(session, "within, written")
        assert len(_kept(session)) == len(["before", "within, written"])
        _keep(session, "within, waiting")
        savepoint.rollback()
        _keep(session, "since")
        assert _kept(session) == ["before", "since"]
    with database.read() as session:
        assert _kept(session) == ["before", "since"]


def test_a_savepoint_that_is_kept_keeps_what_was_added(database: Database) -> None:
    with database.write() as session:
        with session.begin_nested():
            _keep(session, "within")
        assert _kept(session) == ["within"]


def test_entries_of_the_log_stand_in_the_order_in_which_they_were_recorded(database: Database) -> None:
    with database.write() as session:
        last = session.scalar(select(func.max(LogEntryRow.id))) or 0
        for number in range(9):
            names = {"sop": f"sample-{number}", "peer": PEER, "state": "draft", "signature": None}
            log.record(session, "sop", AT, subject=f"sample-{number}", **names)
        found = select(LogEntryRow.subject).where(LogEntryRow.id > last).order_by(LogEntryRow.id)
        assert list(session.scalars(found)) == [f"sample-{number}" for number in range(9)]


def test_each_row_that_is_changed_gets_its_own_values_and_others_stay(database: Database) -> None:
    said = {"a": "Abidjan, «é» \\ \"'", "b": "\n", "c": "sample"}
    with database.write() as session:
        for name in said:
            _keep(session, name)
    with database.write() as session:
        for name in ("b", "a"):
            alter(session, SAY, named=name, said=said[name])
    with database.read() as session:
        found = ask(session, select(ManifestRow.jti, ManifestRow.token).where(ManifestRow.jti.in_(said)))
        assert {row.jti: row.token for row in found} == said


def test_a_statement_that_was_built_once_finds_what_waits_and_what_an_object_says(database: Database) -> None:
    with database.write() as session:
        _keep(session, "a")
        assert ask(session, TOKENS, {"named": "a"}).scalars().all() == ["sample"]
        session.get_one(ManifestRow, "a").token = "said by an object"
        assert ask(session, TOKENS, {"named": "a"}).scalars().all() == ["said by an object"]


TEXTS: Mapping[str, str] = {
    "letters of another script": "\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0",
    "a character beyond 16 bits": "\U0001f600",
    "quotes and line ends": '"said"\\ \t\r\n\'',
    "what looks like the escape of a NUL": "\\u0000",
    "nothing": "",
}


STEP = {"peer": PEER, "thread": "sample", "step": "offer", "side": "host", "who": "sample", "facts": None, "jti": None}
STANDS = {"status_after": "offered", "journey_after": "planned"}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_row_comes_back_as_it_was_added(database: Database, text: str) -> None:
    said: dict[str, object] = {"text": text, "list": [text, None, True, 1, 0.5, {}], "nested": {text: [text]}}
    east = AT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    with database.write() as session:
        append(session, StepRow, **STEP, **STANDS, at=east, said=said)
        append(session, ManifestRow, digest="a", jti="a", token=text, made_at=AT)
        append(session, LogHashRow, level=60, position=1, hash=bytes(range(256)))
    with database.read() as session:
        row = session.scalars(select(StepRow).where(StepRow.thread == "sample")).one()
        assert (row.said, row.at, row.late, row.facts, row.jti) == (said, AT, False, None, None)
        assert session.get_one(ManifestRow, "a").token == text
        assert session.get_one(LogHashRow, (60, 1)).hash == bytes(range(256))


def test_a_moment_without_a_zone_is_not_added(database: Database) -> None:
    with pytest.raises((ValueError, StatementError), match="without a zone"), database.write() as session:
        append(session, ManifestRow, digest="a", jti="a", token="a", made_at=AT.replace(tzinfo=None))


@pytest.mark.parametrize("text", ["\0", "beside\0it", "\\\0"], ids=repr)
def test_postgresql_is_never_shown_a_nul_and_tells_nothing_of_what_stands_beside_it(
    postgres_databases: PostgresDatabases, services: tuple[Service, Service], text: str
) -> None:
    database = Database(postgres_databases.fresh(services[0]))
    with pytest.raises(DataError) as refused, database.write() as session:
        append(session, StepRow, **STEP, **STANDS, at=AT, said={"whispered": text})
    assert "whispered" not in str(refused.value)
    assert "beside" not in str(refused.value)
    database.close()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")], ids=repr)
def test_postgresql_is_never_shown_what_is_no_number(
    postgres_databases: PostgresDatabases, services: tuple[Service, Service], number: float
) -> None:
    database = Database(postgres_databases.fresh(services[0]))
    with pytest.raises(ValueError, match="not JSON compliant"), database.write() as session:
        append(session, StepRow, **STEP, **STANDS, at=AT, said={"whispered": number})
    with database.write() as session:
        append(session, StepRow, **STEP, **STANDS, at=AT, said={"whispered": f":{number}, NaN, -Infinity"})
    database.close()


def test_a_question_finds_what_was_altered_just_now(database: Database) -> None:
    with database.write() as session:
        for name in ("a", "b"):
            _keep(session, name)
        assert _kept(session) == ["a", "b"]
        alter(session, SAY, named="a", said="one")
        alter(session, SAY, named="b", said="two")
        assert [ask(session, TOKENS, {"named": name}).scalar() for name in ("a", "b")] == ["one", "two"]
        alter(session, SAY, named="a", said="three")
    with database.read() as session:
        assert ask(session, TOKENS, {"named": "a"}).scalar() == "three"


def test_what_was_altered_in_a_savepoint_that_is_undone_is_as_before(database: Database) -> None:
    with database.write() as session:
        _keep(session, "a")
        savepoint = session.begin_nested()
        alter(session, SAY, named="a", said="one")
        savepoint.rollback()
    with database.read() as session:
        assert ask(session, TOKENS, {"named": "a"}).scalar() == "sample"


def _adds_a_row_twice(session: Session) -> None:
    log.record(session, "sop", AT, subject="a", sop="a", peer=PEER, state="draft", signature=None)
    _keep(session, "b")
    _keep(session, "b")


def _alters_what_it_adds_twice(session: Session) -> None:
    _adds_a_row_twice(session)
    alter(session, SAY, named="before", said="altered")


REFUSED: Mapping[str, Callable[[Session], None]] = {
    "at the very end": _adds_a_row_twice,
    "before others": _alters_what_it_adds_twice,
}


@pytest.mark.parametrize("do", REFUSED.values(), ids=REFUSED)
def test_what_is_refused_at_the_end_of_a_transaction_undoes_all_of_it_and_the_next_one_goes_on(
    database: Database, do: Callable[[Session], None]
) -> None:
    with database.write() as session:
        _keep(session, "before")
    with pytest.raises(IntegrityError), database.write() as session:
        do(session)
    with database.write() as session:
        assert _kept(session) == ["before"]
        _keep(session, "after")
        alter(session, SAY, named="before", said="altered")
    with database.read() as session:
        assert _kept(session) == ["after"]


def test_what_objects_say_is_kept_beside_what_waits(database: Database) -> None:
    with database.write() as session:
        _keep(session, "a")
        session.add(ManifestRow(digest="b", jti="b", token="sample", made_at=AT))
    with database.read() as session:
        assert _kept(session) == ["a", "b"]
