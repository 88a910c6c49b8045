"""That a file went over stays proven when the file itself is long gone; what it was stands nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import pytest

from relevo.audit.examination import Examination, examine
from relevo.delivery import evidence_book, file_traces
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.protocol.evidence import Evidence, EvidenceFile, write_evidence
from relevo.protocol.evidence_book import read_book, write_book
from relevo.protocol.evidence_items import BookThread
from relevo.protocol.record import RecordType, read_record
from relevo.protocol.verification import examine_evidence
from relevo.protocol.verification_book import verify_book
from relevo.storage import files
from support.file_story import FileStory, file_story
from support.nodes import HOST_ID, ORIGIN_ID, JoinedNodes, staff
from support.wire_pair import resign

Both: TypeAlias = tuple[Evidence, Evidence]
FILES = frozenset({RecordType.FILE_SENT, RecordType.FILE_RECEIPT_GOT, RecordType.FILE_RECEIPT_MADE})


@pytest.fixture
def brought(nodes: JoinedNodes) -> FileStory:
    """A consent sheet that was attached, sent, brought and receipted."""
    return bring(nodes)


def bring(nodes: JoinedNodes) -> FileStory:
    story = file_story(nodes)
    story.attach(b"%PDF-1.7\n% an invented consent sheet\n%%EOF\n")
    story.send()
    nodes.deliver()
    return story


def both(story: FileStory) -> Both:
    return story.evidence(story.nodes.host), story.evidence(story.nodes.origin)


def together(*files: Evidence) -> Examination:
    return examine([(str(number), [examine_evidence(one)]) for number, one in enumerate(files)])


def told(found: Examination) -> str:
    return " ".join(f"{line.subject}: {line.text}" for line in found.whole.lines)


def codes(found: Examination) -> set[str | None]:
    return {line.code for line in found.whole.failures}


def logged(evidence: Evidence) -> list[str]:
    kinds = (read_record(one.record).type for one in evidence.entries)
    return sorted(kind for kind in kinds if kind in FILES)


def test_both_sides_prove_that_a_file_went_over(nodes_on_each: JoinedNodes) -> None:
    brought = bring(nodes_on_each)
    host, origin = both(brought)
    assert (logged(host), logged(origin)) == (["file-receipt-got", "file-sent"], ["file-receipt-made"])
    found = together(host, origin)
    assert found.whole.ok, found.whole.failures
    assert f"attached file {brought.digest[:12]}: es:retorno brought it to ci:accueil, which found it fit" in told(
        found
    )
    assert "attached files: 1 are the same in both files, with the same receipts." in told(found)
    assert b"consent-sheet" not in write_evidence(host)


def test_it_stays_proven_after_the_file_was_erased(brought: FileStory) -> None:
    before = both(brought)
    brought.withdraw()
    for _ in range(2):
        brought.nodes.deliver()
    after = both(brought)
    assert [one.files for one in before] == [one.files for one in after]
    found = together(*after)
    assert found.whole.ok, found.whole.failures
    assert "found it fit and stored it" in told(found)


def book(node: Node, peer: str) -> list[bytes]:
    with node.read(staff(Role.AUDITOR)) as work:
        return list(evidence_book.export_relation(work, peer))


def test_the_evidence_of_a_relation_has_it_too(brought: FileStory) -> None:
    host, origin = brought.nodes.both
    shown = [verify_book(read_book(book(*one))) for one in ((host, ORIGIN_ID), (origin, HOST_ID))]
    found = examine([(str(number), one) for number, one in enumerate(shown)])
    assert found.whole.ok, found.whole.failures
    assert "1 files went over, and their receivers' receipts hold." in told(found)
    assert "1 file-receipt-got" in told(found)
    items = list(read_book(book(host, ORIGIN_ID)))
    less = [replace(one, files=()) if isinstance(one, BookThread) else one for one in items]
    cut = examine([("cut", verify_book(read_book(list(write_book(less)))))])
    assert codes(cut) == {"log-record-mismatch"}


def refused(story: FileStory, shown: EvidenceFile) -> EvidenceFile:
    """The same file with a receipt that its receiver could have signed, but did not."""
    key = story.nodes.origin.identity.keys.signing
    return replace(shown, receipt=resign(shown.receipt or "", key, disposition="refused", code="file-infected"))


def silenced(evidence: Evidence) -> Evidence:
    """The evidence without any trace of files."""
    entries = tuple(one for one in evidence.entries if read_record(one.record).type not in FILES)
    return replace(evidence, files=(), entries=entries)


def with_file(evidence: Evidence, change: Callable[[EvidenceFile], EvidenceFile]) -> Evidence:
    return replace(evidence, files=tuple(map(change, evidence.files)))


TAMPERED: dict[str, tuple[Callable[[FileStory, Both], Both], str]] = {
    "a file is left out of the list": (lambda _, e: (replace(e[0], files=()), e[1]), "log-record-mismatch"),
    "the receiver leaves it out, and its log entry": (lambda _, e: (e[0], silenced(e[1])), "attachment-missing"),
    "its receipt is replaced": (
        lambda story, e: (with_file(e[0], lambda one: refused(story, one)), e[1]),
        "attachment-receipt-differs",
    ),
    "its receipt is one that is not logged": (
        lambda story, e: (with_file(e[0], lambda one: refused(story, one)), e[1]),
        "log-entry-missing",
    ),
    "its receipt is about another file": (
        lambda _, e: (with_file(e[0], lambda one: replace(one, digest="A" * 43)), e[1]),
        "file-receipt-mismatch",
    ),
    "the receipt of a message stands in its place": (
        lambda _, e: (with_file(e[0], lambda one: replace(one, receipt=e[0].messages[0].receipt)), e[1]),
        "wrong-type",
    ),
}


def test_what_was_tampered_with_is_found_and_named(brought: FileStory) -> None:
    honest = both(brought)
    for name, (change, code) in TAMPERED.items():
        assert code in codes(together(*change(brought, honest))), name


def test_a_file_that_another_referral_announces_again_is_noted_for_it_as_well(brought: FileStory) -> None:
    origin, other = brought.nodes.origin, "5f0c2d8e-6f3b-4c57-9c5a-0d9f1b7e2a35"
    with origin.write() as work:
        entries = files.in_thread(work.session, brought.row(origin))
        for _ in range(2):
            for known in files.expect(work.session, HOST_ID, other, entries, work.at):
                file_traces.received(work, known)
        (shown,) = (one for _, one in file_traces.shown(work.session, HOST_ID, other))
    assert [shown] == list(brought.evidence(origin).files)
