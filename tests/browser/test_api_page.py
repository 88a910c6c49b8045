"""The page of the API in a real browser: it works under its own policy, and nothing is fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from relevo.domain.access import Role
from support.processes import NodeProcess, RunningPair

SIZES = {"wide": (1280, 900), "a phone": (390, 844)}
WORK = {"host": "/api/cases/{case}/send", "origin": "/api/referrals/{thread}/first-contact"}
CASE_STAFF = {"host": Role.COUNSELLOR, "origin": Role.INTAKE}


@pytest.fixture(params=WORK)
def side(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def node(pair: RunningPair, side: str) -> NodeProcess:
    return pair.host if side == "host" else pair.origin


@pytest.fixture(params=[*SIZES.values()], ids=[*SIZES])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, height = request.param
    opened = browser.new_page(viewport={"width": width, "height": height})
    yield opened
    opened.close()


def test_the_page_shows_what_the_node_can_do(page: Page, node: NodeProcess, side: str) -> None:
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{node.endpoint}/api")
    expect(page.locator(f'[data-path="{WORK[side]}"]')).to_be_visible()
    assert [url for url in asked if not url.startswith((node.endpoint, "data:"))] == []
    assert wrong == []


def test_a_token_given_on_the_page_is_used_for_requests(page: Page, node: NodeProcess, side: str) -> None:
    page.goto(f"{node.endpoint}/api")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".modal-ux input").fill(node.tokens[CASE_STAFF[side]])
    page.locator(".modal-ux .auth-btn-wrapper button[type=submit]").click()
    page.locator(".modal-ux .btn-done").click()
    me = page.locator('.opblock:has([data-path="/api/me"])')
    me.locator(".opblock-summary-control").click()
    me.get_by_role("button", name="Execute").click()
    expect(me.locator(".live-responses-table .response .response-col_status").first).to_contain_text("200")
    expect(me.locator(".live-responses-table")).to_contain_text(f'"role": "{CASE_STAFF[side]}"')
