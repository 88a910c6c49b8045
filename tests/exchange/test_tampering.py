"""Each way to tamper with evidence that issue and threat model name, as `relevo verify` finds and names it.

A referral without the attestation that note 38 asks for is in `test_exceptions_evidence`; a log that is rewritten,
rolled back or forked on line, in `test_monitor` and `test_witnesses`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from typer.testing import CliRunner

from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.cli import app
from relevo.delivery import log_status
from relevo.domain.access import Role
from relevo.protocol import base64url
from relevo.protocol.checkpoint import sign_checkpoint
from relevo.protocol.evidence import Evidence, EvidenceMessage, write_evidence
from relevo.protocol.keys import SigningKey
from relevo.protocol.record import RecordType, read_record
from support.databases import SqliteDatabases
from support.nodes import HOST_ID, join, staff
from support.story import Story, sample
from support.wire_pair import payload_of, resign

File: TypeAlias = Evidence | bytes


@dataclass(frozen=True, kw_only=True)
class Given:
    """What honest nodes gave two auditors, and the keys with which a dishonest one could sign."""

    host: Evidence
    origin: Evidence
    earlier: Evidence
    growth: bytes
    host_key: SigningKey
    origin_key: SigningKey
    log_key: SigningKey

    def forked(self, shown: Evidence) -> Evidence:
        """The same file under a head of the same size over other entries, which the host signed as well."""
        text = sign_checkpoint(f"{HOST_ID}/log", int(shown.checkpoint.split("\n")[1]), b"\7" * 32, self.log_key)
        return replace(shown, checkpoint=text, entries=(), messages=(), files=())


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    databases = SqliteDatabases(tmp_path_factory.mktemp("tampering"))
    nodes = join((HOST, ORIGIN), (databases.fresh(HOST), databases.fresh(ORIGIN)))
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    earlier = story.evidence(nodes.host)
    story.accept()
    nodes.clock.move(timedelta(minutes=2))
    for _ in range(2):
        nodes.deliver()
    host, origin = (story.evidence(node) for node in nodes.both)
    with nodes.host.read(staff(Role.AUDITOR)) as work:
        sizes = [int(one.checkpoint.split("\n")[1]) for one in (earlier, host)]
        growth = log_status.prove_growth(work, *sizes)
    keys, other = nodes.host.identity.keys, nodes.origin.identity.keys
    assert isinstance(keys.signing, SigningKey)
    assert isinstance(other.signing, SigningKey)
    assert isinstance(keys.log, SigningKey)
    yield Given(
        host=host,
        origin=origin,
        earlier=earlier,
        growth=growth,
        host_key=keys.signing,
        origin_key=other.signing,
        log_key=keys.log,
    )
    nodes.close()


def without_first(shown: Evidence) -> Evidence:
    """The file without its first message, and without the log entries that speak of it."""
    jti = payload_of(shown.messages[0].manifest)["jti"]
    entries = tuple(one for one in shown.entries if read_record(one.record).fields.get("jti") != jti)
    return replace(shown, messages=shown.messages[1:], entries=entries)


def first(shown: Evidence, change: Callable[[EvidenceMessage], EvidenceMessage]) -> Evidence:
    return replace(shown, messages=(change(shown.messages[0]), *shown.messages[1:]))


def later(token: str, key: SigningKey, name: str) -> str:
    """The same token, dated a minute later by whoever has the key."""
    return resign(token, key, **{name: int(str(payload_of(token)[name])) + 60})


def forged(token: str) -> str:
    """The same token with another date, by somebody who has no key."""
    header, payload, signature = token.split(".")
    said = json.loads(base64url.decode(payload))
    changed = json.dumps({**said, "iat": said["iat"] + 60}, separators=(",", ":"))
    return f"{header}.{base64url.encode(changed.encode())}.{signature}"


def redated(shown: Evidence) -> Evidence:
    """The file with another date in a record of the log."""
    entry = next(one for one in shown.entries if read_record(one.record).type is RecordType.MESSAGE_SENT)
    at = int(read_record(entry.record).at.timestamp())
    other = replace(entry, record=entry.record.replace(str(at).encode(), str(at + 60).encode()))
    return replace(shown, entries=tuple(other if one is entry else one for one in shown.entries))


def swapped_proofs(shown: Evidence) -> Evidence:
    """Two neighbouring leaves, each with the proof of the other."""
    one, other, *rest = shown.entries
    return replace(shown, entries=(replace(one, index=other.index, proof=other.proof), other, *rest))


def swapped_sop(shown: Evidence) -> Evidence:
    """The procedure with more time for the answer than both nodes agreed."""
    (sop,) = shown.sops
    text = sop.text.replace("routine = { working_days = 10 }", "routine = { working_days = 20 }")
    return replace(shown, sops=(replace(sop, text=text),))


CASES: dict[str, tuple[Callable[[Given], list[File]], str]] = {
    "a removed message, at the sender": (lambda g: [without_first(g.host), g.origin], "message-missing"),
    "a removed message, at the receiver": (lambda g: [g.host, without_first(g.origin)], "message-missing"),
    "a removed message that the log still has": (
        lambda g: [replace(g.host, messages=g.host.messages[1:])],
        "log-record-mismatch",
    ),
    "a changed date, by somebody else": (
        lambda g: [first(g.host, lambda one: replace(one, manifest=forged(one.manifest)))],
        "bad-signature",
    ),
    "a changed date, by its sender": (
        lambda g: [first(g.host, lambda one: replace(one, manifest=later(one.manifest, g.host_key, "iat")))],
        "receipt-mismatch",
    ),
    "a changed date, by its sender, in what was stated": (
        lambda g: [first(g.host, lambda one: replace(one, content=later(one.content, g.host_key, "iat")))],
        "content-mismatch",
    ),
    "a changed date in the log": (lambda g: [redated(g.host)], "log-proof-failed"),
    "a re-ordered stream": (
        lambda g: [replace(g.origin, messages=(*g.origin.messages[1:], g.origin.messages[0]))],
        "order-broken",
    ),
    "a re-ordered stream, its numbers signed anew": (
        lambda g: [first(g.host, lambda one: replace(one, manifest=resign(one.manifest, g.host_key, seq=99)))],
        "log-entry-missing",
    ),
    "a replaced receipt": (
        lambda g: [
            first(g.host, lambda one: replace(one, receipt=later(one.receipt or "", g.origin_key, "received_at"))),
            g.origin,
        ],
        "receipt-differs",
    ),
    "a forked log": (lambda g: [g.host, g.forked(g.host)], "two-histories"),
    "a rolled back log": (
        lambda g: [g.host, replace(g.earlier, made_at=g.host.made_at + timedelta(days=1))],
        "log-rolled-back",
    ),
    "two histories for two auditors, one of them shorter": (
        lambda g: [g.forked(g.earlier), g.host, g.growth],
        "two-histories",
    ),
    "a proof for another leaf": (lambda g: [swapped_proofs(g.host)], "log-proof-failed"),
    "a swapped SOP": (lambda g: [swapped_sop(g.host)], "sop-not-in-file"),
}


def verify(folder: Path, files: list[File]) -> tuple[int, set[str | None]]:
    paths = [folder / f"{number}.evidence" for number in range(len(files))]
    for path, file in zip(paths, files, strict=True):
        path.write_bytes(file if isinstance(file, bytes) else write_evidence(file))
    shown = CliRunner().invoke(app, ["verify", "--json", *map(str, paths)])
    lines = json.loads(shown.stdout)["lines"]
    return shown.exit_code, {one["code"] for one in lines if one["outcome"] == "fails"}


@pytest.mark.parametrize("case", CASES)
def test_is_found_and_named(case: str, given: Given, tmp_path: Path) -> None:
    make, code = CASES[case]
    status, codes = verify(tmp_path, make(given))
    assert status == 1
    assert code in codes


def test_what_nobody_tampered_with_holds(given: Given, tmp_path: Path) -> None:
    for files in ([given.host, given.origin], [given.earlier, given.host, given.growth]):
        assert verify(tmp_path, [*files]) == (0, set())
