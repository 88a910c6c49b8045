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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.domain.sop import Sop

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
NEXT: Mapping[str, tuple[dict[str, object], list[str]]] = {
    "the next version, a week ahead": ({}, []),
    "a version that skips some": ({"version": 7}, []),
    "a second too soon": ({"effective": NOW + NOTICE - SECOND}, ["sop-notice-short"]),
    "the same version again": ({"version": 1}, ["sop-version-not-higher"]),
    "another name": ({"name": "es-ci-other"}, ["sop-name-differs"]),
    "the pair the other way round": ({"host": "ci:accueil", "origin": "es:retorno"}, ["sop-pair-differs"]),
    "all of it at once": (
        {"name": "other", "origin": "ge:dabruneba", "version": 1, "effective": NOW},
        ["sop-name-differs", "sop-pair-differs", "sop-version-not-higher", "sop-notice-short"],
    ),
}


@pytest.mark.parametrize(("changes", "codes"), NEXT.values(), ids=NEXT)
def test_over_an_agreed_version_may_come(es_ci: Sop, changes: dict[str, object], codes: list[str]) -> None:
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
    assert [reason.code for reason in refusal.value.reasons] == ["sop-accepted-late"]


NEWER = datetime(2027, 1, 1, tzinfo=UTC)
TAKEN: Mapping[str, tuple[datetime | None, datetime, datetime, type[Exception] | None]] = {
    "made long after, with nothing newer": (None, NEWER + 900 * DAY, NEWER + 900 * DAY, None),
    "made a second before the newer one, received at once": (NEWER, NEWER - SECOND, NEWER - SECOND, None),
    "made before, received on the last day of grace": (NEWER, NEWER - SECOND, NEWER + 30 * DAY, None),
    "made before, received after grace": (NEWER, NEWER - SECOND, NEWER + 30 * DAY + SECOND, SopSuperseded),
    "made as the newer one took effect": (NEWER, NEWER, NEWER, SopSuperseded),
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
    with pytest.raises(refused):
        require_current(es_ci, newer, made_at=made, received_at=received)


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


def _codes(new: Sop, over: Sop | None) -> list[str]:
    try:
        require_next(new, over, proposed_at=NOW)
    except SopNotNext as refusal:
        return [reason.code for reason in refusal.reasons]
    return []
