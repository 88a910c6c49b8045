"""Both nodes do what their OpenAPI documents say, for whatever fits the document and whatever does not (schemathesis).

Every operation is called by all roles in turn with data of both kinds, and each answer goes through the checks of
schemathesis: no fault of ours, documented status, media type, headers and schema, what fits is taken, what does not is
refused, and nobody gets in without a token.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.result import Ok
from starlette.testclient import TestClient

from host_node.service import SERVICE as HOST
from origin_node.service import SERVICE as ORIGIN
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.runtime import Service
from relevo.storage import users
from relevo.web.app import make_app
from relevo.web.problems import RESPONSES
from support.databases import SqliteDatabases
from support.nodes import join

SIDES = ("host", "origin")
CALLERS = 3
"""How many roles call with the same data; they take turns."""
CONTACTS = "POST /api/contact-lists"
JUDGED: dict[str, dict[str, str]] = {
    "host": {
        "POST /api/cases": "a case file is of any shape, and read by rules of its own",
        "POST /api/keys/rotate": "a signing key alone is declared invalid since a moment",
        "POST /api/peers": "a statement is signed text",
        "POST /api/sops": "a SOP is TOML, and signed",
        CONTACTS: "who may stand in a list depends on whose list it is",
    },
    "origin": {
        "POST /api/organisations": "what may stand in one field depends on others",
        "POST /api/keys/rotate": "a signing key alone is declared invalid since a moment",
        "POST /api/peers": "a statement is signed text",
        "POST /api/referrals/{thread}/services/{service}/answer": "who declines says why",
        "POST /api/sops": "a SOP is TOML, and signed",
        CONTACTS: "who may stand in a list depends on whose list it is",
    },
}
"""Operations that may refuse data which fits the form, by side, and why a form cannot say it.

Everywhere else such data is taken, unless it is not the caller's to give, or about something that is not there.
"""
SETTINGS = settings(
    max_examples=3,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True, kw_only=True)
class Documented:
    """The application of one node, its document, and a token of each role."""

    schema: schemathesis.BaseSchema
    client: TestClient
    side: str
    tokens: Mapping[Role, str]


@pytest.fixture(scope="module", params=SIDES)
def node(request: pytest.FixtureRequest, sqlite_databases: SqliteDatabases) -> Iterator[Documented]:
    """One of two joined nodes, with a user of each role."""
    joined = join((HOST, ORIGIN), (sqlite_databases.fresh(HOST), sqlite_databases.fresh(ORIGIN)))
    sides: dict[str, tuple[Service, Node]] = {"host": (HOST, joined.host), "origin": (ORIGIN, joined.origin)}
    service, chosen = sides[request.param]
    app = make_app(service, chosen)
    app.state.transport = joined.transport
    with chosen.write() as work:
        tokens = {role: users.add(work.session, f"sample-{role}", role, work.at) for role in Role}
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    yield Documented(schema=schema, client=TestClient(app), side=request.param, tokens=tokens)
    joined.close()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfit"])
def test_every_operation_keeps_its_word_for_data_that_is(node: Documented, mode: GenerationMode) -> None:
    operations = [found.ok() for found in node.schema.get_all_operations() if isinstance(found, Ok)]
    turns, taken = cycle(node.tokens.values()), CHECKS.get_by_names(["positive_data_acceptance"])
    for operation in operations:
        _call(operation, mode, turns, taken if operation.label in JUDGED[node.side] else ())
    assert len(operations) > 50
    assert JUDGED[node.side].keys() <= {operation.label for operation in operations}


def _call(
    operation: schemathesis.APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    turns: Iterator[str],
    left_out: Sequence[Any],
) -> None:
    @SETTINGS
    @given(operation.as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case[Any]) -> None:
        for token in islice(turns, CALLERS):
            headers = {"authorization": f"Bearer {token}"}
            case.validate_response(case.call(headers=headers), headers=headers, excluded_checks=list(left_out))

    call()


def test_a_filter_that_nobody_knows_is_refused_to_whoever_may_ask(node: Documented) -> None:
    for path, methods in node.schema.raw_schema["paths"].items():
        asked = path.replace("{", "").replace("}", "") + "?Kouassi=1"
        for method in methods:
            assert node.client.request(method, asked).status_code == 401, path
            headers = {"authorization": f"Bearer {node.tokens[Role.COUNSELLOR]}"}
            refused = node.client.request(method, asked, headers=headers)
            assert (refused.status_code, refused.json()["code"], refused.json().get("field")) == (
                400,
                "bad-input",
                "query",
            ), path
            assert "Kouassi" not in refused.text


def test_a_method_that_no_operation_has_is_a_problem_too(node: Documented) -> None:
    for path in node.schema.raw_schema["paths"]:
        answer = node.client.request("TRACE", path)
        assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json"), path
        assert answer.headers["allow"], path


def test_every_operation_documents_refusals_as_problems(node: Documented) -> None:
    for methods in node.schema.raw_schema["paths"].values():
        for operation in methods.values():
            for status in RESPONSES:
                assert set(operation["responses"][str(status)]["content"]) == {"application/problem+json"}
