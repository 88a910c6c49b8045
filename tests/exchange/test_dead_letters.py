"""What does not get through is seen by whoever can act, with what to do, and in time."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from host_node.tasks import SOURCES
from relevo.delivery import dead_letters, task_list
from relevo.delivery.dead_letters import DeadLetter, NotToBeResent
from relevo.domain.access import Role
from relevo.errors import Forbidden, NotFound
from relevo.storage.tables import OutboxRow
from support.nodes import staff
from support.story import Story


def listed(story: Story, role: Role) -> list[DeadLetter]:
    with story.nodes.host.read(staff(role)) as work:
        return dead_letters.dead_letters(work, story.nodes.host)


def tasks(story: Story) -> list[str]:
    with story.nodes.host.read(staff(Role.COUNSELLOR)) as work:
        return [one.task.text for one in task_list.mine(work, SOURCES) if one.task.what == "message-queued"]


def resend(story: Story, jti: str) -> None:
    with story.nodes.host.write(staff(Role.COUNSELLOR)) as work:
        dead_letters.resend(work, story.nodes.host, jti)


@pytest.fixture
def held(story: Story) -> Story:
    """The person withdrew before anything had left."""
    story.send(deliver=False)
    story.withdraw()
    return story


def test_what_was_held_back_is_listed_with_why_and_never_leaves(held: Story) -> None:
    letter = listed(held, Role.COUNSELLOR)[0]
    assert (letter.state, letter.code, letter.thread) == ("held", "consent-withdrawn", held.thread)
    assert letter.next is not None
    assert "withdrew" in letter.next
    assert letter in listed(held, Role.ADMINISTRATOR)
    with pytest.raises(NotToBeResent):
        resend(held, letter.jti)


def test_what_was_answered_with_a_code_is_tried_at_once_and_stays_the_same_message(story: Story) -> None:
    story.send(deliver=False)
    with story.nodes.host.write() as work:
        (row,) = work.session.scalars(select(OutboxRow).where(OutboxRow.step == "requested"))
        row.problem, row.next_attempt_at = "sop-unknown", work.at.replace(hour=work.at.hour + 1)
    (letter,) = listed(story, Role.COUNSELLOR)
    assert (letter.state, letter.code) == ("queued", "sop-unknown")
    story.nodes.deliver()
    assert story.deliveries(story.nodes.host) == {"requested": "queued"}
    resend(story, letter.jti)
    story.nodes.deliver()
    assert story.deliveries(story.nodes.host) == {"requested": "stored"}
    assert listed(story, Role.COUNSELLOR) == []


def test_what_no_other_try_mends_is_a_task_at_once_though_it_stays_queued(story: Story) -> None:
    story.send(deliver=False)
    with story.nodes.host.write() as work:
        (row,) = work.session.scalars(select(OutboxRow).where(OutboxRow.step == "requested"))
        row.problem = "predecessor-missing"
    assert tasks(story) == []
    with story.nodes.host.write() as work:
        work.session.get_one(OutboxRow, row.jti).problem = "jti-reused"
    (told,) = tasks(story)
    assert "one identifier" in told
    assert listed(story, Role.COUNSELLOR)[0].next == told


def test_an_auditor_has_no_list_and_nobody_resends_what_is_not_there(held: Story) -> None:
    with pytest.raises(Forbidden):
        listed(held, Role.AUDITOR)
    with pytest.raises(NotFound):
        resend(held, held.thread)


def test_a_message_that_does_not_arrive_is_a_task_long_before_it_is_too_late(story: Story) -> None:
    story.nodes.transport.disconnect(story.nodes.origin)
    story.send()
    assert tasks(story) == []
    story.later(hours=24)
    (told,) = tasks(story)
    assert "phone" in told
    assert "outbox export" in told
    story.nodes.transport.connect(story.nodes.origin)
    story.nodes.deliver()
    story.later(hours=6)
    story.nodes.deliver()
    assert tasks(story) == []
