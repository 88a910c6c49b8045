"""Two nodes as real processes over real HTTP: what their clients see, and what a power cut leaves behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from relevo.domain.access import Role
from relevo.runtime import Service
from support.nodes import AT
from support.processes import NodeProcess, RunningPair, running_pair, until
from support.story import changed, sample


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, services: tuple[Service, Service]) -> Iterator[RunningPair]:
    """One pair of processes on SQLite for all tests that only ask."""
    with running_pair(tmp_path_factory.mktemp("pair"), services) as running:
        yield running


def test_a_killed_receiver_loses_nothing_and_does_nothing_twice(running_nodes_on_each: RunningPair) -> None:
    pair = running_nodes_on_each
    with pair.host.client(Role.COUNSELLOR) as counsellor:
        thread = _send(counsellor)
        _wait_until_stored(counsellor, thread)
        pair.origin.kill()
        _do(counsellor, f"/api/referrals/{thread}/journey", {"flight": "IB0002"})
        pair.origin.start()
        assert _steps(pair.origin, thread) == ["requested"]
        pair.move_to(AT + timedelta(hours=2))
        _wait_until_stored(counsellor, thread)
        _do(counsellor, f"/api/referrals/{thread}/departure", {"at": AT.isoformat()})
        pair.origin.kill()
        pair.origin.start()
        pair.move_to(AT + timedelta(hours=4))
        _wait_until_stored(counsellor, thread)
    assert _steps(pair.origin, thread) == ["requested", "journey-changed", "departed"]


def test_a_killed_sender_brings_what_it_had_queued(running_nodes: RunningPair) -> None:
    running_nodes.origin.kill()
    with running_nodes.host.client(Role.COUNSELLOR) as counsellor:
        thread = _send(counsellor)
    running_nodes.host.kill()
    running_nodes.origin.start()
    running_nodes.host.start()
    running_nodes.move_to(AT + timedelta(hours=2))
    with running_nodes.host.client(Role.COUNSELLOR) as counsellor:
        _wait_until_stored(counsellor, thread)
    assert _steps(running_nodes.origin, thread) == ["requested"]


ASKED: dict[str, tuple[str, str, dict[str, Any] | None, tuple[int, str]]] = {
    "no such case": ("POST", "/api/cases/nothing/send", None, (404, "not-found")),
    "no such referral": ("GET", "/api/referrals/nothing", None, (404, "not-found")),
    "no such page": ("GET", "/api/nothing", None, (404, "not-found")),
    "the wrong method": ("DELETE", "/api/cases", None, (405, "method-not-allowed")),
    "an unknown field": ("POST", "/api/cases", {"case": {}, "and": "more"}, (400, "bad-input")),
    "a file that is no case": ("POST", "/api/cases", {"case": {"host": "es:retorno"}}, (400, "case-file-invalid")),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_cannot_be_done_is_a_problem_document(name: str, pair: RunningPair) -> None:
    method, path, body, (status, code) = ASKED[name]
    with pair.host.client(Role.COUNSELLOR) as counsellor:
        _require_problem(counsellor.request(method, path, json=body), status, code)


@pytest.mark.parametrize("side", ["host", "origin"])
def test_nobody_is_served_without_a_token_of_this_node(side: str, pair: RunningPair) -> None:
    node: NodeProcess = getattr(pair, side)
    other = pair.origin if node is pair.host else pair.host
    for headers in ({}, {"authorization": "Bearer nonsense"}, _token_of(other)):
        answer = httpx.get(f"{node.endpoint}/api/referrals", headers=headers, trust_env=False)
        assert answer.headers["www-authenticate"] == "Bearer"
        _require_problem(answer, 401, "unauthenticated")


def test_a_role_that_may_not_is_told_which_may(pair: RunningPair) -> None:
    with pair.host.client(Role.AUDITOR) as auditor:
        problem = _require_problem(auditor.post("/api/cases", json={"case": sample("07")}), 403, "forbidden")
    assert "coordinator, counsellor" in problem["detail"]


def test_a_refusal_names_every_reason_and_what_to_do(pair: RunningPair) -> None:
    with pair.host.client(Role.COUNSELLOR) as counsellor:
        case = _do(counsellor, "/api/cases", {"case": sample("01")})["id"]
        answer = counsellor.post(f"/api/cases/{case}/send")
    (reason,) = _require_problem(answer, 422, "not-sendable")["reasons"]
    assert reason["code"] == "no-consent"
    assert reason["advice"]


def test_an_illegal_step_names_the_steps_that_are_allowed(pair: RunningPair) -> None:
    document = changed(sample("01"), "identity-min", reference="ES-2026-000002")
    with pair.host.client(Role.COUNSELLOR) as counsellor:
        thread = _send(counsellor, document)
        answer = counsellor.post(f"/api/referrals/{thread}/answer", json={"answer": "nobody asked"})
    assert _require_problem(answer, 409, "illegal-step")["allowed"] == ["cancelled", "withdrawn", "entered-in-error"]


@pytest.mark.parametrize("side", ["host", "origin"])
def test_the_page_of_the_api_needs_nothing_from_elsewhere(side: str, pair: RunningPair) -> None:
    node: NodeProcess = getattr(pair, side)
    with httpx.Client(base_url=node.endpoint, trust_env=False) as anybody:
        page = anybody.get("/api")
        assert page.status_code == 200
        assert not re.findall(r"(?:https?:)?//[a-z]", page.text)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(named) >= 3
        assert {anybody.get(address).status_code for address in named} == {200}


@pytest.mark.parametrize("side", ["host", "origin"])
def test_the_openapi_document_describes_every_verb(side: str, pair: RunningPair) -> None:
    node: NodeProcess = getattr(pair, side)
    document = httpx.get(f"{node.endpoint}/api/openapi.json", trust_env=False).json()
    assert document["openapi"].startswith("3.")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) > 20
    assert all(operation.get("summary") and operation.get("tags") for operation in operations)
    schemas = document["components"]["schemas"]
    named = set(re.findall(r'"\$ref": ?"#/components/schemas/([^"]+)"', httpx.Response(200, json=document).text))
    assert named <= schemas.keys()


def _send(counsellor: httpx.Client, document: dict[str, Any] | None = None) -> str:
    case = _do(counsellor, "/api/cases", {"case": document or sample("01")})["id"]
    _do(counsellor, f"/api/cases/{case}/consents/from-file")
    return str(_do(counsellor, f"/api/cases/{case}/send")["thread"])


def _do(client: httpx.Client, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    answer = client.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def _wait_until_stored(counsellor: httpx.Client, thread: str) -> None:
    until(lambda: {entry["delivery"] for entry in _timeline(counsellor, thread)} == {"stored"})


def _timeline(client: httpx.Client, thread: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = client.get(f"/api/referrals/{thread}").raise_for_status().json()["entries"]
    return entries


def _steps(origin: NodeProcess, thread: str) -> list[str]:
    with origin.client(Role.INTAKE) as intake:
        return [str(entry["step"]) for entry in _timeline(intake, thread)]


def _token_of(node: NodeProcess) -> dict[str, str]:
    return {"authorization": f"Bearer {node.tokens[Role.AUDITOR]}"}


def _require_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:relevo:problem:{code}"
    return problem
