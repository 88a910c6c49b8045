from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeAlias

import pytest

from relevo.domain.consent import Consent, Withholding, terms_of
from relevo.domain.disclosure import Disclosure, Line, NotSendable, Why, decide, held, problem_line, without
from relevo.domain.sop import Sop
from relevo.errors import Reason
from support.wording import said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from relevo.domain.data_classes import Record

Given: TypeAlias = "Callable[..., Consent]"
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
AYA: Record = {
    "identity-min": {"reference": "ES-2026-004417", "birth_date": "1994-03-08"},
    "identity-full": {"address_origin": "Yopougon"},
    "contact": {"channel": "phone", "number": "+225 07 00 00 00 01"},
    "travel": {"port": "ABJ", "flight": "IB0000"},
    "family": {"household": [{"relation": "son", "age_band": "6-12"}]},
    "needs": {"social": ["housing"], "psychosocial": ["family-mediation"]},
    "skills": {"years": 6},
}
SENT = {"identity-min", "contact", "travel", "family", "needs", "skills"}


def _decide(
    record: Record,
    sop: Sop,
    consents: list[Consent],
    *,
    stays: Sequence[Line] = (),
    problems: Sequence[Reason] = (),
    purpose: str = "reintegration-assistance",
    receiver: str = "",
    services: Sequence[str] = ("housing", "family-mediation"),
) -> Disclosure:
    return decide(
        record,
        stays=stays,
        problems=problems,
        consents=consents,
        sop=sop,
        purpose=purpose,
        receiver=receiver or sop.origin,
        services=services,
        at=AT,
    )


def _whys(disclosure: Disclosure) -> Mapping[str, Why]:
    return {line.path: line.why for line in disclosure.lines}


def _leave(disclosure: Disclosure) -> set[str]:
    return {line.path for line in disclosure.lines if line.leaves}


def _problem(field: str) -> Reason:
    return Reason(code="field-invalid", field=field, detail="cannot be so", advice="Correct it.")


def test_what_is_consented_and_allowed_leaves_whole(es_ci: Sop, given: Given) -> None:
    disclosure = _decide(AYA, es_ci, [given()]).require()
    assert disclosure.leaving == {name: AYA[name] for name in SENT}
    assert disclosure.terms == terms_of(given())


def test_what_the_procedure_allows_stays_for_want_of_consent(es_ci: Sop, given: Given) -> None:
    disclosure = _decide(AYA, es_ci, [given()])
    assert _whys(disclosure)["identity-full.address_origin"] is Why.NOT_CONSENTED


def test_what_is_consented_stays_where_the_procedure_does_not_allow_it(es_ci: Sop, given: Given) -> None:
    record = {**AYA, "medication": {"items": []}, "shoes": {"size": 38}}
    consent = given(classes=SENT | {"medication", "shoes"})
    whys = _whys(_decide(record, es_ci, [consent]).require())
    assert whys["medication.items"] is whys["shoes.size"] is Why.NOT_IN_SOP


def test_a_field_stays_where_the_procedure_allows_only_others_of_its_class(es_ge: Sop, given: Given) -> None:
    disclosure = _decide(AYA, es_ge, [given(receiver="ge:dabruneba")]).require()
    assert _whys(disclosure)["travel.flight"] is Why.FIELD_NOT_IN_SOP
    assert disclosure.leaving["travel"] == {"port": "ABJ"}


def test_why_something_is_withheld_and_how_consent_was_taken_stay(es_ci: Sop, given: Given) -> None:
    tell = Withholding(what="psychosocial needs", from_whom="family members", why="wants to tell them herself")
    disclosure = _decide({**AYA, "consent": {"by": "her"}}, es_ci, [given(withhold=(tell,))]).require()
    never = {path for path, why in _whys(disclosure).items() if why is Why.NEVER_LEAVES or path == "consent.by"}
    assert never == {
        "consent.withhold[0].why",
        "consent.by",
        "consent.language",
        "consent.interpreter",
        "consent.taken_on",
    }
    assert "herself" not in repr((disclosure.leaving, disclosure.lines, disclosure.terms))
    assert "consent" not in disclosure.leaving


