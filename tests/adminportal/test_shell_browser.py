"""What the frame does in a browser: panel, selection, secrets, navigation, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import path
from playwright.sync_api import Browser, Page, sync_playwright

from adminportal.sealing import Secret

FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
LIST = """{% extends "base.html" %}{% load portal %}{% block title %}People{% endblock %}{% block content %}
<div data-grid><div class="cmdbar" data-grid-commands>
{% include "components/command_button.html" with label="Reset" icon="key" reason="Not yours." key="r" only %}</div>
<div class="cmdbar cmdbar--selection" data-grid-bar data-count="0">
{% include "components/selection_count.html" only %}</div>
<table class="grid"><thead><tr><th>
<input type="checkbox" data-grid-all aria-label="All"></th><th>Name</th></tr></thead><tbody>
{% for name in names %}<tr class="grid__row" data-grid-row><td>
<input type="checkbox" data-grid-tick aria-label="{{ name }}"></td>
<td><a class="grid__link" {% panel_link "/panel" %}>{{ name }}</a></td></tr>
{% endfor %}</tbody></table></div>{% endblock %}"""
PANEL = """<div class="panel__frame">
{% include "components/panel_head.html" with title="Reset password" close_url="/list" only %}
<div class="panel__body"><label for="p">Password</label><input id="p" type="password"></div></div>"""
SHOWN = """{% extends "base_public.html" %}{% block title %}Shown{% endblock %}{% block content %}
{% include "components/secret_field.html" with value=secret label="Password" key="k" masked=True only %}
{% endblock %}"""


def _view(source: str, request: HttpRequest) -> HttpResponse:
    facts = {"names": ["Adele", "Alex", "Diego"], "secret": Secret("Kub7-wRx4")}
    return HttpResponse(Template(source).render(RequestContext(request, facts)))


def people(request: HttpRequest) -> HttpResponse:
    return _view(LIST, request)


def panel(request: HttpRequest) -> HttpResponse:
    return _view(PANEL, request)


def shown(request: HttpRequest) -> HttpResponse:
    return _view(SHOWN, request)


for view in (people, panel, shown):
    view.is_public = True  # type: ignore[attr-defined]
urlpatterns = [path("list", people), path("panel", panel), path("shown", shown)]
pytestmark = [pytest.mark.browser, pytest.mark.urls(__name__), pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=str(chromium_path), args=FLAGS.split())
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, live_server: object) -> Iterator[Page]:
    context = browser.new_context(base_url=str(live_server))
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    tab.on("pageerror", lambda problem: complaints.append(str(problem)))
    yield tab
    context.close()
    # Which features a policy may name differs between builds of Chromium and is no matter of the frame.
    assert [text for text in complaints if "Permissions-Policy" not in text] == []


def test_panel_takes_the_focus_holds_it_and_gives_it_back(page: Page) -> None:
    page.goto("/list")

    page.get_by_role("link", name="Adele").press("Enter")
    page.get_by_role("dialog", name="Reset password").wait_for()

    assert page.url.endswith("/panel")
    assert Axe().run(page).violations_count == 0
    for _step in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('[data-panel]').contains(document.activeElement)")
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert page.url.endswith("/list")
    assert page.evaluate("document.activeElement.textContent") == "Adele"


def test_rows_are_ticked_by_keyboard_and_the_bar_counts_them(page: Page) -> None:
    page.goto("/list")
    page.get_by_role("checkbox", name="Adele").focus()

    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")

    assert page.inner_text("[data-grid-count]") == "2 selected"
    assert page.locator("[data-grid-commands]").is_hidden()
    page.keyboard.press("Control+a")
    assert page.inner_text("[data-grid-count]") == "3 selected"
    page.get_by_role("button", name="Clear selection").click()
    assert page.locator("[data-grid-commands]").is_visible()


def test_disabled_command_tells_its_reason_on_focus(page: Page) -> None:
    page.goto("/list")

    page.locator("[data-off]").focus()

    assert page.get_by_role("tooltip").inner_text() == "Not yours."


def test_secret_is_dots_until_shown_and_gone_when_the_page_is_left(page: Page) -> None:
    page.goto("/shown")
    value = page.locator("[data-secret-value]")

    assert value.is_hidden()
    page.get_by_role("button", name="Show").click()
    assert value.text_content() == "Kub7-wRx4"
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert "Kub7" not in page.content()


def test_password_field_gets_a_button_that_shows_it(page: Page) -> None:
    page.goto("/list")
    page.get_by_role("link", name="Alex").click()
    field = page.get_by_label("Password", exact=True)
    field.fill("typed")

    page.get_by_role("button", name="Show the password").click()

    assert field.get_attribute("type") == "text"


def test_page_works_without_scripts(browser: Browser, live_server: object) -> None:
    context = browser.new_context(base_url=str(live_server), java_script_enabled=False)
    tab = context.new_page()

    tab.goto("/shown")

    assert tab.locator("[data-secret-value]").is_visible()
    assert tab.locator("[data-secret-toggle]").is_hidden()
    tab.goto("/list")
    tab.get_by_role("link", name="Diego").click()
    assert tab.url.endswith("/panel")
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("address", ["/list", "/shown"])
def test_axe_finds_nothing_and_nothing_overflows_at_320(
    browser: Browser, live_server: object, address: str, theme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(base_url=str(live_server), color_scheme=theme, viewport={"width": 320, "height": 640})
    tab = context.new_page()

    tab.goto(address)

    assert Axe().run(tab).violations_count == 0
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
