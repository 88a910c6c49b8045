"""What a peer may ask about files, as functions from a request to an answer; no web framework here.

    GET /federation/v1/files/{digest}             how much of the file is here
    PUT /federation/v1/files/{digest}/{number}    one part, application/octet-stream, 1 MiB, the last one shorter
    both → {"have": parts here, "parts": parts in all, "receipt": null or a receipt for the file}

Both are signed like every hop, so `content-digest` is that of the one part, which is checked before it is kept. Parts
come in order from 0; one that is here already changes nothing, so a push goes on where it broke off. Only files are
taken that a stored message of this very peer announced, and no more bytes than it announced. The receipt comes once the
whole was looked at (`relevo.delivery.files.examine`): whoever brought the last part asks again until it is there.
"""

from __future__ import annotations

from relevo.delivery import nonces
from relevo.delivery.admission import Admission
from relevo.delivery.federation import CONTENT_TYPE, Signed, admitted
from relevo.delivery.node import Node
from relevo.errors import WireError
from relevo.protocol import strict_json
from relevo.protocol.hop import HopRequest, VerifiedHop, sign_answer
from relevo.storage import callers, files
from relevo.storage.files import PART, FileState, parts_of
from relevo.storage.tables_files import FileRow
from relevo.storage.unit_of_work import UnitOfWork

FILES = "/federation/v1/files/"
PART_TYPE = "application/octet-stream"


class FileUnannounced(WireError):
    """No stored message of this peer announces this file, or what it belonged to was erased."""

    code = "file-unannounced"
    advice = "Bring the message first that announces the file; what was erased is not taken again."


class FilePartUnfit(WireError):
    """A part is not the next one of its file, or not as long as it must be."""

    code = "file-part-unfit"
    advice = "Ask how many parts are there, and go on with the next; every part but the last has 1 MiB."


class FileQuota(WireError):
    """The peer keeps more bytes of files here than this node has room for."""

    code = "file-quota"
    advice = "Nothing is lost, and it is tried again by itself; ask the receiving administrator for more room."


def show_file(node: Node, request: HopRequest, digest: str, admission: Admission | None = None) -> Signed:
    """How much of a file is here.

    Raises:
        WireError: if the request is refused, or the peer announced no such file.
    """
    with admitted(node, request, admission) as (caller, hop, _), node.write() as work:
        _remember(work, caller.node_id, hop)
        return _answer(work, _announced(work, caller.node_id, digest), request)


def take_part(node: Node, request: HopRequest, digest: str, number: int, admission: Admission | None = None) -> Signed:
    """Keep one part of a file.

    Raises:
        WireError: if the request is refused; nothing was kept.
    """
    if len(request.body) > PART:
        raise FilePartUnfit
    with admitted(node, request, admission) as (caller, hop, _), node.write() as work:
        _remember(work, caller.node_id, hop)
        row = _announced(work, caller.node_id, digest)
        if row.state == FileState.AWAITED:
            _take(node, work, row, number, request.body)
        return _answer(work, row, request)


def _take(node: Node, work: UnitOfWork, row: FileRow, number: int, sealed: bytes) -> None:
    here, whole = files.parts_here(work.session, row.id), parts_of(row.size)
    if number < here:
        return
    length = PART if number < whole - 1 else row.size - PART * (whole - 1)
    if number != here or len(sealed) != length:
        raise FilePartUnfit
    if number == 0 and files.kept_of(work.session, row.owner) + row.size > node.file_quota:
        raise FileQuota
    files.add_part(work.session, row.id, number, sealed)
    if number == whole - 1:
        row.state = FileState.ARRIVED


def _announced(work: UnitOfWork, peer: str, digest: str) -> FileRow:
    row = files.find(work.session, peer, digest)
    if row is None:
        raise FileUnannounced
    return row


def _answer(work: UnitOfWork, row: FileRow, request: HopRequest) -> Signed:
    whole = parts_of(row.size)
    here = files.parts_here(work.session, row.id) if row.state == FileState.AWAITED else whole
    body = strict_json.dump({"have": here, "parts": whole, "receipt": row.receipt})
    key = work.identity.keys.signing
    return Signed(body=body, headers=sign_answer(200, CONTENT_TYPE, body, request=request, key=key, at=work.at))


def _remember(work: UnitOfWork, peer: str, hop: VerifiedHop) -> None:
    begun = callers.begin(work.session, peer, me=work.identity.node_id, nonce=hop.nonce)
    begun.caller.require_heard()
    nonces.require_new(begun)
    nonces.remember(work, peer, hop)
