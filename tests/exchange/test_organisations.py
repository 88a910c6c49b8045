"""From a host's signed words to the organisation that helps the person: cases 01 and 03 between two whole nodes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from host_node import referrals as host_referrals
from origin_node import assignments, giving, offers, organisations, own_part
from origin_node import referrals as origin_referrals
from origin_node.own_part import OwnPart
from relevo.delivery.node import Node
from relevo.domain.organisation_refusals import OrganisationUnfit
from relevo.errors import NotFound
from relevo.protocol.part import read_part, verify_part
from relevo.protocol.trust import Trust
from relevo.runtime import Service
from relevo.storage import peers
from support.databases import SqliteDatabases
from support.nodes import JoinedNodes
from support.pairs import join_under, sop_text
from support.partners import register, worker
from support.story import SERVICES, Story, sample

SHELTER, MUNICIPALITY = "ge:dabruneba/shelter", "ge:dabruneba/municipality-kutaisi"


@pytest.fixture
def es_ge(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[JoinedNodes]:
    """`es:retorno` and `ge:dabruneba`."""
    joined = join_under(sop_text("es-ge"), services, sqlite_databases)
    yield joined
    joined.close()


def take(node: Node, thread: str, service: str, organisation: str) -> None:
    """Intake offers a service, and the organisation's own staff take it."""
    with node.write(worker(organisation)) as work:
        assignments.answer(work, thread, service, accept=True)


def part_of(node: Node, thread: str, organisation: str) -> list[OwnPart]:
    with node.write(worker(organisation)) as work:
        return own_part.read(work, thread)


def test_case_01_four_services_go_to_four_organisations_which_report_for_themselves(sent: Story) -> None:
    origin = sent.nodes.origin
    register(origin)
    sent.accept()
    for service, organisation in SERVICES.items():
        with origin.read() as work:
            best = offers.proposals(work, sent.thread, service).found[0]
        assert best.organisation.id == organisation
        sent.origin(assignments.assign, service, organisation)
        take(origin, sent.thread, service, organisation)
    sent.origin(origin_referrals.start)
    for service, organisation in SERVICES.items():
        (part,) = part_of(origin, sent.thread, organisation)
        assert (part.service, part.signed_by, part.contact["number"]) == (service, "es:retorno", "+225 07 00 00 00 01")
        assert part.classes.keys() == {"identity-min"}
        with origin.write(worker(organisation)) as work:
            assignments.report(work, sent.thread, service, "in-progress")
    sent.nodes.deliver()
    told = [entry.said for entry in sent.timeline(sent.nodes.host) if entry.step == "service"]
    assert {one["service"]: (one["status"], one["organisation"]) for one in told} == {
        service: ("in-progress", organisation) for service, organisation in SERVICES.items()
    }


def test_case_01_a_part_follows_what_the_host_answers_and_verifies_against_its_statement_alone(sent: Story) -> None:
    origin, (service, organisation) = sent.nodes.origin, next(iter(SERVICES.items()))
    register(origin)
    sent.accept()
    sent.origin(assignments.assign, service, organisation)
    take(origin, sent.thread, service, organisation)
    sent.host(host_referrals.change_journey, {"flight": "IB0002"})
    with origin.write(worker(organisation)) as work:
        raw = own_part.export(work, sent.thread)
    with sent.nodes.host.read() as work:
        trust = Trust({"es:retorno": peers.latest(work.session, "es:retorno")})
    shown = verify_part(read_part(raw), trust=trust, at=sent.nodes.clock.now())
    assert shown.classes.keys() == {"identity-min", "contact"}
    assert b"IB0002" not in raw


def test_an_organisation_takes_a_service_on_each_database(nodes_on_each: JoinedNodes) -> None:
    story, organisation = Story(nodes=nodes_on_each), SERVICES["housing"]
    story.take_in(sample("01"))
    story.send()
    register(nodes_on_each.origin)
    story.accept()
    story.origin(assignments.assign, "housing", organisation)
    take(nodes_on_each.origin, story.thread, "housing", organisation)
    assert part_of(nodes_on_each.origin, story.thread, organisation)[0].signed_by == "es:retorno"
    with nodes_on_each.origin.read() as work:
        known = organisations.find(work.session, organisation)
        assert (known.places_left("housing"), len(list(offers.tasks(work)))) == (11, 3)


def test_case_03_the_shelter_helps_and_the_municipality_can_be_given_nothing_ever(es_ge: JoinedNodes) -> None:
    story, origin = Story(nodes=es_ge), es_ge.origin
    story.take_in(sample("03"))
    story.send()
    register(origin)
    story.accept()
    for service in ("safe-housing", "legal-aid", "documents", "counselling"):
        with origin.read() as work:
            assert [one.organisation.id for one in offers.proposals(work, story.thread, service).found] == [SHELTER]
        with pytest.raises(OrganisationUnfit) as refusal:
            story.origin(assignments.assign, service, MUNICIPALITY, because="They have a flat")
        assert [one.code for one in refusal.value.reasons] == ["organisation-withheld", "organisation-not-agreed"]
        assert refusal.value.code == "organisation-withheld"
        story.origin(assignments.assign, service, SHELTER)
        take(origin, story.thread, service, SHELTER)
    with pytest.raises(NotFound):
        part_of(origin, story.thread, MUNICIPALITY)
    parts = part_of(origin, story.thread, SHELTER)
    assert len(parts) == 4
    for part in parts:
        assert part.confidential
        assert part.rule.startswith("Speak only with the intermediary")
        assert part.classes["identity-min"]["code"] == "GE-C-0031"
        assert not {"given_names", "family_name", "birth_date"} & part.classes["identity-min"].keys()


def test_case_03_after_the_person_withdraws_the_shelter_sees_nothing_more(es_ge: JoinedNodes) -> None:
    story, origin = Story(nodes=es_ge), es_ge.origin
    story.take_in(sample("03"))
    story.send()
    register(origin)
    story.accept()
    story.origin(assignments.assign, "safe-housing", SHELTER)
    take(origin, story.thread, "safe-housing", SHELTER)
    story.withdraw()
    story.nodes.deliver()
    with pytest.raises(NotFound):
        part_of(origin, story.thread, SHELTER)
    with origin.read() as work:
        (given,) = giving.given_in(work, story.thread)
    assert (given.presentation, given.chased_at is not None) == (None, True)
