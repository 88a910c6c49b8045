"""Several agencies of one host: each sees its own cases, and the node's own staff see all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from host_node import cases, consents, exceptions, referrals
from host_node.cases import CaseElsewhere
from host_node.service import SERVICE
from relevo.domain.access import Role
from relevo.errors import NotFound
from relevo.protocol import strict_json
from relevo.storage import users
from relevo.storage.unit_of_work import UnitOfWork, User
from relevo.web.app import make_app
from support.nodes import JoinedNodes
from support.story import Story, sample

OURS, OTHERS = "es:retorno/agency-a", "es:retorno/agency-b"


def counsellor(agency: str | None) -> User:
    return User(name=f"counsellor-of-{agency}"[:40], role=Role.COUNSELLOR, organisation=agency)


@pytest.fixture
def sent(nodes: JoinedNodes) -> Story:
    """Case 01 of one agency, sent."""
    story = Story(nodes=nodes)
    with nodes.host.write(counsellor(OURS)) as work:
        row = cases.import_case(work, strict_json.dump(sample("01")))
        story.case = row.id
        consents.record_from_file(work, row)
        story.thread = referrals.send(work, row).thread
    nodes.deliver()
    return story


def _consent(work: UnitOfWork, story: Story) -> str:
    row = consents.of_case(work.session, cases.find(work.on_behalf_of(counsellor(None)), story.case))[0]
    return row.id


DOING: Mapping[str, Callable[[UnitOfWork, Story], object]] = {
    "find the case": lambda work, story: cases.find(work, story.case),
    "withdraw the consent": lambda work, story: consents.withdraw(work, _consent(work, story)),
    "answer": lambda work, story: referrals.answer(work, story.thread, "Yes."),
    "change the journey": lambda work, story: referrals.change_journey(work, story.thread, {"flight": "IB0002"}),
    "say that the person left": lambda work, story: referrals.depart(work, story.thread, work.at),
    "cancel the journey": lambda work, story: referrals.cancel_journey(work, story.thread),
    "cancel": lambda work, story: referrals.cancel(work, story.thread),
    "enter in error": lambda work, story: referrals.enter_in_error(work, story.thread),
}


@pytest.mark.parametrize("doing", DOING)
def test_another_agency_does_not_even_learn_that_it_is_here(sent: Story, doing: str) -> None:
    with pytest.raises(NotFound), sent.nodes.host.write(counsellor(OTHERS)) as work:
        DOING[doing](work, sent)


@pytest.mark.parametrize("agency", [OURS, None])
def test_the_agency_itself_and_staff_of_the_node_work_on_it(sent: Story, agency: str | None) -> None:
    with sent.nodes.host.write(counsellor(agency)) as work:
        assert [row.agency for row in cases.everything(work)] == [OURS]
        referrals.change_journey(work, sent.thread, {"flight": "IB0002"})
        referrals.cancel(work, sent.thread)


def test_a_case_of_another_agency_is_not_taken_over_by_importing_it(sent: Story) -> None:
    for replace in (False, True):
        with pytest.raises(CaseElsewhere), sent.nodes.host.write(counsellor(OTHERS)) as work:
            cases.import_case(work, strict_json.dump(sample("01")), replace=replace)


def test_an_exception_of_another_agency_is_not_found_nor_listed(nodes: JoinedNodes) -> None:
    with nodes.host.write(counsellor(OURS)) as work:
        row = cases.import_case(work, strict_json.dump(sample("04")))
        raised = exceptions.raise_exception(work, row, exceptions.draft(row), on_duty=True).id
    for agency, seen in ((OURS, 1), (OTHERS, 0), (None, 1)):
        coordinator = User(name="coordinator", role=Role.COORDINATOR, organisation=agency)
        with nodes.host.read(coordinator) as work:
            assert len(exceptions.audit(work)) == seen
    with pytest.raises(NotFound), nodes.host.read(counsellor(OTHERS)) as work:
        exceptions.find(work, raised)


NAMED = {"language": "fr", "purpose": "reintegration-assistance", "why": "assist"}


class Office:
    """The staff of two agencies, over the API."""

    def __init__(self, story: Story) -> None:
        self.story, self.client = story, TestClient(make_app(SERVICE, story.nodes.host))
        with story.nodes.host.write() as work:
            self.tokens = {
                one: users.add(work.session, one, Role.COUNSELLOR, work.at, organisation=one) for one in (OURS, OTHERS)
            }

    def get(self, path: str, agency: str) -> Response:
        case, thread = self.story.case, self.story.thread
        filled = path.replace("{case}", case).replace("{thread}", thread)
        return self.client.get(filled, headers={"authorization": f"Bearer {self.tokens[agency]}"})


def test_no_route_tells_another_agency_of_a_case_or_referral(sent: Story) -> None:
    office = Office(sent)
    described = office.client.get("/api/openapi.json").json()["paths"]
    reading = [path for path, verbs in described.items() if "get" in verbs and path.startswith("/api")]
    assert "/api/referrals/{thread}" in reading
    for path in reading:
        known = {one["name"] for one in described[path]["get"].get("parameters", ()) if one["in"] == "query"}
        answer = office.get(f"{path}?{urlencode({name: NAMED[name] for name in known & NAMED.keys()})}", OTHERS)
        assert not any(word in answer.text for word in (sent.case, "ES-2026-004417")), path
        assert "{thread}" in path or sent.thread not in answer.text, path
        if "{case}" in path or "{thread}" in path:
            assert answer.status_code in {403, 404}, (path, answer.text)
    for path in ("/api/cases", "/api/referrals"):
        assert (len(office.get(path, OURS).json()), office.get(path, OTHERS).json()) == (1, [])
    assert office.get("/api/referrals/{thread}", OURS).status_code == 200
