from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import pytest

from relevo.domain.consent import (
    Consent,
    NoConsent,
    Terms,
    Withheld,
    Withholding,
    consent_reasons,
    is_expired,
    is_valid,
    require_consent,
    speaking,
    terms_of,
)
from support.wording import said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Given: TypeAlias = "Callable[..., Consent]"
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
YESTERDAY = datetime(2026, 11, 21, 12, tzinfo=UTC)
NARROW = frozenset({"identity-min"})

VALID: Mapping[str, tuple[dict[str, object], str, bool]] = {
    "between taking and expiry": ({}, "2026-11-22T09:00Z", True),
    "on the day on which it was taken": ({}, "2026-11-10T00:00Z", True),
    "not on the day before it was taken": ({}, "2026-11-09T23:59Z", False),
    "until the last minute of its last day": ({}, "2028-02-28T23:59:59Z", True),
    "not on the day after": ({}, "2028-02-29T00:00Z", False),
    "the day ends by UTC wherever people are": ({}, "2028-02-28T23:30-02:00", False),
    "not once it is withdrawn": ({"withdrawn_at": YESTERDAY}, "2026-11-22T09:00Z", False),
    "from the very moment of withdrawal": ({"withdrawn_at": AT}, "2026-11-22T09:00Z", False),
    "before it is withdrawn": ({"withdrawn_at": AT}, "2026-11-22T08:59Z", True),
}


@pytest.mark.parametrize(("changes", "moment", "valid"), VALID.values(), ids=VALID)
def test_a_consent_holds(given: Given, changes: dict[str, object], moment: str, valid: bool) -> None:  # noqa: FBT001 (a column of the table)
    assert is_valid(given(**changes), datetime.fromisoformat(moment)) is valid


REASONS: Mapping[str, tuple[tuple[dict[str, object], ...], tuple[str, ...]]] = {
    "one that covers everything": (({},), ()),
    "none at all": ((), ("no-consent",)),
    "one that has expired, and no cascade": (
        ({"expires_on": date(2026, 11, 1), "classes": NARROW},),
        ("consent-expired",),
    ),
    "one that was withdrawn, and no cascade": (
        ({"withdrawn_at": YESTERDAY, "classes": NARROW},),
        ("consent-withdrawn",),
    ),
    "one that was withdrawn and would have expired": (
        ({"withdrawn_at": YESTERDAY, "expires_on": date(2026, 11, 1)},),
        ("consent-withdrawn",),
    ),
    "one that is dated tomorrow": (({"taken_on": date(2026, 11, 23)},), ("consent-not-yet",)),
    "one for another receiver": (({"receiver": "ge:dabruneba"},), ("consent-other-receiver",)),
    "one for another purpose": (({"purpose": "medical-continuity"},), ("consent-other-purpose",)),
    "one for another purpose and one for another receiver": (
        ({"purpose": "medical-continuity"}, {"receiver": "ge:dabruneba"}),
        ("consent-other-receiver", "consent-other-purpose"),
    ),
    "one that shares neither purpose nor receiver": (
        ({"purpose": "medical-continuity", "receiver": "ge:dabruneba"},),
        ("no-consent",),
    ),
    "one that lacks two of the classes": (({"classes": NARROW},), ("consent-lacks-class", "consent-lacks-class")),
    "a wide one and a narrower one of a later day": (
        ({}, {"classes": NARROW, "taken_on": date(2026, 11, 20)}),
        ("consent-lacks-class", "consent-lacks-class"),
    ),
    "a narrower one of a later day that was recorded first": (
        ({"classes": NARROW, "taken_on": date(2026, 11, 20)}, {}),
        ("consent-lacks-class", "consent-lacks-class"),
    ),
    "two of one day, the wider recorded later": (({"classes": NARROW}, {}), ()),
    "an old one that still runs and a new one that was withdrawn": (
        ({}, {"taken_on": date(2026, 11, 20), "withdrawn_at": YESTERDAY}),
        ("consent-withdrawn",),
    ),
    "a withdrawn one and a new one": (({"withdrawn_at": YESTERDAY}, {"taken_on": date(2026, 11, 22)}), ()),
    "an expired one and its renewal": (({"expires_on": date(2026, 11, 1)}, {"taken_on": date(2026, 11, 20)}), ()),
    "a valid one beside one dated tomorrow": (({}, {"taken_on": date(2026, 11, 23), "classes": NARROW}), ()),
    "a valid one beside one for another purpose": (({}, {"purpose": "medical-continuity", "classes": NARROW}), ()),
}


