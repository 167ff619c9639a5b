"""The portal in a browser: tabs of people, what a tab complains about, and what holds for every page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # carries no types
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

from tests.cast import signed_in
from users.models import User

Theme = Literal["light", "dark"]
WIDE = (1440, 900)
NARROW = (320, 640)
"""Pixels of a window: a desk, and the width that 400 % of zoom leaves of 1280."""
EDGES = ((1400, 900), (1024, 768), NARROW)
"""Windows in which a page must fit: the narrowest that shows lists without a scroll box, a tablet, the narrowest."""
MOST_TABS = 60
"""Presses of Tab after which something counts as out of reach for the keyboard."""
SMALLEST_TARGET = 24
"""Pixels of a target in both directions (WCAG 2.2, 2.5.8)."""
EXPECTED = re.compile(r"Permissions-Policy|status of 4\d\d|ERR_ABORTED|/shown-error/")
"""What a tab may say: features by build of the browser, refusals that a test asks for, polls that leaving ends."""
ONLY_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""The rules of axe whose answer changes with the theme; all others need one run."""
FOCUS_SEEN = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const around = one.closest("form, label, .choice, .secret") || one; // a field may have its frame drawn for it
  const outlined = style.outlineStyle !== "none" || getComputedStyle(around).outlineStyle !== "none";
  const drawn = outlined || style.boxShadow !== "none";
  return { tag: one.tagName, name: one.getAttribute("aria-label") || one.innerText || one.name || "",
           seen: drawn && box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight };
}"""
SMALL_TARGETS = """(least) => {
  const inText = (one) => getComputedStyle(one).display === "inline";
  return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !inText(one))
    .filter((one) => !one.closest("[inert], .visually-hidden, .skip-link, .grid__tick"))
    .map((one) => [one, (one.closest("label, .form-check") || one).getBoundingClientRect()])
    .filter(([one, box]) => box.width > 0 && (box.width < least || box.height < least))
    .map(([one, box]) => `${one.outerHTML.slice(0, 90)} is ${Math.round(box.width)} x ${Math.round(box.height)}`);
}"""
SIDEWAYS = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge && document.body.scrollWidth <= edge) return [];
  const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > edge + 1);
  const names = wide.slice(0, 5).map((one) => one.outerHTML.slice(0, 120));
  return [`${document.documentElement.scrollWidth} > ${edge}`, ...names];
}"""


@dataclass
class Portal:
    """A running portal and the tabs that were opened on it."""

    browser: Browser
    url: str
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def tab(
        self,
        user: User | None = None,
        *,
        theme: Theme = "light",
        size: tuple[int, int] = WIDE,
        scripts: bool = True,
        locale: str = "en-GB",
    ) -> Page:
        """Open a tab in a window of its own, with nothing of any other; ``user`` is signed in already."""
        context = self.browser.new_context(
            base_url=self.url,
            color_scheme=theme,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=scripts,
            locale=locale,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        return self._opened(context, user)

    def next_tab(self, user: User | None) -> Page:
        """Give a tab that has nothing of the page before it but the files of the portal, which load once."""
        if not self.contexts:
            return self.tab(user)
        context = self.contexts[-1]
        # The first tab goes on: a new one is a new process of the browser, a third of the time of a page.
        page, *more = context.pages
        for other in more:
            other.close()
        page.goto("about:blank")  # so that nothing of the page before it asks on
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        context.clear_cookies()
        self._enter(context, user)
        return page

    def leave(self) -> None:
        """Close every window."""
        while self.contexts:
            self.contexts.pop().close()

    def _opened(self, context: BrowserContext, user: User | None) -> Page:
        self._enter(context, user)
        page = context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda problem: self.complaints.append(str(problem)))
        return page

    def _enter(self, context: BrowserContext, user: User | None) -> None:
        if user is not None:
            key = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": self.url}])

    def _listen(self, line: ConsoleMessage) -> None:
        said = f"{line.text} at {line.location.get('url', '')}"
        if line.type in ("error", "warning") and not EXPECTED.search(said):
            self.complaints.append(said)


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until ``target`` has the focus; at every stop the focus must be seen."""
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS_SEEN)
        assert stop["seen"] or stop["tag"] == "BODY", f"the focus is not seen on {stop}"
        if has_focus(target):
            return
    raise AssertionError(f"{target} is out of reach for the keyboard")


def has_focus(target: Locator) -> bool:
    """Say whether the focus is on the one element that ``target`` means."""
    return target.count() == 1 and bool(target.evaluate("one => one === document.activeElement"))


def sign_in(page: Page, *, user_name: str, password: str) -> None:
    """Sign in through the two steps of the page."""
    page.goto("/signin")
    page.get_by_role("textbox", name="User name").fill(user_name)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("textbox", name="Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def change_password(page: Page, *, old: str, new: str) -> None:
    """Fill and send the form that a temporary password leads to."""
    page.get_by_role("heading", name="Update your password").wait_for()
    page.get_by_label("Current password").fill(old)
    page.get_by_role("textbox", name=re.compile("^New password")).fill(new)
    page.get_by_label("Confirm new password").fill(new)
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("heading", name="Your password has been changed").wait_for()


def violations(page: Page, *, only_colours: bool = False) -> list[str]:
    """Return what axe finds on the page as it stands, targets that are too small among it."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
    asked = {"resultTypes": ["violations"], "runOnly": ONLY_COLOURS} if only_colours else options
    found = page.evaluate("asked => axe.run(asked).then(found => found.violations)", asked)
    return [
        f"{rule['id']}: {node['html'][:160]} {[part['message'] for part in node['any'] + node['all']][:2]}"
        for rule in found
        for node in rule["nodes"]
    ]


def misfits(page: Page) -> list[str]:
    """Return what does not fit a narrow window: what scrolls sideways, and targets that a finger misses."""
    return [*page.evaluate(SIDEWAYS), *page.evaluate(SMALL_TARGETS, SMALLEST_TARGET)]
