"""An origin at the beginning, and as far along a referral as a test needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.origin_desk import Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An origin that knows a host, has a SOP with it, and has no referral yet."""
    with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
def requested(desk: Desk) -> Desk:
    """The same, with one referral that came in just now."""
    desk.request()
    return desk


@pytest.fixture
def accepted(requested: Desk) -> Desk:
    """The same, with the referral accepted."""
    requested.accept()
    return requested


@pytest.fixture
def arrived(accepted: Desk) -> Desk:
    """The same, the morning after the person arrived, with the assistance begun."""
    accepted.arrive()
    return accepted
