"""Both nodes do what their OpenAPI documents say, for whatever fits the document and whatever does not (schemathesis).

Every operation is called by several roles with data of both kinds, and each answer goes through the checks of
schemathesis: no fault of ours, documented status, media type, headers and schema, what does not fit is refused,
and nobody gets in without a token.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from support.databases import SqliteDatabases
from support.nodes import join

ROLES = (Role.COUNSELLOR, Role.ADMINISTRATOR)
SIDES = ("host", "origin")
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
        tokens = {role: users.add(work.session, f"sample-{role}", role, work.at) for role in ROLES}
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    yield Documented(schema=schema, client=TestClient(app), tokens=tokens)
    joined.close()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfit"])
def test_every_operation_keeps_its_word_for_data_that_is(node: Documented, mode: GenerationMode) -> None:
    operations = [found.ok() for found in node.schema.get_all_operations() if isinstance(found, Ok)]
    for operation in operations:
        _call(node, operation, mode)
    assert len(operations) > 50


def _call(node: Documented, operation: schemathesis.APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> None:
    @SETTINGS
    @given(operation.as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case[Any]) -> None:
        for token in node.tokens.values():
            headers = {"authorization": f"Bearer {token}"}
            case.validate_response(case.call(headers=headers), headers=headers, excluded_checks=_left_out(operation))

    call()


def _left_out(operation: schemathesis.APIOperation[Any, Any, Any, Any]) -> list[Any]:
    """Checks that would ask for more than a document promises.

    What fits the form may still be refused: rules, SOPs and signatures are no matter of form. And members of a query
    that nobody knows are passed over.
    """
    name = "positive_data_acceptance" if operation.body else "negative_data_rejection"
    return list(CHECKS.get_by_names([name]))


def test_a_method_that_no_operation_has_is_a_problem_too(node: Documented) -> None:
    for path in node.schema.raw_schema["paths"]:
        answer = node.client.request("TRACE", path)
        assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json"), path
        assert answer.headers["allow"], path


def test_every_operation_documents_refusals_as_problems(node: Documented) -> None:
    for methods in node.schema.raw_schema["paths"].values():
        for operation in methods.values():
            for kind in ("4XX", "5XX"):
                assert set(operation["responses"][kind]["content"]) == {"application/problem+json"}
