"""Standard operating procedures: the texts, their signatures, and how far an agreement has come.

    draft → proposed (signed by us) → agreed            offered (signed by the peer) → agreed

A SOP is named by the digest of its exact bytes, and only an agreed one, whose date has come, carries a referral. Of
several agreed with one peer, the newest is the one of the highest version; where two share a version (each side had
signed the other's), the later date and then the digest decide, so that both nodes choose the same.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from relevo.domain.sop import Sop, parse_sop
from relevo.domain.sop_versions import Standing, standing
from relevo.errors import BadInput, Conflict, NotFound, WireError
from relevo.protocol.base64url import digest as digest_of
from relevo.protocol.sop_signature import sop_digest
from relevo.storage import log, recall
from relevo.storage.appending import ask
from relevo.storage.recall import SopRead
from relevo.storage.tables import SopRow

MAX_CHARACTERS = 200_000
"""As many as one message carries."""
MOST_PARSED = 64
_PARSED: dict[str, Sop] = {}
_TEXT = select(SopRow.text).where(SopRow.digest == bindparam("named"))


class SopState(StrEnum):
    """How far the agreement on a SOP has come."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    OFFERED = "offered"
    AGREED = "agreed"


class SopUnknown(WireError):
    """The message moves under a SOP that is not agreed here."""

    code = "sop-unknown"
    advice = "Keep the message: it can be delivered once both sides have agreed the SOP."


def keep(session: Session, text: str, *, own: str, at: datetime) -> SopRow:
    """Keep a SOP text that names us as one of its two nodes, as a draft.

    Raises:
        BadInput: if it is too long to be sent.
        SopInvalid: if it contradicts itself, with every contradiction.
        Conflict: if it is another pair's, or is kept already.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadInput(f"a SOP has at most {MAX_CHARACTERS} characters", field="sop")
    sop = parse_sop(text)
    if own not in (sop.host, sop.origin):
        raise Conflict(f"this SOP is between {sop.host} and {sop.origin}; this node is {own}", field="sop")
    digest = sop_digest(text.encode())
    if session.get(SopRow, digest) is not None:
        raise Conflict("this SOP is here already; `sop show` lists it", field="sop")
    row = SopRow(
        digest=digest,
        name=sop.name,
        version=sop.version,
        peer=sop.origin if own == sop.host else sop.host,
        text=text,
        state=SopState.DRAFT,
        effective_at=sop.effective,
        changed_at=at,
    )
    session.add(row)
    move(session, row, SopState.DRAFT, at)
    return row


def move(session: Session, row: SopRow, state: SopState, at: datetime, signature: str | None = None) -> None:
    """Change how far an agreement has come, and log it with the digest of the signature that did it."""
    row.state, row.changed_at = state, at
    signed = digest_of(signature.encode()) if signature else None
    log.record(session, "sop", at, subject=row.digest, sop=row.digest, peer=row.peer, state=state, signature=signed)


def find(session: Session, name_or_digest: str) -> SopRow:
    """The SOP of that digest (or the beginning of one), of that `NAME@VERSION`, or the newest of that name.

    Raises:
        NotFound: if there is none, or the beginning or the version fits several.
    """
    name, _, version = name_or_digest.partition("@")
    named = session.scalars(select(SopRow).where(SopRow.name == name).order_by(SopRow.version.desc()))
    fitting = [row for row in named if version in {"", str(row.version)}]
    if fitting and not version:
        return fitting[0]
    if not fitting:
        digest = SopRow.digest.startswith(name_or_digest, autoescape=True)
        fitting = list(session.scalars(select(SopRow).where(digest)))
    if len(fitting) != 1:
        raise NotFound("there is no such SOP here, or several fit; `sop show` lists them with their digests")
    return fitting[0]


def parsed(session: Session, digest: str) -> Sop:
    """What the SOP of that digest says; its text is read once, for a digest always names the same one."""
    found = _PARSED.get(digest)
    if found is None:
        if len(_PARSED) >= MOST_PARSED:
            _PARSED.clear()
        found = _PARSED[digest] = parse_sop(ask(session, _TEXT, {"named": digest}).scalar_one())
    return found


def everything(session: Session) -> list[SopRow]:
    """All SOPs, by name and version."""
    return list(session.scalars(select(SopRow).order_by(SopRow.name, SopRow.version)))


def in_force(session: Session, peer: str, at: datetime) -> SopRead:
    """The agreed SOP with a peer that new referrals move under at this moment.

    Raises:
        Conflict: if nothing is agreed, or its date has not come.
    """
    found = if_in_force(session, peer, at)
    if found is None:
        raise Conflict(f"no SOP with {peer} is in force; an administrator proposes one with `sop propose`", field="sop")
    return found


def if_in_force(session: Session, peer: str, at: datetime) -> SopRead | None:
    """The same, or None."""
    effective = [row for row in _agreed_with(session, peer) if row.effective_at <= at]
    return effective[-1] if effective else None


def newest_agreed(session: Session, peer: str, *, beside: SopRow | None = None) -> SopRead | None:
    """The newest version agreed with a peer, `beside` left out, whether or not its date has come; None at first."""
    others = [row for row in _agreed_with(session, peer) if beside is None or row.digest != beside.digest]
    return others[-1] if others else None


def superseded_at(session: Session, row: SopRow | SopRead) -> datetime | None:
    """When a version newer than `row` took or takes effect; None if none is agreed."""
    return min((one.effective_at for one in _agreed_with(session, row.peer) if _rank(one) > _rank(row)), default=None)


def standing_of(session: Session, row: SopRow, at: datetime) -> Standing | None:
    """What a version is good for at `at`; None unless it is agreed."""
    if row.state != SopState.AGREED:
        return None
    return standing(row.effective_at, superseded_at(session, row), at)


def _agreed_with(session: Session, peer: str) -> list[SopRead]:
    return sorted((row for row in recall.sops_with(session, peer) if row.state == SopState.AGREED), key=_rank)


def _rank(row: SopRow | SopRead) -> tuple[int, datetime, str]:
    return row.version, row.effective_at, row.digest


def agreed(session: Session, digest: str, peer: str) -> SopRead:
    """The SOP that a message names.

    Raises:
        SopUnknown: unless it is agreed with this peer.
    """
    named = next((row for row in _agreed_with(session, peer) if row.digest == digest), None)
    if named is None:
        raise SopUnknown
    return named
