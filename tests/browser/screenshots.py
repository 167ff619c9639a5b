"""``make screenshots``: every page of a demo portal, wide and narrow, in light and dark, into ``var/screenshots/``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

os.environ["TEST_DATABASE"] = "sqlite"  # before the settings are read: nothing but a file is needed
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the driver of the browser runs an event loop in this thread

import tests.services.early  # noqa: F401  # sets the environment of a throw-away portal

if TYPE_CHECKING:
    from tests.browser.portal import Portal
    from tests.cast import Cast

ROOT: Final = Path(__file__).resolve().parent.parent.parent
FOLDER: Final = ROOT / "var" / "screenshots"
WINDOWS: Final = {"wide": (1440, 900), "narrow": (390, 844)}
THEMES: Final = ("light", "dark")
SETTLED: Final = "() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)))"


def main(arguments: list[str]) -> int:
    """Draw all pages, or those whose names begin with an argument; return how many could not be drawn."""
    import django

    django.setup()
    from tests.browser.sheets import PARTS

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    failures = 0
    with _portal() as (portal, cast):
        for sheet in (sheet for sheets in PARTS.values() for sheet in sheets):
            if arguments and not sheet.name.startswith(tuple(arguments)):
                continue
            try:
                _draw(portal, cast, sheet.name)
            except Exception as problem:  # one page that cannot be reached hides no other
                failures += 1
                print(f"{sheet.name}: {str(problem).splitlines()[0]}", file=sys.stderr)
            portal.leave()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.relative_to(ROOT)}, {failures} pages not drawn")
    return failures


def _draw(portal: Portal, cast: Cast, name: str) -> None:
    from tests.browser.sheets import PARTS

    sheet = next(sheet for sheets in PARTS.values() for sheet in sheets if sheet.name == name)
    tab = portal.tab(cast[sheet.who] if sheet.who else None)
    sheet.way(tab, cast)
    for window, (width, height) in WINDOWS.items():
        tab.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
            if not sheet.is_letter:
                tab.evaluate(SETTLED)
            tab.screenshot(path=FOLDER / f"{name}-{window}-{theme}.png")


@contextmanager
def _portal() -> Iterator[tuple[Portal, Cast]]:
    """Give a portal with the demo people, its server in a thread, in a browser."""
    from django.core.management import call_command
    from django.test.utils import override_settings
    from playwright.sync_api import sync_playwright
    from pytest_django.live_server_helper import LiveServer

    from tests.browser import atlas
    from tests.browser.portal import Portal
    from tests.services import chromium

    call_command("migrate", interactive=False, verbosity=0)
    cast = _demo_cast()
    path = str(chromium.find_or_install())
    with override_settings(ROOT_URLCONF=atlas.__name__), sync_playwright() as playwright:
        server = LiveServer("localhost")
        browser = playwright.chromium.launch(executable_path=path, args=[*chromium.FLAGS])
        with override_settings(PUBLIC_URL=server.url):
            atlas.warm_up(cast)
            yield Portal(browser=browser, url=server.url), cast
        browser.close()
        server.stop()


def _demo_cast() -> Cast:
    """Seed the demo and return its first tenant as the tests know one."""
    from adminportal import clock
    from adminportal.centre.demo.seed import seed
    from adminportal.sealing import Secret
    from tests.cast import PASSWORD, Cast
    from users.models import User
    from users.tenancy import within

    tenant = seed(password=Secret(PASSWORD), now=clock.now())[0]
    cast = Cast(tenant=tenant, domain="contoso.example")
    with within(tenant):
        cast.people = {user.user_principal_name.partition("@")[0]: user for user in User.objects.all()}
    for user in cast.people.values():
        user.tenant = tenant
    return cast


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
