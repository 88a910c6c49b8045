"""One process of software that is not ours, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.interop import Foreign, running


@pytest.fixture(scope="session")
def foreign() -> Iterator[Foreign]:
    """`jose`, `@sd-jwt/core` and `@hpke/core`, ready to be asked."""
    with running() as ready:
        yield ready
