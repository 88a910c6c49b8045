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
        return self.client.post(self._url(path), json=body, headers=self.as_(role))

    def get(self, path: str, role: Role = Role.INTAKE) -> Response:
        return self.client.get(self._url(path), headers=self.as_(role))

    def _url(self, path: str) -> str:
        return f"/api/referrals/{self.desk.thread}/{path}"

    def as_(self, role: Role) -> dict[str, str]:
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


def test_what_an_organisation_was_given_is_asked_for_and_confirmed(api: Api) -> None:
    desk = "ci:accueil/housing-desk"
    api.desk.give(desk, "identity-min")
    assert api.post("erasures/confirm", {"organisation": desk}).json()["code"] == "erasure-not-asked"
    api.post("withdraw")
    assert [(one["organisation"], one["confirmed_at"]) for one in api.get("erasures").json()] == [(desk, None)]
    assert api.post("erasures/confirm", {"organisation": desk}).json()[0]["confirmed_by"] == Role.INTAKE
    assert api.get("erasures", Role.AUDITOR).status_code == 403


def test_who_looks_after_the_node_sees_what_goes_by_itself_without_any_data(api: Api) -> None:
    as_administrator = {"authorization": f"Bearer {api.tokens[Role.ADMINISTRATOR]}"}
    api.post("acknowledge")
    api.post("decline", {"reason": "no-capacity"})
    assert api.client.post("/api/retention/run", headers=as_administrator).json() == {"looked_at": 1}
    (going,) = api.client.get("/api/retention", headers=as_administrator).json()
    assert (going["thread"], going["status"], going["erase_at"]) == (
        api.desk.thread,
        "declined",
        "2027-11-24T00:00:00Z",
    )
    as_auditor = {"authorization": f"Bearer {api.tokens[Role.AUDITOR]}"}
    assert api.client.get("/api/retention", headers=as_auditor).status_code == 403


def test_the_record_over_the_api(api: Api) -> None:
    made = api.post("reassess", {"classes": {"needs": {"social": ["legal-advice"]}}})
    assert (made.status_code, made.json()[0]["assessed_by"]) == (201, "intake")
    number = made.json()[0]["id"]
    struck = api.post("strike", {"what": "assessment", "number": number, "reason": "another file"})
    assert (struck.status_code, struck.json()["struck_by"]) == (200, "intake")
    shown = api.get("profile?why=decide").json()
    assert [one["struck"] for one in shown["assessed"]] == ["another file"]
    assert {one["part"]: one["present_since"] is not None for one in api.get("record").json()}["contacts"]
    assert api.get("profile?why=curiosity").status_code == 400


def test_looks_and_costs_over_the_api(api: Api) -> None:
    api.get("profile?why=contact", role=Role.CASE_WORKER)
    looks = api.client.get(f"/api/access/{api.desk.thread}", headers=api.as_(Role.AUDITOR))
    assert [(one["who"], one["why"]) for one in looks.json()] == [("case-worker", "contact")]
    assert "Awa" not in looks.text
    assert api.get("costs").json()["whole"]["planned"] == "0"
    lines = [{"what": "rent", "planned": "12.345", "borne_by": "origin"}]
    refused = api.post("costs/plan", {"costs": {"currency": "EUR", "lines": lines}})
    assert (refused.status_code, refused.json()["code"]) == (422, "costs-unfit")
    lines[0]["planned"] = "12.34"
    assert api.post("costs/plan", {"costs": {"currency": "EUR", "lines": lines}}).status_code == 200
    assert api.post("costs/agree", {}).json()["code"] == "costs-not-proposed"
    assert api.post("costs/report", {"costs": {"currency": "EUR", "lines": lines}}).json()["code"] == "costs-not-agreed"
    assert api.get("costs").json()["by_bearer"]["origin"]["planned"] == "12.34"
    assert api.get("costs", role=Role.CLINICIAN).json()["code"] == "not-yours"


def test_a_consent_is_changed_over_the_api(api: Api) -> None:
    said = {"language": "fr", "taken_on": "2026-11-22"}
    narrower = {**said, "without": ["needs"], "withhold": [{"what": "everything", "from_whom": "an aunt"}]}
    assert api.post("consent/narrow", narrower).status_code == 200
    assert "needs" not in {one["data_class"] for one in api.get("profile").json()["stated"]}
    assert api.post("consent/renew", {**said, "expires_on": "2028-12-31"}).status_code == 200
    assert api.post("consent/no-return", said).status_code == 200
    assert api.post("consent/no-return", said).json()["code"] == "consent-change"
    assert api.post("consent/no-return", said, Role.AUDITOR).status_code == 403
    assert "No data about the person was sent" in api.get("disclosure").text
