"""Contact that stays safe, medicines that do not run out, the plan, and clinicians, over the API of an origin."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from origin_node import closing, first_contact
from origin_node.service import SERVICE
from relevo.domain.access import Role
from relevo.domain.consent import Terms
from relevo.domain.data_classes import JsonValue
from relevo.domain.first_contact import PersonDied
from relevo.messages.content import Fields
from relevo.storage import referrals, users
from relevo.storage.tables import StepRow
from relevo.web.app import make_app
from support.origin_desk import TERMS, Desk

EARLY = "2026-11-23T08:00:00Z"
PLAN: dict[str, JsonValue] = {"agreed_on": "2026-12-20", "actions": [{"service": "housing"}]}
MEDICINES: Fields = {
    "medication": {
        "items": [{"drug": "insulin (invented)", "dose": "18 U", "regime": "evening", "supply_ends": "2026-12-30"}]
    }
}


def medical(*, returns: bool = True) -> Terms:
    """The terms of a consent to medical continuity."""
    return Terms(
        purpose="medical-continuity",
        receiver=TERMS.receiver,
        classes=frozenset({"identity-min", "contact", "health-summary", "medication"}),
        expires_on=TERMS.expires_on,
        withhold=(),
        outcomes_may_return=returns,
    )


class Api:
    """Asks the application as somebody of a role."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.client = TestClient(make_app(SERVICE, desk.node))
        with desk.node.write() as work:
            self.tokens = {role: users.add(work.session, role, role, work.at) for role in SERVICE.roles}

    def post(self, path: str, body: object = None, role: Role = Role.INTAKE) -> Response:
        return self.client.post(f"/api/referrals/{self.desk.thread}/{path}", json=body, headers=self.as_role(role))

    def get(self, path: str, role: Role = Role.INTAKE) -> Response:
        return self.client.get(f"/api/referrals/{self.desk.thread}/{path}", headers=self.as_role(role))

    def tasks(self, role: Role, *, overdue: bool = False) -> dict[str, dict[str, str]]:
        """The tasks of somebody of a role, by what they are."""
        found = self.client.get("/api/tasks", params={"overdue": overdue}, headers=self.as_role(role))
        assert found.status_code == 200, found.text
        return {one["what"]: one for one in found.json()}

    def duties(self) -> dict[str, str]:
        """What is due in the referral, and how it stands."""
        return {one["duty"]: one["state"] for one in self.get("").json()["duties"]}

    def as_role(self, role: Role) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens[role]}"}


@pytest.fixture
def api(desk: Desk) -> Api:
    return Api(desk)


def attempt(api: Api, outcome: str = "no-answer") -> Response:
    return api.post("first-contact", {"channel": "phone", "outcome": outcome}, Role.CASE_WORKER)


def test_who_wants_no_contact_before_arrival_is_left_alone_until_then(api: Api) -> None:
    api.desk.request({"contact": {"channel": "phone", "number": "+225 07 00 00 00 01", "before_arrival": False}})
    api.desk.accept()
    refused = attempt(api)
    assert (refused.status_code, refused.json()["code"]) == (422, "contact-before-arrival")
    assert refused.json()["field"] == "contact.before_arrival"
    assert "Wait until the arrival" in refused.json()["next"]
    api.desk.arrive()
    assert attempt(api).status_code == 200


def test_after_an_unsafe_attempt_intake_clears_before_anybody_tries_again(api: Api) -> None:
    api.desk.request()
    api.desk.accept()
    api.desk.arrive()
    assert attempt(api, "unsafe").status_code == 200
    refused = attempt(api, "reached")
    assert (refused.status_code, refused.json()["code"]) == (409, "contact-unsafe")
    assert "clear-contact" in api.tasks(Role.INTAKE)
    assert "clear-contact" not in api.tasks(Role.CASE_WORKER)
    assert api.post("first-contact/clear", role=Role.CASE_WORKER).status_code == 403
    assert api.post("first-contact/clear").status_code == 200
    assert api.post("first-contact/clear").json()["code"] == "contact-not-unsafe"
    assert "clear-contact" not in api.tasks(Role.INTAKE)
    assert attempt(api, "reached").status_code == 200


def test_what_to_mind_is_shown_before_the_next_attempt_and_refuses_nothing(api: Api) -> None:
    contact = {"channel": "phone", "number": "+225 07 00 00 00 01", "hours": "18:00-20:00", "never": "not by letter"}
    api.desk.request({"contact": contact})
    api.desk.accept()
    api.desk.arrive()
    assert [one["code"] for one in api.get("contact-hints", Role.CASE_WORKER).json()] == ["never", "outside-hours"]
    assert attempt(api).status_code == 200


def test_after_a_death_all_contact_stops(arrived: Desk) -> None:
    with arrived.intake() as work:
        closing.not_complete(work, arrived.thread, "died")
        assert referrals.next_duty(work.session, arrived.row()) is None
    with arrived.intake() as work, pytest.raises(PersonDied):
        first_contact.record(work, arrived.thread, at=work.at, channel="phone", outcome="reached")


def test_a_follow_up_that_the_procedure_does_not_plan_is_refused_with_those_that_it_does(api: Api) -> None:
    api.desk.request()
    api.desk.accept()
    api.desk.arrive()
    refused = api.post("follow-up", {"month": 2})
    assert (refused.status_code, refused.json()["code"]) == (422, "follow-up-not-planned")
    assert "1, 3, 6, 12" in refused.json()["detail"]


