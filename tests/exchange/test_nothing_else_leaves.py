"""A field that was not consented to cannot be made to leave, by any command or any call of the API.

For any consent, any SOP and any sequence of calls, hostile ones included: every field of every message that left was
agreed to by the consent that spoke, allowed by the SOP, and shown as leaving by the preview of that moment.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from host_node import cases, consents
from host_node import referrals as host_referrals
from host_node.case_file import ConsentDraft
from host_node.service import SERVICE
from origin_node import referrals as origin_referrals
from relevo.domain.access import Role
from relevo.domain.data_classes import RETURNING, DataClass
from relevo.domain.sop import parse_sop
from relevo.errors import RelevoError
from relevo.protocol import strict_json
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.runtime import Service
from relevo.storage import sops, users
from relevo.web.app import make_app
from support.databases import SqliteDatabases
from support.nodes import JoinedNodes, join
from support.pairs import agreed_before, carried_to, sop_text
from support.sop_texts import anybody_reads
from support.story import Story, sample
from support.traces import texts_in

SECRET = "Secret-9034"
"""Stands in fields that no data class has, and in whole sections that no referral has a place for."""

REQUIRED = ("identity-min", "contact", "needs")
OPTIONAL = tuple(
    str(name) for name in DataClass if name not in {*REQUIRED, *RETURNING, "consent", "mental-health-risk"}
)
PURPOSES = ("reintegration-assistance", "medical-continuity", "census", "")
AGREED_ON = date(2026, 11, 20)

_numbers = itertools.count(2)


@dataclass(kw_only=True)
class Desk:
    """A counsellor's desk: the nodes, the API, and the story that is being told."""

    nodes: JoinedNodes
    api: TestClient
    story: Story = field(init=False)
    document: JsonObject = field(default_factory=dict)
    checked: int = 0
    seen: int = 0

    def begin(self, allowed: frozenset[str], agreed: frozenset[str]) -> None:
        """A SOP that allows these classes, a case that has them all, and a consent to some of them."""
        number = next(_numbers)
        agreed_before(self.nodes, _sop(number, allowed))
        self.story = Story(nodes=self.nodes)
        self.document = _document(f"ES-2026-{number:06}")
        self.story.take_in(self.document, consented=False)
        self.consent(sorted(agreed))
        self.checked = len(list(carried_to(self.nodes, self.nodes.origin)))

    def consent(self, classes: list[str]) -> None:
        """The person agrees to these classes from now on."""
        self.call(f"/cases/{self.story.case}/consents", _consent(classes))

    def call(self, path: str, body: JsonValue = None) -> int:
        """Call the API; its status, which is never one of a broken server."""
        answer = self.api.post(f"/api{path}", json=body)
        assert answer.status_code < 500, answer.text
        if path.endswith("/send") or "/send?" in path:
            self.story.thread = answer.json().get("thread", self.story.thread)
        return answer.status_code

    def verb(self, act: Callable[[], object]) -> None:
        """Do something as a command would; a refusal is as good an end as any."""
        try:
            act()
        except RelevoError:
            return

    def check(self) -> None:
        """Everything that left since the last check was agreed to, allowed and shown as leaving."""
        shown = {line.path for line in self.story.preview().lines if line.leaves}
        self.nodes.deliver()
        carried = list(carried_to(self.nodes, self.nodes.origin))
        new, self.checked = carried[self.checked :], len(carried)
        for came in new:
            left = {f"{name}.{one}" for name, fields in came.classes.items() for one in fields}
            assert left <= shown
            assert not [text for text in texts_in(dict(came.claims)) if SECRET in text]
            self.seen += len(left)
            assert set(came.classes) <= self._agreed_and_allowed()

    def _agreed_and_allowed(self) -> frozenset[str]:
        with self.story.at_host() as work:
            case = cases.find(work, self.story.case)
            newest = consents.of_case(work.session, case)[-1]
            sop = parse_sop(sops.in_force(work.session, case.origin, work.at).text)
        rule = sop.purposes[newest.purpose]
        return newest.classes & rule.allowed_classes(("business-start", "housing"))


