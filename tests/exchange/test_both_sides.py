"""Evidence of both sides together: what agrees, what was kept, and every tampering found and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

import pytest

from host_node import cases, exceptions
from host_node.service import SERVICE as HOST
from origin_node import erasure, first_contact, journey
from origin_node.service import SERVICE as ORIGIN
from relevo.audit.examination import Examination, examine
from relevo.delivery import evidence_book
from relevo.delivery.evidence_book import Period
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.domain.exception import Decision
from relevo.errors import BadInput, Forbidden
from relevo.protocol import base64url, strict_json
from relevo.protocol.checkpoint import sign_checkpoint
from relevo.protocol.evidence import Direction, Evidence
from relevo.protocol.evidence_book import read_book, write_book
from relevo.protocol.evidence_items import BookEntry, BookItem, BookThread
from relevo.protocol.record import RecordType, read_record
from relevo.protocol.strict_json import JsonObject
from relevo.protocol.verification import examine_evidence
from relevo.protocol.verification_book import verify_book
from support.databases import SqliteDatabases
from support.nodes import AT, HOST_ID, ORIGIN_ID, JoinedNodes, join, staff
from support.story import ARRIVED_AT, Story, sample
from support.wire_pair import payload_of as payload
from support.wire_pair import resign

Both: TypeAlias = tuple[Evidence, Evidence]


def codes(found: Examination) -> set[str | None]:
    return {line.code for line in found.whole.lines if line.code}


def told(found: Examination) -> str:
    return "\n".join(f"{line.outcome} {line.text}" for line in found.whole.lines)


def together(*files: Evidence) -> Examination:
    return examine([(f"{number}.evidence", [examine_evidence(one)]) for number, one in enumerate(files)])


def book_of(node: Node, peer: str, period: Period | None = None) -> list[BookItem]:
    with node.read(staff(Role.AUDITOR)) as work:
        return list(read_book(list(evidence_book.export_relation(work, peer, period))))


def books(*files: list[BookItem]) -> Examination:
    again = [list(read_book(list(write_book(one)))) for one in files]
    return examine([(f"{number}.evidence", verify_book(one)) for number, one in enumerate(again)])


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Case 01 from the first message to the close a year later; nothing here changes it."""
    databases = SqliteDatabases(tmp_path_factory.mktemp("closed"))
    nodes = join((HOST, ORIGIN), (databases.fresh(HOST), databases.fresh(ORIGIN)))
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    story.to_close()
    nodes.clock.move(timedelta(minutes=2))
    nodes.deliver()
    nodes.clock.move(timedelta(minutes=2))
    nodes.deliver()
    yield story
    nodes.close()


@pytest.fixture(scope="module")
def both(closed: Story) -> Both:
    return closed.evidence(closed.nodes.host), closed.evidence(closed.nodes.origin)


def test_both_sides_agree_and_every_clock_was_kept(both: Both) -> None:
    found = together(*both)
    assert found.whole.ok, found.whole.failures
    assert not found.whole.not_kept
    assert "29 are the same in both files, with the same receipts." in told(found)
    assert "its 10 due times are those that the SOP gives." in told(found)
    assert "was due from ci:accueil by 4 December 2026, 17:00 UTC, and came on 23 November" in told(found)
    assert "the follow-up after 12 months was due" in told(found)


def without(evidence: Evidence, number: int) -> Evidence:
    """The file with a message taken out, and its log entries as well."""
    gone = evidence.messages[number]
    jti = strict_json.load(base64url.decode(gone.manifest.split(".")[1]))["jti"]
    entries = tuple(one for one in evidence.entries if read_record(one.record).fields.get("jti") != jti)
    return replace(evidence, messages=tuple(one for one in evidence.messages if one != gone), entries=entries)


