"""Who may take a consent, for how long, and in whose language."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from relevo.domain.access import Role
from relevo.domain.consent_taking import (
    ConsentRuleBroken,
    Taking,
    months_after,
    renewal_from,
    require_lasting,
    require_taking,
)
from relevo.domain.sides import Side
from relevo.domain.sop import parse_sop
from relevo.domain.sop_rules import ConsentRule, Sheet
from support.wording import said

SOP = replace(
    parse_sop((Path(__file__).parents[3] / "shared" / "sops" / "es-ci.toml").read_text(encoding="utf-8")),
    consent=ConsentRule(longest_months=36),
    sheets={"fr": Sheet(title="t", body="b", risks="r", withdrawing="w")},
)
FINE = Taking(
    side=Side.HOST,
    role=Role.COUNSELLOR,
    language="fr",
    interpreter=False,
    taken_on=date(2026, 11, 10),
    expires_on=date(2029, 11, 10),
)
BROKEN: dict[str, tuple[Taking, str, str]] = {
    "by somebody else": (replace(FINE, role=Role.CLINICIAN), "consent-taker", "consent.taken_by"),
    "by the other side's staff": (replace(FINE, side=Side.ORIGIN), "consent-taker", "consent.taken_by"),
    "for a day too long": (
        replace(FINE, expires_on=date(2029, 11, 11)),
        "consent-too-long",
        "consent.expires_on",
    ),
    "without an interpreter": (replace(FINE, language="dyu"), "interpreter-missing", "consent.interpreter"),
}


def test_a_consent_that_the_procedure_lets_be_taken() -> None:
    require_taking(SOP, FINE)
    require_taking(SOP, replace(FINE, language="dyu", interpreter=True))
    require_taking(replace(SOP, sheets={}), replace(FINE, language="dyu"))


@pytest.mark.parametrize("name", BROKEN)
def test_it_is_refused_when_taken(name: str) -> None:
    taking, code, field = BROKEN[name]
    with pytest.raises(ConsentRuleBroken) as refused:
        require_taking(SOP, taking)
    assert said(refused.value.reasons) == [(code, field)]


def test_the_refusal_says_who_may_take_it() -> None:
    with pytest.raises(ConsentRuleBroken, match=r"these take a consent here: coordinator, counsellor$"):
        require_taking(SOP, replace(FINE, role=Role.CLINICIAN))
    nobody = replace(SOP, consent=ConsentRule(longest_months=36, takers={}))
    with pytest.raises(ConsentRuleBroken, match=r"these take a consent here: nobody$"):
        require_taking(nobody, FINE)


def test_what_a_peer_recorded_is_passed_on_by_the_node_itself() -> None:
    require_taking(SOP, replace(FINE, role=None))


def test_a_receiver_asks_how_long_it_lasts() -> None:
    require_lasting(SOP.consent, since=date(2026, 11, 10), expires_on=date(2029, 11, 10))
    with pytest.raises(ConsentRuleBroken, match="36 months at most") as refused:
        require_lasting(SOP.consent, since=date(2026, 11, 10), expires_on=date(2029, 11, 11))
    assert said(refused.value.reasons) == [("consent-too-long", "consent.expires_on")]


def test_months_end_where_the_month_does() -> None:
    assert months_after(date(2027, 11, 30), 3) == date(2028, 2, 29)
    assert months_after(date(2026, 12, 31), 12) == date(2027, 12, 31)
    assert months_after(date(2026, 11, 10), 1) == date(2026, 12, 10)


def test_it_is_renewed_thirty_days_before() -> None:
    assert renewal_from(SOP.consent, date(2027, 8, 18)) == date(2027, 7, 19)
