"""How far a stream came is kept, and what is missing in it is told from there on."""

from __future__ import annotations

from relevo.storage import streams
from relevo.storage.database import Database
from relevo.storage.tables import InboxRow
from relevo.storage.tables_streams import WholeRow
from support.nodes import AT

PEER = "fr:autre"


def test_how_far_a_stream_came_is_kept_and_gaps_are_those_behind_it(database: Database) -> None:
    for arrived, whole, stand in [
        ([1, 2, 3], 3, (3, ())),
        ([6, 8], 3, (8, ((4, 5), (7, 7)))),
        ([4, 5], 6, (8, ((7, 7),))),
        ([7], 8, (8, ())),
    ]:
        with database.write() as session:
            for seq in arrived:
                session.add(_came(seq))
            streams.note_whole(session, PEER)
        with database.read() as session:
            assert session.get_one(WholeRow, (PEER, 1)).seq == whole
            found = streams.received(session, PEER)
            assert (found.high_water, found.gaps) == stand


def test_a_stream_of_before_the_upgrade_is_counted_once(database: Database) -> None:
    with database.write() as session:
        session.add_all(_came(seq) for seq in range(1, streams.AT_ONCE + 2))
    with database.write() as session:
        assert streams.received(session, PEER).gaps == ()
        streams.note_whole(session, PEER)
        assert session.get_one(WholeRow, (PEER, 1)).seq == streams.AT_ONCE + 1


def _came(seq: int) -> InboxRow:
    return InboxRow(
        peer=PEER,
        jti=f"sample-{seq}",
        identity="sample",
        thread="sample",
        kind="node",
        epoch=1,
        seq=seq,
        manifest="sample",
        disposition="stored",
        receipt="sample",
        received_at=AT,
    )
