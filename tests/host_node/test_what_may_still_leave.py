"""What a host lets leave after the person, the case file or the case has changed since a referral was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from host_node import cases, consents, referrals
from host_node.case_file import ConsentDraft
from origin_node import referrals as origin_referrals
from relevo.domain.consent import Withholding
from relevo.domain.disclosure import NotSendable
from relevo.protocol import strict_json
from relevo.protocol.strict_json import JsonObject
from relevo.runtime import Service
from support.databases import SqliteDatabases
from support.nodes import JoinedNodes
from support.pairs import carried_to, join_under, sop_text
from support.story import Story, sample
from support.traces import file_of, traces

WITHDRAWN_ON = "2026-11-21"
PSYCHOSOCIAL = Withholding(what="needs.psychosocial", from_whom="ci:accueil")


def _first_withdrawn(document: JsonObject) -> None:
    document["consent"] = {**document["consent"], "withdrawn_on": WITHDRAWN_ON}


def _second_withdrawn(document: JsonObject) -> None:
    second = {**document["consent"], "taken_on": "2026-11-20", "withdrawn_on": WITHDRAWN_ON}
    document["consent"] = [document["consent"], second]


WITHDRAWN: dict[str, Callable[[JsonObject], None]] = {
    "the consent that was recorded": _first_withdrawn,
    "a later one, which nobody has recorded": _second_withdrawn,
}


@pytest.fixture
def story(nodes: JoinedNodes) -> Story:
    """Case 01 imported, with its consent recorded; nothing has been sent."""
    begun = Story(nodes=nodes)
    begun.take_in(sample("01"))
    return begun


@pytest.mark.parametrize("change", WITHDRAWN.values(), ids=WITHDRAWN.keys())
def test_nothing_is_sent_if_the_case_file_says_that_it_was_withdrawn(
    story: Story, change: Callable[[JsonObject], None]
) -> None:
    _import_again(story, "01", change)
    with pytest.raises(NotSendable) as refused:
        story.send()
    assert [reason.code for reason in refused.value.reasons] == ["consent-withdrawn"]


@pytest.mark.parametrize("change", WITHDRAWN.values(), ids=WITHDRAWN.keys())
def test_nothing_queued_leaves_if_the_case_file_says_that_it_was_withdrawn(
    story: Story, change: Callable[[JsonObject], None]
) -> None:
    story.send(deliver=False)
    _import_again(story, "01", change)
    story.nodes.deliver()
    assert not list(carried_to(story.nodes, story.nodes.origin))
    assert story.deliveries(story.nodes.host) == {"requested": "held"}


def test_a_consent_recorded_after_the_withdrawal_in_the_file_speaks_again(story: Story) -> None:
    _import_again(story, "01", _first_withdrawn)
    _record(story, taken_on=story.nodes.clock.now().date())
    story.send()
    assert story.deliveries(story.nodes.host) == {"requested": "stored"}


def test_what_the_person_withholds_since_it_was_queued_does_not_leave(story: Story) -> None:
    story.send(deliver=False)
    _record(story, taken_on=story.nodes.clock.now().date(), withhold=(PSYCHOSOCIAL,))
    story.nodes.deliver()
    assert not list(carried_to(story.nodes, story.nodes.origin))
    assert story.timeline(story.nodes.host)[0].problem == "consent-withholds"


def test_what_was_withheld_when_it_began_is_not_sent_in_an_answer_under_a_wider_consent(nodes: JoinedNodes) -> None:
    story = Story(nodes=nodes)
    story.take_in(sample("01"), consented=False)
    _record(story, withhold=(PSYCHOSOCIAL,))
    story.send()
    story.origin(origin_referrals.acknowledge)
    story.origin(origin_referrals.ask, "What does she need?", ["needs"])
    _record(story, taken_on=nodes.clock.now().date())
    with pytest.raises(NotSendable) as refused:
        story.host(referrals.answer, "It has not changed.")
    assert [reason.field for reason in refused.value.reasons] == ["needs.psychosocial"]


def test_who_was_sent_under_a_code_is_not_named_in_an_answer_after_another_import(
    sqlite_databases: SqliteDatabases, services: tuple[Service, Service]
) -> None:
    nodes = join_under(sop_text("es-ge"), services, sqlite_databases)
    story = Story(nodes=nodes)
    document = sample("03")
    document["consent"]["outcomes_may_return"] = True
    story.take_in(document)
    story.send()
    story.origin(origin_referrals.acknowledge)
    story.origin(origin_referrals.ask, "Who is it?", ["identity-min"])
    _import_again(story, "03", _unmasked)
    with pytest.raises(NotSendable) as refused:
        story.host(referrals.answer, "See the class.")
    assert [reason.field for reason in refused.value.reasons] == ["identity-min"]
    names = [str(sample("03")["identity-min"]["family_name"])]
    assert traces(file_of(nodes.origin), names) == []
    nodes.close()


def _unmasked(document: JsonObject) -> None:
    document["confidential"] = False
    del document["identity-min"]["code"]


def _import_again(story: Story, number: str, change: Callable[[JsonObject], None]) -> None:
    document = sample(number)
    change(document)
    with story.at_host() as work:
        cases.import_case(work, strict_json.dump(document), replace=True)


def _record(story: Story, **changes: object) -> None:
    """Record the consent of the case file with some of its terms changed."""
    with story.at_host() as work:
        case = cases.find(work, story.case)
        draft: ConsentDraft = replace(cases.drafts(case)[0], withdrawn_on=None, **changes)  # type: ignore[arg-type]
        consents.record(work, case, draft)
    story.nodes.clock.move(timedelta(seconds=1))
