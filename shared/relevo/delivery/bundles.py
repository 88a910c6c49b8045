"""Bundles: the post as a file, for the time without a network.

    export_post      what is queued for a peer, sealed as it would leave; it stays queued until its receipt has come
    import_post      at the peer: each envelope goes through the inbox like one from the network; answers are written
    import_results   back at the sender: each receipt is settled like one from the network

The same message by both ways has one effect and the same receipt, so mixing them is harmless, and so is a file that is
imported twice. A file is read twice: all of it is checked before anything of it is used. Memory stays that of one
batch; a bundle has at most 10,000 lines of at most 8 MiB.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO

from sqlalchemy import select

from relevo.delivery import epochs, inbox, loads, settlement
from relevo.delivery.federation import MAX_BODY
from relevo.delivery.loads import BATCH
from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
from relevo.domain.access import Act
from relevo.errors import Conflict
from relevo.ids import new_jti
from relevo.protocol import base64url, jws, strict_json
from relevo.protocol.bundle import TYP, BundleBroken, BundleHead, Carries, read_head, require_whole, sign_head
from relevo.protocol.claims import WrongAudience
from relevo.protocol.hop import VerifiedHop
from relevo.protocol.strict_json import JsonObject
from relevo.storage import callers, peers
from relevo.storage.tables import OutboxRow
from relevo.storage.unit_of_work import UnitOfWork, User

MAX_LINES = 10_000


class SendingStopped(Conflict):
    """Nothing may leave: this node is older than its peers remember, or a claim of this peer is not proven yet."""

    code = "sending-stopped"
    advice = "Ask an administrator to look at `epoch show` first."


def export_post(node: Node, peer: str, file: BinaryIO, user: User) -> int:
    """Write what is queued for `peer` into `file`, open for writing; how many messages it holds.

    Raises:
        Forbidden: unless an administrator does it.
        NotFound: if the peer is not registered.
        SendingStopped, StatementExpired: if nothing may be sealed to it now.
    """
    with node.read(user) as work:
        work.require(Act.REGISTER_PEER)
        peers.find(work.session, peer)
        if epochs.is_stopped(work.session, peer):
            raise SendingStopped
        queued = (OutboxRow.peer == peer, OutboxRow.state == OutboxState.QUEUED)
        jtis = list(work.session.scalars(select(OutboxRow.jti).where(*queued).order_by(OutboxRow.jti)))[:MAX_LINES]
    return _write(node, file, peer, Carries.ENVELOPES, None, _packed(node, peer, jtis))


def import_post(node: Node, file: BinaryIO, answers: BinaryIO, user: User) -> tuple[str, int]:
    """Take in the bundle in `file`, and write its answers; who sent it, and how many messages it held.

    Raises:
        Forbidden: unless an administrator does it.
        BundleBroken, WrongAudience, WireError: if it is not a whole bundle of a registered peer for this node.
    """
    head = _checked(node, file, Carries.ENVELOPES, user)
    _write(node, answers, head.iss, Carries.RESULTS, head.id, _received(node, head, file))
    return head.iss, head.count


def import_results(node: Node, file: BinaryIO, user: User) -> tuple[str, int]:
    """Settle the answers in `file`; who sent them, and how many messages are receipted now.

    Raises:
        Forbidden: unless an administrator does it.
        BundleBroken, WrongAudience, WireError: if it is not a whole bundle of answers for this node.
    """
    head, settled = _checked(node, file, Carries.RESULTS, user), 0
    while results := list(islice(_lines(file), BATCH)):
        with node.write() as work:
            settled += sum(_settle(work, head.iss, result) for result in results)
    return head.iss, settled


def _packed(node: Node, peer: str, jtis: Iterable[str]) -> Iterator[JsonObject]:
    waiting = iter(jtis)
    while batch := list(islice(waiting, BATCH)):
        with node.write() as work:
            found = loads.pack(node, work, peer, batch)
        yield from (dict(envelope.to_object()) for envelope in found)


def _received(node: Node, head: BundleHead, file: BinaryIO) -> Iterator[JsonObject]:
    with node.read() as work:
        kid = jws.key_id(_first(file), TYP)
        at = work.at
    while batch := list(islice(_lines(file), BATCH)):
        hop = VerifiedHop(kid=kid, nonce=secrets.token_hex(16), created=at, expires=at)
        with node.look() as work:
            trust, known = callers.everybody(work.session)
        caller, heard = known[head.iss], callers.heard(trust, known)
        yield from inbox.receive(node, list(batch), caller=caller, trust=heard, hop=hop).results


def _settle(work: UnitOfWork, peer: str, result: JsonObject) -> bool:
    jti = result.get("jti")
    row = settlement.gather(work.session, peer, [jti]).messages.get(jti) if isinstance(jti, str) else None
    if row is None or row.peer != peer or row.receipt is not None:
        return False
    return settlement.settle(work, row, result, peers.trust(work.session))


def _write(node: Node, file: BinaryIO, peer: str, of: Carries, answers: str | None, items: Iterable[JsonObject]) -> int:
    """Write the items beside first, because the head, which stands before them, names their digest."""
    found, count = hashlib.sha256(), 0
    with tempfile.TemporaryFile() as beside:
        for item in items:
            line = strict_json.dump(item) + b"\n"
            found.update(line)
            beside.write(line)
            count += 1
        at, identity = node.clock.now(), node.identity
        head = BundleHead(
            iss=identity.node_id,
            aud=peer,
            id=new_jti(at),
            of=of,
            answers=answers,
            count=count,
            digest=base64url.encode(found.digest()),
            iat=at,
        )
        file.write(sign_head(head, identity.keys.signing).encode() + b"\n")
        beside.seek(0)
        while block := beside.read(1 << 16):
            file.write(block)
    return count


def _checked(node: Node, file: BinaryIO, of: Carries, user: User) -> BundleHead:
    """The head of a bundle all of whose lines are there; `file` then stands behind the head."""
    with node.read(user) as work:
        work.require(Act.REGISTER_PEER)
        trust, at = peers.trust(work.session), work.at
    head = read_head(_first(file), trust=trust, at=at)
    if head.aud != node.identity.node_id:
        raise WrongAudience(next_step=f"This file is for {head.aud}: import it there.")
    if head.of != of:
        raise BundleBroken
    require_whole(head, _raw(file))
    _first(file)
    return head


def _first(file: BinaryIO) -> str:
    file.seek(0)
    try:
        return file.readline(MAX_BODY).decode("ascii").removesuffix("\n")
    except UnicodeDecodeError:
        raise BundleBroken from None


def _raw(file: BinaryIO) -> Iterator[bytes]:
    for number in range(MAX_LINES + 1):
        line = file.readline(MAX_BODY + 1)
        if not line:
            return
        if number == MAX_LINES or not line.endswith(b"\n"):
            raise BundleBroken
        yield line


def _lines(file: BinaryIO) -> Iterator[JsonObject]:
    for line in _raw(file):
        yield strict_json.load(line, limit=MAX_BODY)
