"""What a transaction remembers of a batch is what the database would say, with what is not written yet."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from relevo.storage import recall, referrals
from relevo.storage.tables import DutyRow, ReferralRow, StepRow
from support.nodes import AT, HOST_ID, JoinedNodes
from support.story import Story, sample

UNKNOWN = "7f0c2d8e-6f3b-4c57-9c5a-0d9f1b7e2a35"


@pytest.fixture(name="sent")
def _sent(nodes: JoinedNodes) -> Story:
    """Case 01 imported with its consent, sent and receipted."""
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    return story


def test_what_is_remembered_of_a_referral_is_what_the_database_says(sent: Story) -> None:
    with sent.nodes.origin.write() as work:
        row = referrals.find(work.session, HOST_ID, sent.thread)
        steps, duties = referrals.steps(work.session, row), referrals.duties(work.session, row)
        recall.gather(work.session, HOST_ID, [sent.thread, UNKNOWN])
        assert (steps, duties) == (referrals.steps(work.session, row), referrals.duties(work.session, row))
        assert steps
        assert duties
        assert recall.referral(work.session, HOST_ID, sent.thread) is row
        assert recall.referral(work.session, HOST_ID, UNKNOWN) is None


def test_what_was_added_is_listed_before_it_is_written(sent: Story) -> None:
    with sent.nodes.origin.write() as work:
        recall.gather(work.session, HOST_ID, [sent.thread])
        row = referrals.find(work.session, HOST_ID, sent.thread)
        assert referrals.open_duty(work.session, row, "sample") is None
        new = _duty(sent.thread)
        recall.add(work.session, new)
        assert referrals.open_duty(work.session, row, "sample") is new
        assert inspect(new).transient


def test_what_was_added_before_a_list_was_read_is_in_it_once(sent: Story) -> None:
    with sent.nodes.origin.write() as work:
        recall.gather(work.session, HOST_ID, [sent.thread])
        row = referrals.find(work.session, HOST_ID, sent.thread)
        new = _duty(sent.thread)
        recall.add(work.session, new)
        with work.session.no_autoflush:
            assert [one for one in referrals.duties(work.session, row) if one.duty == "sample"] == [new]


def test_what_was_added_in_a_savepoint_that_was_undone_is_listed_no_more(sent: Story) -> None:
    with sent.nodes.origin.write() as work:
        savepoint = work.session.begin_nested()
        recall.gather(work.session, HOST_ID, [sent.thread])
        recall.add(work.session, _duty(sent.thread))
        savepoint.rollback()
        row = referrals.find(work.session, HOST_ID, sent.thread)
        assert referrals.open_duty(work.session, row, "sample") is None
        assert recall.listed(work.session, StepRow, row)


@pytest.mark.parametrize("gathered", [True, False], ids=["gathered", "asked for"])
def test_a_thread_that_another_peer_has_is_taken(sent: Story, *, gathered: bool) -> None:
    with sent.nodes.origin.write() as work:
        if gathered:
            recall.gather(work.session, "fr:autre", [sent.thread, UNKNOWN])
        assert recall.referral(work.session, "fr:autre", sent.thread) is None
        assert recall.is_taken(work.session, "fr:autre", sent.thread)
        assert not recall.is_taken(work.session, "fr:autre", UNKNOWN)


def test_of_a_referral_that_begins_only_what_was_added_is_listed_and_others_are_asked_for_as_ever(sent: Story) -> None:
    with sent.nodes.origin.write() as work:
        row = referrals.find(work.session, HOST_ID, sent.thread)
        begun = ReferralRow(peer=HOST_ID, thread=UNKNOWN)
        recall.begin(work.session, begun)
        assert referrals.duties(work.session, begun) == []
        new = _duty(UNKNOWN)
        recall.add(work.session, new)
        assert referrals.duties(work.session, begun) == [new]
        assert recall.referral(work.session, HOST_ID, UNKNOWN) is begun
        assert recall.is_taken(work.session, HOST_ID, UNKNOWN)
        assert referrals.duties(work.session, row)
        assert recall.sops_with(work.session, HOST_ID)


def test_what_was_asked_beside_is_asked_again_for_a_referral_that_begins(sent: Story) -> None:
    asked: list[list[str]] = []

    def known(_session: Session, threads: Collection[str]) -> dict[str, str]:
        asked.append(sorted(threads))
        return dict.fromkeys(threads, "known")

    with sent.nodes.origin.write() as work:
        recall.gather(work.session, HOST_ID, [sent.thread])
        assert recall.beside(work.session, HOST_ID, sent.thread, known) == "known"
        recall.begin(work.session, ReferralRow(peer=HOST_ID, thread=UNKNOWN))
        assert recall.beside(work.session, HOST_ID, UNKNOWN, known) == "known"
    assert asked == [[sent.thread], sorted([sent.thread, UNKNOWN])]


def _duty(thread: str) -> DutyRow:
    return DutyRow(
        peer=HOST_ID, thread=thread, duty="sample", side="host", started_at=AT, due_at=AT, done_at=None, dropped=False
    )
