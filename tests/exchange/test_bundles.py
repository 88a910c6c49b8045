"""The post goes as a file while there is no network; whatever is mixed or repeated has one effect."""

from __future__ import annotations

from io import BytesIO

import pytest

from host_node import cases, consents
from relevo.delivery import bundles
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.errors import Forbidden, RelevoError
from relevo.protocol import strict_json
from relevo.protocol.bundle import BundleBroken
from support.nodes import ORIGIN_ID, JoinedNodes, staff
from support.story import Story, sample
from support.traces import count_of

ADMIN = staff(Role.ADMINISTRATOR)


def exported(story: Story) -> BytesIO:
    host, file = story.nodes.host, BytesIO()
    bundles.export_post(host, ORIGIN_ID, file, ADMIN)
    return file


def imported(node: Node, file: BytesIO) -> BytesIO:
    answers = BytesIO()
    bundles.import_post(node, file, answers, ADMIN)
    return answers


def results(answers: BytesIO) -> list[bytes]:
    return answers.getvalue().splitlines()[1:]


@pytest.fixture
def written(story: Story) -> Story:
    """A referral that waits to leave."""
    story.send(deliver=False)
    return story


@pytest.fixture
def written_on_each(nodes_on_each: JoinedNodes) -> Story:
    """The same, once on SQLite and once on PostgreSQL."""
    story = Story(nodes=nodes_on_each)
    story.take_in(sample("01"))
    story.send(deliver=False)
    return story


def test_a_message_that_went_by_file_is_receipted_as_if_by_network(written_on_each: Story) -> None:
    written = written_on_each
    answers = imported(written.nodes.origin, exported(written))
    assert written.deliveries(written.nodes.host) == {"requested": "queued"}
    assert bundles.import_results(written.nodes.host, answers, ADMIN) == (ORIGIN_ID, 1)
    assert written.deliveries(written.nodes.host) == {"requested": "stored"}
    assert written.row(written.nodes.origin).status == "requested"


def test_the_network_comes_between_export_and_import_and_nothing_happens_twice(written: Story) -> None:
    file = exported(written)
    written.nodes.deliver()
    assert written.deliveries(written.nodes.host) == {"requested": "stored"}
    answers = imported(written.nodes.origin, file)
    (entry,) = written.timeline(written.nodes.host)
    assert strict_json.load(results(answers)[0])["receipt"] == entry.receipt
    assert bundles.import_results(written.nodes.host, answers, ADMIN) == (ORIGIN_ID, 0)
    assert [one.step for one in written.timeline(written.nodes.origin)] == ["requested"]


def test_a_file_that_is_imported_twice_gets_the_same_receipts(written: Story) -> None:
    file = exported(written)
    assert results(imported(written.nodes.origin, file)) == results(imported(written.nodes.origin, file))


def test_a_file_does_not_begin_a_referral_that_was_withdrawn_before_it_came(written: Story) -> None:
    file = exported(written)
    with written.at_host() as work:
        (row,) = consents.rows_of(work, cases.find(work, written.case))
        consents.withdraw(work, row.id)
    written.nodes.deliver()
    assert written.deliveries(written.nodes.host) == {"requested": "held", "withdrawn": "refused"}
    answers = imported(written.nodes.origin, file)
    assert count_of(written.nodes.origin)["referral"] == 0
    assert bundles.import_results(written.nodes.host, answers, ADMIN) == (ORIGIN_ID, 1)
    assert {entry.problem for entry in written.timeline(written.nodes.host)} == {"begun-too-late", "thread-unknown"}


def test_the_receipt_of_what_was_held_back_after_it_went_by_file_is_kept(written: Story) -> None:
    answers = imported(written.nodes.origin, exported(written))
    with written.at_host() as work:
        (row,) = consents.rows_of(work, cases.find(work, written.case))
        consents.withdraw(work, row.id)
    assert written.deliveries(written.nodes.host) == {"requested": "held", "withdrawn": "queued"}
    assert bundles.import_results(written.nodes.host, answers, ADMIN) == (ORIGIN_ID, 1)
    written.nodes.deliver()
    assert written.deliveries(written.nodes.host) == {"requested": "stored", "withdrawn": "stored", "erased": "stored"}


def _with(content: bytes, number: int, line: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    lines[number] = line
    return b"".join(lines)


BROKEN = {
    "truncated": (lambda content: content[:-40], "bundle-broken"),
    "without its last line": (lambda content: content.splitlines(keepends=True)[0], "bundle-broken"),
    "with a line changed": (lambda content: _with(content, 1, b"{}\n"), "bundle-broken"),
    "with a line too many": (lambda content: content + b"{}\n", "bundle-broken"),
    "empty": (lambda _content: b"", "malformed-jws"),
    "not text": (lambda content: b"\xff" + content, "bundle-broken"),
}


@pytest.mark.parametrize(("change", "code"), BROKEN.values(), ids=BROKEN)
def test_of_a_file_that_is_not_whole_nothing_is_used(written: Story, change: object, code: str) -> None:
    assert callable(change)
    with pytest.raises(RelevoError) as refused:
        imported(written.nodes.origin, BytesIO(change(exported(written).getvalue())))
    assert refused.value.code == code
    with written.nodes.origin.read() as work:
        assert written.nodes.origin.referrals(work) == []


def test_a_file_for_another_node_and_answers_in_place_of_post_are_refused(written: Story) -> None:
    file = exported(written)
    with pytest.raises(RelevoError) as refused:
        imported(written.nodes.host, file)
    assert refused.value.code == "key-unknown"
    with pytest.raises(BundleBroken):
        bundles.import_results(written.nodes.origin, file, ADMIN)


def test_only_an_administrator_carries_files(written: Story) -> None:
    file, counsellor = exported(written), staff(Role.COUNSELLOR)
    with pytest.raises(Forbidden):
        bundles.import_post(written.nodes.origin, file, BytesIO(), staff(Role.INTAKE))
    host = written.nodes.host
    with pytest.raises(Forbidden):
        bundles.export_post(host, ORIGIN_ID, BytesIO(), counsellor)