def test_a_removed_message_is_found_in_the_file_of_the_other_side(both: Both) -> None:
    for host, origin in (
        (without(both[0], 0), both[1]),
        (both[0], without(both[1], 0)),
        (both[0], without(both[1], 9)),
    ):
        assert examine_evidence(host).report.ok
        assert examine_evidence(origin).report.ok
        assert "message-missing" in codes(together(host, origin))


def test_a_replaced_receipt_is_found_in_the_file_of_the_other_side(closed: Story, both: Both) -> None:
    host, origin = both
    number = next(n for n, one in enumerate(host.messages) if one.direction is Direction.SENT)
    shown = host.messages[number]
    key = closed.nodes.origin.identity.keys.signing
    other = resign(shown.receipt or "", key, received_at=int(str(payload(shown.receipt or "")["received_at"])) + 60)
    changed = (*host.messages[:number], replace(shown, receipt=other), *host.messages[number + 1 :])
    assert "receipt-differs" in codes(together(replace(host, messages=changed), origin))


def silenced(evidence: Evidence, kind: RecordType) -> Evidence:
    """The file without its log records of that type."""
    return replace(evidence, entries=tuple(e for e in evidence.entries if read_record(e.record).type is not kind))


def due_of(receipt: str) -> list[JsonObject]:
    due = payload(receipt)["due"]
    assert isinstance(due, list)
    return [one for one in due if isinstance(one, dict)]


def test_a_due_time_that_the_sop_does_not_give_is_named(closed: Story, both: Both) -> None:
    host, origin = both
    key = closed.nodes.origin.identity.keys.signing
    shown = host.messages[0]
    (due,) = [one for one in due_of(shown.receipt or "") if one["duty"] == "answer"]
    late = replace(shown, receipt=resign(shown.receipt or "", key, due=[{**due, "at": int(str(due["at"])) + 3600}]))
    found = together(replace(host, messages=(late, *host.messages[1:])))
    assert "due-not-by-sop" in codes(found)
    assert "due-not-by-sop" not in codes(together(host, origin))


def test_files_of_two_referrals_have_nothing_to_say_of_each_other(both: Both) -> None:
    other = replace(both[1], messages=(), entries=())
    assert "not-the-same-relation" in codes(together(both[0], other))


def test_two_histories_for_two_auditors(closed: Story, both: Both) -> None:
    host = both[0]
    size = int(host.checkpoint.split("\n")[1])
    key = closed.nodes.host.identity.keys.log
    forked = replace(host, checkpoint=sign_checkpoint(f"{HOST_ID}/log", size, b"\7" * 32, key))
    assert "two-histories" in codes(together(host, forked))
    same = together(host, host)
    assert same.whole.ok
    assert "both files show the same head of its log" in told(same)


def test_a_log_that_was_rolled_back(closed: Story, both: Both) -> None:
    host, key = both[0], closed.nodes.host.identity.keys.log
    short = sign_checkpoint(f"{HOST_ID}/log", 3, b"\7" * 32, key)
    later = replace(host, checkpoint=short, made_at=host.made_at + timedelta(days=1))
    assert "log-rolled-back" in codes(together(host, later))


def test_a_whole_relation_verifies_and_its_streams_have_no_gap(closed: Story) -> None:
    host, origin = closed.nodes.both
    found = books(book_of(host, ORIGIN_ID), book_of(origin, HOST_ID))
    assert found.whole.ok, found.whole.failures
    assert "messages" in told(found)
    assert "without a gap: none was taken out between them." in told(found)
    assert "ci:accueil saw this head" in told(found)


def test_a_relation_is_exported_alike_on_both_databases(nodes_on_each: JoinedNodes) -> None:
    story = Story(nodes=nodes_on_each)
    story.take_in(sample("01"))
    story.send()
    story.accept()
    nodes_on_each.deliver()
    found = books(book_of(nodes_on_each.host, ORIGIN_ID), book_of(nodes_on_each.origin, HOST_ID))
    assert found.whole.ok, found.whole.failures
    assert "without a gap" in told(found)