def test_the_plan_ends_its_duty_and_is_told_as_far_as_plans_may_return(api: Api) -> None:
    api.desk.request()
    api.desk.accept()
    api.desk.arrive()
    assert api.duties()["plan"] == "open"
    assert api.post("plan", {**PLAN, "actions": []}).status_code == 400
    assert api.post("plan", PLAN, Role.CASE_WORKER).status_code == 200
    assert api.duties()["plan"] == "kept"
    (kept,) = [one for one in api.get("reports").json() if one["step"] == "plan-agreed"]
    assert kept["fields"]["plan"] == PLAN


def test_a_medicine_that_runs_out_is_a_task_fourteen_days_before(api: Api) -> None:
    api.desk.request(MEDICINES, medical())
    due = api.tasks(Role.CLINICIAN)["medication-supply"]
    assert due["due_at"] == "2026-12-16T17:00:00Z"
    assert api.post("medication-secured", role=Role.CLINICIAN).status_code == 200
    assert "medication-supply" not in api.tasks(Role.CLINICIAN)
    assert api.duties()["medication-supply"] == "kept"


def test_a_referral_without_medicines_has_none_to_secure(api: Api) -> None:
    api.desk.request()
    assert api.post("medication-secured").json()["code"] == "no-medication"


def test_clinicians_ask_under_medical_continuity_and_nobody_else_reads_it(api: Api) -> None:
    api.desk.request(MEDICINES, medical())
    asked = api.post("medical/questions", {"question": "Which insulin (invented)?"}, Role.CLINICIAN)
    assert asked.status_code == 200
    again = api.post("medical/questions", {"question": "And?"}, Role.CLINICIAN)
    assert (again.status_code, again.json()["code"]) == (409, "medical-question-open")
    assert api.get("medical", Role.INTAKE).status_code == 403
    assert [one["text"] for one in api.get("medical", Role.CLINICIAN).json()] == ["Which insulin (invented)?"]
    for role, shown in {Role.INTAKE: False, Role.CASE_WORKER: False, Role.CLINICIAN: True}.items():
        entry = api.get("", role).json()["entries"][-1]
        assert entry["step"] == "medical-question"
        assert ("insulin" in str(entry)) is shown, role


def test_the_host_asks_and_the_answer_ends_the_duty(api: Api) -> None:
    api.desk.request(MEDICINES, medical())
    api.desk.learn("medical-question", {"question": "Is there a clinic (invented)?"})
    assert "answer-clinician-origin" in api.tasks(Role.CLINICIAN)
    assert "answer-clinician-origin" not in api.tasks(Role.INTAKE)
    unknown = api.post("medical/answers", {"to": "0" * 8, "answer": "Yes."}, Role.CLINICIAN)
    assert unknown.json()["code"] == "medical-question-unknown"
    answer = {"to": api.desk.came[-1], "answer": "Yes (invented)."}
    assert api.post("medical/answers", answer, Role.CLINICIAN).status_code == 200
    assert "answer-clinician-origin" not in api.tasks(Role.CLINICIAN)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        pytest.param(TERMS, "not-medical-continuity", id="another purpose"),
        pytest.param(medical(returns=False), "no-return", id="nothing may go back"),
    ],
)
def test_where_clinicians_do_not_speak(api: Api, terms: Terms, code: str) -> None:
    api.desk.request(terms=terms)
    refused = api.post("medical/questions", {"question": "Which insulin?"}, Role.CLINICIAN)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_a_withdrawal_erases_what_clinicians_said_and_what_clocks_were_counted_from(api: Api) -> None:
    api.desk.request(MEDICINES, medical())
    api.post("medical/questions", {"question": "Which insulin (invented)?"}, Role.CLINICIAN)
    assert api.post("withdraw").status_code == 200
    assert api.get("medical", Role.CLINICIAN).json() == []
    with api.desk.intake() as work:
        row = referrals.by_thread(work.session, api.desk.thread)
        assert row.supply_ends is None
        assert all(_is_silent(one) for one in referrals.steps(work.session, row))


def _is_silent(step: StepRow) -> bool:
    return step.facts is None or not step.facts["supply_ends"]


def test_unanswered_is_counted_apart_from_declined(api: Api) -> None:
    api.desk.request()
    api.desk.later(days=20)
    listed = api.client.get("/api/referrals?unanswered=true", headers=api.as_role(Role.INTAKE)).json()
    assert [(one["status"], one["unanswered"]) for one in listed] == [("requested", True)]
    counts = api.client.get("/api/referral-counts", headers=api.as_role(Role.INTAKE)).json()
    assert counts == {"by_status": {"requested": 1}, "unanswered": 1}
    assert api.tasks(Role.INTAKE, overdue=True)["answer"]["state"] == "overdue"
    with api.desk.intake() as work:
        row = referrals.by_thread(work.session, api.desk.thread)
        assert row.status == "requested"
    api.post("acknowledge")
    api.post("decline", {"reason": "no-capacity"})
    assert api.client.get("/api/referrals?unanswered=true", headers=api.as_role(Role.INTAKE)).json() == []