WITHHELD = {
    "a class": ("skills", {"skills.years"}),
    "a field": ("needs.psychosocial", {"needs.psychosocial"}),
}


@pytest.mark.parametrize(("what", "stay"), WITHHELD.values(), ids=WITHHELD)
def test_what_is_withheld_from_the_receiver_stays(es_ci: Sop, given: Given, what: str, stay: set[str]) -> None:
    consent = given(withhold=(Withholding(what=what, from_whom="ci:accueil", why="hers"),))
    disclosure = _decide(AYA, es_ci, [consent]).require()
    assert {path for path, why in _whys(disclosure).items() if why is Why.WITHHELD} == stay


def test_everything_withheld_from_the_receiver_leaves_nothing_to_send(es_ci: Sop, given: Given) -> None:
    consent = given(withhold=(Withholding(what="everything", from_whom="ci:accueil"),))
    disclosure = _decide(AYA, es_ci, [consent])
    assert [reason.code for reason in disclosure.reasons] == ["class-required"] * 3
    assert not disclosure.leaving


def test_words_that_software_cannot_follow_hold_the_referral_back(es_ci: Sop, given: Given) -> None:
    consent = given(withhold=(Withholding(what="what she told us in May", from_whom="ci:accueil"),))
    reasons = _decide(AYA, es_ci, [consent]).reasons
    assert said(reasons) == [("withhold-unclear", "consent.withhold[0].what")]
    assert reasons[0].rule == "consent.withholds"


def test_what_was_decided_before_stays_whatever_the_rules_say(es_ci: Sop, given: Given) -> None:
    stays = (
        Line(path="identity-min.birth_date", leaves=True, why=Why.CONFIDENTIAL, text="Stays."),
        Line(path="family.household[0].note", leaves=False, why=Why.NO_PLACE, text="Stays."),
        Line(path="skills", leaves=False, why=Why.CONFIDENTIAL, text="Stays."),
    )
    disclosure = _decide(AYA, es_ci, [given()], stays=stays).require()
    assert disclosure.leaving["identity-min"] == {"reference": "ES-2026-004417"}
    assert "skills" not in disclosure.leaving
    assert "household" in disclosure.leaving["family"]
    assert not {line.path for line in stays} & _leave(disclosure)
    assert {line.path for line in stays} <= set(_whys(disclosure))


def test_a_fault_in_a_field_that_would_leave_is_a_refusal(es_ci: Sop, given: Given) -> None:
    problems = (_problem("contact.number"), _problem("family.household[0].age_band"), _problem("needs.intentions"))
    disclosure = _decide(AYA, es_ci, [given()], problems=problems)
    assert disclosure.reasons == problems
    (line,) = [one for one in disclosure.lines if one.path == "family.household[0].age_band"]
    assert line == Line(path=line.path, leaves=False, why=Why.MALFORMED, text="Stays: cannot be so.")
    assert _whys(disclosure)["contact.number"] is Why.MALFORMED
    assert _whys(disclosure)["family.household"] is Why.MALFORMED
    assert _whys(disclosure)["needs.intentions"] is Why.MALFORMED
    assert _whys(disclosure)["needs.social"] is Why.HELD_BACK


def test_a_fault_in_a_field_that_stays_anyway_is_a_line_and_no_refusal(es_ge: Sop, given: Given) -> None:
    problems = (_problem("identity-full.passport"), _problem("travel.flight"), _problem("medication"))
    disclosure = _decide(AYA, es_ge, [given(receiver="ge:dabruneba")], problems=problems).require()
    assert _whys(disclosure)["identity-full.passport"] is Why.MALFORMED
    assert _whys(disclosure)["travel.flight"] is Why.FIELD_NOT_IN_SOP


def test_a_fault_in_a_field_that_was_kept_before_is_no_refusal(es_ci: Sop, given: Given) -> None:
    kept = Line(path="skills.years", leaves=False, why=Why.CONFIDENTIAL, text="Stays.")
    assert not _decide(AYA, es_ci, [given()], problems=[_problem("skills.years")], stays=[kept]).reasons


