"""How the post stands, over HTTP: for administrators and whoever leads a case, and for peers who sign."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from host_node.service import SERVICE
from relevo.delivery import comparison, epochs, stream_lists
from relevo.delivery.federation import STREAM
from relevo.delivery.stream_lists import Question
from relevo.delivery.transport import Answer, Transport
from relevo.domain.access import Role
from relevo.protocol.stream_list import Direction
from relevo.storage import users
from relevo.storage.tables import OutboxRow
from relevo.web.app import make_app
from support.nodes import HOST_ID, ORIGIN_ID, JoinedNodes, staff
from support.story import Story, sample

ADMINISTRATOR, COUNSELLOR, AUDITOR = Role.ADMINISTRATOR, Role.COUNSELLOR, Role.AUDITOR


@pytest.fixture
def client(nodes: JoinedNodes) -> Iterator[TestClient]:
    """Speaks to the host as its server would be spoken to."""
    app = make_app(SERVICE, nodes.host)
    app.state.transport = nodes.transport
    with TestClient(app, base_url="https://retorno.example") as opened:
        yield opened


class OverHttp(Transport):
    """Carries a peer's request into the host's application."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        got = self._client.request(method, url, headers=dict(headers), content=body)
        return Answer(status=got.status_code, headers=got.headers, body=got.content)


def called(nodes: JoinedNodes, client: TestClient, role: Role, method: str, path: str, **said: str) -> tuple[int, str]:
    with nodes.host.write() as work:
        token = users.add(work.session, f"sample-{role}-{work.at.timestamp()}-{path[-5:]}"[:40], role, work.at)
    headers = {"authorization": f"Bearer {token}"}
    got = client.request(method, f"/api/delivery{path}", headers=headers, json=said or None)
    return got.status_code, got.text


MAY = {
    "an administrator reads how it stands": (ADMINISTRATOR, "GET", "", 200),
    "a counsellor does not": (COUNSELLOR, "GET", "", 403),
    "an administrator reads what is stuck": (ADMINISTRATOR, "GET", "/stuck", 200),
    "a counsellor too": (COUNSELLOR, "GET", "/stuck", 200),
    "an auditor does not": (AUDITOR, "GET", "/stuck", 403),
    "an administrator compares both streams": (ADMINISTRATOR, "GET", f"/compare?peer={ORIGIN_ID}", 200),
    "a counsellor compares nothing": (COUNSELLOR, "GET", f"/compare?peer={ORIGIN_ID}", 403),
    "nobody compares with who is not registered": (ADMINISTRATOR, "GET", "/compare?peer=de:nobody", 404),
    "nobody resends what is not there": (COUNSELLOR, "POST", "/stuck/x/resend", 404),
    "nobody notes what was not forgotten": (ADMINISTRATOR, "POST", "/forgotten/x/noted", 404),
    "a counsellor notes nothing": (COUNSELLOR, "POST", "/forgotten/x/noted", 403),
}


def test_who_may(nodes: JoinedNodes, client: TestClient) -> None:
    for number, (name, (role, method, path, status)) in enumerate(MAY.items()):
        nodes.clock.move_to(nodes.clock.now().replace(second=number))
        assert called(nodes, client, role, method, path)[0] == status, name


def test_an_epoch_is_confirmed_by_an_administrator_after_a_stop(nodes: JoinedNodes, client: TestClient) -> None:
    status, said = called(nodes, client, ADMINISTRATOR, "POST", "/epoch", why="restored")
    assert (status, "nothing-stopped" in said) == (409, True)
    with nodes.host.write() as work:
        epochs.stop(work, ORIGIN_ID)
    assert '"stopped":true' in called(nodes, client, ADMINISTRATOR, "GET", "")[1]
    assert called(nodes, client, COUNSELLOR, "POST", "/epoch", why="restored")[0] == 403
    nodes.clock.move_to(nodes.clock.now().replace(minute=1))
    assert called(nodes, client, ADMINISTRATOR, "POST", "/epoch", why="restored")[0] == 200


def test_a_peer_asks_over_http_and_gets_a_signed_list(nodes: JoinedNodes, client: TestClient) -> None:
    asked = Question(of=Direction.SENT, epoch=1, begin=1, tokens=True)
    told = stream_lists.ask(nodes.origin, OverHttp(client), HOST_ID, asked)
    assert [place.seq for place in told.listed.places] == sorted(told.tokens)
    assert told.tokens
    compared = comparison.compare(nodes.origin, OverHttp(client), HOST_ID, staff(ADMINISTRATOR))
    assert (compared.one_sided, compared.alike > 0) == ((), True)


UNFIT: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "too much": (b" " * (stream_lists.MAX_REQUEST + 1), 413),
    "what nobody signed": (b"{}", 400),
}


@pytest.mark.parametrize(("body", "status"), UNFIT.values(), ids=UNFIT)
def test_a_stranger_is_told_a_code_and_no_list(client: TestClient, body: bytes, status: int) -> None:
    answered = client.post(STREAM, content=body, headers={"content-type": "application/json"})
    assert answered.status_code == status
    assert set(answered.json()) == {"type", "status", "code"}


def test_what_only_one_side_has_is_named(nodes: JoinedNodes, client: TestClient) -> None:
    story = Story(nodes=nodes)
    story.take_in(sample("01"))
    nodes.transport.drop_next_answer()
    story.send()
    found = comparison.compare(nodes.host, nodes.transport, ORIGIN_ID, staff(ADMINISTRATOR))
    assert found.one_sided == ()
    with story.at_host() as work:
        work.session.execute(update(OutboxRow).where(OutboxRow.step == "requested").values(epoch=None, seq=None))
    told = json.loads(called(nodes, client, ADMINISTRATOR, "GET", f"/compare?peer={ORIGIN_ID}")[1])
    assert [(one["finding"], one["sent"]) for one in told["one_sided"]] == [("missing-here", True)]
    assert told["well"] is False
