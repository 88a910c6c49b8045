"""What is said before a referral leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from relevo.domain.consent import Consent
from relevo.domain.sending_warnings import warnings
from relevo.domain.sop import Sop, parse_sop
from relevo.errors import Reason

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
PLAIN = parse_sop((Path(__file__).parents[3] / "shared" / "sops" / "es-ci.toml").read_text(encoding="utf-8"))
CONSENT = Consent(
    id="1",
    purpose="reintegration-assistance",
    receiver="ci:accueil",
    classes=frozenset({"needs"}),
    by="the person",
    language="fr",
    taken_on=AT.date(),
    expires_on=date(2028, 2, 28),
)


ON_CONSENT = replace(PLAIN, transfer_basis="consent")
IN = {weeks: AT + timedelta(weeks=weeks) for weeks in (3, 4, 5)}


def until(year: int, month: int, day: int) -> Consent:
    return replace(CONSENT, expires_on=date(year, month, day))


def codes(
    *,
    consent: Consent | None = CONSENT,
    sop: Sop = PLAIN,
    arrives: datetime | None = IN[5],
    vulnerable: bool = False,
    public_authority: bool = False,
) -> list[str]:
    found = warnings(consent, sop, arrives=arrives, vulnerable=vulnerable, public_authority=public_authority, at=AT)
    return [one.code for one in found]


SAID: Mapping[str, tuple[Callable[[], list[str]], list[str]]] = {
    "nothing, in time and with a consent that lasts": (codes, []),
    "nothing, three weeks before to the minute": (lambda: codes(arrives=IN[3]), []),
    "a minute less is short": (lambda: codes(arrives=IN[3] - timedelta(minutes=1)), ["short-notice"]),
    "four weeks are enough for somebody vulnerable": (lambda: codes(arrives=IN[4], vulnerable=True), []),
    "three weeks are short for somebody vulnerable": (
        lambda: codes(arrives=IN[3], vulnerable=True),
        ["short-notice"],
    ),
    "who has arrived had no notice at all": (lambda: codes(arrives=AT - timedelta(days=1)), ["short-notice"]),
    "nobody knows the arrival": (lambda: codes(arrives=None), []),
    "the consent ends before month twelve": (lambda: codes(consent=until(2027, 12, 26)), ["consent-ends-early"]),
    "the consent lasts to the day": (lambda: codes(consent=until(2027, 12, 27)), []),
    "without an arrival it is counted from today": (
        lambda: codes(consent=until(2027, 11, 21), arrives=None),
        ["consent-ends-early"],
    ),
    "without follow-ups a consent that lasts to the arrival is enough": (
        lambda: codes(consent=until(2026, 12, 27), sop=replace(PLAIN, follow_up_months=())),
        [],
    ),
    "there is no consent to end": (lambda: codes(consent=None), []),
    "a public authority rests on consent alone": (
        lambda: codes(sop=ON_CONSENT, public_authority=True),
        ["transfer-on-consent-alone"],
    ),
    "another node may rest on consent": (lambda: codes(sop=ON_CONSENT), []),
    "a public authority rests on safeguards": (lambda: codes(public_authority=True), []),
}


@pytest.mark.parametrize(("asked", "expected"), SAID.values(), ids=SAID)
def test_it_is_said_before_sending_that(asked: Callable[[], list[str]], expected: list[str]) -> None:
    assert asked() == expected


def test_each_warning_says_what_is_so_where_and_what_to_do() -> None:
    early, late = warnings(until(2027, 1, 1), PLAIN, arrives=IN[3], vulnerable=True, public_authority=True, at=AT)
    assert early == Reason(
        code="consent-ends-early",
        field="consent.expires_on",
        detail="the consent ends on 2027-01-01, before the last follow-up around 2027-12-13",
        advice="Ask the person now whether they agree until then, or renew it when the task comes.",
        rule="consent.outlasts-follow-up",
        clause="follow_up_months",
    )
    assert late == Reason(
        code="short-notice",
        field="travel.arrival_at",
        detail="the arrival on 2026-12-13 (UTC) is less than four weeks (the person is vulnerable) away",
        advice="Send it now and phone the origin's contact point, so that somebody is there on the day.",
        rule="journey.notice",
    )
    (short,) = warnings(None, PLAIN, arrives=AT, vulnerable=False, public_authority=False, at=AT)
    assert short.detail == "the arrival on 2026-11-22 (UTC) is less than three weeks away"
