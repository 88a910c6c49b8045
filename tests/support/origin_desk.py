"""An origin node at work, with a real database, to which an invented host's steps come as its inbox hands them over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from origin_node import journey
from origin_node import referrals as verbs
from origin_node.service import SERVICE
from origin_node.tables import GivenRow, OriginBase
from relevo.clock import StandingClock, seconds
from relevo.delivery import steps
from relevo.delivery.node import THE_NODE, Node
from relevo.delivery.steps import NOTHING
from relevo.domain.access import Role
from relevo.domain.consent import Terms, Withheld
from relevo.domain.data_classes import JsonValue
from relevo.domain.referral import Step
from relevo.domain.sides import Side, Urgency
from relevo.ids import new_jti
from relevo.messages.classes import terms_record, terms_to_fields
from relevo.messages.content import Fields, Said, compose
from relevo.messages.registry import message_type
from relevo.messages.steps import read_payload
from relevo.messages.steps_referral import Requested
from relevo.protocol import sd_jwt, strict_json
from relevo.protocol.basis import Basis
from relevo.protocol.sop_signature import sop_digest
from relevo.protocol.statement import read_statement
from relevo.protocol.strict_json import JsonValue as Plain
from relevo.runtime import migrate
from relevo.storage import peers, referrals, sops
from relevo.storage.base import SharedBase
from relevo.storage.database import Database
from relevo.storage.peers import PeerState
from relevo.storage.sops import SopState
from relevo.storage.tables import InboxRow, PeerRow, ReferralRow
from relevo.storage.unit_of_work import Identity, UnitOfWork, User
from support.wire_pair import HOST, HOST_ID, ORIGIN, ORIGIN_ID, statement_token

SOP = Path(__file__).parents[2] / "shared" / "sops" / "es-ci.toml"
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
ARRIVED_AT = datetime(2026, 12, 14, 19, 50, tzinfo=UTC)
THREAD = "5f0c2d8e-6f3b-4c57-9c5a-0d9f1b7e2a34"
USERS = {
    Role.INTAKE: User(name="inza", role=Role.INTAKE),
    Role.CASE_WORKER: User(name="koffi", role=Role.CASE_WORKER),
    Role.AUDITOR: User(name="odile", role=Role.AUDITOR),
    Role.ADMINISTRATOR: User(name="adama", role=Role.ADMINISTRATOR),
}
TERMS = Terms(
    purpose="reintegration-assistance",
    receiver=ORIGIN_ID,
    classes=frozenset({"identity-min", "contact", "travel", "needs"}),
    expires_on=date(2028, 2, 28),
    withhold=(Withheld("psychosocial needs", "family members"),),
    outcomes_may_return=True,
)
STATED: Fields = {
    "identity-min": {
        "reference": "ES-INVENTED-1",
        "given_names": "Awa (invented)",
        "family_name": "Sample",
        "birth_date": "1994-03-08",
        "sex": "female",
        "nationality": "CI",
        "languages": ["fr"],
    },
    "contact": {"channel": "phone", "number": "+225 07 00 00 00 01", "language": "fr"},
    "travel": {"return_type": "voluntary", "arrival_at": "2026-12-14T19:35:00+00:00", "port": "ABJ"},
    "needs": {"economic": ["business-start"], "social": ["housing"]},
}


@dataclass
class Desk:
    """The origin node at work, and the host's steps as they come in."""

    node: Node
    clock: StandingClock
    thread: str = THREAD
    came: list[str] = field(default_factory=list)

    def by(self, role: Role) -> AbstractContextManager[UnitOfWork]:
        """A unit of work for somebody of that role."""
        return self.node.write(USERS[role])

    def intake(self) -> AbstractContextManager[UnitOfWork]:
        """A unit of work for the intake officer."""
        return self.by(Role.INTAKE)

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.clock.move(timedelta(**span))

    def request(self, stated: Fields = NOTHING, terms: Terms = TERMS) -> None:
        """The host's first message comes in, with some classes or the terms changed."""
        fields: Fields = {**STATED, "consent": terms_to_fields(terms), **stated}
        words: dict[str, JsonValue] = {"purpose": terms.purpose, "urgency": Urgency.ROUTINE, "confidential": False}
        with self.node.write(THE_NODE) as work:
            requested = read_payload(Step.REQUESTED, words)
            assert isinstance(requested, Requested)
            basis = Basis(kind="consent", record=terms_record(terms), salt=bytes(32))
            sop = sop_digest(SOP.read_bytes())
            row = referrals.begin(
                HOST_ID, self.thread, requested=requested, fields=fields, sop=sop, basis=basis, at=work.at
            )
            work.session.add(row)
            self._learn(work, row, Step.REQUESTED, words, fields, None)

    def learn(
        self, step: str, words: Mapping[str, JsonValue] = NOTHING, fields: Fields = NOTHING, *, seen: str | None = None
    ) -> None:
        """A later step of the host comes in; the host has `seen` everything that was sent, or that message last."""
        with self.node.write(THE_NODE) as work:
            row = referrals.by_thread(work.session, self.thread)
            self._learn(work, row, step, words, fields, seen or row.own_last)

    def _learn(
        self,
        work: UnitOfWork,
        row: ReferralRow,
        step: str,
        words: Mapping[str, JsonValue],
        fields: Fields,
        seen: str | None,
    ) -> None:
        jti = new_jti(work.at, row.peer_last)
        said = Said(
            step=step,
            by="counsellor",
            payload=read_payload(step, words),
            after=row.peer_last,
            seen=seen,
            classes=fields,
            type=message_type(step, Side.HOST),
        )
        steps.learn(work, row, said, jti=jti, at=work.at)
        SERVICE.handlers[step](work, row, said)
        self.came.append(jti)
        work.session.add(_inbox(row, said, jti, len(self.came), work.at))

    def accept(self) -> None:
        """Acknowledge and accept the referral."""
        with self.intake() as work:
            verbs.acknowledge(work, self.thread)
            verbs.accept(work, self.thread)

    def arrive(self) -> None:
        """Confirm the arrival on the morning after, and begin the assistance."""
        self.clock.move_to(ARRIVED_AT + timedelta(hours=13))
        with self.intake() as work:
            journey.confirm_arrival(work, self.thread, ARRIVED_AT)
            verbs.start(work, self.thread)

    def arrive_undecided(self) -> None:
        """Confirm the arrival of somebody about whom nothing is decided."""
        self.clock.move_to(ARRIVED_AT + timedelta(hours=1))
        with self.intake() as work:
            journey.confirm_arrival(work, self.thread, ARRIVED_AT)

    def give(self, organisation: str, *paths: str) -> None:
        """An organisation is given a part of the profile."""
        with self.node.write() as work:
            work.session.add(
                GivenRow(
                    peer=HOST_ID,
                    thread=self.thread,
                    organisation=organisation,
                    service="housing",
                    paths=list(paths),
                    presentation="invented presentation",
                    nonce="invented",
                    given_at=work.at,
                    given_by="inza",
                )
            )

    def row(self) -> ReferralRow:
        """The referral as it stands."""
        with self.node.read() as work:
            return referrals.by_thread(work.session, self.thread)


