"""A consent that is narrowed by a field while organisations hold parts, and what their staff may use of a contact."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from origin_node import assignments, chasing, consents, first_contact, giving, own_part, reassessment
from origin_node.own_part import PartEnded
from origin_node.tables import GivenRow, StatedRow
from origin_node.tables_record import AssessedRow
from relevo.domain.consent import Account, Withheld
from relevo.domain.data_classes import JsonValue
from relevo.storage.tables_record import AccessRow
from support.origin_desk import TERMS, Desk
from support.partners import FUND, HOUSING, register, worker
from support.wire_pair import ORIGIN_ID

NUMBER = "+225 07 00 00 00 01"


def account(desk: Desk) -> Account:
    return Account(language="fr", taken_on=desk.clock.now().date())


def take(desk: Desk, service: str = "housing", organisation: str = HOUSING) -> None:
    with desk.intake() as work:
        assignments.assign(work, desk.thread, service, organisation)
    with desk.node.write(worker(organisation)) as work:
        assignments.answer(work, desk.thread, service, accept=True)


def narrow(desk: Desk, *withhold: Withheld) -> None:
    with desk.intake() as work:
        consents.narrow(work, desk.thread, account(desk), withhold=withhold)


@pytest.fixture
def taken(accepted: Desk) -> Desk:
    register(accepted.node)
    take(accepted)
    return accepted


def test_a_field_that_is_closed_goes_and_the_rest_of_its_class_stays_and_can_be_given_anew(taken: Desk) -> None:
    with taken.intake() as work:
        reassessment.reassess(work, taken.thread, {"contact": {"channel": "phone", "number": NUMBER, "language": "fr"}})
    narrow(taken, Withheld("contact.language", ORIGIN_ID))
    with taken.node.read() as work:
        (stated,) = work.session.scalars(select(StatedRow.classes)).all()
        (assessed,) = work.session.scalars(select(AssessedRow.fields).where(AssessedRow.data_class == "contact"))
        for fields in (stated["contact"], assessed):
            assert ("language" in fields, fields["number"]) == (False, NUMBER)
        (given,) = work.session.scalars(select(GivenRow)).all()
        assert (given.chased_at is not None, given.presentation) == (True, None)
    with pytest.raises(PartEnded), taken.node.write(worker(HOUSING)) as work:
        own_part.read(work, taken.thread)
    with taken.intake() as work:
        anew = giving.give_anew(work, taken.thread, "housing")
        assert ("contact.number" in anew.paths, "contact.language" in anew.paths) == (True, False)
    with taken.node.write(worker(HOUSING)) as work:
        (part,) = own_part.read(work, taken.thread)
    assert part.contact == {"channel": "phone", "number": NUMBER}


def test_a_confirmed_erasure_and_a_part_given_anew_stand_beside_each_other(taken: Desk) -> None:
    narrow(taken, Withheld("contact.language", ORIGIN_ID))
    with taken.intake() as work:
        giving.give_anew(work, taken.thread, "housing")
    with taken.node.write(worker(HOUSING)) as work:
        chasing.confirm(work, taken.thread, HOUSING)
    with taken.node.write(worker(HOUSING)) as work:
        assert own_part.read(work, taken.thread)


HINTS: dict[str, JsonValue] = {
    "channel": "phone",
    "number": NUMBER,
    "who_may_answer": "only the aunt",
    "never": "her brother",
}


def test_hints_show_an_organisation_no_more_of_the_contact_than_it_was_given(desk: Desk) -> None:
    terms = TERMS.__class__(**{**TERMS.__dict__, "withhold": (Withheld("contact", FUND),)})
    desk.request({"contact": HINTS}, terms)
    desk.accept()
    register(desk.node)
    take(desk)
    take(desk, "business-start", FUND)
    found = {}
    for organisation in (HOUSING, FUND):
        with desk.node.write(worker(organisation)) as work:
            found[organisation] = [one.code for one in first_contact.mind(work, desk.thread)]
    assert found == {HOUSING: ["never", "who-may-answer"], FUND: []}
    with desk.node.read() as work:
        looks = work.session.execute(select(AccessRow.organisation, AccessRow.why, AccessRow.classes)).all()
    assert (HOUSING, "contact", ["contact"]) in [tuple(one) for one in looks]
    assert (FUND, "contact", ["contact"]) not in [tuple(one) for one in looks]
