"""What the machine itself allows: the cryptography of one referral alone, and durable commits alone.

cryptography     sender: content signed, sealed, manifest signed; receiver: all verified and opened, receipt
                 signed; sender: receipt verified. No database, no rules, no network. Processor time.
commits          transactions of one 16 kB row each, and of 50, on the same disk as the nodes. Time on the wall.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy import text

from relevo.protocol import sd_jwt
from relevo.protocol.manifest import manifest_digest
from relevo.protocol.receipt import Receipt, read_receipt, sign_receipt
from relevo.protocol.strict_json import JsonValue
from relevo.storage.database import Database
from support.wire_pair import AT, HOST, HOST_ID, JTI, ORIGIN, ORIGIN_ID, TRUST, open_claims, receive, send

ROUNDS = 100
BATCH = 50
BYTES = 16_000


def cryptography_ms(profile: Mapping[str, JsonValue]) -> float:
    """Processor time of all signatures and sealings of one referral, both sides added up."""

    def once() -> None:
        sent = send(sd_jwt.issue(open_claims(), profile, key=HOST.signing))
        receive(sent.envelope)
        of = manifest_digest(sent.envelope.manifest)
        receipt = Receipt(
            iss=ORIGIN_ID, aud=HOST_ID, of=of, jti=JTI, disposition="stored", code=None, received_at=AT, due=()
        )
        read_receipt(sign_receipt(receipt, ORIGIN.signing), trust=TRUST, at=AT)

    return _each(once, time.process_time)


def commits_ms(address: str) -> dict[str, float]:
    """How long a commit of one row takes, and one row of a commit of 50."""
    database = Database(address)
    blob = "BYTEA" if address.startswith("postgresql") else "BLOB"
    with database.write() as session:
        session.execute(text(f"CREATE TABLE bench (content {blob})"))

    def commit(rows: int) -> None:
        with database.write() as session:
            session.execute(text("INSERT INTO bench VALUES (:content)"), [{"content": b"0" * BYTES}] * rows)

    one, many = (_each(partial(commit, rows), time.perf_counter) for rows in (1, BATCH))
    found = {"commit_ms": one, "row_of_50_ms": many / BATCH}
    with database.write() as session:
        session.execute(text("DROP TABLE bench"))
    database.close()
    return found


def _each(act: Callable[[], object], clock: Callable[[], float]) -> float:
    began = clock()
    for _ in range(ROUNDS):
        act()
    return (clock() - began) * 1000 / ROUNDS
