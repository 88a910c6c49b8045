"""The partner organisations of this node: who they are, and what they have on their hands.

Added, changed and looked at by administrators and intake. Places taken and money promised are counted from the
assignments that stand, so that neither can be lost or fall below nothing; money spent only grows, when a service is
completed. A node that keeps no register may name its organisations freely; the person's consent is kept all the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from origin_node.organisation_form import AMOUNT, OrganisationForm, read_file, read_form
from origin_node.tables import AssignmentRow, OrganisationRow
from relevo.domain.access import Act
from relevo.domain.assignment import TAKEN
from relevo.domain.organisations import Organisation, category_of
from relevo.domain.referral import Status
from relevo.errors import BadInput, Conflict, NotFound
from relevo.protocol.strict_json import JsonValue
from relevo.storage.tables import ReferralRow
from relevo.storage.unit_of_work import UnitOfWork

LET_GO = frozenset(
    {
        Status.DECLINED,
        Status.NOT_COMPLETED,
        Status.CLOSED,
        Status.CANCELLED,
        Status.WITHDRAWN,
        Status.ERASED,
        Status.ENTERED_IN_ERROR,
    }
)
"""Where a referral stands so, no organisation holds a place for the person any more."""


class OrganisationUnknown(NotFound):
    """This node has no such organisation."""

    code = "organisation-unknown"
    advice = "`organisation list` shows those that are here; `organisation add` takes in another."


class OrganisationKnown(Conflict):
    """There is an organisation of this name already."""

    code = "organisation-known"
    advice = "Change it instead: `organisation change`."


def add(work: UnitOfWork, given: Mapping[str, JsonValue]) -> Organisation:
    """Take in an organisation.

    Raises:
        OrganisationInvalid: with one reason for each fault.
        BadInput: if it is another node's.
        OrganisationKnown: if it is here already.
    """
    work.require(Act.MANAGE_ORGANISATIONS)
    form = read_form(given)
    if work.session.get(OrganisationRow, form.id) is not None:
        raise OrganisationKnown(field="organisation.id")
    _keep(work, form)
    return find(work.session, form.id)


def change(work: UnitOfWork, organisation: str, changes: Mapping[str, JsonValue]) -> Organisation:
    """Write some fields of an organisation anew; what it has on its hands stays.

    Raises:
        OrganisationUnknown: if there is none of that name.
        OrganisationInvalid: with one reason for each fault.
    """
    work.require(Act.MANAGE_ORGANISATIONS)
    row = _row(work.session, organisation)
    _keep(work, read_form({**_written(row), **changes, "id": organisation}))
    return find(work.session, organisation)


def take_file(work: UnitOfWork, raw: bytes) -> list[str]:
    """Take in all organisations of a TOML file, or what it says anew of those that are here; their names.

    Raises:
        OrganisationInvalid: with every fault of the file; nothing is stored then.
        BadInput: if one is another node's.
    """
    work.require(Act.MANAGE_ORGANISATIONS)
    forms = read_file(raw)
    for form in forms:
        _keep(work, form)
    return [form.id for form in forms]


def show(work: UnitOfWork, organisation: str) -> Organisation:
    """One organisation, for whoever looks after them.

    Raises:
        OrganisationUnknown: if there is none of that name.
    """
    work.require(Act.MANAGE_ORGANISATIONS)
    return find(work.session, organisation)


def list_all(work: UnitOfWork) -> list[Organisation]:
    """All organisations, for whoever looks after them."""
    work.require(Act.MANAGE_ORGANISATIONS)
    return everything(work.session)


def find(session: Session, organisation: str) -> Organisation:
    """The organisation of that name, with what it has on its hands now.

    Raises:
        OrganisationUnknown: if there is none.
    """
    return _read(session, _row(session, organisation))


def everything(session: Session) -> list[Organisation]:
    """All organisations of this node, by name."""
    rows = session.scalars(select(OrganisationRow).order_by(OrganisationRow.id)).all()
    return [_read(session, row) for row in rows]


def is_registered(session: Session, organisation: str) -> bool:
    """Whether something is written about an organisation; False for all while this node keeps no register.

    Raises:
        OrganisationUnknown: if there is a register and it does not stand there.
    """
    if session.get(OrganisationRow, organisation) is not None:
        return True
    if session.scalar(select(OrganisationRow.id).limit(1)) is not None:
        raise OrganisationUnknown(field="organisation")
    return False


def spend(session: Session, organisation: str | None, cost: str | None) -> None:
    """Count what a completed service has cost."""
    row = session.get(OrganisationRow, organisation) if organisation else None
    if row is not None and cost is not None:
        row.spent = str(Decimal(row.spent) + Decimal(cost))


def amount(text: str) -> Decimal | None:
    """An amount as somebody typed it; None if it is none."""
    return Decimal(text) if re.fullmatch(AMOUNT, text) else None


def require_own(work: UnitOfWork, organisation: str) -> None:
    """Raises `BadInput` unless the name is one of an organisation behind this node."""
    own = f"{work.identity.node_id}/"
    if not organisation.startswith(own) or organisation == own:
        raise BadInput(f"an organisation of this node is named {own} and a word", field="organisation")


def _keep(work: UnitOfWork, form: OrganisationForm) -> None:
    require_own(work, form.id)
    row = work.session.get(OrganisationRow, form.id)
    if row is None:
        row = OrganisationRow(id=form.id, spent="0")
        work.session.add(row)
    row.title, row.services, row.people = form.title, list(form.services), [str(kind) for kind in form.people]
    row.area, row.places = list(form.area), dict(form.places)
    row.budget, row.currency = form.budget, form.currency
    row.languages, row.confidential, row.active = list(form.languages), form.confidential, form.active
    row.checked_on, row.changed_at, row.changed_by = form.checked_on, work.at, work.user.name
    work.session.flush()


def _row(session: Session, organisation: str) -> OrganisationRow:
    row = session.get(OrganisationRow, organisation)
    if row is None:
        raise OrganisationUnknown(field="organisation")
    return row


def _written(row: OrganisationRow) -> dict[str, JsonValue]:
    names = ("title", "services", "people", "area", "places", "budget", "currency", "languages", "confidential")
    fields: dict[str, JsonValue] = {name: getattr(row, name) for name in (*names, "active")}
    return {**fields, "checked_on": row.checked_on.isoformat()}


def _read(session: Session, row: OrganisationRow) -> Organisation:
    same = (ReferralRow.peer == AssignmentRow.peer, ReferralRow.thread == AssignmentRow.thread)
    held = select(AssignmentRow).join(ReferralRow, same[0] & same[1])
    mine = (AssignmentRow.organisation == row.id, AssignmentRow.status.in_(TAKEN), ReferralRow.status.not_in(LET_GO))
    on_hand = session.scalars(held.where(*mine)).all()
    return Organisation(
        id=row.id,
        title=row.title,
        services=frozenset(row.services),
        people=frozenset(row.people),
        area=frozenset(row.area),
        places={name: number for name, number in row.places.items() if isinstance(number, int)},
        taken=Counter(category_of(one.service) for one in on_hand),
        budget=Decimal(row.budget) if row.budget is not None else None,
        currency=row.currency,
        committed=sum((Decimal(one.cost) for one in on_hand if one.cost), Decimal(0)),
        spent=Decimal(row.spent),
        languages=frozenset(row.languages),
        confidential=row.confidential,
        active=row.active,
        checked_on=row.checked_on,
    )
