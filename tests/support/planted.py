"""A referral full of words that stand nowhere else, a part of it given away, and the search for every one of them.

The words are long on purpose: a short one occurs in base64 by chance.
"""

from __future__ import annotations

from sqlalchemy import select

from origin_node.tables import GivenRow
from relevo.delivery.node import Node
from relevo.protocol.sd_jwt import Issued, serialise
from relevo.protocol.strict_json import JsonObject
from relevo.storage import referrals
from relevo.storage.tables import InboxRow
from support.story import Story, changed
from support.traces import rows_of, traces

NAME, FAMILY, NUMBER = "Quillfeathermoor", "Thistledownbury", "+995 555 91 82 73"
WHO_ANSWERS, INTENTION = "only the aunt Hollyhockmere", "a bakery in Larkspurgarden"
CERTIFICATE, PORT = "Certificate of Marigoldhaven", "TBS-Juniperfield"
STATED = (NAME, FAMILY, NUMBER, WHO_ANSWERS, INTENTION, CERTIFICATE)

OWN = ("case_file", "consent", "exception_ground")
"""Tables of a host that hold its own case, which stays."""


def full(document: JsonObject) -> JsonObject:
    """A sample case with these words in every class that it has."""
    document = changed(document, "identity-min", given_names=NAME, family_name=FAMILY, latin_name=FAMILY)
    document = changed(document, "contact", number=NUMBER, who_may_answer=WHO_ANSWERS)
    document = changed(document, "needs", intentions=INTENTION)
    document = changed(document, "skills", certificates=[CERTIFICATE])
    return changed(document, "consent", withdrawn_on=None)


def give(story: Story, organisation: str, service: str, *paths: str) -> None:
    """Put what the host stated into an organisation's hands, as far as this node remembers it."""
    origin = story.nodes.origin
    with origin.write() as work:
        row = referrals.by_thread(work.session, story.thread)
        first = work.session.scalars(select(InboxRow).where(InboxRow.thread == row.thread)).first()
        assert first is not None
        issued = Issued(jwt=first.content or "", disclosures=tuple(first.disclosures or ()))
        work.session.add(
            GivenRow(
                peer=row.peer,
                thread=row.thread,
                organisation=organisation,
                service=service,
                paths=list(paths),
                presentation=serialise(issued),
                nonce="invented-nonce",
                given_at=work.at,
                given_by=work.user.name,
            )
        )


def found_in(node: Node, *words: str) -> list[str]:
    """Those words that still stand anywhere in a node's tables, but for a host's own case."""
    return traces(rows_of(node, *OWN), words or STATED)