@pytest.mark.parametrize(("changes", "codes"), REASONS.values(), ids=REASONS)
def test_every_reason_is_named_at_once(
    given: Given, changes: tuple[dict[str, object], ...], codes: tuple[str, ...]
) -> None:
    consents = [given(**one) for one in changes]
    purpose, receiver = "reintegration-assistance", "ci:accueil"
    classes = ["identity-min", "contact", "needs"]
    reasons = consent_reasons(consents, purpose=purpose, receiver=receiver, classes=classes, at=AT)
    assert tuple(code for code, _ in said(reasons)) == codes
    if codes:
        with pytest.raises(NoConsent) as refusal:
            require_consent(consents, purpose=purpose, receiver=receiver, classes=classes, at=AT)
        assert refusal.value.reasons == reasons
    else:
        found = require_consent(consents, purpose=purpose, receiver=receiver, classes=classes, at=AT)
        assert found is speaking(consents, purpose=purpose, receiver=receiver, at=AT)


def test_the_day_of_expiry_is_named(given: Given) -> None:
    expired = given(expires_on=date(2026, 11, 1))
    (reason,) = consent_reasons([expired], purpose=expired.purpose, receiver=expired.receiver, classes=[], at=AT)
    assert "on 2026-11-01" in reason.detail
    assert (reason.field, reason.rule) == ("consent.expires_on", "consent.expires")


def test_the_day_that_has_not_come_is_named(given: Given) -> None:
    early = given(taken_on=date(2026, 12, 24))
    (reason,) = consent_reasons([early], purpose=early.purpose, receiver=early.receiver, classes=[], at=AT)
    assert "2026-12-24" in reason.detail
    assert (reason.field, reason.rule) == ("consent.taken_on", "consent.begins")


def test_of_consents_that_are_all_dated_in_the_future_the_latest_speaks(given: Given) -> None:
    soon, later = given(taken_on=date(2026, 11, 23)), given(taken_on=date(2026, 11, 24))
    assert speaking([later, soon], purpose=soon.purpose, receiver=soon.receiver, at=AT) is later


def test_one_dated_today_speaks_today(given: Given) -> None:
    old, new = given(), given(taken_on=AT.date())
    assert speaking([new, old], purpose=old.purpose, receiver=old.receiver, at=AT) is new


def test_today_is_the_day_in_utc_wherever_people_are(given: Given) -> None:
    old, new = given(), given(taken_on=date(2026, 11, 23))
    night = datetime.fromisoformat("2026-11-22T23:30-02:00")
    assert speaking([new, old], purpose=old.purpose, receiver=old.receiver, at=night) is new
    noon = datetime.fromisoformat("2026-11-22T12:00+00:00")
    assert speaking([new, old], purpose=old.purpose, receiver=old.receiver, at=noon) is old


def test_an_exception_ends_by_the_clock_and_not_with_its_day(given: Given) -> None:
    without = replace(terms_of(given(expires_on=AT.date())), exception_ends=AT)
    assert without.without_consent
    assert is_expired(without, AT)
    assert not is_expired(without, AT - timedelta(seconds=1))
    assert not terms_of(given()).without_consent


def test_an_exception_holds_until_its_hour_whatever_its_day(given: Given) -> None:
    without = replace(terms_of(given(expires_on=YESTERDAY.date())), exception_ends=AT)
    assert not is_expired(without, AT - timedelta(seconds=1))


def test_terms_name_the_organisation_that_the_person_chose(given: Given) -> None:
    assert terms_of(given(organisation="ci:accueil/shelter")).organisation == "ci:accueil/shelter"


def test_each_class_that_lacks_is_named(given: Given) -> None:
    narrow = given(classes=NARROW)
    wanted = ["needs", "contact", "identity-min"]
    reasons = consent_reasons([narrow], purpose=narrow.purpose, receiver=narrow.receiver, classes=wanted, at=AT)
    assert ["contact" in reasons[0].detail, "needs" in reasons[1].detail] == [True, True]
    assert {(one.field, one.rule, one.clause) for one in reasons} == {
        ("consent.classes", "consent.covers-class", "purposes.reintegration-assistance")
    }


def test_terms_have_what_is_withheld_from_whom_but_never_why(given: Given) -> None:
    why = "relative employed there"
    consent = given(withhold=(Withholding(what="everything", from_whom="ge:dabruneba/municipality", why=why),))
    terms = terms_of(consent)
    assert terms == Terms(
        purpose=consent.purpose,
        receiver=consent.receiver,
        classes=consent.classes,
        expires_on=consent.expires_on,
        withhold=(Withheld("everything", "ge:dabruneba/municipality"),),
        outcomes_may_return=True,
    )
    assert why not in repr(terms)
    assert is_expired(terms, datetime(2028, 2, 29, tzinfo=UTC))


def test_a_refusal_tells_nothing_that_people_wrote(given: Given) -> None:
    withholding = Withholding(what="everything", from_whom="uncle", why="afraid")
    consent = given(by="Aya", withhold=(withholding,), classes=frozenset())
    with pytest.raises(NoConsent) as refusal:
        require_consent([consent], purpose=consent.purpose, receiver=consent.receiver, classes=["needs"], at=AT)
    assert not any(word in str(refusal.value) for word in ("Aya", "uncle", "afraid"))
