"""What is asked for one load does not grow with what waits behind it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from relevo.storage.database import Database
from support.nodes import JoinedNodes
from support.story import Story, sample


@pytest.fixture
def asked(nodes: JoinedNodes) -> list[tuple[str, Any]]:
    """What the host asks its database while it brings a referral."""
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    found: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        found.append((statement, values))

    event.listen(nodes.host.database.engine, "before_cursor_execute", note)
    story.send()
    event.remove(nodes.host.database.engine, "before_cursor_execute", note)
    return found


def _plan(database: Database, statement: str, values: Any) -> str:  # noqa: ANN401 - as the driver was given them
    with database.engine.connect() as connection:
        return " ".join(str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values))


def test_who_looks_for_problems_does_not_look_through_what_waits(
    nodes: JoinedNodes, asked: list[tuple[str, Any]]
) -> None:
    after_problems = [one for one in asked if "outbox.problem IN" in one[0]]
    assert after_problems
    for statement, values in after_problems:
        assert "ix_outbox_problem" in _plan(nodes.host.database, statement, values)