def _inbox(row: ReferralRow, said: Said, jti: str, seq: int, at: datetime) -> InboxRow:
    opening: dict[str, Plain] = {
        "iss": row.peer,
        "aud": ORIGIN_ID,
        "iat": seconds(at),
        "jti": jti,
        "thread": row.thread,
        "kind": said.type.kind,
        "cnf": {"jwk": ORIGIN.presentation.public.jwk},
    }
    hidden = {"step": {"name": said.step, "by": said.by}, **said.classes}
    issued = sd_jwt.issue(opening, strict_json.load(strict_json.dump(hidden)), key=HOST.signing)
    return InboxRow(
        peer=row.peer,
        jti=jti,
        identity=jti,
        thread=row.thread,
        kind=said.type.kind,
        epoch=1,
        seq=seq,
        manifest="invented manifest",
        content=issued.jwt,
        disclosures=list(issued.disclosures),
        disposition="stored",
        receipt="invented receipt",
        received_at=at,
    )


def _disclosures(said: Said) -> list[str]:
    hidden = compose(said.step, said.payload, by=said.by, after=said.after, seen=said.seen, fields=said.classes)
    return list(sd_jwt.issue({}, hidden, key=HOST.signing).disclosures)


def _host_is_registered(work: UnitOfWork) -> None:
    """The host is an active peer, whose keys are taken as proven: its statement is of another day than this desk."""
    host = PeerRow(
        node_id=HOST_ID,
        state=PeerState.ACTIVE,
        endpoint="https://host.example/federation",
        proposed_at=work.at,
        proposed_by=USERS[Role.ADMINISTRATOR].name,
    )
    work.session.add(host)


@contextmanager
def open_desk(folder: Path, *, migrated: bool = False) -> Iterator[Desk]:
    """An origin that knows a host, has a SOP with it, and has no referral yet; `migrated` as a command needs it."""
    clock = StandingClock(AT)
    identity = Identity(
        node_id=ORIGIN_ID, title="Invented origin", side=Side.ORIGIN, endpoint="https://node.example", keys=ORIGIN
    )
    address = f"sqlite:///{folder / 'origin.db'}"
    if migrated:
        migrate(SERVICE, address)
    database = Database(address)
    for base in (SharedBase, OriginBase):
        base.metadata.create_all(database.engine)
    node = Node(
        identity=identity,
        database=database,
        clock=clock,
        handlers=SERVICE.handlers,
        release=SERVICE.release,
        holdings=SERVICE.holdings,
        sees=SERVICE.sees,
    )
    with node.write() as work:
        for node_id, ring in ((HOST_ID, HOST), (ORIGIN_ID, ORIGIN)):
            token = statement_token(node_id, ring)
            peers.keep_statement(work.session, token, read_statement(token, at=None))
        _host_is_registered(work)
        kept = sops.keep(work.session, SOP.read_text(encoding="utf-8"), own=ORIGIN_ID, at=work.at)
        sops.move(work.session, kept, SopState.AGREED, work.at)
    yield Desk(node=node, clock=clock)
    database.close()
