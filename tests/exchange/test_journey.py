"""The journey over both nodes: flights change, people are not there, clocks stop and go on, and both nodes agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_node import referrals as host
from host_node.service import SERVICE as HOST
from host_node.tasks import SOURCES as HOST_TASKS
from origin_node import closing, first_contact, follow_up, journey, plan
from origin_node import referrals as origin
from origin_node.service import SERVICE as ORIGIN
from origin_node.tasks import SOURCES as ORIGIN_TASKS
from relevo.delivery import task_list
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.domain.journey import Journey
from relevo.errors import RelevoError
from relevo.storage.tables import DutyRow
from support.databases import SqliteDatabases
from support.nodes import join
from support.story import Story, sample

NEW_ARRIVAL = "2026-12-18T19:35:00+00:00"


def open_duties(story: Story, node: Node) -> set[tuple[str, str, datetime, datetime]]:
    return {
        (one.duty, one.side, one.started_at, one.due_at)
        for one in story.duties(node)
        if one.done_at is None and not one.dropped
    }


def both_owe(story: Story, *names: str) -> dict[str, datetime]:
    """What is due by both nodes' reckoning, which is the same; exactly the duties of these names."""
    here, there = (open_duties(story, node) for node in story.nodes.both)
    assert here == there
    assert {name for name, *_ in here} == set(names)
    return {name: due_at for name, _, _, due_at in here}


def tasks(story: Story, node: Node, role: Role) -> list[str]:
    """What somebody has to do about the journey; services that nobody has taken yet are another story."""
    sources = HOST_TASKS if node is story.nodes.host else ORIGIN_TASKS
    work_at = story.at_host(role) if node is story.nodes.host else story.at_origin(role)
    with work_at as work:
        found = [one for one in task_list.mine(work, sources) if one.task.what != "assign-service"]
        return [f"{one.task.what}, {one.state}" for one in found]


def test_a_journey_with_every_turn(sent: Story) -> None:
    """A changed flight, an offloaded passenger, a postponed journey, and an arrival at last."""
    at_host, at_origin = sent.nodes.both
    sent.accept()
    assert both_owe(sent, "confirm-arrival")["confirm-arrival"].isoformat() == "2026-12-15T19:35:00+00:00"

    sent.host(host.change_journey, {"arrival_at": "2026-12-16T19:35:00+00:00"})
    assert both_owe(sent, "confirm-arrival")["confirm-arrival"].isoformat() == "2026-12-17T19:35:00+00:00"
    assert tasks(sent, at_host, Role.COUNSELLOR) == []

    sent.nodes.clock.move_to(datetime.fromisoformat("2026-12-17T10:00Z"))
    sent.nodes.deliver()
    assert tasks(sent, at_origin, Role.CASE_WORKER) == ["confirm-arrival, reminder"]
    sent.origin(journey.not_arrived, "offloaded")
    both_owe(sent, "answer-journey")
    assert tasks(sent, at_host, Role.COUNSELLOR) == ["answer-journey, open"]
    assert tasks(sent, at_origin, Role.INTAKE) == ["answer-journey, waiting"]

    sent.host(host.change_journey, {"arrival_at": NEW_ARRIVAL, "flight": "IB0003"})
    both_owe(sent, "confirm-arrival")
    sent.later(days=2)
    sent.origin(journey.not_arrived, "postponed")
    sent.later(days=6)
    assert tasks(sent, at_host, Role.COUNSELLOR) == ["answer-journey, overdue"]
    sent.host(host.change_journey, {"arrival_at": "2027-01-04T10:00:00+00:00"})
    assert [entry.late for entry in sent.timeline(at_host)][-1]

    sent.nodes.clock.move_to(datetime.fromisoformat("2027-01-04T12:00Z"))
    sent.nodes.deliver()
    sent.origin(journey.confirm_arrival, datetime.fromisoformat("2027-01-04T10:10Z"))
    follow_ups = ("follow-up-1", "follow-up-3", "follow-up-6", "follow-up-12")
    due = both_owe(sent, "first-contact", "plan", *follow_ups)
    assert due["follow-up-1"].date().isoformat() == "2027-02-04"
    assert tasks(sent, at_origin, Role.CASE_WORKER) == ["first-contact, open", "plan, open"]
    assert all(entry.problem is None for node in sent.nodes.both for entry in sent.timeline(node))


