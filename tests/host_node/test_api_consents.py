"""Changes of consent, paper, children and households over the API of a host; tasks and warnings beside them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from host_node import consent_taking, consents
from host_node.service import SERVICE
from origin_node import consents as origin_consents
from relevo.domain.access import Role
from relevo.domain.sides import Side
from relevo.storage import users
from relevo.web.app import make_app
from support.nodes import JoinedNodes
from support.story import Story, sample

ACCOUNT = {"language": "fr", "taken_on": "2026-11-22"}
CASE = "ES-2026-004417"
WHY = "wants to tell them herself"


class Office:
    """The staff of a host, over the API; the post goes after each request."""

    def __init__(self, nodes: JoinedNodes) -> None:
        self.nodes, self.client = nodes, TestClient(make_app(SERVICE, nodes.host))
        with nodes.host.write() as work:
            self.tokens = {role: users.add(work.session, role, role, work.at) for role in SERVICE.roles}

    def post(self, path: str, body: object = None, role: Role = Role.COUNSELLOR) -> Response:
        answer = self.client.post(f"/api/{path}", json=body, headers=self._as(role))
        self.nodes.deliver()
        return answer

    def get(self, path: str, role: Role = Role.COUNSELLOR) -> Response:
        return self.client.get(f"/api/{path}", headers=self._as(role))

    def _as(self, role: Role) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens[role]}"}


@pytest.fixture
def sent(nodes: JoinedNodes) -> Story:
    """Case 01, sent."""
    begun = Story(nodes=nodes)
    begun.take_in(sample("01"))
    begun.send()
    return begun


@pytest.fixture
def office(sent: Story) -> Office:
    return Office(sent.nodes)


def test_three_refusals_are_kept_apart(office: Office, sent: Story) -> None:
    (first,) = office.get(f"cases/{CASE}/consents").json()
    narrowed = office.post(f"consents/{first['id']}/narrow", {**ACCOUNT, "without": ["needs"]})
    assert (narrowed.status_code, narrowed.json()["told"]) == (201, [sent.thread])
    closed = office.post(f"consents/{first['id']}/no-return", ACCOUNT)
    assert closed.json()["told"] == [sent.thread], "the first consent is followed to what it has become"
    assert sent.row(sent.nodes.origin).status == "requested"
    renewed = office.post(f"consents/{first['id']}/renew", {**ACCOUNT, "expires_on": "2028-12-31"})
    assert renewed.status_code == 201
    assert office.post(f"consents/{first['id']}/withdraw").json()["told"] == [sent.thread]
    assert sent.row(sent.nodes.origin).status == "erased"


def test_a_change_that_may_not_be_made_is_told_with_its_reasons(office: Office) -> None:
    (first,) = office.get(f"cases/{CASE}/consents").json()
    refused = office.post(f"consents/{first['id']}/renew", {**ACCOUNT, "expires_on": "2099-01-01"})
    assert (refused.status_code, refused.json()["code"]) == (422, "consent-rule")
    same = office.post(f"consents/{first['id']}/narrow", ACCOUNT)
    assert [one["code"] for one in same.json()["reasons"]] == ["consent-unchanged"]
    assert office.post(f"consents/{first['id']}/no-return", ACCOUNT, Role.AUDITOR).status_code == 403


def test_the_sheet_says_in_words_what_is_sent_to_whom_and_until_when(office: Office) -> None:
    sheet = office.get(f"cases/{CASE}/consent-sheet?language=fr").text
    for words in ("how to reach you", "Goes to: ci:accueil", "Until: 2028-02-28", "may be told back"):
        assert words in sheet
    assert "interpreter" in office.get(f"cases/{CASE}/consent-sheet?language=dyu").text
    assert WHY not in sheet
    assert office.get(f"cases/{CASE}/consent-sheet?language=fr&purpose=other").json()["code"] == "consent-unfit"


def test_the_statement_says_what_was_sent_class_by_class_also_after_the_erasure(office: Office, sent: Story) -> None:
    before = office.get(f"cases/{CASE}/disclosure").text
    assert "to ci:accueil: requested (stored)" in before
    assert "until 2028-02-28" in before
    assert "port" in before
    assert "Aya" not in before
    sent.withdraw()
    sent.nodes.deliver()
    after = office.get(f"cases/{CASE}/disclosure").text
    assert "a consent that is erased" in after
    assert "your journey" in after
    assert "port" not in after
    assert WHY not in before + after


def test_a_member_of_the_household_gets_a_case_and_a_review(office: Office) -> None:
    made = office.post(f"cases/{CASE}/members", {"member": 1, "reference": "ES-SON"})
    assert made.status_code == 201
    assert [one["reference"] for one in office.get("cases/ES-SON/linked").json()] == [CASE, "ES-SON"]
    said = {"decision": "in-favour", "ground": "his mother asks for it"}
    assert office.post("cases/ES-SON/best-interests", said).status_code == 403
    assert office.post("cases/ES-SON/best-interests", said, Role.COORDINATOR).status_code == 201


def test_a_consent_that_ends_before_the_last_follow_up_is_a_warning_and_no_refusal(office: Office, sent: Story) -> None:
    assert office.get(f"cases/{CASE}/preview").json()["warnings"] == []
    with sent.at_host() as work:
        consents.find(work.session, office.get(f"cases/{CASE}/consents").json()[0]["id"]).expires_on = date(2027, 8, 18)
    shown = office.get(f"cases/{CASE}/preview").json()
    assert [one["code"] for one in shown["warnings"]] == ["consent-ends-early"]
    assert shown["sendable"]


@pytest.mark.parametrize("side", Side)
def test_a_task_to_renew_comes_thirty_days_before_the_end_at_either_node(side: Side, sent: Story) -> None:
    source = consent_taking.tasks if side is Side.HOST else origin_consents.tasks
    node = sent.nodes.host if side is Side.HOST else sent.nodes.origin
    end = date(2028, 2, 28)
    before = end - timedelta(days=31) - sent.nodes.clock.now().date()
    sent.later(days=before.days)
    with node.read() as work:
        assert list(source(work)) == []
    sent.later(days=1)
    with node.read() as work:
        (task,) = source(work)
    assert (task.what, task.thread, task.due_at and task.due_at.date()) == ("renew-consent", sent.thread, end)
    sent.later(days=40)
    with node.read() as work:
        (task,) = source(work)
    assert "has ended" in task.text
