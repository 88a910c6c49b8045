"""Rows that are written together have the order in which they were added, whatever the database."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from relevo.storage.database import Database
from relevo.storage.tables import StepRow
from support.nodes import AT, HOST_ID

THREAD = "7f0c2d8e-6f3b-4c57-9c5a-0d9f1b7e2a35"


@pytest.mark.parametrize("together", [1, 2, 7], ids=["one", "two", "seven"])
def test_numbers_rise_in_the_order_of_adding(database: Database, together: int) -> None:
    for turn in range(2):
        with database.write() as session:
            added = [_step(f"{turn}-{number}") for number in range(together)]
            session.add_all(added)
            session.flush()
            assert all(row.id for row in added)
    with database.read() as session:
        found = list(session.scalars(select(StepRow).order_by(StepRow.id)))
        assert [row.step for row in found] == [f"{turn}-{number}" for turn in range(2) for number in range(together)]


def _step(name: str) -> StepRow:
    return StepRow(
        peer=HOST_ID,
        thread=THREAD,
        step=name,
        side="host",
        who="sample",
        at=AT,
        late=False,
        said={},
        status_after="sent",
        journey_after="planned",
    )
