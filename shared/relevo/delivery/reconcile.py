"""Reconciliation: what both nodes have of their streams is compared, and what one of them lost is given again.

Each answer of a peer, and once a day a question when nothing is sent, brings the peer's signed summary of our stream:

| the summary says | what follows |
| --- | --- |
| a gap, a lower high water or an older epoch than our receipts | those messages are offered again, with the same jti |
| more than we ever sent | the peer is asked to show it (below) |

The same is asked when a place of ours is taken, or a receipt answers a manifest that we do not know. A manifest that
the peer shows, which we signed and do not know, stops us (`relevo.delivery.epochs`); it is logged now, when it came
back, and so is the receipt of a message that we no longer have.

How a message is offered again, `relevo.delivery.offered_again` says; what a summary does not speak of,
`relevo.delivery.former_epochs`. What we had sent and forgot is noted with the peer's proof, and people look at it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam

from relevo.delivery import epochs, former_epochs, offered_again, our_stream, publishing, stream_lists
from relevo.delivery.node import Node
from relevo.delivery.offered_again import AT_ONCE, DAILY, RECEIPTED
from relevo.delivery.our_stream import OurStream
from relevo.delivery.outbox import OutboxState
from relevo.delivery.stream_lists import LAST, KeyNotStated, Question, Told
from relevo.delivery.transport import Transport
from relevo.errors import RelevoError
from relevo.protocol.base64url import digest
from relevo.protocol.manifest import Attempt, VerifiedManifest, read_manifest
from relevo.protocol.receipt import read_receipt, require_answers
from relevo.protocol.stream_list import Direction
from relevo.protocol.strict_json import JsonValue
from relevo.protocol.summary import Summary, read_summary
from relevo.protocol.trust import Trust
from relevo.storage import log, peers, streams
from relevo.storage.appending import ask
from relevo.storage.tables import ManifestRow, OutboxRow
from relevo.storage.tables_streams import ForgottenRow, StandRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.reconcile")
MINUTELY = timedelta(minutes=1)
MAX_EPOCH = 2**31 - 2
MOST_EPOCHS = 16
"""Epochs beyond ours that a peer is asked to show: a node is not restored more often between two of its questions."""
_ABOVE = streams.above(bindparam("epoch"), bindparam("high_water"))
_BEHIND = RECEIPTED.with_only_columns(OutboxRow.jti).where(_ABOVE).limit(AT_ONCE)


def heed(node: Node, work: UnitOfWork, peer: str, token: JsonValue, trust: Trust, ours: OurStream | None = None) -> int:
    """Act on a peer's summary of our stream; how many messages are offered again because of it.

    `ours` is the stream as it was found in this transaction, if only receipts came since.
    """
    try:
        summary = read_summary(token if isinstance(token, str) else "", trust=trust, at=work.at)
    except RelevoError as fault:
        EVENTS.warning("summary not heeded", peer=peer, code=fault.code)
        return 0
    in_range = summary.epoch <= MAX_EPOCH and summary.high_water <= LAST
    if (summary.iss, summary.aud) != (peer, work.identity.node_id) or not in_range:
        EVENTS.warning("summary not heeded", peer=peer, code="summary-unfit")
        return 0
    if ours is None or ours.attempt_unknown:
        ours = our_stream.find(work.session, peer)
    reached, sent = (summary.epoch, summary.high_water), (ours.epoch, ours.last_seq)
    missing = _missing(work, peer, summary) if reached < sent or summary.gaps else 0
    is_first = not ours.said_before
    streams.note_said(work.session, peer, *reached, missing=missing, at=work.at, is_first=is_first)
    if reached > sent or ours.attempt_unknown:
        _doubt(streams.stand_of(work.session, peer), summary, work.at)
        return 0
    if summary.epoch < ours.epoch:
        streams.stand_of(work.session, peer).compared_epoch = None
    return offered_again.offer(node, work, ours.epoch, _lost(work, peer, summary)) if missing else 0


def at_start(node: Node, transport: Transport, only: Collection[str] | None = None) -> list[str]:
    """Before anything is sent, ask every active peer what it has of us: this node may come from a backup.

    Args:
        node: ourselves.
        transport: how peers are reached.
        only: the peers that are asked, if not all.

    Returns:
        Those that have not answered. Who does not know our key knows no statement that we could have forgotten.
    """
    with node.read() as work:
        active = [row.node_id for row in peers.everybody(work.session) if row.state in peers.HEARD]
    return [peer for peer in active if (only is None or peer in only) and not _try(node, transport, peer)]


def turn(node: Node, transport: Transport) -> None:
    """Ask the peers whose claim is in doubt, who opened a new epoch, or of whom nothing was heard for a day."""
    with node.read() as work:
        active = [row for row in peers.everybody(work.session) if row.state in peers.HEARD]
        stands = [(row, work.session.get(StandRow, row.node_id)) for row in active]
        due = [
            row.node_id
            for row, stand in stands
            if ((stand or row.last_seq) and _is_due(stand, work.at)) or former_epochs.are_due(row, stand, work.at)
        ]
    for peer in due:
        _try(node, transport, peer)


def check(node: Node, transport: Transport, peer: str) -> int:
    """Ask a peer what it has of our stream beyond what we know, and act on it; how many we had forgotten.

    Raises:
        PeerUnreachable, WireError: if the peer does not answer as it should.
    """
    with node.read() as work:
        stand, begins = work.session.get(StandRow, peer), _unsure(work, peer)
    forgotten = 0
    for epoch in range(1, len(begins) + MOST_EPOCHS):
        found, known = _ask_all(node, transport, peer, epoch, begins.get(epoch, 1))
        forgotten += found
        if epoch >= max(len(begins), known):
            break
    if stand is not None and stand.doubt_epoch is not None:
        with node.write() as work:
            _settle_doubt(streams.stand_of(work.session, peer), work.at)
    former_epochs.compare(node, transport, peer)
    return forgotten


def _try(node: Node, transport: Transport, peer: str) -> bool:
    with node.write() as work:
        streams.stand_of(work.session, peer).asked_at = work.at
    try:
        check(node, transport, peer)
    except RelevoError as fault:
        EVENTS.warning("streams not compared", peer=peer, code=fault.code)
        return isinstance(fault, KeyNotStated)
    return True


def _is_due(stand: StandRow | None, at: datetime) -> bool:
    """Once a day while nothing comes from the peer, and each minute while sending to it waits for its proof."""
    if stand is None:
        return True
    every = DAILY if stand.doubt_epoch is None else MINUTELY
    moments = [stand.asked_at] if stand.doubt_epoch is not None else [stand.asked_at, stand.heard_at]
    return not any(one is not None and timedelta() <= at - one < every for one in moments)


def _unsure(work: UnitOfWork, peer: str) -> dict[int, int]:
    """From which place of each epoch of ours the peer may have what we do not know."""
    row, stand = peers.find(work.session, peer), work.session.get(StandRow, peer)
    doubted = stand is not None and stand.doubt_epoch is not None
    begins = {epoch: streams.first_open(work.session, peer, epoch) for epoch in range(1, row.epoch + doubted)}
    return begins if doubted else {**begins, row.epoch: row.last_seq + 1}


def _ask_all(node: Node, transport: Transport, peer: str, epoch: int, begin: int) -> tuple[int, int]:
    """Take in what the peer has of one epoch; how much was forgotten, and in which epoch the peer says that we are."""
    forgotten = 0
    while True:
        asked = Question(of=Direction.RECEIVED, epoch=epoch, begin=begin, tokens=True)
        told = stream_lists.ask(node, transport, peer, asked)
        found, known = _take_in(node, peer, told)
        forgotten += found
        if not told.listed.more or not told.listed.places:
            return forgotten, known
        begin = told.listed.places[-1].seq + 1


def _take_in(node: Node, peer: str, told: Told) -> tuple[int, int]:
    with node.write() as work:
        publishing.take_back(work, told.statements)
        found = (_remember(work, peer, manifest, receipt, told.trust) for manifest, receipt in _tokens(told))
        forgotten = [one for one in found if one is not None]
        if any(one.epoch >= peers.find(work.session, peer).epoch for one in forgotten):
            epochs.stop(work, peer)
        heed(node, work, peer, told.summary, told.trust)
        return len(forgotten), streams.said_epoch(work.session, peer)


def _settle_doubt(stand: StandRow, at: datetime) -> None:
    """The last page was read: either the claim is proven, and we stopped, or the peer has nothing to show."""
    is_open = stand.doubt_epoch is not None
    stand.doubt_epoch = stand.doubt_seq = None
    if is_open:
        stand.unproven_at = at
        EVENTS.warning("the peer claims messages of ours and shows none", peer=stand.peer)


def _tokens(told: Told) -> Iterator[tuple[str, str]]:
    for manifest, receipt in told.tokens.values():
        if receipt is not None:
            yield manifest, receipt


def _remember(work: UnitOfWork, peer: str, manifest: str, token: str, trust: Trust) -> Attempt | None:
    """Note and log `manifest` if it is one that we signed for this peer and do not know; where its place is then."""
    try:
        found = _our_own(work, manifest)
        message = found.manifest.message
        require_answers(read_receipt(token, trust=trust, at=work.at), found.digest, message)
    except RelevoError:
        return None
    if message.aud != peer or work.session.get(ManifestRow, found.digest) is not None:
        return None
    attempt = found.manifest.attempt
    work.session.add(ManifestRow(digest=found.digest, jti=message.jti, token=manifest, made_at=attempt.iat))
    names = {"jti": message.jti, "thread": message.thread, "peer": peer}
    log.record(work.session, "message-sent", work.at, subject=message.thread, manifest=found.digest, **names)
    if work.session.get(OutboxRow, message.jti) is None:
        _note_forgotten(work, found, token)
        log.record(
            work.session, "receipt-got", work.at, subject=message.thread, receipt=digest(token.encode()), **names
        )
    work.session.flush()
    return attempt


def _note_forgotten(work: UnitOfWork, found: VerifiedManifest, receipt: str) -> None:
    message, attempt = found.manifest.message, found.manifest.attempt
    work.session.merge(
        ForgottenRow(
            peer=message.aud,
            jti=message.jti,
            thread=message.thread,
            kind=message.kind,
            epoch=attempt.epoch,
            seq=attempt.seq,
            manifest=found.token,
            receipt=receipt,
            found_at=work.at,
        )
    )


def _our_own(work: UnitOfWork, manifest: str) -> VerifiedManifest:
    own = work.identity.node_id
    return read_manifest(manifest, trust=Trust({own: peers.latest(work.session, own)}), at=work.at)


def _doubt(stand: StandRow, summary: Summary, at: datetime) -> None:
    """Wait for proof before anything more goes to this peer; a claim that was not proven today stops nothing."""
    lately = stand.unproven_at is not None and timedelta() <= at - stand.unproven_at < DAILY
    if stand.stopped_at is None and not lately:
        stand.doubt_epoch, stand.doubt_seq, stand.asked_at = summary.epoch, summary.high_water, None


def _missing(work: UnitOfWork, peer: str, summary: Summary) -> int:
    """How many messages of ours a summary lacks."""
    behind = {"peer": peer, "iat": summary.iat, "epoch": summary.epoch, "high_water": summary.high_water}
    here = streams.in_gaps(work.session, peer, summary.epoch, summary.gaps, but=OutboxState.HELD) if summary.gaps else 0
    return here + len(ask(work.session, _BEHIND, behind).all())


def _lost(work: UnitOfWork, peer: str, summary: Summary) -> list[OutboxRow]:
    """Messages that the peer had receipted when it made the summary, and that the summary lacks."""
    lost = offered_again.lost(work, streams.beyond(summary.epoch, summary.high_water, summary.gaps))
    return list(work.session.scalars(lost.limit(AT_ONCE), {"peer": peer, "iat": summary.iat}))
