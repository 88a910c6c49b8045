"""What a question that was built once finds is what SQLAlchemy finds, of the same types; and it fails as there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import Executable, Row, bindparam, func, select, text
from sqlalchemy.exc import DBAPIError

from relevo.storage.among import among
from relevo.storage.appending import append, ask
from relevo.storage.base import SharedBase
from relevo.storage.database import Database
from relevo.storage.tables import ManifestRow
from support.nodes import AT, JoinedNodes
from support.story import Story, sample

SECRET = "what nobody may read in an error"
NAMED = select(ManifestRow.jti, ManifestRow.made_at).where(ManifestRow.jti == bindparam("named"))
AMONG = select(ManifestRow.jti).where(among(ManifestRow.jti, "names"))
UNFIT: Mapping[str, Executable] = {
    "a function that there is none of": select(func.no_such_function(bindparam("named"))),
    "a table that there is none of": select(text("1")).select_from(text("nowhere")).where(bindparam("named") == "a"),
}


def _typed(rows: Sequence[Sequence[object]]) -> list[list[tuple[type, object]]]:
    return [[(type(value), value) for value in row] for row in rows]


def test_what_is_found_in_every_table_is_what_sqlalchemy_finds(nodes_on_each: JoinedNodes) -> None:
    story = Story(nodes=nodes_on_each)
    story.take_in(sample("01"))
    story.send()
    for node in nodes_on_each.both:
        with node.read() as work:
            for table in SharedBase.metadata.sorted_tables:
                executed: Sequence[Row[tuple[object, ...]]] = work.session.execute(select(table)).all()
                assert _typed(ask(work.session, select(table))) == _typed(executed), table.name


def test_a_value_has_the_name_of_its_column(database: Database) -> None:
    with database.write() as session:
        append(session, ManifestRow, digest="a", jti="a", token="sample", made_at=AT)
        found = ask(session, NAMED, {"named": "a"})
        assert (found.one().jti, found.one().made_at, found.scalar()) == ("a", AT, "a")
        nothing = ask(session, NAMED, {"named": "b"})
        assert (nothing.first(), nothing.scalar(), nothing.all()) == (None, None, [])


@pytest.mark.parametrize("wanted", [[], ["a"], ["a", "b", "c"], ["b", "'", '"]', "\u10d2\n"]], ids=len)
def test_one_of_many_values_is_found_and_no_other(database: Database, wanted: list[str]) -> None:
    with database.write() as session:
        for name in ("a", "b", '"]', "c d"):
            append(session, ManifestRow, digest=name, jti=name, token="sample", made_at=AT)
        found = ask(session, AMONG, {"names": wanted}).scalars()
    assert set(found) == {"a", "b", '"]', "c d"}.intersection(wanted)


def test_a_question_without_one_of_its_values_is_not_asked(database: Database) -> None:
    with database.read() as session, pytest.raises(KeyError, match="named"):
        ask(session, NAMED)


@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT)
def test_what_the_database_refuses_is_told_as_sqlalchemy_tells_it(database: Database, unfit: Executable) -> None:
    with pytest.raises(DBAPIError) as told, database.read() as session:
        ask(session, unfit, {"named": SECRET})
    with pytest.raises(DBAPIError) as wanted, database.read() as session:
        session.execute(unfit, {"named": SECRET})
    assert (type(told.value), type(told.value.orig)) == (type(wanted.value), type(wanted.value.orig))
    assert told.value.__cause__ is told.value.orig
    assert SECRET not in str(told.value)
