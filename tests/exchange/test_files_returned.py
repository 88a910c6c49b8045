"""A certificate goes from the origin's intake to the host's counsellor, as far as procedure and person let it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from host_node import cases, consent_changes, consents, record
from host_node import referrals as host_referrals
from origin_node import reports
from origin_node.files import STEP, DocumentsStay
from relevo.delivery import files_federation
from relevo.delivery.courier import Courier
from relevo.delivery.files import NOTHING_YET, FileSizeUnfit
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.domain.access_to_data import NotYours
from relevo.domain.consent import Account, Withholding
from relevo.domain.referral import IllegalStep
from relevo.errors import Forbidden, NotFound
from relevo.messages.classes import ClassInvalid
from relevo.protocol.basis import Basis
from relevo.runtime import Service
from relevo.storage.tables_files import FilePartRow, FilePushRow, FileRow, FileUseRow
from support.databases import Databases, SqliteDatabases
from support.file_story import PLAIN, SHEET, SMALL, FileStory, file_story, returning_pair
from support.hand_made import Hand, step
from support.nodes import HOST_ID, JoinedNodes

NOTHING_LEFT = [0, 0, 0, 0]


def accepted_story(services: tuple[Service, Service], databases: Databases) -> FileStory:
    """Case 01 under a procedure that lets documents come back, sent and accepted."""
    story = file_story(returning_pair(services, databases))
    story.send()
    story.accept()
    return story


@pytest.fixture
def story(services: tuple[Service, Service], sqlite_databases: SqliteDatabases) -> Iterator[FileStory]:
    """Accepted; nothing attached."""
    begun = accepted_story(services, sqlite_databases)
    yield begun
    begun.nodes.close()


def rows(node: Node) -> list[int]:
    """How many files, parts, uses, and pushes a node has."""
    with node.read() as work:
        counted = (select(func.count()).select_from(one) for one in (FileRow, FilePartRow, FileUseRow, FilePushRow))
        return [work.session.scalar(one) or 0 for one in counted]


def change(story: FileStory, verb: Callable[..., object], **terms: object) -> None:
    """The person changes the consent at the host; nothing is delivered yet."""
    account = Account(language="fr", taken_on=story.nodes.clock.now().date())
    with story.at_host() as work:
        newest = consents.rows_of(work, cases.find(work, story.case))[-1]
        verb(work, newest.id, account, **terms)


def withhold_documents(story: FileStory) -> None:
    change(story, consent_changes.narrow, withhold=[Withholding(what="documents", from_whom=HOST_ID)])


def let_nothing_return(story: FileStory) -> None:
    change(story, consent_changes.let_nothing_return)


def take_back_documents(story: FileStory) -> None:
    change(story, consent_changes.narrow, without=["documents"])


def announce_only(story: FileStory) -> None:
    """Attach a certificate and have its message receipted, but bring no byte of it."""
    story.attach_at_origin()
    assert Courier(story.nodes.origin, story.nodes.transport).run_once() == 1


def files_carried(story: FileStory) -> list[str]:
    return [one.url for one in story.nodes.transport.carried if files_federation.FILES in one.url]


def test_a_certificate_comes_back_is_looked_at_and_read(
    services: tuple[Service, Service], databases: Databases
) -> None:
    story = accepted_story(services, databases)
    story.attach_at_origin(SHEET)
    story.nodes.deliver()
    assert story.states(story.nodes.origin) == [("stored", None)]
    assert story.states(story.nodes.host) == [("kept", None)]
    assert story.read(story.nodes.host) == SHEET
    assert story.read(story.nodes.origin) == SHEET
    assert not any(PLAIN in one.body for one in story.nodes.transport.carried)
    with story.at_host() as work:
        shown = [dict(one.fields) for one in record.returned(work, story.thread)]
    with story.at_origin() as work:
        shown += [dict(one.fields) for one in reports.show(work, story.thread)]
    assert len(shown) == 2
    assert all(story.digest in str(one) and "'key'" not in str(one) for one in shown)
    story.nodes.close()


STAYS: dict[str, tuple[Callable[[FileStory], None], str]] = {
    "the person lets nothing return": (let_nothing_return, "no-return"),
    "the person withholds documents from the host": (withhold_documents, "excess-data"),
    "the person takes documents back": (take_back_documents, "class-taken-back"),
}


def test_a_host_does_not_take_a_file_that_may_not_return(nodes: JoinedNodes) -> None:
    """Whatever the origin decided: the host asks its own copy of the procedure again."""
    story = file_story(nodes)
    story.send()
    story.accept()
    row = story.row(nodes.origin)
    assert row.basis_record
    assert row.basis_salt
    basis = Basis(kind="consent", record=row.basis_record, salt=row.basis_salt)
    hand = Hand(sender=nodes.origin, receiver=nodes.host, thread=story.thread, basis=basis, last=row.own_last)
    named = NOTHING_YET.entry({"kind": "certificate"})
    said = hand.say({"step": step(STEP), "documents": {"files": [named]}}, "reported")
    assert said.told == ("refused", "excess-data")
    assert rows(nodes.host) == NOTHING_LEFT


def test_before_it_is_accepted_and_for_others_there_is_nothing_to_attach_to(
    services: tuple[Service, Service], sqlite_databases: SqliteDatabases
) -> None:
    story = file_story(returning_pair(services, sqlite_databases))
    story.send()
    with pytest.raises(IllegalStep):
        story.attach_at_origin()
    with pytest.raises(Forbidden):
        story.attach_at_origin(role=Role.AUDITOR)
    story.accept()
    with pytest.raises(NotYours):
        story.attach_at_origin(role=Role.CASE_WORKER)
    with pytest.raises(ClassInvalid):
        story.attach_at_origin(kind="holiday-picture")
    with pytest.raises(FileSizeUnfit):
        story.attach_at_origin(b"")
    assert rows(story.nodes.origin) == NOTHING_LEFT
    story.nodes.close()


def test_what_the_host_brings_goes_on_when_the_person_lets_nothing_return(
    services: tuple[Service, Service], sqlite_databases: SqliteDatabases
) -> None:
    story = file_story(returning_pair(services, sqlite_databases))
    story.attach(SMALL)
    with story.at_host() as work:
        story.thread = host_referrals.send(work, cases.find(work, story.case)).thread
    Courier(story.nodes.host, story.nodes.transport).run_once()
    let_nothing_return(story)
    story.nodes.deliver()
    assert story.states(story.nodes.origin) == [("kept", None)]
    story.nodes.close()


@pytest.mark.parametrize(("narrower", "code"), STAYS.values(), ids=STAYS)
def test_what_the_person_takes_back_goes_no_further_goes_at_the_host_and_is_not_attached_again(
    story: FileStory, narrower: Callable[[FileStory], None], code: str
) -> None:
    announce_only(story)
    narrower(story)
    story.nodes.deliver()
    story.later(days=1)
    story.nodes.deliver()
    assert files_carried(story) == []
    assert rows(story.nodes.host) == NOTHING_LEFT
    with story.at_host() as work:
        assert record.returned(work, story.thread) == ()
    with pytest.raises(NotFound):
        story.read(story.nodes.host)
    kept = rows(story.nodes.origin)
    with pytest.raises(DocumentsStay) as refused:
        story.attach_at_origin()
    assert [one.code for one in refused.value.reasons] == [code]
    assert rows(story.nodes.origin) == kept


def test_after_a_withdrawal_neither_side_has_a_byte(story: FileStory) -> None:
    story.attach_at_origin()
    story.nodes.deliver()
    assert rows(story.nodes.host)[:2] == [1, 1]
    story.withdraw()
    story.nodes.deliver()
    assert rows(story.nodes.origin) == NOTHING_LEFT
    assert rows(story.nodes.host) == NOTHING_LEFT
    with pytest.raises(NotFound):
        story.read(story.nodes.host)
