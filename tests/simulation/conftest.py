"""Where simulations run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.simulation import Simulation, prepared


@pytest.fixture(scope="session")
def simulation() -> Iterator[Simulation]:
    """Real nodes on a network that loses, repeats and delays, but is not faulty."""
    with prepared() as made:
        yield made
