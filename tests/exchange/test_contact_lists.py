"""Contact lists between two whole nodes: published, exchanged, replaced by newer ones alone, and asked."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from origin_node.service import SERVICE as ORIGIN
from relevo.delivery import contact_exchange, node_messages
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.domain.contact_list import ContactList, ContactsNotNewer
from relevo.errors import Forbidden, NotFound
from relevo.messages.registry import MESSAGES, NODE_KIND
from relevo.protocol.strict_json import JsonObject
from relevo.runtime import Service
from relevo.storage import contacts, referrals, users
from relevo.storage.tables import LogEntryRow
from relevo.web.app import make_app
from support.databases import SqliteDatabases
from support.hand_made import Hand, step
from support.nodes import AT, HOST_ID, ORIGIN_ID, JoinedNodes, agree_sop, meet, staff
from support.story import Story

LISTS = Path(__file__).parents[2] / "shared" / "contacts"
SAMPLES = sorted(LISTS.glob("*.toml"))
"""Named like their nodes, with a hyphen for the colon."""
ADMINISTRATOR = staff(Role.ADMINISTRATOR)


def sample_list(file: Path) -> JsonObject:
    return tomllib.loads(file.read_text(encoding="utf-8"))


OURS = sample_list(LISTS / "ci-accueil.toml")


def say(node: Node, fields: JsonObject) -> ContactList:
    """Let the administrator of a node publish a list."""
    with node.write(ADMINISTRATOR) as work:
        return contact_exchange.publish(work, fields)


def known(node: Node, node_id: str) -> ContactList | None:
    with node.read() as work:
        return contacts.newest(work.session, node_id)


def renamed(name: str, **more: str) -> JsonObject:
    """A list of one person."""
    point = {"name": name, "role": "intake", "languages": ["fr"], "phone": "+225 000 0000 09"}
    return {"organisations": [{"points": [point], **more}]}


def test_a_list_that_is_published_is_the_same_on_both_sides(nodes: JoinedNodes) -> None:
    said = say(nodes.origin, OURS)
    nodes.deliver()
    assert known(nodes.host, ORIGIN_ID) == said == known(nodes.origin, ORIGIN_ID)
    assert said.as_of == AT
    assert [point.name for point in said.organisations[0].points][:2] == ["Sample Officer One", "Sample Officer Two"]


def test_the_newest_takes_the_place_of_the_one_before_and_ours_are_all_kept(nodes_on_each: JoinedNodes) -> None:
    nodes = nodes_on_each
    say(nodes.origin, OURS)
    nodes.deliver()
    nodes.clock.move(timedelta(days=1))
    newer = say(nodes.origin, renamed("Sample Officer Nine"))
    nodes.deliver()
    assert known(nodes.host, ORIGIN_ID) == newer
    with nodes.host.read() as here, nodes.origin.read() as there:
        assert contacts.dates(here.session, ORIGIN_ID) == [newer.as_of]
        assert contacts.dates(there.session, ORIGIN_ID) == [newer.as_of, AT]


def test_an_older_list_that_arrives_later_changes_nothing(nodes: JoinedNodes) -> None:
    hand = Hand(sender=nodes.origin, receiver=nodes.host)
    nodes.clock.move(timedelta(days=1))
    newest = say(nodes.origin, OURS)
    nodes.deliver()
    late = {"as_of": AT.isoformat(), **renamed("Sample Officer Gone")}
    assert hand.say({"step": step("contact-list", **late)}, NODE_KIND).told == ("stored", None)
    assert known(nodes.host, ORIGIN_ID) == newest


def test_a_list_that_speaks_for_others_is_refused_for_good(nodes: JoinedNodes) -> None:
    hand = Hand(sender=nodes.origin, receiver=nodes.host)
    foreign = renamed("Sample Officer One", organisation="ge:dabruneba/shelter")
    hidden = {"step": step("contact-list", as_of=AT.isoformat(), **foreign)}
    assert hand.say(hidden, NODE_KIND).told == ("refused", "contacts-invalid")
    assert known(nodes.host, ORIGIN_ID) is None


def test_a_list_of_the_same_moment_is_not_published_twice(nodes: JoinedNodes) -> None:
    say(nodes.origin, OURS)
    with pytest.raises(ContactsNotNewer):
        say(nodes.origin, OURS)


def test_who_agrees_a_procedure_later_is_sent_the_list_then(
    services: tuple[Service, Service], sqlite_databases: SqliteDatabases
) -> None:
    host, origin = services
    nodes = meet(services, (sqlite_databases.fresh(host), sqlite_databases.fresh(origin)))
    lists = {node_id: say(node, fields) for node_id, node, fields in everybody(nodes)}
    nodes.deliver()
    assert known(nodes.host, ORIGIN_ID) is None
    agree_sop(nodes)
    assert (known(nodes.host, ORIGIN_ID), known(nodes.origin, HOST_ID)) == (lists[ORIGIN_ID], lists[HOST_ID])
    nodes.close()


def everybody(nodes: JoinedNodes) -> Iterator[tuple[str, Node, JsonObject]]:
    """Both nodes with the samples of their lists."""
    yield HOST_ID, nodes.host, sample_list(LISTS / "es-retorno.toml")
    yield ORIGIN_ID, nodes.origin, OURS


def test_the_log_has_no_names(nodes: JoinedNodes) -> None:
    say(nodes.origin, OURS)
    nodes.deliver()
    for node in nodes.both:
        with node.read() as work:
            written = b"".join(work.session.scalars(select(LogEntryRow.record)))
        assert b'"message-' in written
        assert b"Sample Officer" not in written


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_every_sample_names_only_its_own(file: Path, nodes: JoinedNodes) -> None:
    node = nodes.host if file.stem[:2] in {"es", "de"} else nodes.origin
    cc, _, slug = file.stem.partition("-")
    own = f'"{node.identity.node_id}/'
    text = file.read_text(encoding="utf-8").replace(f'"{cc}:{slug}/', own)
    found = say(node, tomllib.loads(text))
    assert found.asked() == found.organisations[0]
    assert any(point.on_duty for point in found.organisations[0].points)
    assert all(point.name.startswith("Sample ") for one in found.organisations for point in one.points)


def test_whoever_should_answer_is_named_and_the_next_one_when_it_is_due(sent: Story) -> None:
    say(sent.nodes.origin, OURS)
    sent.nodes.deliver()
    (answer,) = [duty for duty in sent.duties(sent.nodes.host) if duty.duty == "answer"]
    asked = [asked_at(sent, moment) for moment in (sent.nodes.clock.now(), answer.due_at - timedelta(minutes=1))]
    assert asked == ["Sample Duty Officer Three", "Sample Officer One"]
    assert asked_at(sent, answer.due_at + timedelta(days=2, hours=16)) == "Sample Officer Two"


def asked_at(story: Story, at: datetime) -> str:
    """Whom both nodes would ask at a moment about the answer."""
    names = set()
    for node in story.nodes.both:
        with node.read() as now:
            work = replace(now, at=at)
            row = referrals.by_thread(work.session, story.thread)
            (duty,) = [one for one in referrals.duties(work.session, row) if one.duty == "answer"]
            asked = contact_exchange.whom_to_ask_now(work, row, duty)
            assert asked is not None
            assert asked[0] == ORIGIN_ID
            names.add(asked[1].name)
    (name,) = names
    return name


def test_nobody_is_asked_where_no_list_is_known(sent: Story) -> None:
    with sent.nodes.host.read() as work:
        row = referrals.by_thread(work.session, sent.thread)
        (duty,) = [one for one in referrals.duties(work.session, row) if one.duty == "answer"]
        assert contact_exchange.whom_to_ask_now(work, row, duty) is None


def test_every_message_between_nodes_is_learnt_by_somebody() -> None:
    assert set(node_messages.LEARN) == {name for name, row in MESSAGES.items() if row.kind == NODE_KIND}


def test_only_an_administrator_publishes_and_nobody_reads_what_is_not_there(nodes: JoinedNodes) -> None:
    with nodes.origin.write(staff(Role.INTAKE)) as work, pytest.raises(Forbidden):
        contact_exchange.publish(work, OURS)
    with nodes.origin.read(staff(Role.INTAKE)) as work, pytest.raises(NotFound):
        contact_exchange.show(work, HOST_ID)
    with nodes.origin.read(staff(Role.AUDITOR)) as work, pytest.raises(Forbidden):
        contact_exchange.show_all(work)


def test_the_api_publishes_lists_and_shows(nodes: JoinedNodes) -> None:
    with nodes.origin.write() as work:
        token = users.add(work.session, "sample-admin", Role.ADMINISTRATOR, work.at)
    client = TestClient(make_app(ORIGIN, nodes.origin), headers={"authorization": f"Bearer {token}"})
    published = client.post("/api/contact-lists", json=OURS)
    assert (published.status_code, published.json()["stale"]) == (201, False)
    nodes.clock.move(timedelta(days=181))
    assert client.get(f"/api/contact-lists/{ORIGIN_ID}").json() == {**published.json(), "stale": True}
    assert [one["node"] for one in client.get("/api/contact-lists").json()] == [ORIGIN_ID]
    refused = client.post("/api/contact-lists", json={"organisations": [{"points": [], "colour": "red"}]})
    assert refused.status_code == 400
    empty = client.post("/api/contact-lists", json={"organisations": [{"points": []}]})
    assert (empty.status_code, empty.json()["reasons"][0]["field"]) == (422, "contact-list.organisations[0].points")