@pytest.fixture(scope="module")
def desk(sqlite_databases: SqliteDatabases, services: tuple[Service, Service]) -> Iterator[Desk]:
    """One pair of nodes for all examples; each example has a SOP and a case of its own."""
    joined = join(services, (sqlite_databases.fresh(services[0]), sqlite_databases.fresh(services[1])))
    with joined.host.write() as work:
        token = users.add(work.session, "sample-counsellor", Role.COUNSELLOR, work.at)
    app = make_app(SERVICE, joined.host)
    app.state.transport = joined.transport
    with TestClient(app, headers={"authorization": f"Bearer {token}"}) as client:
        yield Desk(nodes=joined, api=client)
    joined.close()


some_classes = st.sets(st.sampled_from(OPTIONAL)).map(frozenset)
any_classes = st.lists(st.sampled_from([*DataClass, "horoscope"]), max_size=4, unique=True)


def send(desk: Desk, data: st.DataObject) -> None:
    purpose = data.draw(st.sampled_from(PURPOSES), label="purpose")
    desk.call(f"/cases/{desk.story.case}/send?purpose={purpose}" if purpose else f"/cases/{desk.story.case}/send")


def send_more(desk: Desk, data: st.DataObject) -> None:
    body: JsonObject = {"classes": data.draw(any_classes), "fields": {"identity-full": {"address_origin": SECRET}}}
    desk.call(f"/cases/{desk.story.case}/send", body)


def answer_by_api(desk: Desk, data: st.DataObject) -> None:
    _be_asked(desk)
    extra: JsonObject = data.draw(st.sampled_from([{}, {"fields": {"needs": {"note": SECRET}}}]))
    body: JsonObject = {"answer": "as asked", "classes": data.draw(any_classes), **extra}
    desk.call(f"/referrals/{desk.story.thread}/answer", body)


def answer_by_verb(desk: Desk, data: st.DataObject) -> None:
    _be_asked(desk)
    classes = data.draw(any_classes, label="classes")
    desk.verb(lambda: desk.story.host(host_referrals.answer, "as asked", classes))


def change_journey_by_api(desk: Desk, data: st.DataObject) -> None:
    extra: JsonObject = data.draw(st.sampled_from([{}, {"note": SECRET}, {"identity-full": {"address": SECRET}}]))
    desk.call(f"/referrals/{desk.story.thread}/journey", {"flight": "IB0003", **extra})


def change_journey_by_verb(desk: Desk, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["note", "travel.note", "a.b", "", "household", "_sd"]), label="field")
    desk.verb(lambda: desk.story.host(host_referrals.change_journey, {name: SECRET, "flight": "IB0004"}))


def import_again(desk: Desk, data: st.DataObject) -> None:
    section = data.draw(st.sampled_from(["travel", "needs", "identity-min", "skills", "contact"]))
    changed = {**desk.document, section: {**_section(desk.document, section), "note": SECRET}}
    desk.call("/cases", {"case": changed, "replace": True})


def consent_anew(desk: Desk, data: st.DataObject) -> None:
    desk.consent(sorted(data.draw(some_classes, label="classes") | set(REQUIRED)))


def consent_to_more_than_is_understood(desk: Desk, data: st.DataObject) -> None:
    body = {**_consent(sorted(REQUIRED)), data.draw(st.sampled_from(["everything", "override", "why"])): True}
    assert desk.call(f"/cases/{desk.story.case}/consents", body) == 400


def consent_by_verb(desk: Desk, data: st.DataObject) -> None:
    classes = data.draw(some_classes, label="classes") | set(REQUIRED)

    def record() -> None:
        with desk.story.at_host() as work:
            consents.record(work, cases.find(work, desk.story.case), _draft(classes))

    desk.verb(record)