def test_the_same_node_gives_the_same_bytes(closed: Story) -> None:
    with closed.nodes.host.read(staff(Role.AUDITOR)) as work:
        one, other = (b"".join(evidence_book.export_node(work)) for _ in range(2))
    assert one == other
    assert verify_book(read_book(one.splitlines(keepends=True)))


def test_a_period_is_a_stretch_of_each_stream(closed: Story) -> None:
    period = Period(since=AT + timedelta(hours=1), until=AT + timedelta(days=60))
    whole, part = book_of(closed.nodes.origin, HOST_ID), book_of(closed.nodes.origin, HOST_ID, period)
    count = [sum(len(one.messages) for one in book if isinstance(one, BookThread)) for book in (whole, part)]
    assert 0 < count[1] < count[0]
    found = books(part)
    assert found.whole.ok, found.whole.failures
    with pytest.raises(BadInput):
        Period(since=AT, until=AT)


Lines: TypeAlias = list[BookItem]


def _fewer(book: Lines, message: int) -> Lines:
    threads = [one for one in book if isinstance(one, BookThread)]
    shown = max(threads, key=lambda one: len(one.messages))
    less = replace(shown, messages=(*shown.messages[:message], *shown.messages[message + 1 :]))
    return [less if one is shown else one for one in book]


def _hide(book: Lines, kind: RecordType) -> Lines:
    """A record of that kind changed in its place."""
    found = next(one for one in book if isinstance(one, BookEntry) and read_record(one.record).type is kind)
    return [replace(found, salt=b"\0" * 16) if one is found else one for one in book]


TAMPERED: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "a removed message leaves a number that nobody has": (lambda book: _fewer(book, 2), "stream-gap"),
    "a removed message stands in the log": (lambda book: _fewer(book, 2), "log-record-mismatch"),
    "a log entry of another leaf": (lambda book: _hide(book, RecordType.MESSAGE_SENT), "log-proof-failed"),
    "a leaf that was left out": (
        lambda book: [one for number, one in enumerate(book) if number != len(book) - 3],
        "log-proof-failed",
    ),
}


@pytest.mark.parametrize(("change", "code"), TAMPERED.values(), ids=TAMPERED)
def test_in_a_relation_is_found(change: Callable[[Lines], Lines], code: str, closed: Story) -> None:
    assert code in codes(books(change(book_of(closed.nodes.origin, HOST_ID))))


def test_content_is_shown_to_those_who_may_as_the_signed_one_and_the_look_is_recorded(closed: Story) -> None:
    origin = closed.nodes.origin
    with pytest.raises(Forbidden), origin.write(staff(Role.AUDITOR)) as work:
        evidence_book.export_content(work, closed.thread)
    with origin.write(staff(Role.INTAKE)) as work:
        raw = evidence_book.export_content(work, closed.thread)
    closed.nodes.deliver()
    assert raw.count(b"This line holds personal data.") == 1
    found = books(list(read_book(raw.splitlines(keepends=True))))
    assert found.whole.ok, found.whole.failures
    assert "IT HOLDS PERSONAL DATA." in told(found)
    assert "what is disclosed is what the sender signed" in told(found)
    assert "the first contact was due from ci:accueil by 16 December 2026, 17:00 UTC, and came on" in told(found)
    assert {line.code for line in found.whole.not_kept} == {"deadline-missed"}  # nobody agreed a plan
    changed = list(read_book(raw.splitlines(keepends=True)))
    (shown,) = [one for one in changed if isinstance(one, BookThread)]
    first, *rest = shown.messages
    forged = base64url.encode(strict_json.dump(["AAAAAAAAAAAAAAAAAAAAAA", "needs", "forged"]))
    more = replace(shown, messages=(replace(first, disclosures=(*(first.disclosures or ()), forged)), *rest))
    assert "bad-disclosure" in codes(books([more if one is shown else one for one in changed]))