def test_a_waiting_list_is_looked_at_again(sent: Story) -> None:
    sent.origin(origin.acknowledge)
    sent.origin(origin.waitlist, datetime.fromisoformat("2026-12-01T00:00Z").date())
    due = both_owe(sent, "review-waitlist", "confirm-arrival")
    assert due["review-waitlist"].isoformat() == "2026-12-01T17:00:00+00:00"
    sent.origin(origin.accept)
    both_owe(sent, "confirm-arrival")


def test_a_decision_is_due_again_once_the_question_is_answered(sent: Story) -> None:
    """Asked and answered on one day, so that the clock of the decision ends when it would have ended before."""
    before = both_owe(sent, "answer", "confirm-arrival")["answer"]
    for question in ("Which flat?", "Which floor?"):
        sent.origin(origin.acknowledge)
        sent.origin(origin.ask, question)
        both_owe(sent, "answer-question", "confirm-arrival")
        sent.host(host.answer, "The one of her mother.", [])
        assert both_owe(sent, "answer", "confirm-arrival")["answer"] == before
        assert tasks(sent, sent.nodes.origin, Role.INTAKE) == ["answer, open"]


def test_a_wish_to_cancel_is_answered(sent: Story) -> None:
    sent.accept()
    sent.host(host.cancel, "stays after all")
    both_owe(sent, "answer-cancellation", "confirm-arrival")
    sent.origin(origin.object_to_cancel, "housing is paid")
    both_owe(sent, "confirm-arrival")
    sent.host(host.cancel)
    sent.origin(origin.agree_to_cancel)
    both_owe(sent)


def test_a_wrong_number_asks_the_host(sent: Story) -> None:
    sent.accept()
    sent.origin(first_contact.record, at=sent.nodes.clock.now(), channel="phone", outcome="wrong-number")
    both_owe(sent, "correct-contact", "confirm-arrival")
    assert tasks(sent, sent.nodes.host, Role.COUNSELLOR) == ["correct-contact, open"]
    sent.origin(first_contact.record, at=sent.nodes.clock.now(), channel="phone", outcome="reached")
    both_owe(sent, "confirm-arrival")


def test_reopening_goes_on_with_what_remains(sent: Story) -> None:
    sent.accept()
    sent.arrive()
    sent.origin(plan.agree, {"agreed_on": "2026-12-15", "actions": [{"service": "housing"}]})
    sent.later(days=40)
    sent.origin(follow_up.report, 1, moved={})
    sent.origin(closing.not_complete, "moved")
    sent.origin(closing.close, "moved", {"absent_reason": "not reached"})
    both_owe(sent)
    sent.later(days=60)
    sent.origin(closing.reopen, "came back")
    both_owe(sent, "follow-up-6", "follow-up-12")


def test_what_was_done_before_its_receipt_came_stays_done(sent: Story) -> None:
    """The wrong number and the right one reach the host together; only then does its receipt come back."""
    sent.accept()
    _try(sent, ["wrong number", "reached", "a lost answer"])
    _settle(sent)
    both_owe(sent, "confirm-arrival")
    (corrected,) = [one for one in sent.duties(sent.nodes.origin) if one.duty == "correct-contact"]
    assert corrected.done_at is not None


def test_two_changes_on_one_receipt_alarm_nobody(sent: Story) -> None:
    """The second flight is known at the host before the first is receipted; each receipt counts from its own."""
    for arrival in ("2026-12-16T19:35:00+00:00", "2026-12-19T19:35:00+00:00"):
        with sent.at_host() as work:
            host.change_journey(work, sent.thread, {"arrival_at": arrival})
    sent.nodes.deliver()
    due = both_owe(sent, "answer", "confirm-arrival")
    assert due["confirm-arrival"].isoformat() == "2026-12-20T19:35:00+00:00"
    assert [entry.problem for entry in sent.timeline(sent.nodes.host)] == [None, None, None]


def test_an_arrival_that_crosses_a_changed_flight_leaves_nothing_to_confirm(sent: Story) -> None:
    sent.accept()
    sent.nodes.clock.move_to(datetime.fromisoformat("2026-12-14T20:00Z"))
    sent.nodes.deliver()
    with sent.at_host() as work:
        host.change_journey(work, sent.thread, {"arrival_at": NEW_ARRIVAL})
    with sent.at_origin() as work:
        journey.confirm_arrival(work, sent.thread, work.at)
    sent.nodes.deliver()
    both_owe(sent, "first-contact", "plan", "follow-up-1", "follow-up-3", "follow-up-6", "follow-up-12")
    assert [sent.row(node).journey for node in sent.nodes.both] == [Journey.ARRIVED] * 2


Verb = Callable[[Story], None]


def _as_host(verb: Callable[..., object], *words: object) -> Verb:
    def act(story: Story) -> None:
        with story.at_host() as work:
            verb(work, story.thread, *words)

    return act