def test_an_incomplete_case_is_refused_with_its_three_reasons_at_once(de_rs: Sop, given: Given) -> None:
    record: Record = {
        "identity-min": {"reference": "DE-1", "birth_date": ""},
        "needs": {"social": ["documents", "housing"]},
    }
    consent = given(
        receiver="rs:povratak",
        classes=frozenset({"identity-min", "needs"}),
        taken_on=date(2025, 11, 1),
        expires_on=date(2026, 11, 1),
    )
    empty = _problem("identity-min.birth_date")
    with pytest.raises(NotSendable) as refusal:
        _decide(record, de_rs, [consent], problems=[empty], services=("documents", "housing")).require()
    assert [(reason.code, reason.field) for reason in refusal.value.reasons] == [
        ("field-invalid", "identity-min.birth_date"),
        ("class-required", "travel"),
        ("consent-expired", "consent.expires_on"),
    ]
    assert "on 2026-11-01" in refusal.value.reasons[2].detail


def test_a_purpose_that_the_procedure_does_not_know_is_refused(es_ci: Sop, given: Given) -> None:
    disclosure = _decide(AYA, es_ci, [given(purpose="curiosity")], purpose="curiosity")
    assert [reason.code for reason in disclosure.reasons] == ["purpose-unknown"]
    assert disclosure.reasons[0].clause == "purposes"
    assert not _leave(disclosure)


def test_a_receiver_of_another_procedure_is_refused(es_ci: Sop, given: Given) -> None:
    disclosure = _decide(AYA, es_ci, [given(receiver="ge:dabruneba")], receiver="ge:dabruneba")
    assert [reason.code for reason in disclosure.reasons] == ["sop-other-receiver"]


LACKING: Mapping[str, tuple[dict[str, object], str]] = {
    "a consent without a class that is required": ({"classes": SENT - {"contact"}}, "consent-lacks-class"),
    "a consent for another purpose": ({"purpose": "medical-continuity"}, "consent-other-purpose"),
    "a consent that was withdrawn": ({"withdrawn_at": AT}, "consent-withdrawn"),
}


@pytest.mark.parametrize(("changes", "code"), LACKING.values(), ids=LACKING)
def test_nothing_leaves_under(es_ci: Sop, given: Given, changes: dict[str, object], code: str) -> None:
    disclosure = _decide(AYA, es_ci, [given(**changes)])
    assert [reason.code for reason in disclosure.reasons] == [code]
    assert not disclosure.leaving
    assert not _leave(disclosure)


def test_a_service_can_require_a_class(es_ci: Sop, given: Given) -> None:
    record = {name: fields for name, fields in AYA.items() if name != "skills"}
    reasons = _decide(record, es_ci, [given()], services=("skills-recognition:tailor",)).reasons
    assert said(reasons) == [("class-required", "skills")]
    assert reasons[0].rule == "classes.required"
    assert reasons[0].clause == "purposes.reintegration-assistance.services.skills-recognition.required"


def test_without_any_consent_every_fault_in_what_is_required_is_still_named(es_ci: Sop) -> None:
    problems = [_problem("identity-min.birth_date"), _problem("skills.years")]
    disclosure = _decide(AYA, es_ci, [], problems=problems)
    assert [reason.code for reason in disclosure.reasons] == ["field-invalid", "no-consent"]
    assert _whys(disclosure)["identity-min.reference"] is Why.NOT_CONSENTED
    assert disclosure.terms is None


def test_a_field_whose_name_is_a_path_cannot_pass_for_another(es_ge: Sop, given: Given) -> None:
    record: Record = {**AYA, "travel": {"port": "ABJ", "port.flight": "IB0000", "port[0]": 1}}
    disclosure = _decide(record, es_ge, [given(receiver="ge:dabruneba")]).require()
    assert disclosure.leaving["travel"] == {"port": "ABJ"}


