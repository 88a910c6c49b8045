"""Case 04 between two whole nodes: a life is in danger, nobody has consented, and two people answer for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from host_node import cases, exceptions
from host_node import referrals as host_referrals
from host_node.exceptions import ExceptionReviewed, ExceptionUsed, NothingToTell, SecondPersonNeeded
from origin_node import erasure, profile
from origin_node import referrals as origin_referrals
from relevo.domain.access import Role
from relevo.domain.disclosure import NotSendable
from relevo.domain.exception import Attestation, Decision, ExceptionReason, ExceptionTerms
from relevo.errors import Forbidden
from relevo.messages.exception import ExceptionInvalid, exception_record
from relevo.protocol import strict_json
from relevo.protocol.basis import Basis
from relevo.protocol.manifest import read_manifest
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.protocol.verification import Check, verify_evidence
from relevo.storage import peers
from relevo.storage.tables import InboxRow, ReferralRow
from support.hand_made import MARKER, REQUESTED, STATED, Hand, asking, step
from support.nodes import AT, JoinedNodes, staff
from support.pairs import carried_to
from support.story import Story, sample
from support.traces import file_of, rows_of, traces

SECRET = ["suicide-risk", "Elena Ruiz", "28/0000000", "removal-centre clinic"]
"""Why, who attests it, and who raised it."""


class Emergency(Story):
    """A story that begins with an exception."""

    exception: str = ""

    def raised(self, *, on_duty: bool = True, **changes: JsonValue) -> None:
        """The counsellor raises what the case file speaks of, with some of it changed."""
        with self.at_host() as work:
            case = cases.find(work, self.case)
            said = {**exceptions.draft(case), **changes}
            self.exception = exceptions.raise_exception(work, case, said, on_duty=on_duty).id

    def review(self, decision: Decision = Decision.APPROVED, name: str = "sample-second") -> None:
        """A coordinator decides."""
        with self.nodes.host.write(staff(Role.COORDINATOR, name)) as work:
            exceptions.review(work, self.exception, decision)
        self.nodes.deliver()

    def leave(self) -> None:
        """The counsellor sends, and the post goes."""
        with self.at_host() as work:
            self.thread = exceptions.send(work, self.exception).thread
        self.nodes.deliver()

    def codes(self) -> list[str]:
        """Why it may not be sent."""
        with pytest.raises(NotSendable) as refused:
            self.leave()
        return [reason.code for reason in refused.value.reasons]

    def owed(self) -> dict[str, tuple[datetime, datetime | None]]:
        """When what is due at the host, and when it was done."""
        return {duty.duty: (duty.due_at, duty.done_at) for duty in self.duties(self.nodes.host) if not duty.dropped}


@pytest.fixture
def case_04(nodes: JoinedNodes) -> Emergency:
    """Case 04 imported; nobody has done anything yet."""
    story = Emergency(nodes=nodes)
    story.take_in(sample("04"), consented=False)
    return story


@pytest.fixture
def left(case_04: Emergency) -> Emergency:
    """Raised, reviewed and sent."""
    case_04.raised()
    case_04.review()
    case_04.leave()
    return case_04


@pytest.fixture
def at_once(nodes: JoinedNodes) -> Emergency:
    """A life at risk at night: sent, and nobody has reviewed it."""
    story = Emergency(nodes=nodes)
    document = sample("04")
    del document["mental-health-risk"]
    story.take_in(document, consented=False)
    story.raised(on_duty=False, reason="life-at-risk")
    story.leave()
    return story


def test_without_an_exception_nothing_leaves_without_consent(case_04: Emergency) -> None:
    with pytest.raises(NotSendable) as refused:
        case_04.send()
    assert "no-consent" in {reason.code for reason in refused.value.reasons}


def test_without_the_attestation_it_is_refused(case_04: Emergency) -> None:
    case_04.raised(attestation=None)
    case_04.review()
    assert case_04.codes() == ["exception-unattested"]
    assert not list(carried_to(case_04.nodes, case_04.nodes.origin))


def test_the_review_in_the_case_file_counts_for_nothing(case_04: Emergency) -> None:
    document = sample("04")
    assert isinstance(document["exception"], dict)
    assert document["exception"]["reviewed_by"] == "coordinator"
    case_04.raised()
    assert case_04.codes() == ["exception-unreviewed"]


def test_a_review_cannot_be_said_with_the_ground(case_04: Emergency) -> None:
    with pytest.raises(ExceptionInvalid):
        case_04.raised(reviewed_by="coordinator")


def test_every_reason_is_named_at_once(case_04: Emergency) -> None:
    with case_04.at_host() as work:
        cases.import_case(work, strict_json.dump({**sample("04"), "urgency": "urgent"}), replace=True)
    case_04.raised(attestation=None)
    case_04.later(hours=73)
    assert case_04.codes() == [
        "exception-unattested",
        "exception-expired",
        "exception-not-emergency",
        "exception-unreviewed",
    ]


def test_whoever_raised_it_cannot_review_it(case_04: Emergency) -> None:
    with case_04.nodes.host.write(staff(Role.COORDINATOR, "sample-one")) as work:
        case = cases.find(work, case_04.case)
        case_04.exception = exceptions.raise_exception(work, case, exceptions.draft(case)).id
    with pytest.raises(SecondPersonNeeded):
        case_04.review(name="sample-one")
    case_04.review(name="sample-other")
    with pytest.raises(ExceptionReviewed):
        case_04.review(Decision.REJECTED, name="sample-third")


def test_a_counsellor_cannot_review_and_neither_can_the_node_itself(case_04: Emergency) -> None:
    case_04.raised()
    for work_of in (case_04.at_host, case_04.nodes.host.write):
        with pytest.raises(Forbidden), work_of() as work:
            exceptions.review(work, case_04.exception, Decision.APPROVED)


def test_after_the_review_only_what_saves_a_life_leaves(left: Emergency) -> None:
    (came,) = carried_to(left.nodes, left.nodes.origin)
    assert set(came.classes) == {"identity-min", "travel", "mental-health-risk"}
    assert "consent" not in came.claims
    assert left.row(left.nodes.origin).status == "requested"


def test_the_preview_says_what_leaves_and_that_skills_stay(case_04: Emergency) -> None:
    case_04.raised()
    case_04.review()
    with case_04.at_host() as work:
        preview = exceptions.preview(work, case_04.exception)
    whys = {line.path: (line.leaves, line.why) for line in preview.lines}
    assert whys["skills.education"] == (False, "not-life-saving")
    assert whys["mental-health-risk.level"] == (True, "saves-life")
    assert whys["exception.reason"] == (False, "never-leaves")


def test_one_exception_serves_one_referral(left: Emergency) -> None:
    with pytest.raises(ExceptionUsed):
        left.leave()


def test_the_answer_is_due_in_24_hours_by_the_clock_and_both_compute_it(left: Emergency) -> None:
    for node in left.nodes.both:
        (answer,) = [duty for duty in left.duties(node) if duty.duty == "answer"]
        assert answer.due_at == AT + timedelta(hours=24)
    assert left.timeline(left.nodes.host)[0].problem is None, "the due times in the receipt are ours"


def test_the_reason_stands_only_in_the_sealed_part_and_who_raised_it_stays_at_home(left: Emergency) -> None:
    for request in left.nodes.transport.carried:
        assert traces(request.body, SECRET) == []
        assert not any(word in request.url for word in SECRET)
    assert traces(file_of(left.nodes.origin), SECRET[-1:]) == []
    with left.nodes.origin.read() as work:
        (came,) = work.session.query(InboxRow).filter(InboxRow.thread == left.thread)
        verified = read_manifest(came.manifest, trust=peers.trust(work.session), at=work.at)
    assert verified.manifest.message.basis == left.row(left.nodes.host).basis
    assert left.row(left.nodes.host).basis.startswith("exception:")


def test_the_origin_shows_that_nobody_consented(left: Emergency) -> None:
    with left.at_origin() as work:
        shown = profile.read(work, left.thread)
    assert shown.without_consent
    assert {one.data_class for one in shown.stated} == {"identity-min", "travel", "mental-health-risk"}


def test_the_person_is_told_before_it_ends_and_that_stays_due_when_the_referral_is_declined(left: Emergency) -> None:
    left.origin(origin_referrals.acknowledge)
    left.origin(origin_referrals.decline, "no-capacity")
    assert left.row(left.nodes.host).status == "declined"
    assert left.owed()["tell-person"] == (AT + timedelta(hours=72), None)
    left.later(hours=1)
    with left.at_host() as work:
        exceptions.tell(work, left.exception)
    assert left.owed()["tell-person"][1] == AT + timedelta(hours=1)
    with pytest.raises(NothingToTell), left.at_host() as work:
        exceptions.tell(work, left.exception)


def test_a_person_who_objects_has_it_taken_back(left: Emergency) -> None:
    with left.at_host() as work:
        exceptions.tell(work, left.exception, objects=True)
    left.nodes.deliver()
    for node in left.nodes.both:
        assert left.row(node).status == "erased"
    assert traces(rows_of(left.nodes.origin), ["Koffi", "stated plan", *SECRET]) == []


def test_a_person_who_objects_at_the_origin_has_it_taken_back_as_well(left: Emergency) -> None:
    left.origin(erasure.withdraw_consent)
    for node in left.nodes.both:
        assert left.row(node).status == "erased"
        assert verify_evidence(left.evidence(node)).ok


def test_a_life_at_risk_leaves_at_once_and_the_review_is_due_within_24_hours(at_once: Emergency) -> None:
    assert at_once.row(at_once.nodes.origin).status == "requested"
    assert at_once.owed()["review-exception"] == (AT + timedelta(hours=24), None)
    at_once.later(hours=2)
    at_once.review()
    assert at_once.owed()["review-exception"][1] == AT + timedelta(hours=2)


def test_no_more_data_leaves_while_the_review_is_overdue(at_once: Emergency) -> None:
    at_once.later(hours=25)
    with pytest.raises(NotSendable) as refused:
        at_once.host(host_referrals.change_journey, {"flight": "IB0002"})
    assert [reason.code for reason in refused.value.reasons] == ["exception-review-overdue"]
    at_once.review()
    at_once.host(host_referrals.change_journey, {"flight": "IB0002"})
    assert at_once.deliveries(at_once.nodes.host)["journey-changed"] == "stored"


def test_a_rejection_afterwards_takes_back_what_has_left(at_once: Emergency) -> None:
    at_once.review(Decision.REJECTED)
    for node in at_once.nodes.both:
        assert at_once.row(node).status == "erased"
    assert traces(rows_of(at_once.nodes.origin), ["Koffi"]) == []
    assert at_once.owed()["tell-person"][1] is None, "the person is told all the same"


def test_auditors_see_when_and_whether_and_never_why_or_who(left: Emergency) -> None:
    with left.nodes.host.read(staff(Role.AUDITOR)) as work:
        (entry,) = exceptions.audit(work)
    assert (entry.thread, entry.decision, entry.left_at, entry.told_at) == (left.thread, "approved", AT, None)
    assert not [word for word in (*SECRET, "Koffi", "ES-2026-009110") if word in str(entry)]
    with pytest.raises(Forbidden), left.at_host() as work:
        exceptions.audit(work)


def test_the_evidence_verifies_and_says_that_nobody_consented(left: Emergency) -> None:
    left.accept()
    for node in left.nodes.both:
        report = verify_evidence(left.evidence(node))
        assert report.ok
        lines = [line for line in report.lines if line.check is Check.BASIS]
        assert lines
        assert all("a life was in danger" in line.text for line in lines)
    told = [line.text for line in verify_evidence(left.evidence(left.nodes.host)).lines]
    assert any("the exception that messages rest on: used-reviewed" in text for text in told)


def test_a_change_of_the_journey_follows_under_the_same_exception(left: Emergency) -> None:
    left.host(host_referrals.change_journey, {"flight": "IB0002"})
    assert left.deliveries(left.nodes.host)["journey-changed"] == "stored"


def test_no_data_leaves_once_it_has_run_out_and_the_decision_still_comes_back(left: Emergency) -> None:
    left.later(hours=72)
    with pytest.raises(NotSendable) as refused:
        left.host(host_referrals.change_journey, {"flight": "IB0002"})
    assert "exception-expired" in {reason.code for reason in refused.value.reasons}
    left.accept()
    assert left.row(left.nodes.host).status == "accepted"


def test_what_was_queued_when_it_ran_out_is_held(case_04: Emergency) -> None:
    case_04.raised()
    case_04.review()
    case_04.nodes.transport.disconnect(case_04.nodes.origin)
    case_04.leave()
    case_04.later(hours=72)
    case_04.nodes.transport.connect(case_04.nodes.origin)
    case_04.nodes.deliver()
    case_04.later(hours=2)
    case_04.nodes.deliver()
    assert case_04.deliveries(case_04.nodes.host)["requested"] == "held"
    with case_04.nodes.origin.read() as work:
        assert work.session.query(ReferralRow).count() == 0


EMERGENCY: JsonObject = {**REQUESTED, "urgency": "emergency"}
IDENTITY: JsonObject = {"identity-min": STATED["identity-min"]}
TERMS = ExceptionTerms(
    reason=ExceptionReason.LIFE_AT_RISK,
    attestation=None,
    purpose="reintegration-assistance",
    receiver="ci:accueil",
    classes=frozenset({"identity-min", "travel"}),
    raised_at=AT,
    expires_at=AT + timedelta(hours=72),
)
ATTESTED = Attestation(name=f"Sample {MARKER}", body="Sample body", number="0", date=date(2026, 11, 21))
FIRST: JsonObject = {"step": EMERGENCY, **IDENTITY}
SKILLS: JsonObject = {"skills": {"education": "primary"}}
RISK: JsonObject = {"mental-health-risk": {"level": "high"}}

REFUSED: dict[str, tuple[ExceptionTerms, JsonObject, str]] = {
    "a suicide risk that nobody attests": (
        replace(TERMS, reason=ExceptionReason.SUICIDE_RISK),
        FIRST,
        "exception-unattested",
    ),
    "mental-health-risk that nobody attests": (
        replace(TERMS, classes=frozenset({"identity-min", "mental-health-risk"})),
        {**FIRST, **RISK},
        "exception-unattested",
    ),
    "an attestation of next week": (
        replace(TERMS, attestation=replace(ATTESTED, date=date(2026, 11, 29))),
        FIRST,
        "exception-attestation-date",
    ),
    "terms that name skills": (
        replace(TERMS, classes=TERMS.classes | {"skills"}),
        {**FIRST, **SKILLS},
        "exception-excess",
    ),
    "skills beyond its own terms": (TERMS, {**FIRST, **SKILLS}, "excess-data"),
    "more than the procedure's hours": (
        replace(TERMS, expires_at=AT + timedelta(hours=73)),
        FIRST,
        "exception-too-long",
    ),
    "a ground that is raised tomorrow": (
        replace(TERMS, raised_at=AT + timedelta(days=1), expires_at=AT + timedelta(days=2)),
        FIRST,
        "exception-too-long",
    ),
    "an exception that has run out": (
        replace(TERMS, raised_at=AT - timedelta(hours=72), expires_at=AT),
        FIRST,
        "exception-expired",
    ),
    "what is no emergency": (TERMS, {**FIRST, "step": REQUESTED}, "exception-not-emergency"),
    "terms of a consent beside it": (TERMS, {**FIRST, "consent": asking()["consent"]}, "no-basis"),
    "terms for another receiver": (replace(TERMS, receiver="ge:dabruneba"), FIRST, "no-basis"),
    "terms for another purpose": (replace(TERMS, purpose="medical-continuity"), FIRST, "no-basis"),
}


def resting_on(terms: ExceptionTerms) -> Basis:
    """The terms as what a message rests on."""
    return Basis(kind="exception", record=exception_record(terms), salt=bytes(32))


@pytest.mark.parametrize("name", REFUSED)
def test_a_receiver_checks_it_all_again_and_refuses(name: str, hand: Hand) -> None:
    terms, hidden, code = REFUSED[name]
    hand.basis = resting_on(terms)
    assert hand.say(hidden).told == ("refused", code)
    assert traces(file_of(hand.receiver), [MARKER]) == []
    with hand.receiver.read() as work:
        assert work.session.query(ReferralRow).count() == 0


def test_the_honest_message_beside_them_is_stored(hand: Hand) -> None:
    hand.basis = resting_on(TERMS)
    assert hand.say(FIRST).told == ("stored", None)


def test_a_record_that_is_not_in_its_one_form_is_refused(hand: Hand) -> None:
    hand.basis = Basis(kind="exception", record=exception_record(TERMS) + b" ", salt=bytes(32))
    assert hand.say(FIRST).told == ("refused", "exception-invalid")


def test_a_consent_cannot_call_itself_an_exception(hand: Hand) -> None:
    hand.basis = Basis(kind="exception", record=hand.basis.record, salt=bytes(32))
    assert hand.say(asking()).told[0] == "refused"


def test_expiry_stops_data_at_the_receiver_as_well(hand: Hand) -> None:
    hand.basis = resting_on(TERMS)
    hand.say(FIRST)
    hand.sender.clock.move(timedelta(hours=72))  # type: ignore[attr-defined]
    travel: JsonObject = {"travel": {"return_type": "forced", "arrival_at": "2026-11-24T18:00:00+00:00", "port": "ABJ"}}
    assert hand.say({"step": step("journey-changed"), **travel}, "message").told == ("refused", "exception-expired")


def test_the_record_of_the_terms_says_moments_in_utc_to_the_second() -> None:
    written = strict_json.load(exception_record(replace(TERMS, raised_at=AT.astimezone(UTC), attestation=ATTESTED)))
    assert written["expires_at"] == "2026-11-25T09:00:00Z"
    assert set(written) == {
        "reason",
        "attestation",
        "purpose",
        "receiver",
        "classes",
        "raised_at",
        "expires_at",
    }
