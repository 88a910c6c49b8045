"""The sample procedures of the project, and a consent that can be varied."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from relevo.domain.consent import Consent
from relevo.domain.sop import Sop, parse_sop

if TYPE_CHECKING:
    from collections.abc import Callable

SOPS = Path(__file__).parents[3] / "shared" / "sops"


@pytest.fixture(scope="session")
def sop_text() -> Callable[[str], str]:
    return lambda name: (SOPS / f"{name}.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def es_ci(sop_text: Callable[[str], str]) -> Sop:
    return parse_sop(sop_text("es-ci"))


@pytest.fixture(scope="session")
def es_ge(sop_text: Callable[[str], str]) -> Sop:
    return parse_sop(sop_text("es-ge"))


@pytest.fixture(scope="session")
def de_rs(sop_text: Callable[[str], str]) -> Sop:
    return parse_sop(sop_text("de-rs"))


@pytest.fixture(scope="session")
def at() -> datetime:
    return datetime(2026, 11, 22, 9, tzinfo=UTC)


GIVEN = Consent(
    id="c1",
    purpose="reintegration-assistance",
    receiver="ci:accueil",
    classes=frozenset({"identity-min", "contact", "travel", "family", "needs", "skills"}),
    outcomes_may_return=True,
    by="the person",
    language="fr",
    taken_on=date(2026, 11, 10),
    expires_on=date(2028, 2, 28),
)


@pytest.fixture(scope="session")
def given() -> Callable[..., Consent]:
    """A consent like that of the first sample case, with whatever a test changes."""
    return lambda **changes: replace(GIVEN, **changes)
