"""The table of contact lists, which every node has."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from relevo.protocol.strict_json import JsonValue
from relevo.storage.base import SharedBase, Word


class ContactListRow(SharedBase):
    """The contact list of a node as it stood at a moment: each of our own, and of a peer the newest alone."""

    __tablename__ = "contact_list"

    node_id: Mapped[str] = mapped_column(Word, primary_key=True)
    as_of: Mapped[datetime] = mapped_column(primary_key=True)
    said: Mapped[dict[str, JsonValue]]
    kept_at: Mapped[datetime]
