"""Without consent leaves no more than with it: what the person withheld when they were asked stays withheld."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from host_node import cases, consents, corrections, exceptions
from origin_node.tables import StatedRow
from relevo.domain.access import Role
from relevo.domain.consent import Withheld
from relevo.domain.disclosure import NotSendable
from relevo.domain.exception import Decision
from relevo.messages.exception import exception_from_record, exception_record
from relevo.protocol import strict_json
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.storage import referrals
from support.nodes import ORIGIN_ID, JoinedNodes, staff
from support.story import Story, sample

COUSIN = f"{ORIGIN_ID}/cousins-desk"


def withholding(*withhold: tuple[str, str], **changes: JsonValue) -> JsonObject:
    """A consent of case 04, of some time ago, that withholds something."""
    return {
        "by": "the person",
        "language": "fr",
        "interpreter": False,
        "purpose": "reintegration-assistance",
        "receiver": ORIGIN_ID,
        "classes": ["identity-min", "travel"],
        "withhold": [{"what": what, "from": whom, "why": "a reason that stays"} for what, whom in withhold],
        "outcomes_may_return": False,
        "taken_on": "2026-11-01",
        "expires_on": "2026-11-15",
        **changes,
    }


def raised(
    nodes: JoinedNodes, *withhold: tuple[str, str], recorded: bool = True, **changes: JsonValue
) -> tuple[Story, str]:
    """Case 04 with a consent that is over, and an exception that was reviewed."""
    story = Story(nodes=nodes)
    document = {
        **sample("04"),
        "contact": {"channel": "phone", "number": "+225 07 00 00 00 01", "who_may_answer": "the aunt"},
    }
    story.take_in({**document, "consent": withholding(*withhold, **changes)}, consented=recorded)
    with story.at_host() as work:
        case = cases.find(work, story.case)
        row = exceptions.raise_exception(work, case, exceptions.draft(case)).id
    with nodes.host.write(staff(Role.COORDINATOR, "sample-second")) as work:
        exceptions.review(work, row, Decision.APPROVED)
    return story, row


def left(nodes: JoinedNodes, *withhold: tuple[str, str], **more: JsonValue) -> Story:
    story, row = raised(nodes, *withhold, **more)  # type: ignore[arg-type]
    with story.at_host() as work:
        story.thread = exceptions.send(work, row).thread
    nodes.deliver()
    return story


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "in the file"])
@pytest.mark.parametrize("what", ["contact.who_may_answer", "contact"])
def test_what_was_withheld_from_the_origin_stays(nodes: JoinedNodes, what: str, recorded: bool) -> None:  # noqa: FBT001
    story, row = raised(nodes, (what, ORIGIN_ID), recorded=recorded)
    with story.at_host() as work:
        lines = {line.path: line.leaves for line in exceptions.preview(work, row).lines}
    assert (lines["contact.who_may_answer"], lines["identity-min.family_name"]) == (False, True)
    assert lines["contact.channel"] == (what == "contact.who_may_answer")


def test_a_class_that_is_unreadable_without_what_was_withheld_stays_whole(
    nodes: JoinedNodes,
) -> None:
    story = left(nodes, ("travel.port", ORIGIN_ID))
    assert story.deliveries(nodes.host)["requested"] == "stored"
    with nodes.origin.read() as work:
        (stated,) = work.session.scalars(select(StatedRow.classes))
    assert "travel" not in stated


def test_where_everything_was_withheld_nothing_leaves(nodes: JoinedNodes) -> None:
    story, row = raised(nodes, ("everything", ORIGIN_ID))
    with pytest.raises(NotSendable), story.at_host() as work:
        exceptions.send(work, row)


def test_the_origin_learns_from_whom_to_keep_it_and_never_why(nodes: JoinedNodes) -> None:
    story = left(nodes, ("everything", COUSIN), ("travel", "the brother"), ("travel", "sn:accueil/desk"))
    kept = (Withheld("everything", COUSIN), Withheld("travel", "the brother"))
    for node in nodes.both:
        terms = referrals.terms(story.row(node))
        assert terms is not None
        assert (terms.withhold, terms.without_consent) == (kept, True)
    record = story.row(nodes.origin).basis_record or b""
    assert b"a reason that stays" not in record
    assert exception_record(exception_from_record(record)) == record


def test_what_is_put_right_later_leaves_no_more(nodes: JoinedNodes) -> None:
    story = left(nodes, ("contact.who_may_answer", ORIGIN_ID))
    story.host(corrections.correct, ["contact"], "another language")
    assert story.deliveries(nodes.host)["corrected"] == "stored"
    with nodes.origin.read() as work:
        stated = work.session.scalars(select(StatedRow.classes)).all()
    assert ["who_may_answer" in classes["contact"] for classes in stated if "contact" in classes] == [False]


def test_what_was_withheld_since_holds_back_what_waits(nodes: JoinedNodes) -> None:
    story = left(nodes)
    with story.at_host() as work:
        corrections.correct(work, story.thread, ["travel"], "another flight")
        case = cases.find(work, story.case)
        document = {
            **sample("04"),
            "consent": withholding(("travel.port", ORIGIN_ID), taken_on="2026-11-20", expires_on="2027-02-28"),
        }
        cases.import_case(work, strict_json.dump(document), replace=True)
        consents.record_from_file(work, case)
    nodes.deliver()
    assert story.deliveries(nodes.host)["corrected"] == "held"