def test_no_reason_and_no_line_repeats_a_value(es_ci: Sop, given: Given) -> None:
    disclosure = _decide(AYA, es_ci, [given(expires_on=date(2026, 11, 1))], problems=[_problem("contact.number")])
    told = repr((disclosure.lines, disclosure.reasons))
    assert not any(value in told for value in ("Yopougon", "+225", "1994-03-08", "ES-2026-004417"))


def test_who_may_not_read_a_class_sees_only_that_it_is_there(es_ci: Sop, given: Given) -> None:
    whole = _decide(AYA, es_ci, [given(withhold=(Withholding(what="needs.psychosocial", from_whom="ci:accueil"),))])
    seen = without(whole, {"needs", "identity-full"})
    assert [line.path for line in seen.lines if line.path.startswith(("needs", "identity-full"))] == [
        "identity-full",
        "needs",
    ]
    assert {line.path: (line.leaves, line.why) for line in seen.lines if line.path in {"needs", "identity-full"}} == {
        "needs": (True, Why.CONSENTED),
        "identity-full": (False, Why.NOT_CONSENTED),
    }
    assert [line for line in seen.lines if line.path.startswith("contact")] == [
        line for line in whole.lines if line.path.startswith("contact")
    ]
    assert seen.leaving == {name: fields for name, fields in whole.leaving.items() if name != "needs"}
    assert (seen.reasons, seen.consent) == (whole.reasons, whole.consent)


def test_one_field_that_leaves_makes_its_hidden_class_leave_wherever_it_stands(es_ci: Sop, given: Given) -> None:
    record: Record = {**AYA, "needs": {"psychosocial": ["family-mediation"], "social": ["housing"]}}
    whole = _decide(record, es_ci, [given(withhold=(Withholding(what="needs.psychosocial", from_whom="ci:accueil"),))])
    (needs,) = [line for line in without(whole, {"needs"}).lines if line.path == "needs"]
    assert needs.leaves


def test_another_reason_holds_everything_back_and_is_told_beside_the_first_ones(es_ci: Sop, given: Given) -> None:
    decision = _decide(AYA, es_ci, [given()])
    stopped = held(decision, (_problem("household"),))
    assert stopped.reasons == (_problem("household"),)
    assert stopped.leaving == {}
    assert not _leave(stopped)
    assert {path for path, why in _whys(stopped).items() if why is Why.HELD_BACK} == _leave(decision)
    assert [line for line in stopped.lines if line.why is Why.NOT_CONSENTED] == [
        line for line in decision.lines if line.why is Why.NOT_CONSENTED
    ]
    assert held(stopped, (_problem("travel"),)).reasons == (_problem("household"), _problem("travel"))
    assert stopped.consent is decision.consent


def test_without_another_reason_a_decision_stays_as_it_is(es_ci: Sop, given: Given) -> None:
    decision = _decide(AYA, es_ci, [given()])
    assert held(decision, ()) is decision


def test_the_line_of_a_faulty_value_is_one_sentence_however_its_detail_ends() -> None:
    ended = Reason(code="field-invalid", field="travel.port", detail="cannot be so.", advice="Correct it.")
    assert problem_line(ended).text == problem_line(_problem("travel.port")).text == "Stays: cannot be so."


def test_a_required_class_of_which_every_field_is_withheld_is_missed(es_ci: Sop, given: Given) -> None:
    withhold = tuple(Withholding(what=f"contact.{name}", from_whom="ci:accueil") for name in ("channel", "number"))
    assert said(_decide(AYA, es_ci, [given(withhold=withhold)]).reasons) == [("class-required", "contact")]


def test_every_line_says_why_in_a_sentence(es_ci: Sop, given: Given) -> None:
    lines = {line.path: line for line in _decide({**AYA, "consent": {"note": "hers"}}, es_ci, [given()]).lines}
    assert lines["consent.note"].why is Why.NEVER_LEAVES
    assert lines["skills.years"].text == "Leaves: the procedure allows it and the person agreed to it."
    assert all(line.text.startswith("Leaves: " if line.leaves else "Stays: ") for line in lines.values())
