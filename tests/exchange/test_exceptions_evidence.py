"""Evidence of a referral without consent (note 38): who reviewed it, who attests the danger, and who may see that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest

from host_node import cases, exceptions
from host_node.service import SERVICE as HOST
from origin_node import erasure
from origin_node.service import SERVICE as ORIGIN
from relevo.audit.examination import Examination, examine
from relevo.delivery import evidence_basis, evidence_book
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.domain.exception import Decision
from relevo.messages.classes import terms_from_record
from relevo.messages.exception import exception_from_record, exception_record
from relevo.protocol.evidence_book import read_book, write_book
from relevo.protocol.evidence_items import BookBasis, BookItem, BookThread
from relevo.protocol.verification import Examined
from relevo.protocol.verification_book import verify_book
from support.databases import SqliteDatabases
from support.nodes import ORIGIN_ID, JoinedNodes, join, staff
from support.story import Story, sample


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Case 04, where a professional attests the danger; nothing here changes it."""
    databases = SqliteDatabases(tmp_path_factory.mktemp("left"))
    nodes = join((HOST, ORIGIN), (databases.fresh(HOST), databases.fresh(ORIGIN)))
    yield emergency(nodes)
    nodes.close()


def emergency(nodes: JoinedNodes) -> Story:
    """Raised, reviewed, sent and receipted."""
    story = Story(nodes=nodes)
    story.take_in(sample("04"), consented=False)
    with story.at_host() as work:
        case = cases.find(work, story.case)
        raised = exceptions.raise_exception(work, case, exceptions.draft(case), on_duty=True).id
    with nodes.host.write(staff(Role.COORDINATOR, "sample-second")) as work:
        exceptions.review(work, raised, Decision.APPROVED)
    with story.at_host() as work:
        story.thread = exceptions.send(work, raised).thread
    for _ in range(2):
        nodes.deliver()
    return story


def content(story: Story, node: Node, role: Role) -> list[BookItem]:
    with node.write(staff(role)) as work:
        raw = evidence_book.export_content(work, story.thread)
    return list(read_book(raw.splitlines(keepends=True)))


def bases(items: Sequence[BookItem]) -> list[BookBasis]:
    return [basis for one in items if isinstance(one, BookThread) for basis in one.basis]


def with_basis(items: Sequence[BookItem], *found: BookBasis) -> list[BookItem]:
    return [replace(one, basis=found) if isinstance(one, BookThread) else one for one in items]


def examined(items: Sequence[BookItem]) -> tuple[Examined, ...]:
    return verify_book(read_book(list(write_book(items))))


def told(found: Examination) -> str:
    return " ".join(line.text for line in found.whole.lines)


def codes(found: Examination) -> set[str | None]:
    return {line.code for line in found.whole.lines if line.code}


def unattested(record: bytes) -> bytes:
    return exception_record(replace(exception_from_record(record), attestation=None))


def test_those_who_raise_exceptions_show_who_attests_the_danger(left: Story) -> None:
    items = content(left, left.nodes.host, Role.COUNSELLOR)
    (shown,) = bases(items)
    assert exception_from_record(shown.record).attestation is not None
    found = examine([("content", examined(items))])
    assert found.whole.ok, found.whole.failures
    assert "the exception shown here is the one that" in told(found)
    assert "a professional attests the danger (suicide-risk), with name, registration and date." in told(found)


READERS: dict[str, tuple[Role, set[str], int]] = {
    "who raises exceptions": (Role.COUNSELLOR, {"consent"}, 1),
    "who may consult the risk": (Role.INTAKE, {"consent", "mental-health-risk"}, 1),
    "who may not": (Role.INTAKE, {"consent", "needs"}, 0),
    "who may not even see a consent": (Role.COUNSELLOR, {"mental-health-risk"}, 0),
}


def test_why_it_left_is_shown_to_those_who_may_know(left: Story) -> None:
    for name, (role, readable, count) in READERS.items():
        with left.nodes.host.read(staff(role)) as work:
            row = left.row(left.nodes.host)
            assert len(list(evidence_basis.shown(work, row, readable))) == count, name


def test_content_without_the_reason_says_that_it_is_sealed(left: Story) -> None:
    items = with_basis(content(left, left.nodes.host, Role.COUNSELLOR))
    assert "why it left without consent is sealed" in told(examine([("content", examined(items))]))


def test_evidence_without_content_says_whom_to_ask(left: Story) -> None:
    with left.nodes.host.read(staff(Role.AUDITOR)) as work:
        found = examine([("all", verify_book(read_book(list(evidence_book.export_node(work)))))])
    assert "Who leads the case at es:retorno can show it (evidence --with-content)." in told(found)
    assert codes(found) == set()


def test_a_record_that_no_message_names_is_found(left: Story) -> None:
    items = content(left, left.nodes.host, Role.COUNSELLOR)
    (shown,) = bases(items)
    forged = replace(shown, record=unattested(shown.record))
    found = examine([("content", examined(with_basis(items, forged)))])
    assert codes(found) == {"basis-not-named"}


def test_a_referral_for_which_nobody_attests_what_has_to_be_attested_is_named(left: Story) -> None:
    host = examined(content(left, left.nodes.host, Role.COUNSELLOR))
    agreed = [
        one if one.account is None else replace(one, account=replace(one.account, bases=_unattested(one.account.bases)))
        for one in host
    ]
    found = examine([("of two nodes that both looked away", agreed)])
    assert codes(found) == {"exception-unattested"}
    assert "which a mental-health professional has to attest, and none did." in told(found)


def _unattested(shown: Mapping[str, bytes]) -> Mapping[str, bytes]:
    return {claim: unattested(record) for claim, record in shown.items()}


def test_after_erasure_nobody_sees_it_any_more(nodes: JoinedNodes) -> None:
    left = emergency(nodes)
    left.origin(erasure.withdraw_consent)
    left.nodes.deliver()
    assert bases(content(left, left.nodes.host, Role.COUNSELLOR)) == []


def test_the_consent_behind_a_referral_is_shown_with_its_content(nodes: JoinedNodes) -> None:
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    nodes.deliver()
    for node, role in ((nodes.host, Role.COUNSELLOR), (nodes.origin, Role.INTAKE)):
        items = content(story, node, role)
        (shown,) = bases(items)
        assert terms_from_record(shown.record).receiver == ORIGIN_ID
        found = examine([("content", examined(items))])
        assert found.whole.ok, found.whole.failures
        assert "the consent shown here is the one that" in told(found)
