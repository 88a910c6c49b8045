"""The story of the demo: one invented case from the first talk to the close, a year later.

Each step is an act of one user through the API of their node; then the story waits until the other node has it and
the receipt is back, and goes on. A step that does not come about ends the story.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from relevo.cli import demo_joining as joining
from relevo.cli.demo_nodes import DemoNode, Pair
from relevo.cli.demo_process import NodeFailed

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SOP = "es-ci"
CASE = "01-kouassi-aya.json"
USERS = {
    "host": {"admin-es": "administrator", "carmen": "counsellor", "auditor-es": "auditor"},
    "origin": {"admin-ci": "administrator", "ibrahim": "intake", "awa": "case-worker"},
}
SERVICES = {
    "business-start": "ci:accueil/enterprise-fund",
    "school-enrolment": "ci:accueil/education-desk",
    "housing": "ci:accueil/housing-desk",
    "family-mediation": "ci:accueil/family-centre",
}


@dataclass(frozen=True)
class Told:
    """One line of the story: when, who, what happened, and marked lines that belong below it."""

    at: datetime
    who: str
    text: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass
class Story:
    """Plays the story on a pair of nodes, yielding a line for each step that came about."""

    pair: Pair
    thread: str = ""
    case: str = ""

    def play(self) -> Iterator[Told]:
        """All chapters, in order."""
        for chapter in (
            self._nodes,
            self._peers,
            self._sop,
            self._case,
            self._decision,
            self._journey,
            self._follow_up,
        ):
            yield from chapter()
        yield from self._close()

    def _nodes(self) -> Iterator[Told]:
        for side, node in (("host", self.pair.host), ("origin", self.pair.origin)):
            node.init()
            node.administrator = next(iter(USERS[side]))
            for name, role in USERS[side].items():
                node.add_user(name, role, node.administrator if node.tokens else None)
            node.start()
            yield self._told(node.node_id, "makes its keys and database, and serves")

    def _peers(self) -> Iterator[Told]:
        for node, peer in self._both():
            joining.introduce(node, peer)
        for node, peer in self._both():
            joining.confirm(node, peer)
            words = " ".join(peer.fingerprint.split()[:3])
            yield self._told(node.administrator, f"compares {peer.node_id}'s fingerprint, {words} …")

    def _sop(self) -> Iterator[Told]:
        digest = joining.propose(self.pair, joining.sop_text(SOP))
        joining.await_offer(self.pair, digest)
        yield self._told("admin-es", f"signs the SOP es-ci-return ({digest[:10]}…) and proposes it")
        joining.accept(self.pair, digest)
        joining.await_agreement(self.pair, digest)
        yield self._told("admin-ci", "reads it and signs it; it is in force")

    def _case(self) -> Iterator[Told]:
        host = self.pair.host
        case = json.loads((files("host_node") / "samples" / CASE).read_text(encoding="utf-8"))
        self.case = host.call("carmen", "POST", "/cases", {"case": case})["id"]
        yield self._told("carmen", f"imports case {case['identity-min']['reference']} (invented)")
        refusal = host.call("carmen", "POST", f"/cases/{self.case}/send", refused=True)
        _require(refusal["reasons"][0]["code"] == "no-consent", "it is refused for another reason")
        yield self._told("carmen", "tries to send it without a consent: refused")
        consent = host.call("carmen", "POST", f"/cases/{self.case}/consents/from-file")[0]
        yield self._told(
            "carmen", f"records the consent: {', '.join(consent['classes'])}; until {consent['expires_on']}"
        )
        yield from self._preview(host)
        self.thread = host.call("carmen", "POST", f"/cases/{self.case}/send")["thread"]
        self._arrives(self.pair.origin, "requested")
        yield self._told("carmen", "sends the referral, sealed; the receipt is back")

    def _preview(self, host: DemoNode) -> Iterator[Told]:
        preview = host.call("carmen", "GET", f"/cases/{self.case}/preview")
        _require(preview["sendable"], "the preview has reasons against sending")
        leaving: dict[str, list[str]] = {}
        for line in preview["lines"]:
            if line["leaves"]:
                data_class, _, name = line["path"].partition(".")
                leaving.setdefault(data_class, []).append(name)
        _require("identity-full" not in leaving, "identity-full would leave")
        staying = [line for line in preview["lines"] if not line["leaves"]]
        details = (
            *(("→", f"{data_class}: {', '.join(names)}") for data_class, names in leaving.items()),
            *(("·", f"{line['path']}: {line['text'].removeprefix('Stays: ')}") for line in staying),
        )
        text = f"looks at the preview: {len(leaving)} data classes leave, {len(staying)} fields stay at home"
        yield Told(self.pair.clock.now(), "carmen", text, details)

    def _decision(self) -> Iterator[Told]:
        yield self._origin("2026-11-23T08:30", "acknowledge", "acknowledged", "acknowledges: somebody has seen it")
        question = {"question": "Which school year is the boy in?", "classes": ["needs"]}
        text = "asks which school year the boy is in"
        yield self._origin("2026-11-23T10:00", "ask", "information-requested", text, question)
        answer = {"answer": "The first year of primary school."}
        yield self._host("2026-11-24T09:15", "answer", "answered", "answers", answer)
        yield self._origin("2026-11-24T14:00", "acknowledge", "acknowledged", "acknowledges the answer")
        yield self._origin("2026-11-26T10:00", "accept", "accepted", "accepts the referral", {})
        for service, organisation in SERVICES.items():
            self.pair.origin.call(
                "ibrahim", "POST", self._path(f"services/{service}/assign"), {"organisation": organisation}
            )
            self._service(service, "accepted")
        self._arrives(self.pair.host, "service", len(SERVICES) * 2)
        yield self._told("ibrahim", f"gives each of {len(SERVICES)} services to an organisation")

    def _journey(self) -> Iterator[Told]:
        change = {"arrival_at": "2026-12-16T19:35:00+00:00", "flight": "IB0002"}
        yield self._host("2026-12-10T11:00", "journey", "journey-changed", "moves the flight to 16 December", change)
        departed = {"at": "2026-12-16T13:10:00+00:00"}
        yield self._host("2026-12-16T13:30", "departure", "departed", "says that she has left", departed)
        arrived = {"arrived_at": "2026-12-16T20:05:00+00:00"}
        text = "confirms the arrival; first contact is due"
        yield self._origin("2026-12-16T20:30", "arrival", "arrived", text, arrived, who="awa")
        attempt = {"channel": "phone", "outcome": "no-answer"}
        yield self._origin("2026-12-17T09:30", "first-contact", "first-contact", "calls: no answer", attempt, who="awa")
        reached = {"channel": "phone", "outcome": "reached"}
        text = "reaches her, in time by the SOP"
        yield self._origin("2026-12-18T10:00", "first-contact", "first-contact", text, reached, who="awa")
        yield self._origin("2027-01-04T09:00", "start", "started", "begins the assistance", who="awa")

    def _follow_up(self) -> Iterator[Told]:
        for service in SERVICES:
            self._service(service, "in-progress")
        months = {
            1: ("2027-01-15T10:00", "school-enrolment", "the boy goes to school"),
            3: ("2027-03-15T10:00", "housing", "the flat is theirs"),
            6: ("2027-06-15T10:00", "family-mediation", "her mother has visited"),
            12: ("2027-12-15T10:00", "business-start", "the workshop is open"),
        }
        for month, (at, service, found) in months.items():
            outcome = {"services": [{"service": service, "status": "completed", "note": found}], "wellbeing": "well"}
            report = {"month": month, "services": {service: "completed"}, "outcome": outcome}
            yield self._origin(at, "follow-up", "follow-up", f"follow-up of month {month}: {found}", report, who="awa")

    def _close(self) -> Iterator[Told]:
        yield self._origin(
            "2027-12-16T09:00", "complete", "completed", "reports that everything agreed is done", who="awa"
        )
        words = "Nobody asked me twice for the same thing."
        feedback = {"comments": words, "language": "en"}
        closing = {"reason": "completed", "feedback": feedback}
        yield self._origin("2027-12-17T10:00", "close", "closed", f"closes it with her words: “{words}”", closing)
        for node, user in ((self.pair.host, "carmen"), (self.pair.origin, "ibrahim")):
            found = self._timeline(node, user)
            _require(found["referral"]["status"] == "closed", f"{node.node_id} has another status")
            late = [entry["step"] for entry in found["entries"] if entry["late"]]
            _require(not late, f"late at {node.node_id}: {late}")
        yield self._told("both nodes", "agree: closed, all receipted, nothing late")

    def _origin(self, at: str, path: str, step: str, text: str, body: object = None, *, who: str = "ibrahim") -> Told:
        return self._step(self.pair.origin, self.pair.host, at, who, path, step, text, body)

    def _host(self, at: str, path: str, step: str, text: str, body: object = None) -> Told:
        return self._step(self.pair.host, self.pair.origin, at, "carmen", path, step, text, body)

    def _step(
        self, node: DemoNode, other: DemoNode, at: str, who: str, path: str, step: str, text: str, body: object
    ) -> Told:
        self.pair.move_to(datetime.fromisoformat(at).replace(tzinfo=UTC))
        before = self._count(other, step)
        node.call(who, "POST", self._path(path), body)
        self._arrives(other, step, before + 1)
        return self._told(who, text)

    def _service(self, service: str, status: str) -> None:
        self.pair.origin.call("ibrahim", "POST", self._path(f"services/{service}/status"), {"status": status})

    def _arrives(self, node: DemoNode, step: str, times: int = 1) -> None:
        """Wait until `node` has a step as often as it should, and the sender has every receipt."""
        self._wait(lambda: self._count(node, step) >= times, f"{step} arrives at {node.node_id}")
        self._wait(self._all_receipted, f"the receipt of {step} comes back")

    def _count(self, node: DemoNode, step: str) -> int:
        user = "carmen" if node is self.pair.host else "ibrahim"
        if not any(one["thread"] == self.thread for one in node.call(user, "GET", "/referrals")):
            return 0
        return sum(entry["step"] == step for entry in self._timeline(node, user)["entries"])

    def _all_receipted(self) -> bool:
        both = (self._timeline(self.pair.host, "carmen"), self._timeline(self.pair.origin, "ibrahim"))
        return all(entry["delivery"] == "stored" for found in both for entry in found["entries"])

    def _timeline(self, node: DemoNode, user: str) -> Any:  # noqa: ANN401 - JSON
        return node.call(user, "GET", f"/referrals/{self.thread}")

    def _path(self, path: str) -> str:
        return f"/referrals/{self.thread}/{path}"

    def _both(self) -> tuple[tuple[DemoNode, DemoNode], ...]:
        return (self.pair.host, self.pair.origin), (self.pair.origin, self.pair.host)

    def _wait(self, happened: Callable[[], bool], what: str) -> None:
        self.pair.wait_until(happened, what)

    def _told(self, who: str, text: str) -> Told:
        return Told(self.pair.clock.now(), who, text)


def _require(holds: object, otherwise: str) -> None:
    if not holds:
        raise NodeFailed(otherwise)
