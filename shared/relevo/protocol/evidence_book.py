"""The evidence of many referrals: of a relation over a period, or of a whole node; JSON lines, one referral a line.

    {"format": "relevo-evidence-v2", "node": …, "peers": […], "from": NumericDate | null, "to": NumericDate | null,
     "thread": UUID | null, "personal_data": bool, "made_at": NumericDate}
    {"statement": JWS, "of": node id}                                                       version by version
    {"sop": text, "peer": node id, "signatures": {node id: JWS}}
    {"thread": UUID, "peer": node id, "messages": [as in relevo-evidence-v1, content may be null, "disclosures": …],
     "files": [as there], "basis": [{"record": base64url, "salt": base64url}]}
    {"entry": base64url of the record, "salt": base64url}                                   the next leaf of the log
    {"hidden": base64, "level": int}                                                        the next 2^level leaves
    {"older": signed note, "proof": [base64, …]}                       a head before a key was stolen; mostly none
    {"checkpoint": signed note}

The last part walks the log from its first leaf to its head: what is shown as a record, what is not as the hash of the
greatest complete subtree that fits. So the root is computed from the file alone and no entry needs a proof of its own.
Only a file with personal data has `disclosures` and `basis`, and each of its lines about a referral begins with a
warning in `personal_data`. Nothing signs the file; everything in it that matters is signed. The same node gives the
same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import base64std, base64url, strict_json
from relevo.protocol.basis import SALT_BYTES as BASIS_SALT_BYTES
from relevo.protocol.claims import Claims
from relevo.protocol.evidence import MAX_BYTES, files_object, message_object, read_files, read_message, read_sop
from relevo.protocol.evidence_items import (
    BookBasis,
    BookCheckpoint,
    BookEntry,
    BookHead,
    BookHidden,
    BookItem,
    BookOlder,
    BookSop,
    BookStatement,
    BookThread,
)
from relevo.protocol.evidence_log import MAX_ITEMS, EvidenceHead, EvidenceMalformed, read_hashes, read_text
from relevo.protocol.merkle import HASH_BYTES
from relevo.protocol.record import SALT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from relevo.protocol.strict_json import JsonObject, JsonValue

FORMAT = "relevo-evidence-v2"
WARNING = "This line holds personal data. Keep it as you keep a case file, and destroy it when you have done your work."
MAX_LEVEL = 53


def write_book(items: Iterable[BookItem]) -> Iterator[bytes]:
    """The lines of a file, one by one, each with its newline."""
    personal = False
    for item in items:
        personal = item.personal_data if isinstance(item, BookHead) else personal
        yield strict_json.dump(_to_object(item, personal=personal)) + b"\n"


def read_book(lines: Iterable[bytes]) -> Iterator[BookItem]:
    """What stands in each line, its form checked and nothing else.

    Raises:
        EvidenceMalformed: at the first line that is not of this form or not in its place.
    """
    stage, personal = -1, False
    for line in lines:
        try:
            item = _item(strict_json.load(line, limit=MAX_BYTES), personal=personal)
        except EvidenceMalformed:
            raise
        except WireError as error:
            raise EvidenceMalformed(f"not an evidence file: {error.detail}", field=error.field) from error
        personal = item.personal_data if isinstance(item, BookHead) else personal
        order = _ORDER[type(item)]
        if order < stage or (order != stage + 1 and stage < 0) or (order == stage and order in _ONCE):
            raise EvidenceMalformed("a line of the file is not in its place")
        stage = order
        yield item
    if stage != _ORDER[BookCheckpoint]:
        raise EvidenceMalformed("the file ends before its checkpoint")


def is_book(first_line: bytes) -> bool:
    """Whether a file that begins so is of this format."""
    try:
        return strict_json.load(first_line, limit=MAX_BYTES).get("format") == FORMAT
    except WireError:
        return False


def _to_object(item: BookItem, *, personal: bool) -> JsonObject:
    match item:
        case BookHead():
            return _head_object(item)
        case BookStatement():
            return {"statement": item.token, "of": item.node}
        case BookSop():
            signatures = dict(sorted(item.sop.signatures.items()))
            return {"sop": item.sop.text, "peer": item.peer, "signatures": signatures}
        case BookThread():
            messages = [message_object(one, disclosed=personal) for one in item.messages]
            marked: JsonObject = {"personal_data": WARNING} if personal else {}
            shown: JsonObject = {"thread": item.thread, "peer": item.peer, "messages": messages}
            return {**marked, **shown, **files_object(item.files), **_basis_object(item)}
        case _:
            return _log_object(item)


def _basis_object(item: BookThread) -> JsonObject:
    shown = [{"record": base64url.encode(one.record), "salt": base64url.encode(one.salt)} for one in item.basis]
    return {"basis": [*shown]} if shown else {}


def _log_object(item: BookEntry | BookHidden | BookOlder | BookCheckpoint) -> JsonObject:
    match item:
        case BookEntry():
            return {"entry": base64url.encode(item.record), "salt": base64url.encode(item.salt)}
        case BookHidden():
            return {"hidden": base64std.encode(item.hash), "level": item.level}
        case BookOlder():
            return {"older": item.head.checkpoint, "proof": [base64std.encode(one) for one in item.head.proof]}
        case BookCheckpoint():
            return {"checkpoint": item.note}


def _head_object(head: BookHead) -> JsonObject:
    return {
        "format": FORMAT,
        "node": head.node,
        "peers": list(head.peers),
        "from": None if head.since is None else seconds(head.since),
        "to": None if head.until is None else seconds(head.until),
        "thread": head.thread,
        "personal_data": head.personal_data,
        "made_at": seconds(head.made_at),
    }


def _item(value: JsonObject, *, personal: bool) -> BookItem:
    for name, read in _READERS.items():
        if name in value:
            return read(value)
    if "messages" in value:
        return _thread(value, personal=personal)
    raise EvidenceMalformed("a line of the file is of no known kind")


def _head(value: JsonObject) -> BookHead:
    claims = Claims.of(value, _HEAD, "the first line")
    if claims.members["format"] != FORMAT:
        raise EvidenceMalformed("the file is of another format", field="format")
    nodes = claims.items("peers", most=MAX_ITEMS)
    return BookHead(
        node=claims.node_id("node"),
        peers=tuple(Claims("a peer", {"peer": one}).node_id("peer") for one in nodes),
        since=None if claims.members["from"] is None else claims.moment("from"),
        until=None if claims.members["to"] is None else claims.moment("to"),
        thread=None if claims.members["thread"] is None else claims.uuid("thread"),
        personal_data=claims.flag("personal_data"),
        made_at=claims.moment("made_at"),
    )


def _statement(value: JsonObject) -> BookStatement:
    claims = Claims.of(value, ("statement", "of"), "a statement")
    return BookStatement(node=claims.node_id("of"), token=read_text(value["statement"], "statement"))


def _sop(value: JsonObject) -> BookSop:
    claims = Claims.of(value, ("sop", "peer", "signatures"), "a SOP")
    signatures = value["signatures"]
    signers = {one for one in signatures if isinstance(one, str)} if isinstance(signatures, dict) else set()
    found = read_sop({"text": value["sop"], "signatures": signatures}, signers)
    return BookSop(peer=claims.node_id("peer"), sop=found)


def _thread(value: JsonObject, *, personal: bool) -> BookThread:
    optional = {"files", "basis"} if personal else {"files"}
    names = {"thread", "peer", "messages"} | ({"personal_data"} if personal else set()) | (optional & set(value))
    claims = Claims.of(value, names, "a referral")
    if personal and value["personal_data"] != WARNING:
        raise EvidenceMalformed("a line with personal data does not say so", field="personal_data")
    items = claims.items("messages", most=MAX_ITEMS)
    return BookThread(
        peer=claims.node_id("peer"),
        thread=claims.uuid("thread"),
        messages=tuple(read_message(one, disclosed=personal) for one in items),
        files=read_files(claims),
        basis=tuple(_basis(one) for one in claims.items("basis", most=MAX_ITEMS)) if "basis" in value else (),
    )


def _basis(value: JsonValue) -> BookBasis:
    claims = Claims.of(value, ("record", "salt"), "what a referral rests on")
    found = BookBasis(record=claims.raw("record"), salt=claims.raw("salt"))
    if len(found.salt) != BASIS_SALT_BYTES:
        raise EvidenceMalformed("the salt of a basis does not have 32 bytes", field="salt")
    return found


def _entry(value: JsonObject) -> BookEntry:
    claims = Claims.of(value, ("entry", "salt"), "a log entry")
    entry = BookEntry(record=claims.raw("entry"), salt=claims.raw("salt"))
    if len(entry.salt) != SALT_BYTES:
        raise EvidenceMalformed("the salt of a log entry does not have 16 bytes", field="salt")
    return entry


def _hidden(value: JsonObject) -> BookHidden:
    claims = Claims.of(value, ("hidden", "level"), "hidden entries")
    found = BookHidden(level=claims.whole("level"), hash=base64std.decode(read_text(value["hidden"], "hidden")))
    if found.level > MAX_LEVEL or len(found.hash) != HASH_BYTES:
        raise EvidenceMalformed("hidden entries are not a level and a hash of 32 bytes", field="hidden")
    return found


def _older(value: JsonObject) -> BookOlder:
    claims = Claims.of(value, ("older", "proof"), "an older head")
    return BookOlder(head=EvidenceHead(checkpoint=read_text(value["older"], "older"), proof=read_hashes(claims)))


def _checkpoint(value: JsonObject) -> BookCheckpoint:
    Claims.of(value, ("checkpoint",), "the last line")
    return BookCheckpoint(note=read_text(value["checkpoint"], "checkpoint"))


_HEAD = ("format", "node", "peers", "from", "to", "thread", "personal_data", "made_at")
_READERS: dict[str, Callable[[JsonObject], BookItem]] = {
    "format": _head,
    "statement": _statement,
    "sop": _sop,
    "entry": _entry,
    "hidden": _hidden,
    "older": _older,
    "checkpoint": _checkpoint,
}
_ORDER: dict[type, int] = {
    BookHead: 0,
    BookStatement: 1,
    BookSop: 2,
    BookThread: 3,
    BookEntry: 4,
    BookHidden: 4,
    BookOlder: 5,
    BookCheckpoint: 6,
}
_ONCE = frozenset({0, 6})
