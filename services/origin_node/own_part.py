"""What the staff of an organisation see of a person: how to reach them first, then its part and who signed it.

Verified anew at every look, with the host's key. Nothing is shown once the part has ended or was asked back, after the
consent ran out, or when the referral is over. Each look is recorded with the classes that were seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from origin_node import giving, reach
from origin_node.offers import NoOrganisation
from origin_node.profile import RULES
from origin_node.tables import AssignmentRow, GivenRow
from origin_node.taking import entitled
from relevo.delivery import files_view
from relevo.delivery.files_view import Opened
from relevo.delivery.node import Node
from relevo.domain.access import MAY, Act
from relevo.domain.assignment import KNOWN
from relevo.domain.data_classes import DataClass
from relevo.domain.first_contact import Channel, Towards, towards
from relevo.domain.tasks import Task, WaitsFor
from relevo.errors import NotFound
from relevo.messages import classes
from relevo.messages.circumstances_results import Documents, File
from relevo.messages.classes_readable import readable
from relevo.protocol.part import Part, verify_part, write_part
from relevo.protocol.strict_json import JsonValue
from relevo.protocol.trust import Trust
from relevo.storage import peers
from relevo.storage.access_log import looked
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork, User

UNKNOWN_WAY = "You were not given how to reach this person. Ask intake before any contact."


class PartEnded(NotFound):
    """There is nothing of this person for your organisation to see, or no longer."""

    code = "part-ended"
    rule = "organisation.part"
    advice = "Ask intake; if you were asked to erase what you have, do so and confirm it."


@dataclass(frozen=True, kw_only=True)
class OwnPart:
    """One organisation's part for one service; `rule` and `contact` stand before everything else."""

    thread: str
    service: str
    status: str
    rule: str
    contact: Mapping[str, JsonValue]
    confidential: bool
    signed_by: str
    given_at: datetime
    classes: Mapping[str, Mapping[str, JsonValue]]


def read(work: UnitOfWork, thread: str) -> list[OwnPart]:
    """The parts of a referral that the user's organisation has, a service each; the look is recorded.

    Raises:
        NoOrganisation: for staff of the node itself.
        NotFound: if the organisation has no service in it.
        PartEnded: if it has one, and nothing to see.
    """
    row, found = _mine(work, thread)
    parts = [_shown(work, row, assignment, given) for assignment, given in found]
    for one in parts:
        looked(work, row.thread, sorted({*one.classes, *_contact(one)}), "own-part")
    return parts


def export(work: UnitOfWork, thread: str, service: str | None = None) -> bytes:
    """The part for a service, or for the only one, as a file that the organisation verifies by itself.

    Raises:
        NoOrganisation, NotFound, PartEnded: as `read`.
    """
    row, found = _mine(work, thread)
    chosen = [given for assignment, given in found if service in (None, assignment.service)]
    if len(chosen) != 1:
        step = "Give the service as well; `part show` lists those of your organisation."
        raise PartEnded("your organisation has several services here, or not this one", field="service", next_step=step)
    part = _part(chosen[0])
    shown = verify_part(part, trust=_signer(work, row), at=work.at)
    looked(work, row.thread, sorted(shown.classes), "export-part")
    return write_part(part)


def open_file(node: Node, user: User, thread: str, digest: str) -> Opened:
    """A file that the part of the user's organisation names; the look is recorded.

    Raises:
        NoOrganisation, NotFound, PartEnded: as `read`; NotFound if the part names no such file.
        FileNotReady: if its bytes are not here, were not looked at yet, or were refused.
    """
    with node.write(user) as work:
        row, found = _mine(work, thread)
        parts = (verify_part(_part(given), trust=_signer(work, row), at=work.at) for _, given in found)
        named = (part.classes.get(DataClass.DOCUMENTS) for part in parts)
        entry = next((one for fields in named for one in _files(fields) if one.digest == digest), None)
        if entry is None:
            raise NotFound("your part names no such file; `part show` tells those that it names")
        looked(work, row.thread, [DataClass.DOCUMENTS], "own-part")
        name = files_view.place(work, row, digest)
    return files_view.opened(node, name, entry)


def tasks(work: UnitOfWork) -> list[Task]:
    """Parts of which the host has sent newer content, for the staff of their organisations."""
    live = (GivenRow.ended_at.is_(None), GivenRow.chased_at.is_(None))
    changed = []
    for given in work.session.scalars(select(GivenRow).where(*live).order_by(GivenRow.id)):
        row = work.session.get_one(ReferralRow, (given.peer, given.thread))
        assignment = work.session.get(AssignmentRow, (given.peer, given.thread, given.service))
        if assignment is not None and giving.is_outdated(work, row, assignment):
            changed.append(_newer(given))
    return changed


def _newer(given: GivenRow) -> Task:
    return Task(
        what="read-part",
        text=f"Something has changed in what you were given for the service {given.service}. Read it again.",
        roles=MAY[Act.READ_OWN_PART],
        waits_for=WaitsFor.ORGANISATION,
        thread=given.thread,
        organisation=given.organisation,
        since=given.given_at,
    )


def _mine(work: UnitOfWork, thread: str) -> tuple[ReferralRow, list[tuple[AssignmentRow, GivenRow]]]:
    row = entitled(work, thread, Act.READ_OWN_PART)
    if work.user.organisation is None:
        raise NoOrganisation
    mine = (AssignmentRow.peer == row.peer, AssignmentRow.thread == row.thread)
    theirs = (AssignmentRow.organisation == work.user.organisation, AssignmentRow.status.in_(KNOWN))
    assignments = work.session.scalars(select(AssignmentRow).where(*mine, *theirs).order_by(AssignmentRow.service))
    pairs = [(one, giving.current(work, row, one)) for one in assignments.all()]
    found = [(one, given) for one, given in pairs if given is not None]
    if not found:
        raise PartEnded
    return row, found


def _shown(work: UnitOfWork, row: ReferralRow, assignment: AssignmentRow, given: GivenRow) -> OwnPart:
    verified = verify_part(_part(given), trust=_signer(work, row), at=work.at)
    contact, others = verified.classes.get(DataClass.CONTACT, {}), verified.classes.keys() - {DataClass.CONTACT}
    return OwnPart(
        thread=row.thread,
        service=assignment.service,
        status=assignment.status,
        rule=_rule(reach.preference(work, row), contact),
        contact=readable(DataClass.CONTACT, contact),
        confidential=row.confidential,
        signed_by=verified.signed_by,
        given_at=given.given_at,
        classes={name: readable(name, verified.classes[name]) for name in DataClass if name in others},
    )


def _files(fields: Mapping[str, JsonValue] | None) -> tuple[File, ...]:
    model = classes.read(DataClass.DOCUMENTS, dict(fields)) if fields else None
    return model.files if isinstance(model, Documents) else ()


def _rule(preference: Channel | None, contact: Mapping[str, JsonValue]) -> str:
    way = towards(preference)
    return RULES[way] if contact or way is Towards.NOBODY else UNKNOWN_WAY


def _signer(work: UnitOfWork, row: ReferralRow) -> Trust:
    """The host alone, whatever has become of its registration since its messages were taken."""
    return Trust({row.peer: peers.latest(work.session, row.peer)})


def _part(given: GivenRow) -> Part:
    return Part(
        organisation=given.organisation,
        service=given.service,
        thread=given.thread,
        given_at=given.given_at,
        nonce=given.nonce,
        presentations=tuple((given.presentation or "").split("\n")),
    )


def _contact(one: OwnPart) -> list[str]:
    return [DataClass.CONTACT] if one.contact else []
