"""One look at personal data, shown to the person or an auditor: who looked at what and why, and that the log has it.

    {"format": "relevo-look-v1", "node": node id, "made_at": NumericDate, "statements": [JWS, in order],
     "look": {"at", "classes", "number", "organisation", "role", "subject", "who", "why"}, "look_salt": base64url,
     "record": base64url, "salt": base64url, "proof": a proof of the form c2sp.org/tlog-proof@v1}

    commitment = SHA-256("relevo-access-v1" 00 ‖ look_salt, 32 bytes ‖ compact JSON of `look`, names in this order)

The log's record says only which subject, the number of the look and the commitment; so nobody can show another look
than the one that was logged, and nobody who has the log alone learns who looked.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import base64url, strict_json
from relevo.protocol.claims import Claims
from relevo.protocol.evidence_log import MAX_ITEMS, EvidenceMalformed, read_text
from relevo.protocol.proof import verify_proof
from relevo.protocol.record import SALT_BYTES, RecordType, entry_of, read_record
from relevo.protocol.verification_nodes import fingerprint_line, read_chain
from relevo.protocol.verification_report import Check, Report, could_not_check, day_and_hour, fails, holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from relevo.protocol.statement import NodeStatement
    from relevo.protocol.strict_json import JsonObject
    from relevo.protocol.verification_report import Line

FORMAT = "relevo-look-v1"
MEMBERS = ("at", "classes", "number", "organisation", "role", "subject", "who", "why")
LOOK_SALT_BYTES = 32
_TAG = b"relevo-access-v1\0"
_NAMES = ("format", "node", "made_at", "statements", "look", "look_salt", "record", "salt", "proof")


class LookDiffers(WireError):
    """What is shown of a look is not what the log has of it."""

    code = "look-differs"
    advice = "Ask the node to show the look again; if it differs again, somebody changed who looked, when or why."


@dataclass(frozen=True, kw_only=True)
class ShownLook:
    """A look and its proof as read; nothing in it is verified yet."""

    node: str
    made_at: datetime
    statements: tuple[str, ...]
    look: JsonObject
    look_salt: bytes
    record: bytes
    salt: bytes
    proof: str


def look_commitment(look: Mapping[str, object], salt: bytes) -> str:
    """What the log commits to; `look` has exactly `MEMBERS`."""
    written = strict_json.dump({name: look[name] for name in MEMBERS})
    return base64url.encode(hashlib.sha256(_TAG + salt + written).digest())


def write_look(shown: ShownLook) -> bytes:
    """The file, one line of JSON with a newline."""
    members: JsonObject = {
        "format": FORMAT,
        "node": shown.node,
        "made_at": seconds(shown.made_at),
        "statements": list(shown.statements),
        "look": shown.look,
        "look_salt": base64url.encode(shown.look_salt),
        "record": base64url.encode(shown.record),
        "salt": base64url.encode(shown.salt),
        "proof": shown.proof,
    }
    return strict_json.dump(members) + b"\n"


def is_look(raw: bytes) -> bool:
    """Whether a file says that it is of this format."""
    try:
        return strict_json.load(raw).get("format") == FORMAT
    except WireError:
        return False


def read_look(raw: bytes) -> ShownLook:
    """The look in a file, its form checked and nothing else.

    Raises:
        EvidenceMalformed: if it is not of this form.
    """
    try:
        return _look(Claims.of(strict_json.load(raw), _NAMES, "the file"))
    except EvidenceMalformed:
        raise
    except WireError as error:
        raise EvidenceMalformed(f"not a look: {error.detail}", field=error.field) from error


def verify_look(shown: ShownLook, expect: Mapping[str, str] | None = None) -> Report:
    """Whether the node whose statements are shown has logged exactly this look."""
    return Report(lines=tuple(_lines(shown, (expect or {}).get(shown.node))))


def _lines(shown: ShownLook, expected: str | None) -> Iterator[Line]:
    made = f"who made this file on {day_and_hour(shown.made_at)}; nothing signs that. It names who looked."
    yield could_not_check(Check.FILE, "file", made)
    try:
        statement = read_chain(shown.node, shown.statements)[-1]
    except WireError as error:
        yield fails(Check.STATEMENT, shown.node, error)
        return
    yield holds(Check.STATEMENT, shown.node, "its statements are signed by one root key.")
    yield fingerprint_line(statement, expected)
    subject = f"look {shown.look['number']}"
    try:
        text = _logged(shown, statement)
    except WireError as error:
        yield fails(Check.LOOK, subject, error)
    else:
        yield holds(Check.LOOK, subject, text)


def _logged(shown: ShownLook, statement: NodeStatement) -> str:
    entry = entry_of(shown.record, shown.salt)
    checkpoint = verify_proof(shown.proof, entry, origin=statement.log_name, key=statement.log)
    record, look = read_record(shown.record), shown.look
    named = {"about": look["subject"], "number": str(look["number"])}
    if record.type is not RecordType.ACCESS or {name: record.fields[name] for name in named} != named:
        raise LookDiffers("the log entry is about another look")
    if record.fields["commitment"] != look_commitment(look, shown.look_salt):
        raise LookDiffers
    classes = look["classes"]
    seen = ", ".join(map(str, classes)) if isinstance(classes, list) else ""
    who = f"{look['who']}, {look['role']},"
    head = f"it is in the log of {shown.node} of {checkpoint.size} entries"
    return f"{who} looked at {seen} on {day_and_hour(record.at)} ({look['why']}); {head}."


def _look(claims: Claims) -> ShownLook:
    if claims.members["format"] != FORMAT:
        raise EvidenceMalformed("the file is of another format", field="format")
    shown = ShownLook(
        node=claims.node_id("node"),
        made_at=claims.moment("made_at"),
        statements=tuple(read_text(one, "statements") for one in claims.items("statements", most=MAX_ITEMS)),
        look=Claims.of(claims.members["look"], MEMBERS, "the look").members,
        look_salt=claims.raw("look_salt"),
        record=claims.raw("record"),
        salt=claims.raw("salt"),
        proof=read_text(claims.members["proof"], "proof"),
    )
    if not shown.statements or (len(shown.look_salt), len(shown.salt)) != (LOOK_SALT_BYTES, SALT_BYTES):
        raise EvidenceMalformed("the file has no statement, or a salt of the wrong length")
    return shown
