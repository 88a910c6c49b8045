"""A node written from docs/protocol.md alone registers with a real one and brings it a first message, over HTTP."""

from __future__ import annotations

import ast
import http.client
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from origin_node import profile
from origin_node.service import SERVICE as ORIGIN
from relevo.clock import StandingClock, seconds
from relevo.delivery import federation, registration, sop_exchange
from relevo.delivery.admission import Limits
from relevo.delivery.node import Node
from relevo.delivery.transport import Answer, Transport
from relevo.domain.access import Role
from relevo.storage import peers, referrals, sops
from support import second_bytes, second_node, second_times
from support.databases import SqliteDatabases
from support.front_door import served
from support.nodes import AT, ORIGIN_ADDRESS, ORIGIN_ID, MemoryTransport, make_node, publish, staff
from support.pairs import sop_text
from support.second_bytes import digest, verified
from support.second_node import SecondNode
from support.second_times import answer_due

SECOND = "de:zweite"
CONSENT = {
    "purpose": "reintegration-assistance",
    "receiver": ORIGIN_ID,
    "classes": ["contact", "identity-min", "needs"],
    "expires_on": "2027-11-22",
    "outcomes_may_return": True,
}
STATED = {
    "identity-min": {
        "reference": "DE-INVENTED-1",
        "given_names": "Awa (invented)",
        "family_name": "Sample",
        "birth_date": "1994-03-08",
        "sex": "female",
        "nationality": "CI",
        "languages": ["fr"],
    },
    "contact": {"channel": "phone", "number": "+225 07 00 00 00 01", "language": "fr"},
    "needs": {"economic": ["business-start"], "intentions": "a workshop"},
}
REQUESTED = {
    "name": "requested",
    "by": "counsellor",
    "purpose": CONSENT["purpose"],
    "urgency": "routine",
    "confidential": False,
}


class ToSecond(Transport):
    """The network on which the real node reaches the second one."""

    def __init__(self, second: SecondNode) -> None:
        self._second = second

    def send(self, _method: str, url: str, _headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`; only possession is asked here."""
        assert url == f"{self._second.endpoint}/federation/v1/possession"
        proof = self._second.prove(json.loads(body))
        return Answer(status=200, headers={"content-type": "application/json"}, body=json.dumps(proof).encode())


@dataclass
class Met:
    """A real node that is served at a port, and the second one, which knows its statement."""

    real: Node
    second: SecondNode
    port: int

    def bring(self, *envelopes: second_bytes.Json) -> second_bytes.Json:
        """Bring envelopes; the answer, after its signature held."""
        fields, body = self.second.request(*envelopes)
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        line.request("POST", federation.ENVELOPES, body, fields)
        got = line.getresponse()
        raw = got.read()
        line.close()
        assert got.status == 200, raw
        return self.second.verified_answer(fields, {name.lower(): value for name, value in got.getheaders()}, raw)


@pytest.fixture
def met(sqlite_databases: SqliteDatabases) -> Iterator[Met]:
    """The administrator of the real node has registered the second one, which has proved that it holds its keys."""
    address, clock = sqlite_databases.fresh(ORIGIN), StandingClock(AT)
    real = make_node(ORIGIN, node_id=ORIGIN_ID, endpoint=ORIGIN_ADDRESS, address=address, clock=clock)
    publish((real,), MemoryTransport())
    second = SecondNode(node_id=SECOND, endpoint="https://zweite.example", now=seconds(AT))
    with real.read() as work:
        second.know(peers.latest_token(work.session, ORIGIN_ID))
    with real.write(staff(Role.ADMINISTRATOR)) as work:
        registration.add(work, second.statement())
        registration.verify(work, SECOND, second.fingerprint())
    assert registration.activate(real, ToSecond(second), SECOND)
    with served(ORIGIN, real, Limits()) as port:
        yield Met(real=real, second=second, port=port)
    real.database.close()


def test_a_referral_begins_with_a_node_that_was_written_from_the_document(met: Met) -> None:
    text = sop_text("es-ci", host=SECOND)
    proposal = met.second.proposal(text)
    answer = met.bring(proposal)
    assert met.second.receipt(answer["results"][0], proposal)["disposition"] == "stored"
    with met.real.write(staff(Role.ADMINISTRATOR)) as work:
        sop_exchange.accept(work, sops.find(work.session, digest(text.encode())))

    hidden = {"step": REQUESTED, "consent": CONSENT, **STATED}
    first = met.second.envelope("requested", hidden, sop=digest(text.encode()), consent=CONSENT)
    answer = met.bring(first)
    receipt = met.second.receipt(answer["results"][0], first)
    assert (receipt["disposition"], receipt["code"]) == ("stored", None)
    due = answer_due(text, "routine", receipt["received_at"])
    assert receipt["due"] == [{"duty": "answer", "by": ORIGIN_ID, "at": due}]
    summary = verified(answer["summary"], "relevo-summary+jwt", met.second.peer)
    assert (summary["high_water"], summary["gaps"]) == (2, [])

    thread = json.loads(second_bytes.decode(first["manifest"].split(".")[1]))["thread"]
    with met.real.write(staff(Role.INTAKE)) as work:
        assert referrals.by_thread(work.session, thread).peer == SECOND
        stated = {one.data_class: one.fields for one in profile.read(work, thread).stated}
    assert stated["needs"] == STATED["needs"]


def test_the_same_message_gets_the_same_receipt_and_a_changed_one_none(met: Met) -> None:
    proposal = met.second.proposal(sop_text("es-ci", host=SECOND))
    one, two = (met.bring(proposal)["results"][0] for _ in range(2))
    assert one["receipt"] == two["receipt"]
    spoilt = {**met.second.proposal(sop_text("es-ci", host=SECOND)), "sealed": proposal["sealed"]}
    assert met.bring(spoilt)["results"][0]["problem"]["code"] == "unreadable"


@pytest.mark.parametrize("module", [second_bytes, second_node, second_times], ids=lambda one: one.__name__)
def test_nothing_of_the_first_implementation_is_in_the_second(module: ModuleType) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    named = {one.module or "" for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)}
    named |= {name.name for one in ast.walk(tree) if isinstance(one, ast.Import) for name in one.names}
    others = {name.partition(".")[0] for name in named - {"support.second_bytes"}}
    assert others - sys.stdlib_module_names <= {"cryptography"}