def test_what_was_late_and_what_never_came_is_named(sent: Story) -> None:
    sent.later(days=40)
    sent.nodes.deliver()
    found = together(*(sent.evidence(node) for node in sent.nodes.both))
    assert found.whole.ok
    assert codes(found) == {"unanswered", "deadline-missed"}
    assert "word of the arrival was due from ci:accueil by 15 December 2026, 19:35 UTC, and never came." in told(found)
    assert "whether a person at ci:accueil has seen it; nobody acknowledged it." in told(found)
    sent.accept()
    sent.nodes.clock.move_to(ARRIVED_AT + timedelta(days=30))
    sent.nodes.deliver()
    sent.origin(journey.confirm_arrival, sent.nodes.clock.now() - timedelta(hours=1))
    sent.later(days=20)
    sent.origin(first_contact.record, at=sent.nodes.clock.now(), channel="phone", outcome="reached")
    sent.later(days=60)
    sent.nodes.deliver()
    found = together(*(sent.evidence(node) for node in sent.nodes.both))
    assert codes(found) == {"deadline-late", "deadline-missed"}
    assert "days late" in told(found)
    assert "the follow-up after 1 month was due" in told(found)


def test_erasure_is_proven_and_everything_else_still_verifies(sent: Story) -> None:
    before = {node.identity.node_id: sent.evidence(node).messages[0] for node in sent.nodes.both}
    sent.origin(erasure.withdraw_consent)
    sent.nodes.deliver()
    sent.nodes.deliver()
    files = [sent.evidence(node) for node in sent.nodes.both]
    found = together(*files)
    assert found.whole.ok, found.whole.failures
    assert not found.whole.not_kept
    assert all(before[one.node] in one.messages for one in files)
    for node in (HOST_ID, ORIGIN_ID):
        assert f"{node} erased everything but the evidence on" in told(found)
    assert "that it erased, and es:retorno receipted that." in told(found)
    whole = books(book_of(sent.nodes.host, ORIGIN_ID), book_of(sent.nodes.origin, HOST_ID))
    assert whole.whole.ok, whole.whole.failures
    with sent.at_origin() as work:
        bare = evidence_book.export_content(work, sent.thread)
    assert b'"given_names"' not in bare
    assert books(list(read_book(bare.splitlines(keepends=True)))).whole.ok


def test_a_withdrawal_after_which_nobody_shows_an_erasure(sent: Story) -> None:
    sent.withdraw()
    sent.nodes.deliver()
    host = sent.evidence(sent.nodes.host)
    silent = replace(
        host, entries=tuple(e for e in host.entries if read_record(e.record).type is not RecordType.ERASURE)
    )
    kinds = ("erased",)
    kept = tuple(one for one in silent.messages if payload(one.manifest)["kind"] not in kinds)
    assert "not-erased" in codes(together(replace(silent, messages=kept)))


def test_a_referral_without_consent_names_who_answers_for_it(story: Story) -> None:
    emergency = Story(nodes=story.nodes)
    emergency.take_in(sample("04"), consented=False)
    with emergency.at_host() as work:
        case = cases.find(work, emergency.case)
        raised = exceptions.raise_exception(work, case, exceptions.draft(case), on_duty=True).id
    with story.nodes.host.write(staff(Role.COORDINATOR, "sample-second")) as work:
        exceptions.review(work, raised, Decision.APPROVED)
    with emergency.at_host() as work:
        emergency.thread = exceptions.send(work, raised).thread
    story.nodes.deliver()
    story.nodes.deliver()
    files = [emergency.evidence(node) for node in story.nodes.both]
    assert "a second person reviewed the exception, and that is logged." in told(together(*files))
    assert "Ask es:retorno for its file" in told(together(files[1]))
    silent = silenced(files[0], RecordType.EXCEPTION)
    assert "exception-unlogged" in codes(together(silent, files[1]))
