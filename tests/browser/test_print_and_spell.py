"""A shown password is printed as one slip, and read out letter by letter, without another answer of the server."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import ways
from tests.browser.portal import Portal
from tests.cast import Cast

pytestmark = pytest.mark.browser

IN_PANEL = {"panel": True, "page": False}


def _show(portal: Portal, cast: Cast, *, in_panel: bool) -> tuple[Page, str]:
    tab = portal.tab(cast["global.admin"])
    (ways.result_in_panel if in_panel else ways.result_shown)(tab, cast)
    return tab, tab.locator("[data-secret-value]").inner_text()


@pytest.mark.parametrize("in_panel", IN_PANEL.values(), ids=IN_PANEL)
def test_print_asks_the_browser_and_paper_holds_the_slip_alone(portal: Portal, cast: Cast, *, in_panel: bool) -> None:
    tab, shown = _show(portal, cast, in_panel=in_panel)
    slip = tab.locator(".slip")
    expect(slip).to_be_hidden()
    tab.evaluate("() => { window.print = () => { window.asked = (window.asked || 0) + 1; }; }")
    requests: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))

    with tab.expect_response(lambda answer: answer.url.endswith("/printed")) as noted:
        tab.get_by_role("button", name="Print").click()

    assert noted.value.status == 204
    assert tab.evaluate("window.asked") == 1
    assert [url for url in requests if "/show" in url] == []
    tab.emulate_media(media="print")
    expect(slip).to_be_visible()
    assert "".join(shown.split()) in "".join(slip.inner_text().split())
    expect(slip.locator("svg")).to_be_visible()
    for other in (".topbar", ".panel__foot", ".secret", "#result-progress"):
        for part in tab.locator(other).all():
            expect(part).to_be_hidden()


def test_spelling_unfolds_and_goes_with_the_password(portal: Portal, cast: Cast) -> None:
    tab, shown = _show(portal, cast, in_panel=False)
    words = tab.locator(".spelling__word")
    expect(words.first).to_be_hidden()

    tab.get_by_text("Spell it out").click()
    expect(words.first).to_be_visible()
    letters = "".join(tab.locator(".spelling__text").all_text_contents())
    assert letters == "".join(shown.split())
    tab.get_by_role("button", name="Hide").click()
    expect(words.first).to_be_hidden()

    tab.evaluate("window.dispatchEvent(new Event('pagehide'))")
    assert tab.locator(".spelling__item").count() == 0
    assert "".join(shown.split()) not in "".join(tab.locator("body").text_content().split())  # type: ignore[union-attr]
