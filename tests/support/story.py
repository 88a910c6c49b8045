"""One referral between two nodes in memory, told in the verbs that people call.

`Story` remembers case and thread, so that a test reads as what happened: somebody does something, and the post goes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Concatenate, ParamSpec

from host_node import cases, consents
from host_node import referrals as host_referrals
from origin_node import assignments, closing, first_contact, follow_up, journey
from origin_node import referrals as origin_referrals
from relevo.delivery import evidence
from relevo.delivery.node import Node
from relevo.domain.access import Role
from relevo.domain.disclosure import Disclosure
from relevo.protocol import strict_json
from relevo.protocol.evidence import Evidence, read_evidence
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage import referrals
from relevo.storage.referrals import TimelineEntry
from relevo.storage.tables import DutyRow, ReferralRow
from relevo.storage.unit_of_work import UnitOfWork
from support.nodes import JoinedNodes, staff

Words = ParamSpec("Words")

SAMPLES = Path(str(files("host_node"))) / "samples"
SERVICES = {
    "business-start": "ci:accueil/enterprise-fund",
    "school-enrolment": "ci:accueil/education-desk",
    "housing": "ci:accueil/housing-desk",
    "family-mediation": "ci:accueil/family-centre",
}
"""What case 01 asks for, and the organisations of the origin that do it."""

WHILE = timedelta(days=15)
"""The longest time that passes without a turn of both workers; statements overlap by more than that."""

ARRIVED_AT = datetime(2026, 12, 14, 19, 50, tzinfo=UTC)
FOUND = "the workshop is open (found at the follow-up)"
COMMENTS = "Nobody asked me twice for the same thing."


def sample(number: str) -> JsonObject:
    """The invented case of that number: `01` is `01-kouassi-aya.json`."""
    (file,) = SAMPLES.glob(f"{number}-*.json")
    return strict_json.load(file.read_bytes())


def changed(document: JsonObject, section: str, **fields: JsonValue) -> JsonObject:
    """The same case with some fields of one section changed."""
    present = document[section]
    assert isinstance(present, dict)
    return {**document, section: {**present, **fields}}


@dataclass(kw_only=True)
class Story:
    """What happens in one referral between two joined nodes."""

    nodes: JoinedNodes
    case: str = ""
    thread: str = ""

    def at_host(self, role: Role = Role.COUNSELLOR) -> AbstractContextManager[UnitOfWork]:
        """A unit of work for somebody of the host."""
        return self.nodes.host.write(staff(role))

    def at_origin(self, role: Role = Role.INTAKE) -> AbstractContextManager[UnitOfWork]:
        """A unit of work for somebody of the origin."""
        return self.nodes.origin.write(staff(role))

    def take_in(self, document: JsonObject, *, consented: bool = True) -> None:
        """Import a case, and record the consent that its file speaks of."""
        with self.at_host() as work:
            row = cases.import_case(work, strict_json.dump(document))
            self.case = row.id
            if consented:
                consents.record_from_file(work, row)

    def preview(self) -> Disclosure:
        """What a counsellor is shown before sending."""
        with self.at_host() as work:
            return host_referrals.preview(work, cases.find(work, self.case))

    def send(self, *, deliver: bool = True) -> None:
        """Send the case's referral."""
        with self.at_host() as work:
            self.thread = host_referrals.send(work, cases.find(work, self.case)).thread
        if deliver:
            self.nodes.deliver()

    def host(
        self, verb: Callable[Concatenate[UnitOfWork, str, Words], object], *words: Words.args, **more: Words.kwargs
    ) -> None:
        """A counsellor does something in the referral, and the post goes."""
        with self.at_host() as work:
            verb(work, self.thread, *words, **more)
        self.nodes.deliver()

    def origin(
        self, verb: Callable[Concatenate[UnitOfWork, str, Words], object], *words: Words.args, **more: Words.kwargs
    ) -> None:
        """The intake officer does something in the referral, and the post goes."""
        with self.at_origin() as work:
            verb(work, self.thread, *words, **more)
        self.nodes.deliver()

    def withdraw(self) -> list[str]:
        """The person withdraws at the host; nothing is delivered yet."""
        with self.at_host() as work:
            (row,) = consents.rows_of(work, cases.find(work, self.case))
            return consents.withdraw(work, row.id)

    def later(self, **span: float) -> None:
        """Let time pass for both, who go on publishing and fetching statements meanwhile."""
        left = timedelta(**span)
        while left > WHILE:
            self.nodes.clock.move(WHILE)
            self.nodes.deliver()
            left -= WHILE
        self.nodes.clock.move(left)

    def row(self, node: Node) -> ReferralRow:
        """The referral as a node has it."""
        with node.read() as work:
            return referrals.by_thread(work.session, self.thread)

    def timeline(self, node: Node) -> list[TimelineEntry]:
        """The timeline that a node shows."""
        with node.read() as work:
            return referrals.timeline(work.session, referrals.by_thread(work.session, self.thread))

    def deliveries(self, node: Node) -> dict[str, str]:
        """How the last message of each step stands at a node."""
        return {entry.step: entry.delivery for entry in self.timeline(node)}

    def duties(self, node: Node) -> list[DutyRow]:
        """What is or was due, as a node has it."""
        with node.read() as work:
            return referrals.duties(work.session, referrals.by_thread(work.session, self.thread))

    def evidence(self, node: Node) -> Evidence:
        """What a node can show of the referral."""
        with node.read(staff(Role.AUDITOR)) as work:
            return read_evidence(evidence.export(work, self.thread))

    def accept(self) -> None:
        """The origin acknowledges and accepts."""
        self.origin(origin_referrals.acknowledge)
        self.origin(origin_referrals.accept)

    def arrive(self) -> None:
        """The person arrives; on the morning after the origin confirms it, reaches them and begins."""
        self.nodes.clock.move_to(ARRIVED_AT + timedelta(hours=13))
        self.origin(journey.confirm_arrival, ARRIVED_AT)
        reached_at = self.nodes.clock.now()
        self.origin(first_contact.record, at=reached_at, channel="phone", outcome="reached")
        self.origin(origin_referrals.start)

    def to_close(self) -> None:
        """Case 01 after it was sent: a question, the decision, the journey, the assistance, a year, the close."""
        self._decide()
        self.host(host_referrals.change_journey, {"flight": "IB0002"})
        self.host(host_referrals.depart, self.nodes.clock.now())
        self.arrive()
        self._assist()
        self.later(days=1)
        self.origin(closing.complete)
        self.origin(closing.close, "completed", {"comments": COMMENTS, "language": "en"})

    def _decide(self) -> None:
        self.later(days=1)
        self.origin(origin_referrals.acknowledge)
        self.origin(origin_referrals.ask, "Which school year is the boy in?", ["needs"])
        self.later(days=1)
        self.host(host_referrals.answer, "The first year of primary school.")
        self.accept()

    def _assist(self) -> None:
        for service, organisation in SERVICES.items():
            self.origin(assignments.assign, service, organisation)
            for status in ("accepted", "in-progress"):
                self.origin(assignments.report, service, status)
        for month, days in {1: 25, 3: 60, 6: 90, 12: 180}.items():
            self.later(days=days)
            ended = dict.fromkeys(SERVICES, "completed") if month == 12 else {}
            self.origin(follow_up.report, month, moved=ended, results={"outcome": _outcome()})


def _outcome() -> JsonObject:
    return {"services": [{"service": "business-start", "status": "in-progress", "note": FOUND}]}
