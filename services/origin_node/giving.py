"""What an organisation is given of a person's profile: fields that the host signed, shown to it and to nobody else.

    accepted                     a presentation of its part (`relevo.domain.organisation_part`), a line for each message
    newer content, other terms   given anew at the next look; what was given before ends
    given back, referral over    ends; who holds nothing else of this person is asked to erase it

Nothing is given that the host did not sign, after the consent ended, or once the organisation was asked to erase: then
only intake gives anew. An offer gives nothing at all.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select

from origin_node import chasing, statements
from origin_node.organisations import LET_GO
from origin_node.statements import Statement
from origin_node.tables import AssignmentRow, GivenRow
from origin_node.taking import entitled
from relevo.domain.access import Act
from relevo.domain.assignment import KNOWN, TAKEN
from relevo.domain.organisation_part import part_for
from relevo.domain.sop import parse_sop
from relevo.errors import Conflict, NotFound
from relevo.protocol.presentation import bound_to, present
from relevo.protocol.sd_jwt import Issued
from relevo.storage import referrals
from relevo.storage.tables import InboxRow, ReferralRow, SopRow
from relevo.storage.unit_of_work import UnitOfWork

NONCE_BYTES = 24


class NothingToGive(Conflict):
    """There is nothing that this organisation may be shown for this service now."""

    code = "nothing-to-give"
    rule = "organisation.part"
    advice = "Look at the consent, at the procedure, and whether the organisation has taken the service."


def give(work: UnitOfWork, row: ReferralRow, assignment: AssignmentRow) -> GivenRow | None:
    """Show the organisation of `assignment` its part, in place of what it was shown before; None if there is none."""
    _end(work, row, assignment)
    wanted = _wanted(work, row, assignment)
    if not wanted or assignment.organisation is None:
        return None
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    texts = [
        _shown(work, _issued(work, row, jti), keep, assignment.organisation, nonce) for jti, keep in wanted.items()
    ]
    given = GivenRow(
        peer=row.peer,
        thread=row.thread,
        organisation=assignment.organisation,
        service=assignment.service,
        paths=_paths(wanted),
        sources=sorted(wanted),
        presentation="\n".join(texts),
        nonce=nonce,
        given_at=work.at,
        given_by=work.user.name,
    )
    work.session.add(given)
    work.session.flush()
    return given


def give_anew(work: UnitOfWork, thread: str, service: str) -> GivenRow:
    """Intake gives an organisation its part again, after it was asked to erase an earlier one.

    Raises:
        NothingToGive: if there is nothing that it may be shown.
    """
    row = entitled(work, thread, Act.ASSIGN_SERVICE)
    found = work.session.get(AssignmentRow, (row.peer, row.thread, service))
    if found is None:
        raise NotFound("that service was not requested", field="service")
    given = give(work, row, found)
    if given is None:
        raise NothingToGive(field="service")
    return given


def current(work: UnitOfWork, row: ReferralRow, assignment: AssignmentRow) -> GivenRow | None:
    """The part that an organisation has for a service, given anew if there is newer content; None if it has none."""
    last = latest(work, row, assignment)
    if last is None:
        return give(work, row, assignment)
    if last.ended_at or last.chased_at or last.presentation is None:
        return None
    return give(work, row, assignment) if is_outdated(work, row, assignment) else last


def is_outdated(work: UnitOfWork, row: ReferralRow, assignment: AssignmentRow) -> bool:
    """Whether what an organisation has is not what it would be given now."""
    last = latest(work, row, assignment)
    if last is None or last.ended_at or last.chased_at:
        return False
    wanted = _wanted(work, row, assignment)
    return (last.paths, last.sources) != (_paths(wanted), sorted(wanted))


def latest(work: UnitOfWork, row: ReferralRow, assignment: AssignmentRow) -> GivenRow | None:
    """What an organisation was given last for a service, whatever became of it."""
    mine = (GivenRow.peer == row.peer, GivenRow.thread == row.thread, GivenRow.service == assignment.service)
    theirs = select(GivenRow).where(*mine, GivenRow.organisation == assignment.organisation)
    return work.session.scalar(theirs.order_by(GivenRow.id.desc()).limit(1))


def take_back(work: UnitOfWork, row: ReferralRow, assignment: AssignmentRow) -> None:
    """An organisation has the service no more: its part ends, and if it holds no other it is asked to erase."""
    if latest(work, row, assignment) is None or assignment.organisation is None:
        return
    _end(work, row, assignment)
    mine = (AssignmentRow.peer == row.peer, AssignmentRow.thread == row.thread)
    others = select(AssignmentRow.service).where(
        *mine,
        AssignmentRow.organisation == assignment.organisation,
        AssignmentRow.service != assignment.service,
        AssignmentRow.status.in_(KNOWN),
    )
    if work.session.scalar(others.limit(1)) is None:
        chasing.chase(work, row, assignment.organisation)


def given_in(work: UnitOfWork, thread: str) -> list[GivenRow]:
    """What was given of a referral, to whom and when, for staff of the node; oldest first."""
    row = entitled(work, thread, Act.ASSIGN_SERVICE)
    mine = (GivenRow.peer == row.peer, GivenRow.thread == row.thread)
    return list(work.session.scalars(select(GivenRow).where(*mine).order_by(GivenRow.id)))


def _end(work: UnitOfWork, row: ReferralRow, assignment: AssignmentRow) -> None:
    mine = (GivenRow.peer == row.peer, GivenRow.thread == row.thread, GivenRow.service == assignment.service)
    theirs = (GivenRow.organisation == assignment.organisation, GivenRow.ended_at.is_(None))
    for given in work.session.scalars(select(GivenRow).where(*mine, *theirs)):
        given.ended_at, given.presentation = work.at, None
    work.session.flush()


def _wanted(work: UnitOfWork, row: ReferralRow, assignment: AssignmentRow) -> dict[str, dict[str, frozenset[str]]]:
    """Message → data class → fields that the organisation may be shown now; empty if it may be shown nothing."""
    terms = referrals.terms(row)
    if terms is None or assignment.organisation is None or assignment.status not in TAKEN | KNOWN:
        return {}
    if row.status in LET_GO:
        return {}
    stated = _stated(work, row)
    sop = parse_sop(work.session.get_one(SopRow, row.sop).text)
    held = {name: one.fields for name, one in stated.items()}
    part = part_for(sop, row.purpose, terms, assignment.organisation, assignment.service, held=held, at=work.at)
    wanted: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    for name, fields in part.items():
        wanted[stated[name].jti][name] = fields
    return dict(wanted)


def _stated(work: UnitOfWork, row: ReferralRow) -> Mapping[str, Statement]:
    """What the host stated last of each class, as far as its signed message is still here."""
    mine = (InboxRow.peer == row.peer, InboxRow.thread == row.thread)
    whole = (InboxRow.disclosures.is_not(None), InboxRow.content.is_not(None))
    signed = set(work.session.scalars(select(InboxRow.jti).where(*mine, *whole)))
    return {name: one for name, one in statements.of(work.session, row).items() if one.jti in signed}


def _shown(work: UnitOfWork, issued: Issued, keep: Mapping[str, frozenset[str]], organisation: str, nonce: str) -> str:
    """A part of one message, under the presentation key to which its host bound it."""
    holder = work.identity.keys.presenters[bound_to(issued)]
    return present(issued, keep, holder=holder, aud=organisation, nonce=nonce, at=work.at)


def _issued(work: UnitOfWork, row: ReferralRow, jti: str) -> Issued:
    message = work.session.get_one(InboxRow, (row.peer, jti))
    return Issued(jwt=message.content or "", disclosures=tuple(message.disclosures or ()))


def _paths(wanted: Mapping[str, Mapping[str, frozenset[str]]]) -> list[str]:
    shown = (part for part in wanted.values())
    return sorted(f"{name}.{field}" for part in shown for name, fields in part.items() for field in fields)
