"""Which version may follow which, and which takes a referral; a table of moments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from relevo.domain.sop_versions import (
    NOTICE,
    SopNotInForce,
    SopNotNext,
    SopSuperseded,
    Standing,
    require_accepted_in_time,
    require_current,
    require_next,
    standing,
)
from relevo.errors import RelevoError
from support.wording import said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.domain.sop import Sop

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
NEXT: Mapping[str, tuple[dict[str, object], list[tuple[str, str]]]] = {
    "the next version, a week ahead": ({}, []),
    "a version that skips some": ({"version": 7}, []),
    "a second too soon": ({"effective": NOW + NOTICE - SECOND}, [("sop-notice-short", "effective")]),
    "the same version again": ({"version": 1}, [("sop-version-not-higher", "version")]),
    "another name": ({"name": "es-ci-other"}, [("sop-name-differs", "name")]),
    "the pair the other way round": ({"host": "ci:accueil", "origin": "es:retorno"}, [("sop-pair-differs", "host")]),
    "all of it at once": (
        {"name": "other", "origin": "ge:dabruneba", "version": 1, "effective": NOW},
        [
            ("sop-name-differs", "name"),
            ("sop-pair-differs", "host"),
            ("sop-version-not-higher", "version"),
            ("sop-notice-short", "effective"),
        ],
    ),
}


@pytest.mark.parametrize(("changes", "codes"), NEXT.values(), ids=NEXT)
def test_over_an_agreed_version_may_come(es_ci: Sop, changes: dict[str, object], codes: list[tuple[str, str]]) -> None:
    new = replace(es_ci, **{"version": 2, "effective": NOW + NOTICE, **changes})  # type: ignore[arg-type]
    assert _codes(new, es_ci) == codes


def test_a_first_version_may_begin_at_once_and_in_the_past(es_ci: Sop) -> None:
    assert _codes(es_ci, None) == []
    require_accepted_in_time(es_ci, None, accepted_at=NOW + 1000 * DAY)


def test_a_later_version_is_accepted_before_it_takes_effect(es_ci: Sop) -> None:
    new = replace(es_ci, version=2, effective=NOW + NOTICE)
    require_accepted_in_time(new, es_ci, accepted_at=new.effective - SECOND)
    with pytest.raises(SopNotNext) as refusal:
        require_accepted_in_time(new, es_ci, accepted_at=new.effective)
    assert said(refusal.value.reasons) == [("sop-accepted-late", "effective")]
    assert "2026-11-29 09:00 UTC" in refusal.value.reasons[0].detail


def test_the_agreed_version_may_be_accepted_again_at_any_time(es_ci: Sop) -> None:
    require_accepted_in_time(es_ci, es_ci, accepted_at=NOW + 1000 * DAY)


def test_a_reason_says_what_stands_and_where(es_ci: Sop) -> None:
    new = replace(es_ci, name="other", origin="ge:dabruneba", version=1, effective=NOW)
    with pytest.raises(SopNotNext) as refusal:
        require_next(new, es_ci, proposed_at=NOW)
    told = (
        "the SOP agreed with this node is es-ci-return",
        "the agreed version has es:retorno as host and ci:accueil as origin",
        "version 1 is agreed",
        "must lie at least 7 days after the proposal (2026-11-22 09:00 UTC)",
    )
    assert all(one.detail.startswith(words) for one, words in zip(refusal.value.reasons, told, strict=True))
    assert refusal.value.reasons[2].advice == "Write 2 or more."
    assert {(one.rule, one.clause == one.field) for one in refusal.value.reasons} == {("sop.follows", True)}


NEWER = datetime(2027, 1, 1, tzinfo=UTC)
TAKEN: Mapping[str, tuple[datetime | None, datetime, datetime, type[Exception] | None]] = {
    "made long after, with nothing newer": (None, NEWER + 900 * DAY, NEWER + 900 * DAY, None),
    "made a second before the newer one, received at once": (NEWER, NEWER - SECOND, NEWER - SECOND, None),
    "made before, received on the last day of grace": (NEWER, NEWER - SECOND, NEWER + 30 * DAY, None),
    "made before, received after grace": (NEWER, NEWER - SECOND, NEWER + 30 * DAY + SECOND, SopSuperseded),
    "made as the newer one took effect": (NEWER, NEWER, NEWER, SopSuperseded),
    "made the moment it took effect": (None, datetime(2026, 11, 1, tzinfo=UTC), NEWER, None),
    "made before it took effect itself": (
        None,
        datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC),
        NEWER,
        SopNotInForce,
    ),
}


@pytest.mark.parametrize(("newer", "made", "received", "refused"), TAKEN.values(), ids=TAKEN)
def test_a_new_referral(
    es_ci: Sop, newer: datetime | None, made: datetime, received: datetime, refused: type[Exception] | None
) -> None:
    if refused is None:
        require_current(es_ci, newer, made_at=made, received_at=received)
        return
    with pytest.raises(refused) as refusal:
        require_current(es_ci, newer, made_at=made, received_at=received)
    assert isinstance(refusal.value, RelevoError)
    assert refusal.value.field == "sop"


def test_the_refusal_says_whether_it_was_made_or_came_too_late(es_ci: Sop) -> None:
    with pytest.raises(SopSuperseded, match=r"superseded: it was made after a newer version had taken effect$"):
        require_current(es_ci, NEWER, made_at=NEWER, received_at=NEWER)
    with pytest.raises(SopSuperseded, match=r"superseded: it arrives more than 30 days after a newer version$"):
        require_current(es_ci, NEWER, made_at=NEWER - SECOND, received_at=NEWER + 31 * DAY)


STANDINGS = {
    "before its date": (NOW + DAY, None, Standing.LATER),
    "from its date on": (NOW, None, Standing.IN_FORCE),
    "until a newer one takes effect": (NOW - DAY, NOW + SECOND, Standing.IN_FORCE),
    "once it did": (NOW - DAY, NOW, Standing.SUPERSEDED),
    "where the newer one begins sooner": (NOW + DAY, NOW, Standing.SUPERSEDED),
}


@pytest.mark.parametrize(("effective", "newer", "expected"), STANDINGS.values(), ids=STANDINGS)
def test_an_agreed_version_stands(effective: datetime, newer: datetime | None, expected: Standing) -> None:
    assert standing(effective, newer, NOW) == expected


def _codes(new: Sop, over: Sop | None) -> list[tuple[str, str]]:
    try:
        require_next(new, over, proposed_at=NOW)
    except SopNotNext as refusal:
        return said(refusal.reasons)
    return []
