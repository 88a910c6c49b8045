"""The API of evidence: a relation, the whole node, one referral with content, one look; and who may have which."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from host_node.service import SERVICE
from relevo.domain.access import Role
from relevo.protocol.evidence_book import read_book
from relevo.protocol.look import read_look, verify_look
from relevo.protocol.verification_book import verify_book
from relevo.storage import users
from relevo.web.app import make_app
from support.nodes import ORIGIN_ID, JoinedNodes
from support.story import Story, sample


class Api:
    """Asks the application of the host as somebody of a role; case 01 was sent."""

    def __init__(self, nodes: JoinedNodes) -> None:
        self.story = Story(nodes=nodes)
        self.story.take_in(sample("01"))
        self.story.send()
        nodes.deliver()
        self.client = TestClient(make_app(SERVICE, nodes.host))
        with nodes.host.write() as work:
            self.tokens = {role: users.add(work.session, role, role, work.at) for role in SERVICE.roles}

    def get(self, path: str, role: Role) -> Response:
        """Ask for a path below /api."""
        return self.client.get(f"/api/{path}", headers={"authorization": f"Bearer {self.tokens[role]}"})


@pytest.fixture
def api(nodes: JoinedNodes) -> Api:
    return Api(nodes)


def verifies(answer: Response) -> bool:
    assert answer.status_code == 200
    return all(one.report.ok for one in verify_book(read_book(answer.content.splitlines(keepends=True))))


def test_auditors_have_relations_and_the_whole_node(api: Api) -> None:
    assert verifies(api.get("evidence", Role.AUDITOR))
    period = f"evidence?peer={ORIGIN_ID}&from=2026-11-01T00:00:00Z&to=2027-01-01T00:00:00Z"
    assert verifies(api.get(period, Role.AUDITOR))
    assert api.get("evidence", Role.COUNSELLOR).status_code == 403
    assert api.get("evidence?peer=gn:passage", Role.AUDITOR).status_code == 404


def test_content_is_for_who_leads_the_case_and_the_look_can_be_proven(api: Api) -> None:
    path = f"referrals/{api.story.thread}/evidence-with-content"
    assert api.get(f"{path}?why=supervise", Role.AUDITOR).status_code == 403
    assert api.get(path, Role.COUNSELLOR).status_code == 400
    answer = api.get(f"{path}?why=supervise", Role.COUNSELLOR)
    assert verifies(answer)
    assert b"personal data" in answer.content
    api.story.nodes.deliver()
    (look,) = api.get(f"access/{api.story.thread}", Role.AUDITOR).json()
    proof = api.get(f"access/{api.story.thread}/{look['number']}/proof", Role.AUDITOR)
    shown = read_look(proof.content)
    assert verify_look(shown).ok
    assert (shown.look["who"], shown.look["why"]) == ("counsellor", "supervise")
    assert api.get(f"access/{api.story.thread}/1/proof", Role.COUNSELLOR).status_code == 403