def _as_origin(verb: Callable[..., object], *words: object, **more: object) -> Verb:
    def act(story: Story) -> None:
        with story.at_origin() as work:
            verb(work, story.thread, *words, **more)

    return act


def _arrive(story: Story) -> None:
    with story.at_origin() as work:
        journey.confirm_arrival(work, story.thread, work.at)


def _attempt(outcome: str) -> Verb:
    def act(story: Story) -> None:
        with story.at_origin() as work:
            first_contact.record(work, story.thread, at=work.at, channel="phone", outcome=outcome)

    return act


def _lose_a_request(story: Story) -> None:
    story.nodes.transport.drop_next_request()


def _lose_an_answer(story: Story) -> None:
    story.nodes.transport.drop_next_answer()


VERBS: dict[str, Verb] = {
    "changed": _as_host(host.change_journey, {"arrival_at": NEW_ARRIVAL}),
    "changed again": _as_host(host.change_journey, {"arrival_at": "2027-02-01T10:00:00+00:00"}),
    "journey cancelled": _as_host(host.cancel_journey),
    "cancelled": _as_host(host.cancel),
    "answered": _as_host(host.answer, "The second."),
    "acknowledged": _as_origin(origin.acknowledge),
    "accepted": _as_origin(origin.accept),
    "asked": _as_origin(origin.ask, "Which year?"),
    "waitlisted": _as_origin(origin.waitlist, datetime.fromisoformat("2026-12-01T00:00Z").date()),
    "agreed": _as_origin(origin.agree_to_cancel),
    "objected": _as_origin(origin.object_to_cancel, "paid"),
    "started": _as_origin(origin.start),
    "held": _as_origin(origin.hold, "strike"),
    "no-show": _as_origin(journey.not_arrived, "no-show"),
    "arrived": _arrive,
    "reached": _attempt("reached"),
    "wrong number": _attempt("wrong-number"),
    "plan": _as_origin(plan.agree, {"agreed_on": "2026-12-15", "actions": [{"service": "housing"}]}),
    "died": _as_origin(closing.not_complete, "died"),
    "moved": _as_origin(closing.not_complete, "moved"),
    "closed": _as_origin(closing.close, "moved", {"absent_reason": "not reached"}),
    "reopened": _as_origin(closing.reopen, "came back"),
    "a day": lambda story: story.nodes.clock.move(timedelta(days=1)),
    "a month": lambda story: story.later(days=30),
    "delivered": lambda story: story.nodes.deliver(),
    "a lost request": _lose_a_request,
    "a lost answer": _lose_an_answer,
}


def _settle(story: Story) -> None:
    """Let everything arrive, whatever was lost before."""
    for _ in range(4):
        story.nodes.clock.move(timedelta(hours=7))
        story.nodes.deliver()


def _try(story: Story, names: Iterable[str]) -> None:
    for name in names:
        try:
            VERBS[name](story)
        except RelevoError:
            continue


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(names=st.lists(st.sampled_from(sorted(VERBS)), max_size=25), begun=st.booleans())
def test_both_nodes_owe_the_same_after_everything_has_arrived(
    sqlite_databases: SqliteDatabases, names: list[str], *, begun: bool
) -> None:
    nodes = join((HOST, ORIGIN), (sqlite_databases.fresh(HOST), sqlite_databases.fresh(ORIGIN)))
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    story.send()
    _try(story, ("acknowledged", "accepted", "delivered") if begun else ())
    _try(story, names)
    _settle(story)
    here, there = (open_duties(story, node) for node in nodes.both)
    assert here == there, names
    assert [story.row(node).status for node in nodes.both][:1] * 2 == [story.row(node).status for node in nodes.both]
    nodes.close()


def _kept(duty: DutyRow) -> tuple[object, ...]:
    return duty.duty, duty.side, duty.started_at, duty.due_at, duty.done_at, duty.dropped


def test_what_was_kept_late_or_dropped_is_the_same_too(sent: Story) -> None:
    _try(sent, ["acknowledged", "delivered", "asked", "delivered", "a month", "answered", "delivered", "acknowledged"])
    _try(sent, ["delivered", "accepted", "delivered", "no-show", "delivered", "changed", "delivered", "arrived"])
    _try(sent, ["delivered", "wrong number", "delivered", "reached", "delivered", "started", "plan", "delivered"])
    _settle(sent)
    here, there = ({_kept(one) for one in sent.duties(node)} for node in sent.nodes.both)
    assert here == there
    assert len(here) > 8
