"""What is said before a referral leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from relevo.domain.consent import Consent
from relevo.domain.sending_warnings import warnings
from relevo.domain.sop import Sop, parse_sop

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


SAID: Mapping[str, tuple[list[str], list[str]]] = {
    "nothing, in time and with a consent that lasts": (codes(), []),
    "nothing, three weeks before to the minute": (codes(arrives=IN[3]), []),
    "a minute less is short": (codes(arrives=IN[3] - timedelta(minutes=1)), ["short-notice"]),
    "four weeks are enough for somebody vulnerable": (codes(arrives=IN[4], vulnerable=True), []),
    "three weeks are short for somebody vulnerable": (codes(arrives=IN[3], vulnerable=True), ["short-notice"]),
    "who has arrived had no notice at all": (codes(arrives=AT - timedelta(days=1)), ["short-notice"]),
    "nobody knows the arrival": (codes(arrives=None), []),
    "the consent ends before month twelve": (
        codes(consent=replace(CONSENT, expires_on=date(2027, 12, 26))),
        ["consent-ends-early"],
    ),
    "the consent lasts to the day": (codes(consent=replace(CONSENT, expires_on=date(2027, 12, 27))), []),
    "without an arrival it is counted from today": (
        codes(consent=replace(CONSENT, expires_on=date(2027, 11, 21)), arrives=None),
        ["consent-ends-early"],
    ),
    "there is no consent to end": (codes(consent=None), []),
    "a public authority rests on consent alone": (
        codes(sop=ON_CONSENT, public_authority=True),
        ["transfer-on-consent-alone"],
    ),
    "another node may rest on consent": (codes(sop=ON_CONSENT), []),
    "a public authority rests on safeguards": (codes(public_authority=True), []),
}


@pytest.mark.parametrize(("found", "expected"), SAID.values(), ids=SAID)
def test_it_is_said_before_sending_that(found: list[str], expected: list[str]) -> None:
    assert found == expected


def test_a_warning_says_when_and_where_the_procedure_says_so() -> None:
    early = next(
        warnings(
            replace(CONSENT, expires_on=date(2027, 1, 1)),
            PLAIN,
            arrives=IN[5],
            vulnerable=False,
            public_authority=False,
            at=AT,
        )
    )
    assert early.detail == "the consent ends on 2027-01-01, before the last follow-up around 2027-12-27"
    assert (early.field, early.clause) == ("consent.expires_on", "follow_up_months")
