"""Who may use this node. A bearer token is shown once; only its digest is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from relevo.domain.access import Role
from relevo.errors import Conflict, NotFound, Unauthenticated
from relevo.storage.appending import ask
from relevo.storage.tables import UserRow
from relevo.storage.unit_of_work import User

TOKEN_BYTES = 32
_BY_TOKEN = select(UserRow.name, UserRow.role, UserRow.organisation).where(UserRow.token_digest == bindparam("digest"))


def add(session: Session, name: str, role: Role, at: datetime, *, organisation: str | None = None) -> str:
    """Add a user and return the bearer token, which is not kept and cannot be shown again.

    `organisation` is one behind this node that the user works for, if any.

    Raises:
        Conflict: if somebody has that name already.
    """
    if session.get(UserRow, name) is not None:
        raise Conflict(f"there is a user {name} already")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(UserRow(name=name, role=role, organisation=organisation, token_digest=_digest(token), added_at=at))
    return token


def by_token(session: Session, token: str) -> User:
    """The user to whom a bearer token belongs.

    Raises:
        Unauthenticated: if it belongs to nobody.
    """
    row = ask(session, _BY_TOKEN, {"digest": _digest(token)}).first()
    if row is None:
        raise Unauthenticated
    return _user(row)


def by_name(session: Session, name: str) -> User:
    """The user of that name, for the command line of the node's own machine."""
    row = session.get(UserRow, name)
    if row is None:
        raise NotFound(f"there is no user {name}; `user add` makes one")
    return _user(row)


def everybody(session: Session) -> list[User]:
    """All users, by name."""
    return [_user(row) for row in session.scalars(select(UserRow).order_by(UserRow.name))]


def _user(row: UserRow | Row[Any]) -> User:
    return User(name=row.name, role=Role(row.role), organisation=row.organisation)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
