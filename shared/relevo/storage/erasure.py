"""What goes of a referral, on either side alike; what a node keeps in tables of its own is its own to erase.

    everything   disclosures of every message received or receipted, or that carries data classes; basis record and
                 salt; what the steps said and counted from; what the referral knew of the person: contact channel,
                 services, vulnerability, journey, the end of a supply; received files, and those still to be brought
    classes      the disclosures of these classes, the words of steps that belong to them, the facts learned from them
    closed       the same for classes and single fields, while the referral goes on
    kept         manifests, receipts and issuer-signed content, which hold salted digests only; that a step was taken,
                 by whom and when

Whatever is left of a message still verifies: any subset of the disclosures of an SD-JWT does. A message that tells of
the erasure itself and has not been receipted keeps its words until it is: `forget` takes them then. What was erased is
gone; nothing here can bring it back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from relevo.domain.data_classes import DataClass, class_of
from relevo.domain.first_contact import Channel
from relevo.domain.journey import Journey
from relevo.domain.retention import AFTER_ERASURE, EVERY_CLASS, words_go
from relevo.protocol.sd_jwt import Disclosure
from relevo.storage import access_log, bases, costs, files, shares
from relevo.storage.referrals import steps
from relevo.storage.tables import InboxRow, OutboxRow, ReferralRow

STEP = "step"
_FRAME = frozenset({"name", "by"})
"""What a step says beside its words: which it is, and in which role somebody took it."""

_OPEN_WORDS = frozenset({"outcome", "month", "classes"})
"""Words of a step from closed lists, from which anybody can see which clock it fulfils."""

_FACTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        DataClass.CONTACT: {"contact_channel": None},
        DataClass.NEEDS: {"services": []},
        DataClass.VULNERABILITY: {"vulnerable": False},
        DataClass.TRAVEL: {"planned_arrival": None, "arrived_at": None, "journey": Journey.PLANNED},
        DataClass.MEDICATION: {"supply_ends": None},
    }
)
"""What a referral knew of the person, by the class that it was learned from."""


def erase_thread(session: Session, row: ReferralRow, keep: Collection[str] = ()) -> None:
    """Erase what both kinds of node keep of a referral beyond its evidence and the classes `keep`.

    What waits to leave and carries no class keeps the words of its step. A second time changes nothing.
    """
    row.basis_record, row.basis_salt = None, None
    bases.forget(session, row)
    for facts in _FACTS.values():
        for name, nothing in facts.items():
            setattr(row, name, nothing)
    for step in steps(session, row):
        step.facts = None
        if step.step not in AFTER_ERASURE:
            step.said = {}
    for came in _received(session, row):
        shares.shorten(session, came, _only(came.disclosures, keep) or None)
    for sent in _sent(session, row):
        if sent.classes or sent.receipt is not None or sent.state == "held":
            left = _only(sent.disclosures, keep)
            forget(sent)
            sent.disclosures = left
    if DataClass.COSTS not in keep:
        costs.forget(session, row)
    if DataClass.DOCUMENTS not in keep:
        files.forget(session, row.peer, row.thread)
    access_log.forget(session, row.thread)
    session.flush()


def erase_classes(session: Session, row: ReferralRow, classes: Collection[str]) -> None:
    """Erase these data classes wherever a message of the referral carried them, and what was learned from them.

    A message that has not been receipted leaves without them; the words of its step stay until it has arrived.
    """
    gone = {name: nothing for one in _FACTS.keys() & set(classes) for name, nothing in _FACTS[one].items()}
    for name, nothing in gone.items():
        setattr(row, name, nothing)
    for step in steps(session, row):
        step.facts = step.facts and {**step.facts, **{name: gone[name] for name in gone.keys() & step.facts.keys()}}
    _erase(session, row, frozenset(classes))


def erase_closed(session: Session, row: ReferralRow, paths: Collection[str]) -> None:
    """The same for classes and fields (`contact.number`) that the person has closed while the referral goes on.

    What its clocks and its services depend on stays, on both nodes alike; and whoever takes back how to reach them is
    reached by nobody.
    """
    if not {DataClass.CONTACT, "contact.channel"}.isdisjoint(paths):
        row.contact_channel = Channel.DO_NOT_CONTACT
    _erase(session, row, frozenset(paths))


def _erase(session: Session, row: ReferralRow, paths: frozenset[str]) -> None:
    classes = {class_of(path) for path in paths}
    said = {step.jti: step.step for step in steps(session, row)}
    for step in steps(session, row):
        if words_go(step.step, classes):
            step.said = {}
    for came in _received(session, row):
        if came.disclosures is not None:
            wordless = words_go(said.get(came.jti, ""), classes)
            shares.shorten(session, came, _without(came.disclosures, paths, wordless=wordless))
    for sent in _sent(session, row):
        wordless = sent.receipt is not None and words_go(sent.step, classes)
        _withhold(sent, _without(sent.disclosures, paths, wordless=wordless))
    if DataClass.COSTS in classes:
        costs.forget(session, row)
    if DataClass.DOCUMENTS in classes:
        files.forget(session, row.peer, row.thread)
    session.flush()


def erase_received(session: Session, row: ReferralRow, classes: Collection[str], *, side: str) -> None:
    """Erase these classes where the other side, `side`, brought them; what was stated here stays."""
    for step in steps(session, row):
        if step.side == side and words_go(step.step, classes):
            step.said = {}
    for came in _received(session, row):
        if came.disclosures is not None:
            shares.shorten(session, came, _without(came.disclosures, frozenset(classes), wordless=False))
    if DataClass.COSTS in classes:
        costs.forget(session, row, side)
    if DataClass.DOCUMENTS in classes:
        files.forget_received(session, row.peer, row.thread)
    session.flush()


def withhold_queued(session: Session, row: ReferralRow, classes: Collection[str]) -> None:
    """Take these classes out of messages that have not arrived yet; they leave without them, and files stop."""
    if DataClass.DOCUMENTS in classes:
        files.withhold(session, row.peer, row.thread)
    for sent in _sent(session, row):
        if sent.receipt is None:
            _withhold(sent, _without(sent.disclosures, frozenset(classes), wordless=False))


def classes_of(session: Session, row: ReferralRow) -> frozenset[str]:
    """The data classes of which the messages of a referral still have something here."""
    kept = [came.disclosures or [] for came in _received(session, row)]
    kept += [sent.disclosures for sent in _sent(session, row)]
    return frozenset(name for texts in kept for name in _members(texts).values()) & EVERY_CLASS


def readable_part(texts: Sequence[str], classes: Collection[str]) -> list[str]:
    """Disclosures of these data classes, and of a step no more than the words of closed lists that clocks hang on."""
    owners = _members(texts)
    return [text for text in texts if owners[text] in classes or (owners[text] == STEP and not _is_told(text))]


def is_erased(row: ReferralRow) -> bool:
    """Whether the referral rests on nothing any more."""
    return row.basis_record is None


def forget(message: OutboxRow) -> None:
    """Erase the words of a message, and what it rested on; its signed content stays as evidence."""
    message.disclosures, message.sealed = [], None
    message.basis_record, message.basis_salt = None, None


def _received(session: Session, row: ReferralRow) -> list[InboxRow]:
    return list(session.scalars(select(InboxRow).where(InboxRow.peer == row.peer, InboxRow.thread == row.thread)))


def _sent(session: Session, row: ReferralRow) -> list[OutboxRow]:
    return list(session.scalars(select(OutboxRow).where(OutboxRow.peer == row.peer, OutboxRow.thread == row.thread)))


def _withhold(message: OutboxRow, left: list[str]) -> None:
    """Leave only these disclosures; what has not been receipted is sealed anew, without the others."""
    if len(left) != len(message.disclosures):
        message.disclosures = left
        if message.receipt is None:
            message.sealed, message.manifest = None, None


def _without(texts: Sequence[str], paths: frozenset[str], *, wordless: bool) -> list[str]:
    """Disclosures without these classes and fields, and without the words of the step if they go as well."""
    owners = _members(texts)
    left = [text for text in texts if paths.isdisjoint({owners[text], f"{owners[text]}.{Disclosure.parse(text).name}"})]
    return [text for text in left if not (wordless and _is_word(text, owners[text]))]


def _only(texts: Sequence[str] | None, classes: Collection[str]) -> list[str]:
    if not texts or not classes:
        return []
    owners = _members(texts)
    return [text for text in texts if owners[text] in classes]


def _is_told(text: str) -> bool:
    return Disclosure.parse(text).name not in {STEP, *_FRAME, *_OPEN_WORDS}


def _is_word(text: str, owner: str) -> bool:
    found = Disclosure.parse(text)
    return owner == STEP and found.name not in {*_FRAME, STEP}


def _members(texts: Iterable[str]) -> dict[str, str]:
    """For each disclosure the member at the top that it is, or is a field of."""
    parsed = [Disclosure.parse(text) for text in texts]
    owner = {digest: one.name for one in parsed for digest in one.inside}
    return {one.text: owner.get(one.digest, one.name) for one in parsed}
