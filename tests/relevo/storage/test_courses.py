"""A course says of a referral what its rows say, and what has changed since it was read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from relevo.errors import NotFound
from relevo.storage import erasure, referrals
from relevo.storage.courses import Courses
from relevo.storage.tables import DutyRow, StepRow
from support.nodes import AT, HOST_ID, ORIGIN_ID, JoinedNodes
from support.story import Story, sample

UNKNOWN = "7f0c2d8e-6f3b-4c57-9c5a-0d9f1b7e2a35"


@pytest.fixture(name="accepted")
def _accepted(nodes_on_each: JoinedNodes) -> Story:
    """Case 01 sent, and accepted by the origin: steps of both sides, duties of both sides, open and done."""
    story = Story(nodes=nodes_on_each)
    story.take_in(sample("01"))
    story.send()
    story.accept()
    return story


def test_a_course_is_what_the_rows_say(accepted: Story) -> None:
    with accepted.nodes.host.read() as work:
        row = referrals.find(work.session, ORIGIN_ID, accepted.thread)
        steps, duties = referrals.steps(work.session, row), referrals.duties(work.session, row)
        course = Courses(work.session, ORIGIN_ID, [accepted.thread, UNKNOWN]).take(accepted.thread)
        assert len(steps) > 1
        assert [tuple(one) for one in course.steps] == [
            tuple(getattr(step, name) for name in one._fields) for step, one in zip(steps, course.steps, strict=True)
        ]
        assert any(duty.done_at for duty in duties)
        assert [tuple(one) for one in course.duties] == [
            tuple(getattr(duty, name) for name in one._fields) for duty, one in zip(duties, course.duties, strict=True)
        ]
        assert course.referral.erased is erasure.is_erased(row)
        for name in course.referral._fields[:-1]:
            assert getattr(course.referral, name) == getattr(row, name)


def test_who_asks_again_is_told_what_was_changed_meanwhile(accepted: Story) -> None:
    later = AT + timedelta(days=900)
    with accepted.nodes.host.write() as work:
        courses = Courses(work.session, ORIGIN_ID, [accepted.thread])
        assert {duty.due_at for duty in courses.take(accepted.thread).duties} != {later}
        work.session.execute(update(DutyRow).values(due_at=later))
        assert {duty.due_at for duty in courses.take(accepted.thread).duties} == {later}


def test_a_thread_with_another_peer_has_no_course(accepted: Story) -> None:
    with accepted.nodes.host.read() as work:
        with pytest.raises(NotFound):
            Courses(work.session, HOST_ID, [accepted.thread]).take(accepted.thread)
        with pytest.raises(NotFound):
            Courses(work.session, ORIGIN_ID, [accepted.thread]).take(UNKNOWN)


def test_a_referral_without_steps_has_a_course_without_steps(accepted: Story) -> None:
    with accepted.nodes.host.read() as work:
        work.session.execute(delete(StepRow))
        course = Courses(work.session, ORIGIN_ID, [accepted.thread]).take(accepted.thread)
    assert course.steps == []
