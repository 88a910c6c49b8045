"""Every refusal of the API is a problem document in our words, and no fault of ours quotes anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy.exc import DataError
from starlette.testclient import TestClient

from host_node.service import SERVICE
from relevo.domain.access import Role
from relevo.domain.disclosure import NotSendable
from relevo.errors import Reason, WireError
from relevo.runtime import prepare_logging
from relevo.storage import users
from relevo.web.app import make_app
from relevo.web.problems import problem_of, wire_problem
from support.nodes import JoinedNodes

SOMEBODY = "Awa Sample"


def fault_of_ours() -> None:
    """A route that nobody foresaw would fail, in words that quote somebody."""
    raise ValueError(SOMEBODY)


def what_cannot_be_kept() -> None:
    """A route whose parameters the database cannot keep."""
    raise DataError(SOMEBODY, {}, ValueError(SOMEBODY))


@pytest.fixture
def client(nodes: JoinedNodes) -> Iterator[TestClient]:
    """A counsellor of the host; two routes fail."""
    app = make_app(SERVICE, nodes.host)
    app.add_api_route("/api/fault", fault_of_ours)
    app.add_api_route("/api/unfit", what_cannot_be_kept)
    with nodes.host.write() as work:
        token = users.add(work.session, "sample", Role.COUNSELLOR, work.at)
    headers = {"authorization": f"Bearer {token}"}
    with TestClient(app, headers=headers, raise_server_exceptions=False) as opened:
        yield opened


def test_a_fault_of_ours_is_logged_by_kind_and_place_and_tells_nobody_what_it_quotes(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_logging("info")
    answered = client.get("/api/fault")
    assert (answered.status_code, answered.json()["code"]) == (500, "error")
    (logged,) = capsys.readouterr().err.splitlines()
    assert json.loads(logged)["kind"] == "ValueError"
    assert SOMEBODY not in answered.text + logged


def test_a_refusal_names_its_rule_and_its_clause_to_people_and_neither_to_peers() -> None:
    clause = "purposes.reintegration-assistance.required"
    reason = Reason(
        code="class-required",
        field="travel",
        detail="is missing",
        advice="Add it",
        rule="classes.required",
        clause=clause,
    )
    document = problem_of(NotSendable(reason))
    assert document["rule"] == "disclosure.all-or-nothing"
    assert document["reasons"] == [vars(reason)]
    assert "clause" not in document
    assert wire_problem(WireError("not for peers")).keys() == {"type", "status", "code"}


def test_what_no_database_can_keep_is_the_callers_to_mend(client: TestClient) -> None:
    answered = client.get("/api/unfit")
    assert (answered.status_code, answered.json()["code"]) == (400, "bad-input")
    assert SOMEBODY not in answered.text


FAULTS = {
    "no JSON": ("{", "body", "is not JSON"),
    "a field that is unknown": ('{"case": {}, "colour": 1}', "colour", "is not known here"),
    "a field that is missing": ("{}", "case", "is missing"),
    "a field of another type": ('{"case": "x"}', "case", "is not of the form that is needed"),
}


@pytest.mark.parametrize(("body", "field", "detail"), FAULTS.values(), ids=FAULTS.keys())
def test_a_body_is_refused_in_our_words(client: TestClient, body: str, field: str, detail: str) -> None:
    answered = client.post("/api/cases", content=body, headers={"content-type": "application/json"}).json()
    assert answered["reasons"] == [{"code": "bad-input", "field": field, "detail": detail}]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "/nowhere", "not-found"), ("DELETE", "/api/me", "method-not-allowed")],
    ids=["a path that is none", "a method that is none"],
)
def test_what_is_not_there_says_where_to_look(client: TestClient, method: str, path: str, code: str) -> None:
    answered = client.request(method, path).json()
    assert answered["code"] == code
    assert "/api describes" in answered["next"]
