"""Brings the files that receipted messages announced, part by part, and keeps the receipts for them.

Before every single part it is asked once more whether the announcing message might still leave, and whether it still
names the file; a file that is held back, or was erased, goes no further. What breaks off goes on at the part that the
peer has not; what fails is tried again after a pause, for ever.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from sqlalchemy import select

from relevo.delivery import file_traces
from relevo.delivery.files_federation import FILES, PART_TYPE
from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
from relevo.delivery.retry import pause, waits
from relevo.delivery.transport import Answer, AnswerUnfit, Transport
from relevo.errors import RelevoError, WireError
from relevo.protocol import strict_json
from relevo.protocol.file_receipt import FileReceipt, read_file_receipt
from relevo.protocol.hop import HopRequest, sign_request, verify_answer
from relevo.protocol.keys import VerifyKey
from relevo.protocol.strict_json import JsonObject
from relevo.storage import files, peers
from relevo.storage.appending import ask
from relevo.storage.files import PushState
from relevo.storage.peers import HEARD
from relevo.storage.tables import OutboxRow, PeerRow
from relevo.storage.tables_files import FilePushRow
from relevo.storage.unit_of_work import UnitOfWork

EVENTS = structlog.get_logger("relevo.files")
Push = tuple[str, str, str]
"""Peer, thread and digest."""
_ANNOUNCED = (
    select(FilePushRow.peer, FilePushRow.thread, FilePushRow.digest, FilePushRow.next_attempt_at)
    .join(OutboxRow, OutboxRow.jti == FilePushRow.jti)
    .where(FilePushRow.state == PushState.WAITING, OutboxRow.state == OutboxState.STORED)
    .order_by(FilePushRow.jti, FilePushRow.digest)
)
"""Files that wait, whose announcing messages have their receipts."""


class FileRefusedByPeer(WireError):
    """The peer did not take a part of a file; the detail has its status and its code."""

    code = "file-not-taken"
    advice = "Nothing is lost: it is tried again by itself. If it goes on, ask the peer's administrator about the code."


@dataclass(frozen=True, kw_only=True)
class State:
    """How the file stands at the peer."""

    have: int
    parts: int
    receipt: str | None


def run_once(node: Node, transport: Transport) -> int:
    """Bring what may be brought now; how many files got their receipt."""
    with node.look() as work:
        announced = ask(work.session, _ANNOUNCED).all()
        due = [(peer, thread, digest) for peer, thread, digest, again_at in announced if not waits(again_at, work.at)]
    return sum(_bring(node, transport, push) for push in due)


def _bring(node: Node, transport: Transport, push: Push) -> bool:
    try:
        return _push(node, transport, push)
    except RelevoError as fault:
        EVENTS.warning("file not brought", peer=push[0], file=push[2], code=fault.code, detail=fault.detail)
        _postpone(node, push, fault.code)
        return False


def _push(node: Node, transport: Transport, push: Push) -> bool:
    state, number = None, None
    while state is None or number is not None:
        ready = _next(node, push, number)
        if ready is None:
            return False
        url, body = ready
        state = _ask(node, transport, push[0], url, body)
        if state.receipt is not None:
            _settle(node, push, state.receipt)
            return True
        number = state.have if state.have < state.parts else None
    _postpone(node, push, None)
    return False


def _next(node: Node, push: Push, number: int | None) -> tuple[str, bytes] | None:
    """Address and body of the next request, or None if the file may not go further."""
    peer, _, digest = push
    with node.read() as work:
        row = work.session.get(FilePushRow, push)
        message = work.session.get(OutboxRow, row.jti) if row else None
        file = files.find(work.session, node.identity.node_id, digest)
        where = work.session.get_one(PeerRow, peer)
        if row is None or message is None or where.state not in HEARD:
            return None
        named = any(one.digest == digest for one in files.announced_in(message.disclosures))
        reason = node.release(work, message)
        sealed = b"" if number is None or file is None else files.part(work.session, file.id, number)
    if not named or reason is not None or file is None:
        _hold(node, push, reason.code if reason else files.WITHHELD if file else "file-not-here")
        return None
    if sealed is None:
        raise AnswerUnfit("the peer asks for a part that there is not")
    url = where.endpoint.rstrip("/") + FILES + digest
    return (url if number is None else f"{url}/{number}"), sealed


def _ask(node: Node, transport: Transport, peer: str, url: str, body: bytes) -> State:
    method, kind = ("PUT", PART_TYPE) if body else ("GET", None)
    headers = sign_request(method, url, kind, body, key=node.identity.keys.signing, at=node.clock.now())
    answer = transport.send(method, url, headers, body)
    if answer.status != HTTPStatus.OK:
        raise FileRefusedByPeer(f"status {answer.status}")
    _verify(node, peer, answer, HopRequest(method=method, target_uri=url, headers=headers, body=body))
    return _state(strict_json.load(answer.body))


def _verify(node: Node, peer: str, answer: Answer, request: HopRequest) -> None:
    with node.read() as work:
        trust = peers.trust(work.session)

    def key_for(kid: str) -> VerifyKey:
        if trust.node_of(kid) != peer:
            raise AnswerUnfit("the answer is signed by another node")
        return trust.hop_key(kid, at)

    at = node.clock.now()
    verify_answer(answer.status, answer.headers, answer.body, request=request, key_for=key_for, at=at)


def _state(said: JsonObject) -> State:
    match said:
        case {"have": int(have), "parts": int(parts), "receipt": None | str() as receipt} if 0 <= have <= parts:
            return State(have=have, parts=parts, receipt=receipt)
    raise AnswerUnfit("the answer does not say how the file stands")


def _settle(node: Node, push: Push, token: str) -> None:
    peer, _, digest = push
    with node.write() as work:
        receipt = read_file_receipt(token, trust=peers.trust(work.session), at=work.at)
        _require_answers(receipt, work, peer, digest)
        row = work.session.get(FilePushRow, push)
        if row is None:
            return
        file_traces.receipted(work, *push, token)
        row.state = PushState.REFUSED if receipt.code else PushState.STORED
        row.problem, row.receipt, row.next_attempt_at = receipt.code and receipt.code[:40], token, None


def _require_answers(receipt: FileReceipt, work: UnitOfWork, peer: str, digest: str) -> None:
    if (receipt.iss, receipt.aud, receipt.file) != (peer, work.identity.node_id, digest):
        raise AnswerUnfit("the receipt is for another file")


def _hold(node: Node, push: Push, code: str) -> None:
    EVENTS.warning("file held", peer=push[0], file=push[2], code=code)
    with node.write() as work:
        row = work.session.get(FilePushRow, push)
        if row is not None:
            row.state, row.problem = PushState.HELD, code


def _postpone(node: Node, push: Push, code: str | None) -> None:
    """Try again after a pause; without a code the file is whole there, and the next turn asks what became of it."""
    with node.write() as work:
        row = work.session.get(FilePushRow, push)
        if row is None:
            return
        is_progress = code is None and row.problem is not None
        if code is None:
            file_traces.sent(work, *push)
        row.failures, row.problem = 1 if is_progress else row.failures + 1, code
        is_first_question = code is None and row.failures == 1
        wait = pause(row.failures, secrets.randbelow(1 << 20) / (1 << 20))
        row.next_attempt_at = None if is_first_question else work.at + wait
