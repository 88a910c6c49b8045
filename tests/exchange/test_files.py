"""A consent sheet in PDF goes from the host's counsellor to the origin's worker, and nobody else ever sees it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import repeat

import pytest
from sqlalchemy import func, select

from host_node import cases, consents, corrections, record, referrals
from host_node import files as host_files
from origin_node import assignments, own_part, profile
from relevo.delivery import files, files_courier, files_federation, files_view
from relevo.delivery.courier import Courier
from relevo.delivery.files import FileNotReady, FileSizeUnfit
from relevo.delivery.files_federation import FilePartUnfit, FileQuota, FileUnannounced
from relevo.delivery.node import Node
from relevo.delivery.nonces import NonceSeen
from relevo.delivery.scanner import FileInfected, ScannerUnavailable, scanner
from relevo.delivery.transport import Answer, PeerUnreachable, Transport
from relevo.domain.access import Role
from relevo.domain.access_to_data import NotYours
from relevo.errors import Forbidden, NotFound
from relevo.messages.classes import ClassInvalid
from relevo.protocol import base64url
from relevo.protocol.file_seal import MAX_FILE, sealed_size
from relevo.protocol.file_type import FileTypeRefused
from relevo.protocol.hop import HopRequest, sign_request
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage.files import PART
from relevo.storage.tables_files import FilePartRow, FilePushRow, FileRow, FileUseRow
from relevo.storage.tables_record import AccessRow
from support.file_story import PLAIN, SHEET, FileStory, file_story
from support.nodes import JoinedNodes, MemoryTransport, staff
from support.partners import register, worker

STORED, KEPT = [("stored", None)], [("kept", None)]
CLEAN, INFECTED, BROKEN = ("true",), ("false",), ("sh", "-c", "exit 3")


class Forgetful(MemoryTransport):
    """A network that keeps nothing of what it carried but how many bytes of files went over."""

    brought = 0

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        answer = super().send(method, url, headers, body)
        self.brought += len(body) if method == "PUT" else 0
        self.carried.clear()
        return answer


class Cutting(Transport):
    """A network that breaks off after some requests, before or after the next one has arrived."""

    def __init__(self, whole: Transport, after: int, *, arrives: bool) -> None:
        self._whole, self._left, self._arrives = whole, after, arrives

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        self._left -= 1
        if self._left >= 0 or (self._left == -1 and self._arrives):
            answer = self._whole.send(method, url, headers, body)
        if self._left < 0:
            raise PeerUnreachable
        return answer


@pytest.fixture
def story(nodes: JoinedNodes) -> FileStory:
    """Nothing attached, nothing sent."""
    return file_story(nodes)


@pytest.fixture
def brought(story: FileStory) -> FileStory:
    """The sheet attached, sent, and brought."""
    story.attach()
    story.send()
    return story


def rows(node: Node) -> list[int]:
    """How many files, parts, uses, and pushes a node has."""
    with node.read() as work:
        counted = (select(func.count()).select_from(one) for one in (FileRow, FilePartRow, FileUseRow, FilePushRow))
        return [work.session.scalar(one) or 0 for one in counted]


def with_scanner(story: FileStory, *, host: tuple[str, ...] = (), origin: tuple[str, ...] = ()) -> None:
    """Both nodes again, with other scanners."""
    nodes = story.nodes
    at_host = replace(nodes.host, scan=scanner(host))
    at_origin = replace(nodes.origin, scan=scanner(origin))
    story.nodes = replace(nodes, host=at_host, origin=at_origin)
    for node in story.nodes.both:
        nodes.transport.connect(node)


def part(story: FileStory, number: int, body: bytes, *, digest: str = "") -> HopRequest:
    """A signed request that brings bytes as a part of the sheet."""
    url = f"{story.nodes.origin.identity.endpoint}{files_federation.FILES}{digest or story.digest}/{number}"
    key = story.nodes.host.identity.keys.signing
    headers = sign_request("PUT", url, files_federation.PART_TYPE, body, key=key, at=story.nodes.clock.now())
    return HopRequest(method="PUT", target_uri=url, headers=headers, body=body)


def later(story: FileStory) -> None:
    """Two hours pass, so that every pause is over, and whoever asked too early asks again."""
    for _ in range(2):
        story.nodes.clock.move(timedelta(hours=1))
        story.nodes.deliver()


def announced(story: FileStory) -> list[bytes]:
    """Attach and send the sheet, but bring no byte of it; its sealed parts."""
    story.attach()
    with story.at_host() as work:
        row = referrals.send(work, cases.find(work, story.case))
        story.thread = row.thread
    Courier(story.nodes.host, story.nodes.transport).run_once()
    with story.nodes.host.read() as work:
        held = select(FilePartRow.sealed).order_by(FilePartRow.number)
        return list(work.session.scalars(held))


def test_a_consent_sheet_arrives_is_looked_at_and_read(nodes_on_each: JoinedNodes) -> None:
    story = file_story(nodes_on_each)
    story.attach()
    assert {line.path: line.leaves for line in story.preview().lines}["documents.files"]
    story.send()
    assert (story.states(story.nodes.host), story.states(story.nodes.origin)) == (STORED, KEPT)
    assert story.read(story.nodes.origin) == SHEET
    assert story.read(story.nodes.host) == SHEET
    assert not any(PLAIN in one.body for one in story.nodes.transport.carried)


def test_every_look_at_a_file_is_written_down(brought: FileStory) -> None:
    brought.read(brought.nodes.origin)
    with brought.at_origin() as work:
        (look,) = work.session.scalars(select(AccessRow).where(AccessRow.subject == brought.thread))
        assert look.classes == ["documents"]


def test_files_are_for_those_who_may_see_documents(brought: FileStory) -> None:
    for role in (Role.ADMINISTRATOR, Role.AUDITOR):
        with pytest.raises((Forbidden, NotYours)):
            files_view.read(brought.nodes.origin, staff(role), brought.thread, brought.digest)
    with pytest.raises(NotFound):
        files_view.read(brought.nodes.origin, staff(Role.INTAKE), brought.thread, "A" * 43)


def test_without_consent_for_documents_nothing_of_a_file_leaves(nodes: JoinedNodes) -> None:
    story = file_story(nodes, agreed=False)
    story.attach()
    assert not {line.path: line.leaves for line in story.preview().lines}["documents.files"]
    story.send()
    assert rows(story.nodes.origin) == [0, 0, 0, 0]
    assert rows(story.nodes.host)[3] == 0


@pytest.mark.parametrize("arrives", [False, True], ids=["the request is lost", "the answer is lost"])
@pytest.mark.parametrize("after", range(5))
def test_a_push_goes_on_where_it_broke_off(story: FileStory, after: int, *, arrives: bool) -> None:
    announced(story)
    nodes = story.nodes
    files_courier.run_once(nodes.host, Cutting(nodes.transport, after, arrives=arrives))
    later(story)
    assert story.states(nodes.host) == STORED
    assert story.read(nodes.origin) == SHEET
    assert [one.url[-1] for one in nodes.transport.carried if one.method == "PUT"] == ["0", "1", "2"]


def test_a_part_that_comes_twice_changes_nothing_and_the_receipt_stays_the_same(story: FileStory) -> None:
    first, *rest = announced(story)
    origin = story.nodes.origin
    for _ in range(2):
        files_federation.take_part(origin, part(story, 0, first), story.digest, 0)
    assert rows(origin)[1] == 1
    story.nodes.deliver()
    bodies = {
        files_federation.take_part(origin, part(story, number, sealed), story.digest, number).body
        for number, sealed in enumerate([first, *rest])
    }
    assert len(bodies) == 1
    assert b'"receipt":null' not in bodies.pop()


def test_only_what_was_announced_is_taken_and_no_more(story: FileStory) -> None:
    first, second, *_ = announced(story)
    origin = story.nodes.origin
    other = base64url.digest(b"never announced")
    refused = {
        FileUnannounced: (part(story, 0, first, digest=other), other, 0),
        FilePartUnfit: (part(story, 1, second), story.digest, 1),
    }
    for kind, (request, digest, number) in refused.items():
        with pytest.raises(kind):
            files_federation.take_part(origin, request, digest, number)
    for body in (first[:-1], first + b"\0", b"x"):
        with pytest.raises(FilePartUnfit):
            files_federation.take_part(origin, part(story, 0, body), story.digest, 0)
    assert rows(origin)[1] == 0


def test_the_same_request_is_not_taken_twice(story: FileStory) -> None:
    first, *_ = announced(story)
    request = part(story, 0, first)
    files_federation.take_part(story.nodes.origin, request, story.digest, 0)
    with pytest.raises(NonceSeen):
        files_federation.take_part(story.nodes.origin, request, story.digest, 0)


def test_a_peer_keeps_no_more_than_its_share(story: FileStory) -> None:
    first, *_ = announced(story)
    narrow = replace(story.nodes.origin, file_quota=PART)
    with pytest.raises(FileQuota):
        files_federation.take_part(narrow, part(story, 0, first), story.digest, 0)


def test_bytes_that_are_not_the_announced_ones_are_let_go_and_brought_anew(story: FileStory) -> None:
    parts = announced(story)
    origin = story.nodes.origin
    for number, sealed in enumerate(parts):
        files_federation.take_part(origin, part(story, number, bytes(len(sealed))), story.digest, number)
    with pytest.raises(FileNotReady):
        story.read(origin)
    files.examine(origin)
    assert rows(origin)[1] == 0
    story.nodes.deliver()
    assert story.read(origin) == SHEET


def test_what_the_receivers_scanner_finds_is_told_to_both_and_opened_by_nobody(story: FileStory) -> None:
    with_scanner(story, origin=INFECTED)
    story.attach()
    story.send()
    refused = [("refused", FileInfected.code)]
    assert (story.states(story.nodes.host), story.states(story.nodes.origin)) == (refused, refused)
    with pytest.raises(FileNotReady):
        story.read(story.nodes.origin)
    assert rows(story.nodes.origin)[1] == 0


def test_while_the_scanner_gives_no_answer_nobody_opens_it_and_it_is_asked_again(story: FileStory) -> None:
    with_scanner(story, origin=BROKEN)
    story.attach()
    story.send()
    with pytest.raises(FileNotReady):
        story.read(story.nodes.origin)
    assert story.states(story.nodes.host) == [("waiting", None)]
    with_scanner(story, origin=CLEAN)
    later(story)
    assert story.states(story.nodes.host) == STORED
    assert story.read(story.nodes.origin) == SHEET


LIES: dict[str, tuple[JsonObject, str]] = {
    "a key that does not open it": ({"key": base64url.digest(b"another key")}, "unreadable"),
    "another type than it is": ({"media_type": "image/png"}, "file-type-refused"),
    "a type that is not carried": ({"media_type": "text/html"}, "file-type-refused"),
}


@pytest.mark.parametrize(("lie", "code"), LIES.values(), ids=LIES)
def test_a_peer_that_lies_about_a_file_is_told_and_nobody_opens_it(
    story: FileStory, lie: JsonObject, code: str
) -> None:
    story.attach()
    with story.at_host() as work:
        case = cases.find(work, story.case)
        documents = case.record["documents"]
        assert isinstance(documents, dict)
        listed = documents["files"]
        assert isinstance(listed, list)
        assert isinstance(listed[0], dict)
        case.record = {**case.record, "documents": {"files": [{**listed[0], **lie}]}}
    story.send()
    refused = [("refused", code)]
    assert (story.states(story.nodes.host), story.states(story.nodes.origin)) == (refused, refused)
    with pytest.raises(FileNotReady):
        story.read(story.nodes.origin)


def test_a_peer_cannot_ask_for_or_fill_a_file_that_is_ours(story: FileStory) -> None:
    first, *_ = announced(story)
    host, origin = story.nodes.both
    url = f"{host.identity.endpoint}{files_federation.FILES}{story.digest}/0"
    key = origin.identity.keys.signing
    headers = sign_request("PUT", url, files_federation.PART_TYPE, first, key=key, at=story.nodes.clock.now())
    request = HopRequest(method="PUT", target_uri=url, headers=headers, body=first)
    with pytest.raises(FileUnannounced):
        files_federation.take_part(host, request, story.digest, 0)


NOT_ATTACHED = {
    "the scanner finds something": (INFECTED, SHEET, None, "other", FileInfected),
    "the scanner gives no answer": (BROKEN, SHEET, None, "other", ScannerUnavailable),
    "there is no such scanner": (("/nowhere/scanner",), SHEET, None, "other", ScannerUnavailable),
    "a web page": ((), b"<html></html>", None, "other", FileTypeRefused),
    "an empty file": ((), b"", None, "other", FileSizeUnfit),
    "a file over 50 MB": ((), b"%PDF-", MAX_FILE + 1, "other", FileSizeUnfit),
    "a file that was cut": ((), SHEET[:-20], len(SHEET), "other", FileSizeUnfit),
    "no known kind": ((), SHEET, None, "holiday-picture", ClassInvalid),
}


@pytest.mark.parametrize(("command", "plain", "size", "kind", "refusal"), NOT_ATTACHED.values(), ids=NOT_ATTACHED)
def test_what_is_not_attached_leaves_nothing(
    story: FileStory, command: tuple[str, ...], plain: bytes, size: int | None, kind: str, refusal: type[Exception]
) -> None:
    with_scanner(story, host=command)
    length = len(plain) if size is None else size
    user = staff(Role.COUNSELLOR)
    with pytest.raises(refusal):
        host_files.attach(story.nodes.host, user, story.case, [plain], size=length, kind=kind)
    assert rows(story.nodes.host) == [0, 0, 0, 0]


def test_an_upload_that_broke_off_goes_after_a_day(story: FileStory) -> None:
    def breaking() -> Iterator[bytes]:
        yield SHEET[: 2 * PART]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        files.keep(story.nodes.host, breaking(), len(SHEET))
    assert rows(story.nodes.host)[:2] == [1, 2]
    story.nodes.clock.move(timedelta(hours=25))
    files.sweep(story.nodes.host)
    assert rows(story.nodes.host)[:2] == [0, 0]


def test_after_a_withdrawal_the_origin_has_no_byte_and_the_host_brings_none(brought: FileStory) -> None:
    with brought.at_host() as work:
        (first, *_) = consents.rows_of(work, cases.find(work, brought.case))
        consents.withdraw(work, first.id)
    brought.nodes.deliver()
    assert rows(brought.nodes.origin) == [0, 0, 0, 0]
    assert rows(brought.nodes.host)[3] == 0
    with pytest.raises(NotFound):
        brought.read(brought.nodes.origin)


def test_a_file_of_a_withdrawn_referral_never_leaves(story: FileStory) -> None:
    announced(story)
    with story.at_host() as work:
        (first, *_) = consents.rows_of(work, cases.find(work, story.case))
        consents.withdraw(work, first.id)
    files_courier.run_once(story.nodes.host, story.nodes.transport)
    story.nodes.deliver()
    assert not [one for one in story.nodes.transport.carried if files_federation.FILES in one.url]


def test_a_part_that_comes_after_the_erasure_leaves_nothing(story: FileStory) -> None:
    first, *_ = announced(story)
    with story.at_host() as work:
        (given, *_) = consents.rows_of(work, cases.find(work, story.case))
        consents.withdraw(work, given.id)
    late = part(story, 0, first)
    story.nodes.deliver()
    with pytest.raises(FileUnannounced):
        files_federation.take_part(story.nodes.origin, late, story.digest, 0)
    assert rows(story.nodes.origin) == [0, 0, 0, 0]


def test_the_largest_file_goes_the_whole_way_in_little_memory(story: FileStory) -> None:
    size = 50 * 1_000_000
    head, tail = b"%PDF-1.7\n", b"%%EOF"
    pieces = [head, *repeat(bytes(99_991), (size - 14) // 99_991), bytes((size - 14) % 99_991), tail]
    host, origin = story.nodes.both
    network = Forgetful(nodes=story.nodes.transport.nodes)
    story.nodes = replace(story.nodes, transport=network)
    tracemalloc.start()
    story.digest = host_files.attach(host, staff(Role.COUNSELLOR), story.case, pieces, size=size, kind="medical-report")
    story.send()
    found = files_view.read(origin, staff(Role.INTAKE), story.thread, story.digest)
    assert sum(map(len, found.pieces)) == size
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert network.brought == sealed_size(size)
    assert peak < 20_000_000


def test_the_key_of_a_file_is_shown_to_nobody_and_kept_by_a_correction(brought: FileStory) -> None:
    with brought.nodes.host.write(staff(Role.COUNSELLOR)) as work:
        kept = cases.find(work, brought.case).record["documents"]
        at_host = [one.fields for one in record.case(work, brought.case).now if one.data_class == "documents"]
        corrections.correct_case(work, cases.find(work, brought.case), "documents", at_host[0], "as it was shown")
        corrected = cases.find(work, brought.case).record["documents"]
    with brought.nodes.origin.write(staff(Role.INTAKE)) as work:
        stated = profile.read(work, brought.thread).stated
        at_origin = [one.fields for one in stated if one.data_class == "documents"]
    names = {name for fields in (*at_host, *at_origin) for file in listed(fields) for name in file}
    assert names == {"kind", "title", "media_type", "size", "digest"}
    assert "key" in str(kept)
    assert corrected == kept


def test_an_organisation_opens_the_file_that_its_part_names_and_nobody_elses(brought: FileStory) -> None:
    origin, theirs, others = brought.nodes.origin, "ci:accueil/education-desk", "ci:accueil/housing-desk"
    register(origin)
    brought.accept()
    for service, organisation in (("skills-recognition", theirs), ("housing", others)):
        brought.origin(assignments.assign, service, organisation)
        with origin.write(worker(organisation)) as work:
            assignments.answer(work, brought.thread, service, accept=True)
    with origin.write(worker(theirs)) as work:
        (part,) = own_part.read(work, brought.thread)
    assert [file.keys() & {"digest", "key"} for file in listed(part.classes["documents"])] == [{"digest"}]
    assert b"".join(own_part.open_file(origin, worker(theirs), brought.thread, brought.digest).pieces) == SHEET
    with pytest.raises(NotFound):
        own_part.open_file(origin, worker(others), brought.thread, brought.digest)


def listed(fields: Mapping[str, JsonValue]) -> list[JsonObject]:
    files_of = fields["files"]
    assert isinstance(files_of, list)
    return [one for one in files_of if isinstance(one, dict)]
