"""What everything that changes a node is handed: a transaction, the moment, who acts, and who we are.

The edge (a route, a command, the courier) opens it; nobody below commits. One transaction holds the change, the
message that it causes, and the log entry of both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from relevo.domain.access import Act, Role, require_role
from relevo.domain.sides import Side
from relevo.domain.sop_rules import ROLES
from relevo.protocol.keyring import Keys


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who this node is: its name on the wire, its side of a referral, its keys, and where peers reach it."""

    node_id: str
    title: str
    side: Side
    endpoint: str
    keys: Keys
    contacts: tuple[str, ...] = ()
    public_authority: bool = False


@dataclass(frozen=True, kw_only=True)
class User:
    """Who acts. `role` is None for the node itself, which acts on what peers send.

    `organisation` is the agency or partner that they work for, or None for staff of the node itself.
    """

    name: str
    role: Role | None
    organisation: str | None = None


@dataclass(frozen=True, kw_only=True)
class UnitOfWork:
    """One transaction at one moment, on behalf of one user."""

    session: Session
    at: datetime
    identity: Identity
    user: User

    def require(self, act: Act) -> None:
        """Raises `Forbidden`, naming the roles of this side that may, unless the user's role allows `act`."""
        if self.user.role is not None:
            require_role(self.user.role, act, here=ROLES[self.identity.side])

    def on_behalf_of(self, user: User) -> UnitOfWork:
        """The same transaction, another user."""
        return replace(self, user=user)
