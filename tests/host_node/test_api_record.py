"""The host's API about the record: the case, corrections, what came back, and who may see it."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from host_node.service import SERVICE
from relevo.domain.access import Role
from relevo.storage import users
from relevo.web.app import make_app
from support.nodes import JoinedNodes
from support.story import Story, sample

WRONG = "copied from another case"


class Api:
    """Asks the application as somebody of a role; case 01 was sent."""

    def __init__(self, nodes: JoinedNodes) -> None:
        self.story = Story(nodes=nodes)
        self.story.take_in(sample("01"))
        self.story.send()
        self.client = TestClient(make_app(SERVICE, nodes.host))
        with nodes.host.write() as work:
            self.tokens = {role: users.add(work.session, role, role, work.at) for role in SERVICE.roles}

    def post(self, path: str, body: object, role: Role = Role.COUNSELLOR) -> Response:
        return self.client.post(self._url(path), json=body, headers=self._as(role))

    def get(self, path: str, role: Role = Role.COUNSELLOR) -> Response:
        return self.client.get(self._url(path), headers=self._as(role))

    def _url(self, path: str) -> str:
        return "/api/" + path.format(case=self.story.case, thread=self.story.thread)

    def _as(self, role: Role) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens[role]}"}


@pytest.fixture
def api(nodes: JoinedNodes) -> Api:
    return Api(nodes)


def test_a_correction_over_the_api_names_the_referrals_to_tell(api: Api) -> None:
    given = {"data_class": "needs", "fields": {"social": ["housing"]}, "reason": WRONG}
    assert api.post("cases/{case}/correct", given).json() == {"referrals": [api.story.thread]}
    told = api.post("referrals/{thread}/correct", {"classes": ["needs"], "reason": WRONG})
    assert (told.status_code, told.json()["thread"]) == (200, api.story.thread)
    (stood,) = api.get("cases/{case}/record?why=correct").json()["before"]
    assert (stood["data_class"], stood["reason"], stood["by"]) == ("needs", WRONG, "counsellor")


def test_reading_over_the_api_leaves_a_trace_for_auditors_and_nothing_about_the_person(api: Api) -> None:
    assert api.get("cases/{case}/preview").status_code == 200
    assert api.get("cases/{case}/record", Role.CLINICIAN).json()["now"][0]["readable"]
    assert api.get("referrals/{thread}/returned").json() == []
    looks = api.get("access/{case}", Role.AUDITOR)
    assert [(one["number"], one["who"]) for one in looks.json()] == [(1, "counsellor"), (2, "clinician")]
    assert not any(word in looks.text for word in ("Aya", "Kouassi", "ES-2026"))
    assert api.get("access/{case}").json()["code"] == "forbidden"


def test_the_parts_of_the_record_over_the_api(api: Api) -> None:
    parts = {one["part"]: one for one in api.get("referrals/{thread}/record").json()}
    assert len(parts) == 7
    assert parts["assessments"]["present_since"] is not None
    assert (parts["comments"]["present_since"], parts["comments"]["missing_since"]) == (None, None)
