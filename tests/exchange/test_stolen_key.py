"""A signing key was stolen: in `relevo verify`, what is proven older stands, and the rest is listed apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from host_node import referrals
from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.cli import app
from relevo.delivery import evidence_book, publishing
from relevo.domain.access import Role
from relevo.protocol.evidence import Evidence, write_evidence
from relevo.protocol.keyring import Role as KeyRole
from relevo.protocol.record import RecordType, read_record
from support.databases import SqliteDatabases
from support.nodes import AT, ORIGIN_ID, join, staff
from support.story import Story, sample

MINUTES = timedelta(minutes=2)
STOLEN_AT = AT + timedelta(hours=12)


@pytest.fixture(scope="module")
def stolen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The host requested before its key was stolen, changed the journey after that, and said so another day."""
    databases = SqliteDatabases(tmp_path_factory.mktemp("stolen"))
    nodes = join((HOST, ORIGIN), (databases.fresh(HOST), databases.fresh(ORIGIN)))
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    settle(story)
    story.later(days=1)
    story.accept()
    story.host(referrals.change_journey, {"flight": "IB0002"})
    story.later(days=1)
    publishing.rotate(nodes.host, staff(Role.ADMINISTRATOR), KeyRole.SIGNING, compromised_since=STOLEN_AT)
    settle(story)
    yield story
    nodes.close()


def settle(story: Story) -> None:
    """Minutes in which heads are cosigned and statements fetched."""
    for _ in range(3):
        story.nodes.clock.move(MINUTES)
        story.nodes.deliver()


def verify(folder: Path, *files: Evidence | bytes) -> Result:
    paths = [folder / f"{number}.evidence" for number in range(len(files))]
    for path, file in zip(paths, files, strict=True):
        path.write_bytes(file if isinstance(file, bytes) else write_evidence(file))
    return CliRunner().invoke(app, ["verify", "--json", *map(str, paths)])


def of_keys(shown: Result) -> list[tuple[str, str, str | None]]:
    """Of each message under the stolen key its kind, how it came out, and the code."""
    lines: list[dict[str, Any]] = json.loads(shown.stdout)["lines"]
    return [(one["subject"].split()[0], one["outcome"], one["code"]) for one in lines if one["check"] == "key"]


STANDS, APART = ("requested", "holds", None), ("message", "fails", "not-proven-older")


def test_what_has_an_older_receipt_stands_and_the_rest_is_listed_apart(stolen: Story, tmp_path: Path) -> None:
    for node in stolen.nodes.both:
        shown = verify(tmp_path, stolen.evidence(node))
        assert shown.exit_code == 1
        assert of_keys(shown) == [STANDS, APART]
    assert "because it was stolen; the receipt of ci:accueil of 22 November 2026, 09:00 UTC is older" in shown.stdout


def bare(evidence: Evidence) -> Evidence:
    """The file as it would be if the receipts had been lost."""
    receipts = {RecordType.RECEIPT_GOT, RecordType.RECEIPT_MADE}
    entries = tuple(one for one in evidence.entries if read_record(one.record).type not in receipts)
    return replace(evidence, messages=tuple(replace(one, receipt=None) for one in evidence.messages), entries=entries)


def test_what_lies_under_a_head_that_a_witness_saw_before_stands_without_a_receipt(
    stolen: Story, tmp_path: Path
) -> None:
    lost = bare(stolen.evidence(stolen.nodes.host))
    shown = verify(tmp_path, lost)
    assert of_keys(shown) == [STANDS, APART]
    assert "a witness saw the log that holds it on 22 November 2026, 09:02 UTC, so it stands." in shown.stdout
    assert "ci:accueil saw an older head of" in shown.stdout
    assert of_keys(verify(tmp_path, replace(lost, older=()))) == [("requested", *APART[1:]), APART]


def test_an_older_head_that_the_log_does_not_continue_proves_nothing(stolen: Story, tmp_path: Path) -> None:
    lost = bare(stolen.evidence(stolen.nodes.host))
    (older,) = lost.older
    forged = replace(lost, older=(replace(older, proof=(b"\7" * 32, *older.proof[1:])),))
    shown = verify(tmp_path, forged)
    assert "log-consistency-failed" in shown.stdout
    assert of_keys(shown) == [("requested", *APART[1:]), APART]


def test_the_evidence_of_a_relation_says_the_same(stolen: Story, tmp_path: Path) -> None:
    with stolen.nodes.host.read(staff(Role.AUDITOR)) as work:
        book = b"".join(evidence_book.export_relation(work, ORIGIN_ID))
    assert b'{"older":' in book
    shown = verify(tmp_path, book)
    assert shown.exit_code == 1
    assert set(of_keys(shown)) == {STANDS, APART, ("node", *STANDS[1:])}


def test_an_older_head_counts_under_the_witness_key_of_its_time(stolen: Story, tmp_path: Path) -> None:
    publishing.rotate(stolen.nodes.origin, staff(Role.ADMINISTRATOR), KeyRole.WITNESS)
    settle(stolen)
    lost = bare(stolen.evidence(stolen.nodes.host))
    assert of_keys(verify(tmp_path, lost)) == [STANDS, APART]
