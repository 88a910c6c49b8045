"""Peers as witnesses of each other's logs (c2sp.org/tlog-witness), so that no node can show two histories unseen.

    POST /federation/v1/witness/add-checkpoint     old size, consistency proof, checkpoint → one cosignature line

| what the owner of a log brings | what the witness does | status |
| --- | --- | --- |
| a head that continues the one it cosigned | moves its own by compare-and-swap, and cosigns | 200 |
| another old size than the one it cosigned | says which one it cosigned | 409, `text/x.tlog.size` |
| the same size with another root, or a proof that fails | nothing; an alarm keeps both signed heads | 409, 422 |
| a log of nobody registered here, or not signed by its key | nothing | 404, 403 |

As owner, a node brings its newest head to each peer once a minute if it grew. A witness that has cosigned more than we
have means that we were set back: that is an alarm as well, with what it told us.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import structlog

from relevo.delivery.federation import WITNESS
from relevo.delivery.node import Node
from relevo.delivery.transport import Answer, AnswerUnfit, Transport
from relevo.errors import Conflict, NotFound, RelevoError, WireError
from relevo.protocol import merkle
from relevo.protocol.checkpoint import Checkpoint, log_origin, read_checkpoint
from relevo.protocol.cosignature import cosign_checkpoint, read_cosignature, with_cosignatures
from relevo.protocol.signed_note import NoteMalformed
from relevo.protocol.witness_request import WitnessRequest, WitnessRequestMalformed, read_request, write_request
from relevo.storage import log, peers, witness
from relevo.storage.tables import CheckpointRow
from relevo.storage.tables_witness import CosignatureRow, WitnessedRow, WitnessRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.witness")
EVERY = timedelta(minutes=1)
CONTENT_TYPE = "text/plain; charset=utf-8"
SIZE_TYPE = "text/x.tlog.size"
_MOST_DIGITS = 16


class LogUnknown(NotFound):
    """A checkpoint is of a log that nobody has registered here."""

    code = "log-unknown"
    advice = "Register the node whose log it is; only peers are witnessed."


class OldSizeDiffers(Conflict):
    """The witness has cosigned another size than the one that the owner of the log believes."""

    code = "old-size-differs"
    advice = "Send the proof from the size in the answer."

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"the newest head cosigned here has {size} entries")


class LogForked(Conflict):
    """A log showed two heads of one size."""

    code = "log-forked"
    advice = "Keep both checkpoints and tell an auditor: one log was shown in two histories."


class LogSetBack(WireError):
    """A witness has cosigned more of our log than we have."""

    code = "log-set-back"
    advice = "Was this node restored from a backup? Stop it and tell its administrator before anything else is sent."


def cosign(node: Node, body: bytes) -> str:
    """The line by which this node says that it saw the head of a peer's log.

    Raises:
        WitnessRequestMalformed: if it is no request, or its old size lies above its checkpoint.
        LogUnknown, CheckpointBadSignature: if it is no log of a peer, or not signed by its key.
        OldSizeDiffers, LogForked, ConsistencyFailed: if it does not continue what was cosigned here.
    """
    asked = read_request(body)
    with node.read() as work:
        peer, shown = _shown(work, asked)
    try:
        with node.write() as work:
            return _move(work, peer, asked, shown)
    except (LogForked, merkle.ConsistencyFailed) as contradiction:
        _keep_alarm(node, peer, contradiction.code, asked.checkpoint)
        raise


def push(node: Node, transport: Transport) -> int:
    """Bring the newest head of our log to each peer that has not cosigned it; how many did now."""
    with node.read() as work:
        newest = log.latest_checkpoint(work.session)
        if newest is None:
            return 0
        waiting = [peer for peer in _active(work) if _is_due(work, peer, newest)]
    return sum(_ask(node, transport, peer, newest) for peer in waiting)


def _shown(work: UnitOfWork, asked: WitnessRequest) -> tuple[str, Checkpoint]:
    origin = asked.checkpoint.partition("\n")[0]
    for peer in _active(work):
        if log_origin(peer) == origin:
            shown = read_checkpoint(asked.checkpoint, origin, peers.latest(work.session, peer).log)
            if asked.old > shown.size:
                raise WitnessRequestMalformed("the old size lies above the checkpoint")
            return peer, shown
    raise LogUnknown


def _move(work: UnitOfWork, peer: str, asked: WitnessRequest, shown: Checkpoint) -> str:
    known = work.session.get(WitnessedRow, peer, with_for_update=True)
    size, root = (known.size, known.root) if known else (0, merkle.EMPTY_ROOT)
    if asked.old != size:
        raise OldSizeDiffers(size)
    if shown.size == size and shown.root != root:
        raise LogForked
    merkle.verify_consistency(size, root, shown.size, shown.root, asked.proof)
    line = cosign_checkpoint(asked.checkpoint, work.identity.node_id, work.identity.keys.witness, work.at)
    if known is None:
        known = WitnessedRow(peer=peer)
        work.session.add(known)
    known.size, known.root, known.note, known.cosigned_at = shown.size, shown.root, asked.checkpoint, work.at
    return line


def _keep_alarm(node: Node, peer: str, code: str, shown: str) -> None:
    with node.write() as work:
        known = work.session.get(WitnessedRow, peer)
        kept = witness.alarm(work.session, peer, code, work.at, known=known.note if known else "", shown=shown)
    if kept:
        EVENTS.error("a peer's log contradicts itself", peer=peer, code=code)


def _active(work: UnitOfWork) -> list[str]:
    return [row.node_id for row in peers.everybody(work.session) if row.state in peers.HEARD]


def _is_due(work: UnitOfWork, peer: str, newest: CheckpointRow) -> bool:
    known = work.session.get(WitnessRow, peer)
    return known is None or (known.size != newest.size and not timedelta() <= work.at - known.asked_at < EVERY)


def _ask(node: Node, transport: Transport, peer: str, newest: CheckpointRow) -> bool:
    try:
        line = _bring(node, transport, peer, newest)
        problem = None
    except RelevoError as fault:
        EVENTS.debug("not cosigned", peer=peer, code=fault.code)
        line, problem = None, fault.code
    with node.write() as work:
        known = work.session.get(WitnessRow, peer)
        if known is None:
            known = WitnessRow(peer=peer, size=0)
            work.session.add(known)
        known.asked_at, known.problem = work.at, problem
        if line is not None:
            known.size = newest.size
            said = work.session.get(CosignatureRow, (newest.size, peer))
            if said is None:
                work.session.add(CosignatureRow(size=newest.size, peer=peer, line=line, cosigned_at=work.at))
    return line is not None


def _bring(node: Node, transport: Transport, peer: str, newest: CheckpointRow) -> str:
    """The line of the witness; asked again from the size that it names, if it has cosigned another than we believe."""
    with node.read() as work:
        known = work.session.get(WitnessRow, peer)
        endpoint = peers.find(work.session, peer).endpoint
        key = peers.latest(work.session, peer).witness
    old = known.size if known else 0
    answer = _send(node, transport, endpoint, min(old, newest.size), newest)
    if answer.status == HTTPStatus.CONFLICT and answer.headers.get("content-type") == SIZE_TYPE:
        old = _size(answer.body)
        if old > newest.size:
            _set_back(node, peer, old, newest)
        answer = _send(node, transport, endpoint, old, newest)
    if answer.status != HTTPStatus.OK:
        raise AnswerUnfit(f"the witness answered with status {answer.status}")
    if answer.body.count(b"\n") != 1:
        raise AnswerUnfit("the witness answered with more than its one line, and we would keep and publish it all")
    try:
        line = answer.body.decode("utf-8")
        read_cosignature(with_cosignatures(newest.note, line), peer, key)
    except (UnicodeDecodeError, NoteMalformed) as error:
        raise AnswerUnfit("the witness did not answer with a line of a signed note") from error
    return line


def _send(node: Node, transport: Transport, endpoint: str, old: int, newest: CheckpointRow) -> Answer:
    with node.read() as work:
        proof = merkle.consistency_proof(old, newest.size, log.subtrees(work.session))
    body = write_request(old, proof, newest.note)
    return transport.send("POST", endpoint.rstrip("/") + WITNESS, {"content-type": CONTENT_TYPE}, body)


def _set_back(node: Node, peer: str, size: int, newest: CheckpointRow) -> None:
    told = f"{peer} says that it has cosigned {size} entries of this log\n"
    with node.write() as work:
        witness.alarm(work.session, peer, LogSetBack.code, work.at, known=newest.note, shown=told)
    raise LogSetBack


def _size(body: bytes) -> int:
    text = body.removesuffix(b"\n")
    if not text.isdigit() or len(text) > _MOST_DIGITS:
        raise AnswerUnfit("the witness did not name a size")
    return int(text)
