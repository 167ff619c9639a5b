"""The portal speaks the language of the browser, and the one that is chosen; longer words fit a narrow window."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.browser.portal import NARROW, Portal, misfits
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a person reads on the way to a reset."""

    locale: str
    lang: str
    user_name: str
    next: str
    password: str
    sign_in: str
    reset: str
    done: str
    show: str


LANGUAGES = [
    Words(
        locale="nb-NO",
        lang="nb",
        user_name="Brukernavn",
        next="Neste",
        password="Passord",
        sign_in="Logg på",
        reset="Tilbakestill passord",
        done="Passordet er tilbakestilt",
        show="Vis passord",
    ),
    Words(
        locale="sv-SE",
        lang="sv",
        user_name="Användarnamn",
        next="Nästa",
        password="Lösenord",
        sign_in="Logga in",
        reset="Återställ lösenord",
        done="Lösenordet har återställts",
        show="Visa lösenord",
    ),
    Words(
        locale="da-DK",
        lang="da",
        user_name="Brugernavn",
        next="Næste",
        password="Adgangskode",
        sign_in="Log på",
        reset="Nulstil adgangskode",
        done="Adgangskoden er nulstillet",
        show="Vis adgangskode",
    ),
]


@pytest.mark.parametrize("words", LANGUAGES, ids=lambda words: words.lang)
def test_sign_in_and_reset_speak_the_language_of_the_browser(portal: Portal, cast: Cast, words: Words) -> None:
    page = portal.tab(locale=words.locale, size=NARROW)
    page.goto("/signin")
    assert page.locator("html").get_attribute("lang") == words.lang
    assert misfits(page) == []
    page.get_by_role("textbox", name=words.user_name).fill(cast["helpdesk.admin"].user_principal_name)
    page.get_by_role("button", name=words.next).click()
    page.get_by_role("textbox", name=words.password, exact=True).fill(PASSWORD)
    assert misfits(page) == []
    page.get_by_role("button", name=words.sign_in).click()
    page.wait_for_url(f"{portal.url}/")

    page.goto("/users/active?search=adele")
    assert misfits(page) == []
    page.get_by_role("link", name=re.compile("Adele Vance$")).last.click()
    panel = page.get_by_role("dialog", name=words.reset)
    panel.wait_for()
    assert misfits(page) == []
    panel.get_by_role("button", name=words.reset).click()
    page.get_by_role("dialog", name=words.done).wait_for()
    page.get_by_role("button", name=words.show).click()

    expect(page.locator("[data-secret-value]")).to_be_visible()
    assert misfits(page) == []


def test_language_that_is_chosen_wins_over_the_browsers(portal: Portal, cast: Cast) -> None:
    page = portal.tab(locale="nb-NO")
    page.goto("/signin")

    page.get_by_role("button", name="Svenska").click()

    expect(page.get_by_role("button", name="Nästa")).to_be_visible()
    page.goto("/passwordreset")
    assert page.locator("html").get_attribute("lang") == "sv"
