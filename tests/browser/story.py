"""``python -m tests.browser.story FOLDER``: the main job with the given file, in the pictures that the README shows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tests.browser.screenshots import SETTLED, WINDOWS, _portal

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.portal import Portal
    from tests.cast import Cast

ROW: Final = 139
"""Row of the file whose person it is about."""
DESK: Final = (1440, 880)
"""Pixels of a window in which the list ends between two rows."""
Draw = Callable[["Page", str], None]


def main(folder: Path) -> None:
    """Walk the main job and draw its seven pictures into a folder."""
    import django

    django.setup()
    from tests.people_files import GOOD, rows_of

    person = rows_of(GOOD)[ROW]

    def draw(page: Page, name: str) -> None:
        page.evaluate(SETTLED)
        page.screenshot(path=folder / f"{name}.png")
        _shrink(folder / f"{name}.png")

    with _portal() as (portal, cast):
        admin = portal.tab(cast["global.admin"], size=DESK)
        _import(admin, draw)
        _reset(admin, person["Display Name"], draw)
        _read_mail(admin, cast, person["Alternate email address"], draw)
        _take_it(portal, admin.get_by_role("link", name="/reveal/").first.inner_text(), person["User Name"], draw)
        admin.goto("/messages?person=" + person["User Name"])
        draw(admin, "messages")
        portal.leave()


def _shrink(picture: Path) -> None:
    """Keep 256 colours: a third of the bytes, and nothing that the eye misses."""
    from PIL import Image

    with Image.open(picture) as drawn:
        small = drawn.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(picture, optimize=True)


def _import(admin: Page, draw: Draw) -> None:
    from tests.people_files import GOOD, content_of

    admin.goto("/users/import")
    file = {"name": GOOD, "mimeType": "text/csv", "buffer": content_of(GOOD)}
    admin.get_by_label("File", exact=True).set_input_files(file)  # type: ignore[arg-type]  # as playwright takes it
    admin.get_by_role("button", name="Check the rows").click()
    admin.get_by_role("heading", name="Check before adding").wait_for()
    draw(admin, "import")
    admin.get_by_role("button", name="Add users").click()
    admin.get_by_role("heading", name="Users added").wait_for()


def _reset(admin: Page, name: str, draw: Draw) -> None:
    admin.goto(f"/users/active?search={name}")
    admin.get_by_role("link", name=f"Reset password of {name}").click()
    panel = admin.get_by_role("dialog", name="Reset password")
    panel.get_by_label("Email the sign-in info to the user's alternate address").check()
    draw(admin, "reset-panel")
    panel.get_by_role("button", name="Reset password").click()
    admin.get_by_role("dialog", name="Password has been reset").wait_for()


def _read_mail(admin: Page, cast: Cast, address: str, draw: Draw) -> None:
    from django.urls import reverse

    from adminportal.outbox.models import DevMessage
    from tests.browser import atlas

    atlas.deliver(cast)
    letter = DevMessage.objects.get(to=address, text__contains="/reveal/")
    admin.goto(reverse("centre:dev-message", args=[letter.pk]))
    draw(admin, "mail")


def _take_it(portal: Portal, link: str, user_name: str, draw: Draw) -> None:
    from tests.browser.portal import sign_in

    phone = portal.tab(size=WINDOWS["narrow"])
    phone.goto(link)
    draw(phone, "reveal")
    phone.get_by_role("button", name="Show password").click()
    shown = phone.get_by_label("Password", exact=True).inner_text()
    _in_theme(phone, "dark", draw, "reveal-shown-dark")
    sign_in(phone, user_name=user_name, password=shown)
    phone.get_by_role("heading", name="Update your password").wait_for()
    _in_theme(phone, "light", draw, "must-change")


def _in_theme(page: Page, theme: Literal["light", "dark"], draw: Draw, name: str) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    draw(page, name)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    main(target)
