"""Contact lists between nodes: published by an administrator, sent to every partner, kept by each the newest alone.

A partner is an active peer with which a SOP is agreed; a peer that becomes one later is sent the list at that moment
(`introduce`). A list that is older than the one here, because the post was late or came twice, is stored as a message
and changes nothing. `whom_to_ask_now` says who answers for something due, by the rule in `relevo.domain.escalation`.
"""

from __future__ import annotations

from collections.abc import Mapping

from relevo.delivery import outbox
from relevo.domain.access import Act
from relevo.domain.contact_list import ContactList, ContactPoint, require_newer, require_sound
from relevo.domain.data_classes import JsonValue
from relevo.domain.deadlines import Due
from relevo.domain.escalation import whom_to_ask
from relevo.domain.sides import Side
from relevo.domain.sop import parse_sop
from relevo.errors import NotFound
from relevo.ids import new_thread
from relevo.messages.content import Said
from relevo.messages.steps import read_payload
from relevo.messages.steps_contacts import ContactListSent
from relevo.storage import contacts, peers, sops
from relevo.storage.peers import PeerState
from relevo.storage.tables import DutyRow, ReferralRow, SopRow
from relevo.storage.unit_of_work import UnitOfWork

STEP = "contact-list"


def publish(work: UnitOfWork, fields: Mapping[str, JsonValue]) -> ContactList:
    """Keep our list, dated now unless it says otherwise, and send it to every partner.

    Raises:
        Forbidden: unless an administrator does it.
        StepInvalid, ContactsInvalid: if the list is not well formed, or names what we do not speak for.
        ContactsNotNewer: if it is not newer than ours.
    """
    work.require(Act.PUBLISH_CONTACTS)
    sent = read_payload(STEP, {"as_of": work.at.isoformat(), **fields})
    assert isinstance(sent, ContactListSent)
    own = work.identity.node_id
    found = contacts.contact_list(own, sent)
    require_sound(found, work.identity.side, work.at)
    require_newer(found, contacts.newest(work.session, own))
    contacts.keep(work.session, own, sent, at=work.at, history=True)
    for peer in partners(work):
        _post(work, peer, sent)
    return found


def partners(work: UnitOfWork) -> list[str]:
    """The active peers with which a SOP is agreed, by name."""
    active = [row.node_id for row in peers.everybody(work.session) if row.state == PeerState.ACTIVE]
    return [peer for peer in active if sops.newest_agreed(work.session, peer) is not None]


def introduce(work: UnitOfWork, peer: str) -> None:
    """Send our list to a peer with which a SOP has just been agreed, if there is a list."""
    sent = contacts.newest_sent(work.session, work.identity.node_id)
    if sent is not None:
        _post(work, peer, sent)


def learn(work: UnitOfWork, peer: str, said: Said) -> None:
    """Keep the list of a peer if it is newer than the one here.

    Raises:
        ContactsInvalid: if it names what the peer does not speak for; a fault of the message.
    """
    if not isinstance(said.payload, ContactListSent):
        return
    found = contacts.contact_list(peer, said.payload)
    require_sound(found, work.identity.side.other, work.at)
    newest = contacts.newest(work.session, peer)
    if newest is None or found.as_of > newest.as_of:
        contacts.keep(work.session, peer, said.payload, at=work.at, history=False)


def show(work: UnitOfWork, node_id: str) -> ContactList:
    """The newest list of a node, our own or a peer's.

    Raises:
        NotFound: if there is none.
    """
    work.require(Act.READ_CONTACTS)
    found = contacts.newest(work.session, node_id)
    if found is None:
        raise NotFound(f"there is no contact list of {node_id} here; its administrator publishes one")
    return found


def show_all(work: UnitOfWork) -> list[ContactList]:
    """The newest list of each node, by its name."""
    work.require(Act.READ_CONTACTS)
    return contacts.everybody(work.session)


def whom_to_ask_now(
    work: UnitOfWork, row: ReferralRow, duty: DutyRow, organisation: str | None = None
) -> tuple[str, ContactPoint] | None:
    """Where (a node or an organisation behind it) and whom to ask about a duty; None if nobody is named.

    The node itself is asked unless an `organisation` is named that has contact points of its own.
    """
    side = Side(duty.side)
    node_id = work.identity.node_id if side is work.identity.side else row.peer
    known = contacts.newest(work.session, node_id)
    asked = known.asked(organisation) if known else None
    if asked is None:
        return None
    calendar = parse_sop(work.session.get_one(SopRow, row.sop).text).calendars[side]
    due = Due(duty=duty.duty, by=side, at=duty.due_at)
    point = whom_to_ask(asked.points, due=due, started_at=duty.started_at, at=work.at, calendar=calendar)
    return (asked.organisation or node_id, point) if point else None


def _post(work: UnitOfWork, peer: str, sent: ContactListSent) -> None:
    outbox.post(work, outbox.Frame(peer=peer, thread=new_thread()), STEP, sent, {})