CALLS = (
    send,
    send_more,
    answer_by_api,
    answer_by_verb,
    change_journey_by_api,
    change_journey_by_verb,
    import_again,
    consent_anew,
    consent_to_more_than_is_understood,
    consent_by_verb,
)


@settings(max_examples=20, deadline=None)
@given(
    data=st.data(),
    allowed=some_classes,
    agreed=some_classes,
    calls=st.lists(st.sampled_from(CALLS), min_size=1, max_size=6),
)
def test_nothing_leaves_but_what_was_agreed_allowed_and_shown(
    desk: Desk,
    data: st.DataObject,
    allowed: frozenset[str],
    agreed: frozenset[str],
    calls: list[Callable[[Desk, st.DataObject], None]],
) -> None:
    desk.begin(allowed, agreed | set(REQUIRED))
    for call in (send, *calls):
        call(desk, data)
        desk.check()


def test_the_property_was_no_empty_promise(desk: Desk) -> None:
    desk.begin(frozenset({"skills", "travel"}), frozenset({*REQUIRED, "skills", "family"}))
    before = desk.seen
    desk.call(f"/cases/{desk.story.case}/send")
    desk.check()
    (*_, came) = carried_to(desk.nodes, desk.nodes.origin)
    assert set(came.classes) == {*REQUIRED, "skills"}
    assert desk.seen > before


def test_what_waits_does_not_leave_after_the_person_agreed_to_less(desk: Desk) -> None:
    desk.begin(frozenset({"skills", "family"}), frozenset({*REQUIRED, "skills", "family"}))
    desk.call(f"/cases/{desk.story.case}/send")
    desk.consent([*REQUIRED, "skills"])
    desk.check()
    assert desk.story.deliveries(desk.nodes.host) == {"requested": "held"}


def _be_asked(desk: Desk) -> None:
    desk.nodes.deliver()
    desk.verb(lambda: desk.story.origin(origin_referrals.acknowledge))
    desk.verb(lambda: desk.story.origin(origin_referrals.ask, "What else?", ["identity-full", "medication"]))


def _sop(version: int, allowed: frozenset[str]) -> str:
    text = anybody_reads(sop_text("es-ci")).replace("version = 1", f"version = {version}")
    (line,) = [line for line in text.splitlines() if line.startswith('allowed = ["identity-full", "travel"')]
    return text.replace(line, f"allowed = {strict_json.dump(sorted(allowed)).decode()}")


def _document(reference: str) -> JsonObject:
    """Case 01 with what else is known of somebody, and with what no referral has a place for."""
    document, other = sample("01"), sample("08")
    more = {name: other[name] for name in ("health-summary", "medication", "vulnerability")}
    identity = {**_section(document, "identity-min"), "reference": reference}
    del document["consent"]
    return {**document, **more, "identity-min": identity, "horoscope": {"sign": SECRET}}


def _section(document: JsonObject, name: str) -> JsonObject:
    section = document[name]
    assert isinstance(section, dict)
    return section


def _consent(classes: list[str]) -> JsonObject:
    return {
        "purpose": "reintegration-assistance",
        "receiver": "ci:accueil",
        "classes": list(classes),
        "language": "fr",
        "taken_on": "2026-11-20",
        "expires_on": "2028-02-28",
    }


def _draft(classes: frozenset[str]) -> ConsentDraft:
    given = _consent(sorted(classes))
    return ConsentDraft(
        purpose=str(given["purpose"]),
        receiver=str(given["receiver"]),
        organisation=None,
        classes=tuple(sorted(classes)),
        withhold=(),
        outcomes_may_return=True,
        by="the person",
        language="fr",
        interpreter=False,
        taken_on=AGREED_ON,
        expires_on=AGREED_ON.replace(year=2028),
        capacity=None,
        covers=("principal",),
        withdrawn_on=None,
    )
