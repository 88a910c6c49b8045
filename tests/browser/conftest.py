"""One browser for the tests of this folder; it may reach the nodes on loopback and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from support.browser import executable
from support.processes import RunningPair, running_pair

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser, without a window."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, services: tuple) -> Iterator[RunningPair]:  # type: ignore[type-arg]
    """Both nodes as processes, registered, with the sample SOP agreed."""
    with running_pair(tmp_path_factory.mktemp("nodes"), services) as running:
        yield running
