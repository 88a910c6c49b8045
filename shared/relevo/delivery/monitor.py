"""Following the logs of nodes over HTTP, as anybody may: does each head continue the one before?

A monitor needs the address of a node and the verifier key of its log, and remembers the newest head that it saw, as it
was signed. A log that shrank, or that shows another history than before, is an alarm with both signed heads as proof.
The proof that a head continues another is computed here from the tiles, so a node can refuse it but not invent it.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from relevo.delivery.transport import AnswerUnfit, Transport
from relevo.errors import WireError
from relevo.protocol import merkle
from relevo.protocol.checkpoint import Checkpoint, read_checkpoint
from relevo.protocol.keys import VerifyKey
from relevo.protocol.tiles import WIDTH, Tile, read_bundle, subtrees_of, tile_at

LOG = "/log/"


class LogShrank(WireError):
    """A log shows a smaller head than it showed before."""

    code = "log-shrank"
    advice = "Keep both checkpoints and tell an auditor: the node was set back, or it shows you another history."


class LogRewritten(WireError):
    """A log shows a head that does not continue the one that it showed before."""

    code = "log-rewritten"
    advice = "Keep both checkpoints and tell an auditor: entries were removed, added or changed after the fact."


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A log: where its node is reached, its name, and the key that signs its heads."""

    address: str
    origin: str
    key: VerifyKey


def newest(transport: Transport, log: Followed) -> str:
    """The newest head of a log, as it is signed, with what witnesses wrote below it.

    Raises:
        PeerUnreachable, AnswerUnfit: if the node does not answer with text.
        CheckpointMalformed, CheckpointBadSignature, CheckpointOfAnotherLog: if it is not the log's own word.
    """
    try:
        note = _get(transport, log, "checkpoint").decode("utf-8")
    except UnicodeDecodeError as error:
        raise AnswerUnfit("the checkpoint is not text") from error
    read_checkpoint(note, log.origin, log.key)
    return note


def require_continues(transport: Transport, log: Followed, known: str, shown: str) -> None:
    """Whether the head `shown` continues the head `known`, by the log's own tiles.

    Raises:
        LogShrank, LogRewritten: if it does not.
        PeerUnreachable, AnswerUnfit, TileMalformed: if the tiles cannot be had.
    """
    before, now = (read_checkpoint(note, log.origin, log.key) for note in (known, shown))
    if now.size < before.size:
        raise LogShrank(f"{log.origin} had {before.size} entries and shows {now.size}")
    tree = subtrees_of(lambda tile: _get(transport, log, tile.path), now.size)
    proof = merkle.consistency_proof(before.size, now.size, tree)
    try:
        merkle.verify_consistency(before.size, before.root, now.size, now.root, proof)
    except merkle.ConsistencyFailed as error:
        raise LogRewritten(f"{log.origin} shows another history than before") from error


def require_entries(transport: Transport, log: Followed, shown: str, begin: int = 0) -> int:
    """Read every entry of a log from place `begin` on and compare it with the tree; how many there were.

    Raises:
        LogRewritten: if an entry is not the one in the tree, or the tree not the one that was signed.
        PeerUnreachable, AnswerUnfit, TileMalformed: if they cannot be had.
    """
    now = read_checkpoint(shown, log.origin, log.key)
    tree = subtrees_of(lambda tile: _get(transport, log, tile.path), now.size)
    if merkle.root(now.size, tree) != now.root:
        raise LogRewritten(f"the tiles of {log.origin} do not lead to the head that it signed")
    for index in range(begin // WIDTH, (now.size + WIDTH - 1) // WIDTH):
        _require_bundle(transport, log, now, index)
    return now.size - begin


def _require_bundle(transport: Transport, log: Followed, now: Checkpoint, index: int) -> None:
    hashes = tile_at(0, index, now.size)
    bundle = Tile(level=None, index=index, width=hashes.width)
    entries = read_bundle(_get(transport, log, bundle.path), bundle.width)
    leaves = b"".join(merkle.leaf_hash(entry) for entry in entries)
    if leaves != _get(transport, log, hashes.path):
        raise LogRewritten(f"entries of {log.origin} from place {bundle.begin} on are not those in its tree")


def _get(transport: Transport, log: Followed, path: str) -> bytes:
    answer = transport.send("GET", log.address.rstrip("/") + LOG + path, {}, b"")
    if answer.status != HTTPStatus.OK:
        raise AnswerUnfit(f"{path} of {log.origin}: status {answer.status}")
    return answer.body
