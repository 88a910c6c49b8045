"""What a contact list may say, and for how long it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from relevo.domain.access import Role
from relevo.domain.contact_list import (
    STALE,
    ContactList,
    ContactPoint,
    ContactsInvalid,
    ContactsNotNewer,
    OrganisationContacts,
    require_newer,
    require_sound,
)
from relevo.domain.sides import Side
from support.wording import said

if TYPE_CHECKING:
    from collections.abc import Mapping

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
OFFICER = ContactPoint(name="Sample Officer One", role=Role.INTAKE, languages=("fr",), phone="+225 000")
NODE = OrganisationContacts(organisation=None, points=(OFFICER,))
DESK = OrganisationContacts(organisation="ci:accueil/housing-desk", points=(replace(OFFICER, role=Role.CASE_WORKER),))
LIST = ContactList(node="ci:accueil", as_of=AT, organisations=(NODE, DESK))

UNSOUND: Mapping[str, tuple[ContactList, str]] = {
    "an organisation of another node": (
        replace(LIST, organisations=(replace(DESK, organisation="ge:dabruneba/shelter"),)),
        "organisations.0.organisation",
    ),
    "an organisation of a node with a longer name": (
        replace(LIST, organisations=(NODE, replace(DESK, organisation="ci:accueil-2/desk"))),
        "organisations.1.organisation",
    ),
    "an organisation twice": (replace(LIST, organisations=(NODE, DESK, DESK)), "organisations.2.organisation"),
    "the node twice": (replace(LIST, organisations=(NODE, NODE)), "organisations.1.organisation"),
    "a counsellor at an origin": (
        replace(LIST, organisations=(replace(NODE, points=(OFFICER, replace(OFFICER, role=Role.COUNSELLOR))),)),
        "organisations.0.points.1.role",
    ),
    "a date that lies ahead": (replace(LIST, as_of=AT + timedelta(days=1)), "as_of"),
}


@pytest.mark.parametrize(("found", "field"), UNSOUND.values(), ids=UNSOUND)
def test_a_list_is_refused_for(found: ContactList, field: str) -> None:
    with pytest.raises(ContactsInvalid) as refused:
        require_sound(found, Side.ORIGIN, AT)
    assert said(refused.value.reasons) == [("contacts-invalid", field)]


def test_a_list_of_its_own_is_sound_and_a_clock_may_be_a_little_fast() -> None:
    require_sound(LIST, Side.ORIGIN, AT)
    require_sound(replace(LIST, as_of=AT + timedelta(minutes=10)), Side.ORIGIN, AT)


def test_an_organisation_may_have_departments() -> None:
    require_sound(replace(LIST, organisations=(replace(DESK, organisation="ci:accueil/desk/second"),)), Side.ORIGIN, AT)


def test_the_refusal_names_the_roles_that_there_are() -> None:
    wrong = replace(LIST, organisations=(replace(NODE, points=(replace(OFFICER, role=Role.COUNSELLOR),)),))
    with pytest.raises(ContactsInvalid) as refused:
        require_sound(wrong, Side.ORIGIN, AT)
    assert refused.value.reasons[0].advice == "Use one of: administrator, auditor, case-worker, clinician, intake."


def test_only_a_newer_list_takes_the_place_of_another() -> None:
    require_newer(LIST, None)
    require_newer(replace(LIST, as_of=AT + timedelta(seconds=1)), LIST)
    with pytest.raises(ContactsNotNewer, match="of 2026-11-22 09:00 UTC") as refused:
        require_newer(LIST, LIST)
    assert refused.value.field == "as_of"


def test_a_list_is_stale_after_half_a_year() -> None:
    assert not LIST.is_stale(AT + STALE)
    assert LIST.is_stale(AT + STALE + timedelta(seconds=1))


def test_asked_is_the_organisation_or_else_the_node_or_else_whoever_stands_first() -> None:
    assert LIST.asked("ci:accueil/housing-desk") == DESK
    assert LIST.asked("ci:accueil/unheard-of") == NODE
    assert LIST.asked() == NODE
    assert replace(LIST, organisations=(DESK,)).asked() == DESK
    assert replace(LIST, organisations=()).asked() is None
