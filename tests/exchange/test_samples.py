"""What the invented sample cases are there to show, between two whole nodes under the SOP of their pair."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from origin_node import closing, first_contact, follow_up, journey, profile, reports
from origin_node import referrals as origin_referrals
from relevo.delivery.transport import Answer
from relevo.domain.disclosure import NoReturn, NotSendable
from relevo.domain.first_contact import Channel
from relevo.errors import Refusal
from relevo.protocol.strict_json import JsonObject
from relevo.runtime import Service
from support.databases import SqliteDatabases
from support.nodes import JoinedNodes
from support.pairs import carried_to, join_under, sop_text
from support.story import ARRIVED_AT, Story, sample
from support.traces import file_of, texts_in, traces

COMMENTS = "They asked me before they called."
SECRET_REASON = "wants to tell them herself"
NOTHING = Answer(status=0, headers={}, body=b"")


@pytest.fixture
def de_rs(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[JoinedNodes]:
    """`de:rueckkehr` and `rs:povratak`."""
    yield from _joined(sop_text("de-rs"), services, sqlite_databases)


@pytest.fixture
def es_ge(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[JoinedNodes]:
    """`es:retorno` and `ge:dabruneba`."""
    yield from _joined(sop_text("es-ge"), services, sqlite_databases)


@pytest.fixture
def de_ci(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[JoinedNodes]:
    """`de:rueckkehr` and `ci:accueil`."""
    yield from _joined(sop_text("es-ci", host="de:rueckkehr"), services, sqlite_databases)


def _joined(text: str, services: tuple[Service, Service], databases: SqliteDatabases) -> Iterator[JoinedNodes]:
    joined = join_under(text, services, databases)
    yield joined
    joined.close()


def test_case_05_is_refused_with_all_three_reasons_in_one_answer(de_rs: JoinedNodes) -> None:
    story = Story(nodes=de_rs)
    story.take_in(sample("05"))
    with pytest.raises(NotSendable) as refused:
        story.send()
    assert sorted((reason.code, reason.field) for reason in refused.value.reasons) == [
        ("class-required", "travel"),
        ("consent-expired", "consent.expires_on"),
        ("field-invalid", "identity-min.birth_date"),
    ]
    assert all(reason.advice for reason in refused.value.reasons)
    assert story.preview().reasons == refused.value.reasons
    assert not list(carried_to(de_rs, de_rs.origin))


def test_case_03_sends_a_code_and_no_name(es_ge: JoinedNodes) -> None:
    story, document = Story(nodes=es_ge), sample("03")
    story.take_in(document)
    story.send()
    (came,) = carried_to(es_ge, es_ge.origin)
    identity = came.classes["identity-min"]
    assert identity["code"] == "GE-C-0031"
    assert identity["birth_year"] == 1998
    assert not {"given_names", "family_name", "birth_date"} & identity.keys()
    hidden = [*_words(document, "identity-min", "given_names", "family_name"), "1998-10-01", "relative employed there"]
    _require_nowhere_at_origin(story, hidden)
    assert traces(file_of(es_ge.host), hidden) == hidden, "the host itself keeps them"


def test_case_03_is_reached_through_the_intermediary_alone(es_ge: JoinedNodes) -> None:
    story = Story(nodes=es_ge)
    story.take_in(sample("03"))
    story.send()
    with story.at_origin() as work:
        shown = profile.read(work, story.thread)
    assert shown.confidential
    assert shown.vulnerable
    assert "only with the intermediary" in shown.reach.rule
    assert shown.reach.contact["intermediary"] == "shelter duty line"
    assert shown.terms is not None
    assert shown.terms.organisation == "ge:dabruneba/shelter"
    story.accept()
    es_ge.clock.move_to(ARRIVED_AT)
    story.origin(journey.confirm_arrival, ARRIVED_AT - timedelta(hours=1))
    with pytest.raises(Refusal) as refused:
        story.origin(first_contact.record, at=es_ge.clock.now(), channel=Channel.PHONE, outcome="reached")
    assert refused.value.code == "via-intermediary"


def test_case_01_previews_what_stays_at_home_and_exactly_the_rest_arrives(story: Story) -> None:
    preview = story.preview()
    staying = {line.path: line.why for line in preview.lines if not line.leaves}
    assert staying["identity-full.address_origin"] == staying["identity-full.passport"] == "not-consented"
    assert any(path.startswith("consent.withhold") for path in staying)
    assert all(line.text.startswith("Stays: ") for line in preview.lines if not line.leaves)
    story.send()
    (came,) = carried_to(story.nodes, story.nodes.origin)
    arrived = {f"{name}.{field}" for name, fields in came.classes.items() for field in fields}
    assert arrived == {line.path for line in preview.lines if line.leaves}
    assert set(came.classes) == {"identity-min", "contact", "travel", "family", "needs", "skills"}


def test_case_01_keeps_at_home_why_she_withholds(story: Story) -> None:
    story.send()
    story.to_close()
    assert traces(file_of(story.nodes.host), [SECRET_REASON]) == [SECRET_REASON]
    kept_at_home = [SECRET_REASON, "19AP00000", "Yopougon", "2019-11-02"]
    _require_nowhere_at_origin(story, kept_at_home)


def test_case_01_tells_the_origin_what_is_withheld_from_whom(sent: Story) -> None:
    (came,) = carried_to(sent.nodes, sent.nodes.origin)
    terms = came.claims["consent"]
    assert isinstance(terms, dict)
    assert terms["withhold"] == [{"what": "psychosocial needs", "from_whom": "family members"}]


def test_case_06_lets_nothing_return_but_the_decision(de_ci: JoinedNodes) -> None:
    story = Story(nodes=de_ci)
    story.take_in(sample("06"))
    story.send()
    story.accept()
    de_ci.clock.move_to(ARRIVED_AT + timedelta(days=7))
    story.origin(journey.confirm_arrival, ARRIVED_AT)
    story.origin(first_contact.record, at=de_ci.clock.now(), channel="phone", outcome="reached")
    story.origin(origin_referrals.start)
    outcome: JsonObject = {"services": [{"service": "business-start", "status": "in-progress"}], "wellbeing": COMMENTS}
    story.origin(follow_up.report, 1, moved={}, results={"outcome": outcome})
    story.origin(closing.not_complete, "moved")
    story.origin(closing.close, "moved", {"comments": COMMENTS, "language": "en"})
    assert [entry.step for entry in story.timeline(de_ci.host)] == ["requested", "acknowledged", "accepted"]
    delivered = {entry.step for entry in story.timeline(de_ci.origin) if entry.delivery == "stored"}
    assert delivered == {"requested", "acknowledged", "accepted"}
    assert {entry.delivery for entry in story.timeline(de_ci.origin)} == {"stored", "kept-here"}
    assert traces(file_of(de_ci.host), [COMMENTS]) == []
    with story.at_origin() as work:
        assert COMMENTS in str([report.fields for report in reports.show(work, story.thread)])


def test_case_06_is_not_left_waiting_for_an_answer_to_a_question_that_cannot_be_put(de_ci: JoinedNodes) -> None:
    story = Story(nodes=de_ci)
    story.take_in(sample("06"))
    story.send()
    story.origin(origin_referrals.acknowledge)
    with pytest.raises(NoReturn):
        story.origin(origin_referrals.ask, "When does she come?")
    story.origin(origin_referrals.accept)
    assert story.row(de_ci.host).status == story.row(de_ci.origin).status == "accepted"


def test_case_06_gets_the_bare_decision_without_the_note_beside_it(de_ci: JoinedNodes) -> None:
    story = Story(nodes=de_ci)
    story.take_in(sample("06"))
    story.send()
    story.origin(origin_referrals.acknowledge)
    story.origin(origin_referrals.accept, COMMENTS)
    assert story.row(de_ci.host).status == "accepted"
    assert traces(file_of(de_ci.host), [COMMENTS]) == []
    assert story.timeline(de_ci.origin)[-1].said == {"note": COMMENTS}


def test_case_06_hears_of_erasure_all_the_same(de_ci: JoinedNodes) -> None:
    story = Story(nodes=de_ci)
    story.take_in(sample("06"))
    story.send()
    story.accept()
    story.withdraw()
    de_ci.deliver()
    assert story.deliveries(de_ci.host)["erased"] == "stored"
    assert story.row(de_ci.host).status == story.row(de_ci.origin).status == "erased"


def _words(document: JsonObject, data_class: str, *names: str) -> list[str]:
    fields = document[data_class]
    assert isinstance(fields, dict)
    return [text for name in names for text in texts_in(fields[name])]


def _require_nowhere_at_origin(story: Story, hidden: list[str]) -> None:
    """Neither in the origin's database, nor in what was carried, nor in what it said when it was opened."""
    origin = story.nodes.origin
    assert traces(file_of(origin), hidden) == []
    for request in story.nodes.transport.carried:
        assert traces(request.body + (request.answer or NOTHING).body, hidden) == []
    for came in carried_to(story.nodes, origin):
        assert not [text for text in texts_in(dict(came.claims)) if any(word in text for word in hidden)]
