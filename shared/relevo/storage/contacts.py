"""Contact lists: each that this node ever published, and of every peer the newest one alone.

Lists name people. What a peer's older list said is therefore deleted when a newer one has come; the log has only the
manifests of the messages that brought them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from relevo.domain.contact_list import ContactList, ContactPoint, OrganisationContacts
from relevo.messages.steps import read_payload
from relevo.messages.steps_contacts import ContactListSent
from relevo.storage.tables_contacts import ContactListRow


def contact_list(node_id: str, sent: ContactListSent) -> ContactList:
    """What a node says in a list."""
    organisations = tuple(
        OrganisationContacts(
            organisation=one.organisation,
            points=tuple(ContactPoint(**point.model_dump()) for point in one.points),
        )
        for one in sent.organisations
    )
    return ContactList(node=node_id, as_of=sent.as_of, organisations=organisations)


def keep(session: Session, node_id: str, sent: ContactListSent, *, at: datetime, history: bool) -> None:
    """Keep the newest list of a node; older ones stay only as `history`."""
    if not history:
        session.execute(delete(ContactListRow).where(ContactListRow.node_id == node_id))
    said = sent.model_dump(mode="json", exclude_none=True)
    session.add(ContactListRow(node_id=node_id, as_of=sent.as_of, said=said, kept_at=at))
    session.flush()


def newest_sent(session: Session, node_id: str) -> ContactListSent | None:
    """The newest list of a node as it was said; None if it has said nothing yet."""
    theirs = select(ContactListRow).where(ContactListRow.node_id == node_id)
    row = session.scalar(theirs.order_by(ContactListRow.as_of.desc()).limit(1))
    if row is None:
        return None
    payload = read_payload("contact-list", row.said)
    assert isinstance(payload, ContactListSent)
    return payload


def newest(session: Session, node_id: str) -> ContactList | None:
    """The newest list of a node; None if it has said nothing yet."""
    sent = newest_sent(session, node_id)
    return contact_list(node_id, sent) if sent else None


def everybody(session: Session) -> list[ContactList]:
    """The newest list of each node, by its name."""
    names = session.scalars(select(ContactListRow.node_id).distinct().order_by(ContactListRow.node_id))
    found = (newest(session, node_id) for node_id in names.all())
    return [one for one in found if one is not None]


def dates(session: Session, node_id: str) -> list[datetime]:
    """When each list of a node that is kept here is of, newest first."""
    theirs = select(ContactListRow.as_of).where(ContactListRow.node_id == node_id)
    return list(session.scalars(theirs.order_by(ContactListRow.as_of.desc())))
