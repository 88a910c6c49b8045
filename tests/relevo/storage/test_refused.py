"""Notes of what was refused are counted, capped per peer and day, and go after a while."""

from __future__ import annotations

from datetime import timedelta

from relevo.storage import refused
from relevo.storage.database import Database
from support.nodes import AT


def test_the_same_is_counted_and_a_flood_is_capped(database: Database) -> None:
    with database.write() as session:
        for number in (*range(refused.MAX_A_DAY + 50), 0, 0):
            refused.note(session, peer="ci:accueil", code="unreadable", digest=f"digest-{number}", at=AT)
        refused.note(session, peer="ge:dabruneba", code="unreadable", digest="x", at=AT)
        found = refused.everything(session, "ci:accueil")
    assert len(found) == refused.MAX_A_DAY + 1
    counts = {row.digest: row.count for row in found}
    assert (counts["digest-0"], counts[None]) == (3, 50)


def test_notes_go_after_a_while(database: Database) -> None:
    with database.write() as session:
        refused.note(session, peer=None, code="hop-skew", digest=None, at=AT)
        later = AT + refused.KEPT + timedelta(days=1)
        refused.note(session, peer=None, code="hop-unsigned", digest=None, at=later)
        assert [row.code for row in refused.everything(session)] == ["hop-unsigned"]
