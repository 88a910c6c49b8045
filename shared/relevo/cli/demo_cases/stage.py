"""What a case of the demo is played on: two of the nodes, their users, and a list of expectations to be found true.

A case is a generator. What it yields are the moments at which it goes on; between them the other cases go on, because
all share one clock that only moves forward. Whatever it finds comes from the API of a node. An expectation of which
nothing was found falls short.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from relevo.cli.demo_evidence import audit
from relevo.cli.demo_nodes import DemoNode, Pair
from relevo.cli.demo_process import NodeFailed
from relevo.domain.access import Role
from relevo.domain.sides import Side
from relevo.protocol.verification_report import Report

ASSISTANCE = "reintegration-assistance"
MEDICAL = "medical-continuity"
DONE = frozenset({"stored", "kept-here"})
"""How the message of a step stands when nothing more is to come."""


@dataclass(frozen=True)
class Expectation:
    """Something that was expected, what happened, and whether that is it."""

    text: str
    happened: str
    holds: bool


@dataclass(frozen=True, kw_only=True)
class Case:
    """An invented case: who it is about, between whom it is referred, what is expected, and how it goes."""

    number: str
    title: str
    sample: str
    host: str
    origin: str
    expects: Mapping[str, str]
    play: Callable[[Stage], Iterator[datetime]]


@dataclass
class Stage:
    """One case under way."""

    case: Case
    pair: Pair
    case_id: str = ""
    thread: str = ""
    stopped: str = ""
    _found: dict[str, tuple[str, bool]] = field(default_factory=dict)

    @property
    def expectations(self) -> list[Expectation]:
        """Every expectation with what was found; the case may have stopped before all were."""
        otherwise = (f"not reached: {self.stopped}" if self.stopped else "nothing yet shows this", False)
        found = {name: self._found.get(name, otherwise) for name in self.case.expects}
        return [Expectation(self.case.expects[name], *what) for name, what in found.items()]

    def find(self, name: str, happened: str, *, holds: object) -> None:
        """Say what happened about an expectation, and whether that is what was expected."""
        if name not in self.case.expects:
            raise LookupError(name)
        self._found[name] = (happened, bool(holds))

    @property
    def document(self) -> dict[str, Any]:
        """The case file, as the national case system wrote it."""
        text = (files("host_node") / "samples" / self.case.sample).read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    def take_in(self, *, consents: bool = True) -> None:
        """Import the case and, if there are any to record, its consents."""
        host = self.pair.host
        self.case_id = host.call(Role.COUNSELLOR, "POST", "/cases", {"case": self.document})["id"]
        if consents:
            host.call(Role.COUNSELLOR, "POST", f"/cases/{self.case_id}/consents/from-file")

    def preview(self, purpose: str = ASSISTANCE) -> dict[str, Any]:
        """What would leave: the lines of the preview by their paths."""
        path = f"/cases/{self.case_id}/preview?purpose={purpose}"
        return {line["path"]: line for line in self.pair.host.call(Role.COUNSELLOR, "GET", path)["lines"]}

    def send(self, purpose: str = ASSISTANCE) -> str:
        """Send the referral, and wait for the receipt; its thread."""
        path = f"/cases/{self.case_id}/send?purpose={purpose}"
        self.thread = self.pair.host.call(Role.COUNSELLOR, "POST", path)["thread"]
        self.settle()
        return self.thread

    def host_does(self, path: str, body: object = None, *, who: str = Role.COUNSELLOR) -> None:
        """Take a step at the host, and wait until both sides have it."""
        self.pair.host.call(who, "POST", f"/referrals/{self.thread}/{path}", body)
        self.settle()

    def origin_does(self, path: str, body: object = None, *, who: str = Role.INTAKE) -> None:
        """Take a step at the origin, and wait until both sides have it."""
        self.pair.origin.call(who, "POST", f"/referrals/{self.thread}/{path}", body)
        self.settle()

    def accept(self) -> None:
        """Acknowledge and accept."""
        self.origin_does("acknowledge")
        self.origin_does("accept", {})

    def arrives(self, at: str) -> None:
        """Confirm the arrival at this moment."""
        self.origin_does("arrival", {"arrived_at": at}, who=Role.CASE_WORKER)

    def services(self) -> list[str]:
        """The services that were requested."""
        found = self.pair.origin.call(Role.INTAKE, "GET", f"/referrals/{self.thread}/services")
        return [one["service"] for one in found]

    def entrust(self, organisation: str, worker: str) -> None:
        """Offer every service to an organisation, whose own worker takes it."""
        for service in self.services():
            path = f"/referrals/{self.thread}/services/{service}"
            self.pair.origin.call(Role.INTAKE, "POST", f"{path}/assign", {"organisation": organisation})
            self.pair.origin.call(worker, "POST", f"{path}/answer", {"accept": True})
        self.settle()

    def problem(
        self, node: DemoNode, who: str, path: str, body: object = None, *, method: str = "POST"
    ) -> Mapping[str, Any]:
        """The refusal of what should be refused; empty if it was done."""
        answer = node.ask(who, method, path, body)
        found: dict[str, Any] = {} if answer.is_success else answer.json()
        return found

    def settle(self) -> None:
        """Wait until both nodes have every step of the referral, and each sender its receipt."""
        waiting: list[str] = []

        def settled() -> bool:
            waiting[:] = self._waiting()
            return not waiting

        try:
            self.pair.wait_until(settled, "every message has its receipt")
        except NodeFailed:
            raise NodeFailed(f"still waits: {names(waiting)}") from None

    def timeline(self, node: DemoNode) -> Any:  # noqa: ANN401 - JSON
        """The referral as a node shows it."""
        who = Role.COUNSELLOR if node is self.pair.host else Role.INTAKE
        return node.call(who, "GET", f"/referrals/{self.thread}")

    def steps(self, node: DemoNode) -> list[str]:
        """The steps that a node knows of."""
        return [entry["step"] for entry in self.timeline(node)["entries"]]

    def due(self, node: DemoNode, duty: str) -> datetime | None:
        """When a duty is due, by what a node computed."""
        found = (one for one in self.timeline(node)["duties"] if one["duty"] == duty)
        return next((datetime.fromisoformat(one["due_at"]) for one in found), None)

    def profile(self, who: Role = Role.INTAKE) -> Any:  # noqa: ANN401 - JSON
        """The person, as far as the origin knows them."""
        return self.pair.origin.call(who, "GET", f"/referrals/{self.thread}/profile")

    def stated(self) -> dict[str, Any]:
        """The data classes that the origin holds, each with its fields; contact is shown apart, before them."""
        profile = self.profile()
        contact = {"contact": profile["reach"]["contact"]} if profile["reach"]["contact"] else {}
        return {**contact, **{one["data_class"]: one["fields"] for one in profile["stated"]}}

    def traces(self, *hidden: str) -> list[str]:
        """Those of some words that the origin shows anywhere in the referral."""
        shown = json.dumps([self.profile(), self.timeline(self.pair.origin)], ensure_ascii=False)
        return [word for word in hidden if word in shown]

    def tasks(self, node: DemoNode, who: str) -> list[Any]:
        """What somebody of a node has to do in this referral or this case."""
        listed = node.call(who, "GET", "/tasks")
        return [one for one in listed if self.thread == one["thread"] or (self.case_id and self.case_id == one["case"])]

    def audit(self, node: DemoNode) -> Report:
        """What an auditor finds in the evidence of a node."""
        return audit(self.pair, node, Role.AUDITOR, self.thread)

    def sop(self) -> dict[str, Any]:
        """The procedure of the pair, as the origin holds it."""
        origin = self.pair.origin
        listed = origin.call(origin.administrator, "GET", "/sops")
        digest = next(one["digest"] for one in listed if one["peer"] == self.case.host)
        return tomllib.loads(origin.call(origin.administrator, "GET", f"/sops/{digest}/text"))

    def local(self, at: datetime | None, side: Side = Side.ORIGIN) -> str:
        """A moment as people of one side say it."""
        if at is None:
            return "not due"
        zone = self.sop()["calendars"][side]["zone"]
        return f"{at.astimezone(ZoneInfo(zone)):%A %-d %B %Y %H:%M} {zone.rpartition('/')[2]}"

    def _waiting(self) -> list[str]:
        """What is not yet where it should be, at either node."""
        found: list[str] = []
        for node, who in ((self.pair.host, Role.COUNSELLOR), (self.pair.origin, Role.INTAKE)):
            answer = node.ask(who, "GET", f"/referrals/{self.thread}")
            if not answer.is_success:
                return [*found, f"the referral at {node.node_id}"]
            open_entries = (one for one in answer.json()["entries"] if one["delivery"] not in DONE)
            found += [
                f"{one['step']} at {node.node_id} is {one['delivery']} {one['problem'] or ''}" for one in open_entries
            ]
        return found


def utc(text: str) -> datetime:
    """A moment in UTC, written without its zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def names(words: object) -> str:
    """Words of a list in one line."""
    found = [str(word) for word in words] if isinstance(words, list | tuple | set | frozenset | dict) else [str(words)]
    return ", ".join(found) or "nothing"
