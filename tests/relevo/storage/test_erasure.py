"""Erasing some classes leaves the others, and what is left still verifies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy.orm import Session

from relevo.domain.consent import Terms
from relevo.domain.retention import EVERY_CLASS
from relevo.domain.sides import Urgency
from relevo.messages.classes import terms_record, terms_to_fields
from relevo.messages.content import Fields, compose
from relevo.messages.steps import read_payload
from relevo.messages.steps_referral import Requested
from relevo.protocol import sd_jwt
from relevo.protocol.basis import Basis
from relevo.protocol.keyring import KeyRing
from relevo.protocol.strict_json import JsonObject
from relevo.storage import erasure, referrals
from relevo.storage.database import Database
from relevo.storage.tables import InboxRow, OutboxRow, ReferralRow, StepRow
from support.nodes import AT

KEYS = KeyRing.generate()
PEER, THREAD = "es:retorno", "5f0c2d8e-6f3b-4c57-9c5a-0d9f1b7e2a34"
TERMS = Terms(
    purpose="reintegration-assistance",
    receiver="ci:accueil",
    classes=frozenset({"contact", "travel", "needs", "family"}),
    expires_on=date(2027, 11, 22),
    outcomes_may_return=True,
)
FIELDS: Fields = {
    "contact": {"channel": "phone", "number": "+225 07 00 00 00 01", "language": "fr"},
    "travel": {"arrival_at": "2026-12-14T19:35:00+00:00", "port": "ABJ"},
    "needs": {"economic": ["business-start"], "intentions": "a workshop"},
    "vulnerability": {"indicators": ["single-parent"]},
    "consent": dict(terms_to_fields(TERMS)),
}


@dataclass
class Shelf:
    """One referral with a message that came and one that was sent."""

    session: Session
    row: ReferralRow
    came: InboxRow
    sent: OutboxRow

    def claims(self, message: InboxRow | OutboxRow) -> JsonObject:
        """What is left of a message, verified."""
        content, texts = message.content or "", message.disclosures or []
        return sd_jwt.verify(content, texts, key_for=lambda _: KEYS.signing.public)

    def said(self) -> dict[str, object]:
        """What is left of the words of each step."""
        return {step.step: step.said for step in referrals.steps(self.session, self.row)}


@pytest.fixture
def shelf(database: Database) -> Iterator[Shelf]:
    """The same on SQLite and on PostgreSQL."""
    requested = Requested(purpose=TERMS.purpose, urgency=Urgency.ROUTINE, confidential=False)
    basis = Basis(kind="consent", record=terms_record(TERMS), salt=bytes(32))
    with database.write() as session:
        row = referrals.begin(PEER, THREAD, requested=requested, fields=FIELDS, sop="x", basis=basis, at=AT)
        came, sent = _came(), _sent()
        session.add_all([row, came, sent, *_steps()])
        session.flush()
        yield Shelf(session=session, row=row, came=came, sent=sent)


def test_one_class_goes_with_every_field_inside_and_the_rest_verifies(shelf: Shelf) -> None:
    erasure.erase_classes(shelf.session, shelf.row, {"contact"})
    assert shelf.claims(shelf.came).keys() >= {"travel", "needs", "vulnerability", "consent", "step"}
    assert "contact" not in shelf.claims(shelf.came)
    assert "+225" not in str([sd_jwt.Disclosure.parse(text) for text in shelf.came.disclosures or []])


def test_a_field_that_is_called_like_a_class_goes_with_its_own_class_alone(shelf: Shelf) -> None:
    erasure.erase_classes(shelf.session, shelf.row, {"family"})
    assert shelf.claims(shelf.sent)["feedback"] == {"comments": "Good.", "language": "fr", "family": "a field"}


def test_what_is_sent_loses_it_as_well(shelf: Shelf) -> None:
    erasure.erase_classes(shelf.session, shelf.row, {"feedback"})
    assert "feedback" not in shelf.claims(shelf.sent)
    assert shelf.claims(shelf.sent)["outcome"] == {"services": []}


FACTS: dict[str, tuple[str, object]] = {
    "contact": ("contact_channel", None),
    "needs": ("services", []),
    "vulnerability": ("vulnerable", False),
    "travel": ("planned_arrival", None),
}


@pytest.mark.parametrize(("data_class", "fact"), FACTS.items(), ids=FACTS)
def test_what_was_learned_from_a_class_goes_with_it_and_nothing_else(
    shelf: Shelf, data_class: str, fact: tuple[str, object]
) -> None:
    before = {name: getattr(shelf.row, name) for name, _ in FACTS.values()}
    erasure.erase_classes(shelf.session, shelf.row, {data_class})
    name, nothing = fact
    assert {name: getattr(shelf.row, name) for name, _ in FACTS.values()} == {**before, name: nothing}
    assert before[name] != nothing
    assert not erasure.is_erased(shelf.row)


def test_the_words_of_a_step_go_with_their_class_and_free_words_with_the_first(shelf: Shelf) -> None:
    erasure.erase_classes(shelf.session, shelf.row, {"outcome"})
    said = shelf.said()
    assert (said["answered"], said["completed"]) == ({}, {"note": "of nobody"})
    assert said["first-contact"] == {"channel": "phone", "outcome": "reached"}
    assert shelf.claims(shelf.came)["step"] == {"name": "answered", "by": "counsellor"}


def test_a_message_that_has_not_arrived_keeps_the_words_of_its_step_and_is_sealed_anew(shelf: Shelf) -> None:
    shelf.sent.receipt, shelf.sent.sealed = None, b"sealed"
    erasure.erase_classes(shelf.session, shelf.row, {"outcome"})
    assert shelf.claims(shelf.sent)["step"] == {"name": "closed", "by": "intake", "reason": "moved"}
    assert not shelf.sent.sealed
    assert not shelf.sent.manifest


def test_everything_goes_but_what_is_kept(shelf: Shelf) -> None:
    erasure.erase_thread(shelf.session, shelf.row, {"travel"})
    assert shelf.claims(shelf.came).keys() & EVERY_CLASS == {"travel"}
    assert "step" not in shelf.claims(shelf.came)
    assert shelf.sent.disclosures == []
    assert set(map(str, shelf.said().values())) == {"{}"}
    assert erasure.is_erased(shelf.row)
    assert erasure.classes_of(shelf.session, shelf.row) == {"travel"}


def test_a_second_time_changes_nothing(shelf: Shelf) -> None:
    erasure.erase_classes(shelf.session, shelf.row, {"contact", "needs"})
    once = list(shelf.came.disclosures or [])
    erasure.erase_classes(shelf.session, shelf.row, {"contact", "needs"})
    assert shelf.came.disclosures == once
    assert erasure.classes_of(shelf.session, shelf.row) == {"travel", "vulnerability", "consent", "outcome", "feedback"}


def _came() -> InboxRow:
    payload = read_payload("answered", {"answer": "The first year of primary school."})
    hidden = compose("answered", payload, by="counsellor", after=None, seen=None, fields=FIELDS)
    issued = sd_jwt.issue({"iss": PEER}, hidden, key=KEYS.signing)
    return InboxRow(
        peer=PEER,
        jti="came",
        identity="came",
        thread=THREAD,
        kind="message",
        epoch=1,
        seq=1,
        manifest="manifest",
        content=issued.jwt,
        disclosures=list(issued.disclosures),
        disposition="stored",
        receipt="receipt",
        received_at=AT,
    )


def _sent() -> OutboxRow:
    payload = read_payload("closed", {"reason": "moved"})
    back: Fields = {
        "outcome": {"services": []},
        "feedback": {"comments": "Good.", "language": "fr", "family": "a field"},
    }
    hidden = compose("closed", payload, by="intake", after=None, seen=None, fields=back)
    issued = sd_jwt.issue({"iss": "ci:accueil"}, hidden, key=KEYS.signing)
    return OutboxRow(
        jti="sent",
        peer=PEER,
        thread=THREAD,
        kind="closed",
        step="closed",
        sop="x",
        basis="none",
        content=issued.jwt,
        disclosures=list(issued.disclosures),
        classes=["feedback", "outcome"],
        made_at=AT,
        state="stored",
        manifest="manifest",
        receipt="receipt",
    )


def _steps() -> list[StepRow]:
    said = {
        "answered": {"answer": "The first year of primary school."},
        "first-contact": {"channel": "phone", "outcome": "reached"},
        "completed": {"note": "of nobody"},
        "closed": {"reason": "moved"},
    }
    jtis = {"answered": "came", "closed": "sent"}
    return [
        StepRow(
            peer=PEER,
            thread=THREAD,
            step=step,
            side="host",
            who="somebody",
            at=AT,
            jti=jtis.get(step),
            said=dict(words),
            status_after="closed",
            journey_after="arrived",
        )
        for step, words in said.items()
    ]
