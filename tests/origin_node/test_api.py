"""The JSON API of an origin, over the real application."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from origin_node.service import SERVICE
from relevo.domain.access import Role
from relevo.storage import users
from relevo.web.app import make_app
from support.origin_desk import Desk

FEEDBACK = {"comments": "The workshop is open (invented).", "language": "fr"}
DONE = ("accepted", "in-progress", "completed")
STORY = [
    ("acknowledge", None, "acknowledged"),
    ("accept", {"note": "Welcome."}, "accepted"),
    ("arrival", {"arrived_at": "2026-11-23T08:00:00Z"}, "accepted"),
    ("first-contact", {"channel": "phone", "outcome": "reached"}, "accepted"),
    ("services/housing/assign", {"organisation": "ci:accueil/housing-desk"}, "accepted"),
    ("start", None, "in-progress"),
    *(("services/housing/status", {"status": word}, "in-progress") for word in DONE),
    ("hold", {"reason": "Strike"}, "on-hold"),
    ("resume", None, "in-progress"),
    ("follow-up", {"month": 1, "services": {"business-start": "declined"}, "feedback": FEEDBACK}, "in-progress"),
    ("complete", None, "completed"),
    ("close", {"reason": "completed", "feedback": FEEDBACK}, "closed"),
    ("reopen", {"reason": "She came back"}, "in-progress"),
    ("not-complete", {"reason": "moved"}, "not-completed"),
    ("withdraw", None, "erased"),
]


class Api:
    """Asks the application as somebody of a role."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.client = TestClient(make_app(SERVICE, desk.node))
        with desk.node.write() as work:
            self.tokens = {role: users.add(work.session, role, role, work.at) for role in SERVICE.roles}

    def post(self, path: str, body: object = None, role: Role = Role.INTAKE) -> Response:
        return self.client.post(self._url(path), json=body, headers=self._as(role))

    def get(self, path: str, role: Role = Role.INTAKE) -> Response:
        return self.client.get(self._url(path), headers=self._as(role))

    def _url(self, path: str) -> str:
        return f"/api/referrals/{self.desk.thread}/{path}"

    def _as(self, role: Role) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens[role]}"}


@pytest.fixture
def api(requested: Desk) -> Api:
    return Api(requested)


def test_a_whole_referral_can_be_worked_on_over_the_api(api: Api) -> None:
    for path, body, status in STORY:
        answer = api.post(path, body)
        assert (answer.status_code, answer.json().get("status")) == (200, status), (path, answer.text)


def test_what_was_done_can_be_read(api: Api) -> None:
    for path, body, _ in STORY[:-1]:
        api.post(path, body)
    assert api.get("profile").json()["reach"]["rule"].startswith("Contact the person")
    assert [one["status"] for one in api.get("services").json()] == ["declined", "completed"]
    assert [one["outcome"] for one in api.get("contacts").json()] == ["reached"]
    assert [one["month"] for one in api.get("reports").json()] == [1, None]


def test_an_illegal_step_is_answered_with_409_and_the_steps_that_are_allowed(api: Api) -> None:
    answer = api.post("accept", {})
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["allowed"]) == ("illegal-step", ["acknowledged", "withdrawn"])


REFUSED = {
    "an unknown field": ("accept", {"note": "Welcome.", "who": "me"}, 400),
    "a decline without its reason": ("decline", {}, 400),
    "closing without a word about comments": ("close", {"reason": "moved", "feedback": {}}, 422),
    "an organisation of another node": ("services/housing/assign", {"organisation": "gn:passage/desk"}, 400),
    "a service that nobody asked for": ("services/school/assign", {"organisation": "ci:accueil/desk"}, 404),
}


@pytest.mark.parametrize(("path", "body", "status"), REFUSED.values(), ids=REFUSED)
def test_refused_with_a_problem(api: Api, path: str, body: dict[str, object], status: int) -> None:
    answer = api.post(path, body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
@pytest.mark.parametrize("path", ["profile", "services", "contacts", "reports"])
def test_personal_data_is_not_for(api: Api, role: Role, path: str) -> None:
    assert api.get(path, role).status_code == 403


def test_every_route_has_a_readable_summary_and_stands_among_the_referrals(api: Api) -> None:
    paths = api.client.get("/api/openapi.json").json()["paths"]
    own = [
        verb for path, verbs in paths.items() if path.startswith("/api/referrals/{thread}/") for verb in verbs.values()
    ]
    assert len(own) >= 25
    assert all(" " in verb["summary"] and verb["tags"] for verb in own)


def test_a_consent_is_changed_over_the_api(api: Api) -> None:
    said = {"language": "fr", "taken_on": "2026-11-22"}
    narrower = {**said, "without": ["needs"], "withhold": [{"what": "everything", "from_whom": "an aunt"}]}
    assert api.post("consent/narrow", narrower).status_code == 200
    assert "needs" not in {one["data_class"] for one in api.get("profile").json()["stated"]}
    assert api.post("consent/renew", {**said, "expires_on": "2028-12-31"}).status_code == 200
    assert api.post("consent/no-return", said).status_code == 200
    assert api.post("consent/no-return", said).json()["code"] == "consent-change"
    assert api.post("consent/no-return", said, Role.AUDITOR).status_code == 403
    assert "Nothing was sent" in api.get("disclosure").text
