"""What must hold in a simulated world once everything is healed and quiet, each under a name of its own.

everything arrives          nothing waits for ever
submitted is accounted for  each message has its effect at the peer, or is visibly refused or held
nothing from nowhere        each effect belongs to a message that its sender queued
no effect twice             one step for one message
receipts verify             each is the peer's own about what was sent, and the very one that the peer keeps, unless the
                            peer was restored and got the message again from somewhere: then both of its words stand
places are contiguous       each stream has every place from 1, in every epoch
logs only grow              every head ever seen is a prefix of the last
both agree                  on status, terms, costs and what is due, if neither lost anything to a restore
evidence verifies           for each referral, at both nodes
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from sqlalchemy import select

from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
from relevo.protocol import merkle
from relevo.protocol.receipt import read_receipt
from relevo.storage import log, peers, streams
from relevo.storage.tables import InboxRow, LogEntryRow, ManifestRow, OutboxRow, ReferralRow, StepRow
from relevo.storage.tables_streams import ForgottenRow, StandRow
from relevo.storage.unit_of_work import UnitOfWork
from support import loose_ends
from support.loose_table import Table
from support.simulated_world import World

MOST_ROUNDS, ROUNDS_AFTER_RESTORE = 50, 27
ROUND = timedelta(minutes=61)
EVERYTHING_ARRIVES = "everything arrives"


def heal(world: World) -> Iterator[str]:
    """Let nothing fail any more, and everything arrive; what never does."""
    world.network.heal()
    for machine, clock in zip(world.machines, world.clocks, strict=True):
        machine.full, clock.skew = False, timedelta()
        machine.stay_on()
    least = ROUNDS_AFTER_RESTORE if any(seen.restored for seen in world.seen) else 2
    for number in range(MOST_ROUNDS):
        world.clock.move(ROUND)
        for place in range(len(world.nodes)):
            world.confirm(place)
            world.turn(place)
        world.look()
        if number >= least and not any(map(_waiting, world.nodes)):
            return
    for node in world.nodes:
        yield f"{EVERYTHING_ARRIVES}: at {node.identity.node_id} wait {_waiting(node)}"


def broken(world: World) -> Iterator[str]:
    """What does not hold, in words that begin with the name of the invariant."""
    for place, node in enumerate(world.nodes):
        with node.read() as work:
            yield from _accounted_for(world, place, work)
            yield from _of_inbox(world, place, work)
            yield from _receipts(world, work)
            yield from _log(world, place, work)
    restored = any(seen.restored for seen in world.seen)
    for table in world.tables:
        if all(_has(node, table) for node in table.nodes.both):
            yield from _holds("evidence verifies", loose_ends.require_evidence, table)
            if not restored:
                yield from _holds("both agree", loose_ends.require_alike, table)


def _holds(name: str, require: Callable[[Table], None], table: Table) -> Iterator[str]:
    try:
        require(table)
    except AssertionError as fault:
        yield f"{name}: {fault}"


def _has(node: Node, table: Table) -> bool:
    """Whether the referral is there: it may have been withdrawn before it left, or be gone with a disk."""
    with node.read() as work:
        peers_of = (other.identity.node_id for other in table.nodes.both)
        return any(work.session.get(ReferralRow, (peer, table.story.thread)) for peer in peers_of)


def _waiting(node: Node) -> list[str]:
    with node.read() as work:
        queued = select(OutboxRow.step, OutboxRow.problem).where(OutboxRow.state == OutboxState.QUEUED)
        found = [f"{step} ({problem})" for step, problem in work.session.execute(queued)]
        found += [
            f"streams with {stand.peer}"
            for stand in work.session.scalars(select(StandRow))
            if stand.stopped_at is not None or stand.doubt_epoch is not None
        ]
        found += ["the log"] * bool(log.unnumbered(work.session, 1))
    return found


def _accounted_for(world: World, place: int, work: UnitOfWork) -> Iterator[str]:
    """Of each message that was ever queued here."""
    mine = {row.jti: row for row in work.session.scalars(select(OutboxRow))}
    own = work.identity.node_id
    for jti, kind in world.seen[place].queued.items():
        row = mine.get(jti)
        if row is None:
            forgotten = work.session.scalar(select(ForgottenRow.jti).where(ForgottenRow.jti == jti))
            if forgotten is None and (jti not in world.seen[place].lost or _arrived(world, own, jti)):
                yield f"submitted is accounted for: {own} knows nothing of {kind} {jti}"
            continue
        came = _inbox(world, row.peer, own, jti)
        if row.state in {OutboxState.STORED, OutboxState.REFUSED} and (came is None or came.disposition != row.state):
            if came is None and _shown_missing(work, row):
                continue
            yield f"submitted is accounted for: {row.peer} lacks {row.step} {jti}, which {own} calls {row.state}"


def _of_inbox(world: World, place: int, work: UnitOfWork) -> Iterator[str]:
    own = work.identity.node_id
    taken = Counter(work.session.scalars(select(StepRow.jti).where(StepRow.jti.is_not(None))))
    for jti, times in taken.items():
        if times > 1:
            yield f"no effect twice: {own} took {jti} {times} times"
    for row in work.session.scalars(select(InboxRow)):
        sender = world.seen[world.number(row.peer)]
        if row.jti not in sender.queued:
            yield f"nothing from nowhere: {own} has {row.kind} {row.jti}, which {row.peer} never queued"
        if row.disposition == OutboxState.STORED and row.kind != "node" and not taken[row.jti]:
            yield f"submitted is accounted for: {own} has {row.kind} {row.jti} and no effect of it"
    yield from _places(world, place, work)


def _places(world: World, place: int, work: UnitOfWork) -> Iterator[str]:
    own = work.identity.node_id
    for sender in (row.node_id for row in peers.everybody(work.session)):
        if _may_have_gaps(world, place, sender):
            continue
        for epoch in range(1, streams.current_epoch(work.session, sender) + 1):
            gaps = streams.received(work.session, sender, epoch).gaps
            if _lacking(world, sender, own, epoch, gaps):
                yield f"places are contiguous: {own} lacks {gaps} of {sender} in epoch {epoch}"


def _receipts(world: World, work: UnitOfWork) -> Iterator[str]:
    trust = peers.trust(work.session)
    own = work.identity.node_id
    for row in work.session.scalars(select(OutboxRow).where(OutboxRow.receipt.is_not(None))):
        receipt = read_receipt(row.receipt or "", trust=trust, at=work.at)
        made = work.session.get(ManifestRow, receipt.of)
        if (receipt.iss, receipt.aud, receipt.jti) != (row.peer, own, row.jti) or made is None or made.jti != row.jti:
            yield f"receipts verify: {own} has a receipt for {row.jti} that is about something else"
        came = _inbox(world, row.peer, own, row.jti)
        restored = world.seen[world.number(row.peer)].restored
        if came is not None and came.receipt != row.receipt and not restored:
            yield f"receipts verify: {own} has another receipt for {row.jti} than {row.peer}"


def _log(world: World, place: int, work: UnitOfWork) -> Iterator[str]:
    subtree = log.subtrees(work.session)
    for size, root in world.seen[place].heads.items():
        if size > log.size(work.session) or merkle.root(size, subtree) != root:
            yield f"logs only grow: the head of {size} entries at {work.identity.node_id} is no prefix of the last"
    entries = work.session.scalars(select(LogEntryRow.entry)).all()
    if len(set(entries)) != len(entries):
        yield f"logs only grow: an entry stands twice at {work.identity.node_id}"


def _inbox(world: World, receiver: str, sender: str, jti: str) -> InboxRow | None:
    with world.nodes[world.number(receiver)].read() as there:
        return there.session.get(InboxRow, (sender, jti))


def _arrived(world: World, sender: str, jti: str) -> bool:
    return any(_inbox(world, node.identity.node_id, sender, jti) is not None for node in world.nodes)


def _shown_missing(work: UnitOfWork, row: OutboxRow) -> bool:
    """Whether a page of this node tells that the peer lacks something which cannot be offered again."""
    stand = work.session.get(StandRow, row.peer)
    return stand is not None and stand.missing > 0


def _lacking(world: World, sender: str, receiver: str, epoch: int, gaps: tuple[tuple[int, int], ...]) -> bool:
    """Whether a place is empty that the sender does not say to have held back after it had tried it."""
    places = [place for begin, end in gaps for place in range(begin, end + 1)]
    held = (OutboxRow.peer == receiver, OutboxRow.epoch == epoch, OutboxRow.state == OutboxState.HELD)
    with world.nodes[world.number(sender)].read() as work:
        return not set(places) <= set(work.session.scalars(select(OutboxRow.seq).where(*held)))


def _may_have_gaps(world: World, place: int, sender: str) -> bool:
    return bool(world.seen[place].restored or world.seen[world.number(sender)].restored)
