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
        ([5], 3, (8, ((4, 4), (7, 7)))),
        ([4], 6, (8, ((7, 7),))),
        ([7, 9], 9, (9, ())),
    ]:
        with database.write() as session:
            before = after = streams.received(session, PEER)
            for seq in arrived:
                assert not after.holds(1, seq)
                session.add(_came(seq))
                after = after.with_place(1, seq)
                assert after.holds(1, seq)
            streams.note(session, PEER, before, after)
        with database.read() as session:
            assert session.get_one(WholeRow, (PEER, 1)).seq == whole
            found = streams.received(session, PEER)
            assert found == after
            assert (found.high_water, found.gaps) == stand


def test_an_epoch_that_is_opened_begins_anew(database: Database) -> None:
    with database.write() as session:
        before = streams.received(session, PEER)
        streams.note(session, PEER, before, before.with_place(1, 1).with_place(1, 3).with_place(2, 1))
    with database.read() as session:
        assert streams.received(session, PEER) == streams.Stand(epoch=2, high_water=1)


def test_a_stream_that_was_never_counted_is_counted_from_its_beginning(database: Database) -> None:
    with database.write() as session:
        session.add_all(_came(seq) for seq in (1, 2, 4))
        session.add(WholeRow(peer=PEER, epoch=1, seq=0, high=4))
    with database.read() as session:
        assert streams.received(session, PEER).missing == ((3, 3),)


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
