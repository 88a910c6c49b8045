"""A host that was wrong says so: the origin has the right values, and what it decided on stays readable."""

from __future__ import annotations

import pytest

from host_node import cases, corrections
from host_node import record as host_record
from host_node import referrals as host_referrals
from origin_node import profile
from origin_node import record as origin_record
from relevo.domain.access import Role
from relevo.domain.disclosure import NotSendable
from relevo.domain.sop_rules import RecordPart
from relevo.errors import BadInput, Forbidden
from relevo.messages.classes import ClassInvalid
from relevo.protocol.strict_json import JsonObject
from support.story import COMMENTS, Story

RIGHT: JsonObject = {"social": ["housing"], "economic": ["business-start"]}
WRONG = "the case of a sister was copied"


def put_right(story: Story) -> list[str]:
    """The counsellor corrects the needs in the case."""
    with story.at_host() as work:
        return corrections.correct_case(work, cases.find(work, story.case), "needs", RIGHT, WRONG)


def test_a_correction_reaches_the_origin_and_erases_nothing(sent: Story) -> None:
    with sent.at_origin() as work:
        before = next(one for one in profile.read(work, sent.thread).stated if one.data_class == "needs")
    assert put_right(sent) == [sent.thread]
    sent.host(corrections.correct, ["needs"], WRONG)
    with sent.at_origin() as work:
        shown = profile.read(work, sent.thread)
    stated = next(one for one in shown.stated if one.data_class == "needs")
    (stood,) = shown.before
    assert stated.fields == RIGHT
    assert (stood.fields, stood.in_error, stood.reason) == (before.fields, True, WRONG)
    assert stood.replaced_by.startswith("es:retorno")


def test_what_changed_without_being_wrong_is_no_error(sent: Story) -> None:
    sent.host(host_referrals.change_journey, {"flight": "IB0002"})
    with sent.at_origin() as work:
        (stood,) = profile.read(work, sent.thread).before
    assert (stood.data_class, stood.in_error, stood.reason) == ("travel", False, None)


def test_the_host_keeps_what_its_case_said_before(story: Story) -> None:
    put_right(story)
    with story.at_host() as work:
        shown = host_record.case(work, story.case)
    (stood,) = shown.before
    assert (stood.data_class, stood.reason, stood.by) == ("needs", WRONG, "sample-counsellor")
    assert next(one for one in shown.now if one.data_class == "needs").fields == RIGHT


def test_a_correction_passes_the_same_gate_as_sending(sent: Story) -> None:
    with sent.at_host() as work:
        case = cases.find(work, sent.case)
        corrections.correct_case(work, case, "health-summary", {"mobility": "walks"}, WRONG)
    with sent.at_host() as work, pytest.raises(NotSendable):
        corrections.correct(work, sent.thread, ["health-summary"], WRONG)


def test_no_correction_without_a_reason_or_form_or_role(sent: Story) -> None:
    with sent.at_host() as work:
        case = cases.find(work, sent.case)
        with pytest.raises(BadInput):
            corrections.correct_case(work, case, "needs", RIGHT, " ")
        with pytest.raises(ClassInvalid):
            corrections.correct_case(work, case, "needs", {"wishes": 1}, WRONG)
        with pytest.raises(BadInput):
            corrections.correct(work, sent.thread, ["outcome"], WRONG)
    with sent.at_host(Role.CLINICIAN) as work, pytest.raises(Forbidden):
        corrections.correct(work, sent.thread, ["needs"], WRONG)


def test_corrections_go_with_the_consent(sent: Story) -> None:
    put_right(sent)
    sent.host(corrections.correct, ["needs"], WRONG)
    sent.withdraw()
    sent.nodes.deliver()
    with sent.at_origin() as work:
        shown = profile.read(work, sent.thread)
    assert (shown.stated, shown.before) == ((), ())


def test_the_record_of_case_01_is_complete_but_for_its_plan(sent: Story) -> None:
    with sent.at_origin() as work:
        assert origin_record.missing(work, sent.thread) == ()
    sent.to_close()
    with sent.at_origin() as work:
        at_origin = {one.part for one in origin_record.missing(work, sent.thread)}
    with sent.at_host() as work:
        found = host_record.show(work, sent.thread)
        returned = host_record.returned(work, sent.thread)
    assert at_origin == {RecordPart.PLAN}
    assert {one.part for one in found if one.missing_since is not None} == {RecordPart.PLAN}
    assert COMMENTS in str([one.fields for one in returned])
