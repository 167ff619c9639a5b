"""Pages of the second factor and of fresh proof, and the ways to their states."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pyotp
from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock
from tests.browser.atlas import Sheet, Way, go, press
from tests.cast import Cast
from tests.users.app_ways import registers_app
from users.actors import SYSTEM
from users.models import AuthenticationMethod, MethodKind, Tenant
from users.services.methods import save_method
from users.services.recovery_codes import make_recovery_codes
from users.services.sign_in_sources import count_failure
from users.tenancy import within

HOLDER: Final = "security.reader"
"""Has an app."""
NEWCOMER: Final = "license.admin"
"""Has none yet."""


def app_of(cast: Cast, name: str) -> pyotp.TOTP:
    """Register an authenticator app for a person and return it; its next code was not typed yet."""
    with within(cast.tenant):
        AuthenticationMethod.objects.filter(user=cast[name], kind=MethodKind.AUTHENTICATOR).delete()
    return registers_app(cast, name)


def codes_of(cast: Cast, name: str) -> list[str]:
    """Make recovery codes for a person."""
    with within(cast.tenant), clock.travel(timedelta(minutes=-5)):
        made = make_recovery_codes(tenant=cast.tenant, user=cast[name], by=SYSTEM, now=clock.now())
    return [code.expose() for code in made]


def required(way: Way) -> Way:
    """Return a way that goes where the organisation asks for a second factor; the pages of other sheets do not."""

    def there_and_back(page: Page, cast: Cast) -> None:
        Tenant.objects.filter(pk=cast.tenant.pk).update(admin_mfa_required=True)
        try:
            way(page, cast)
        finally:
            Tenant.objects.filter(pk=cast.tenant.pk).update(admin_mfa_required=False)

    return there_and_back


def sign_in_again(page: Page, cast: Cast, name: str) -> None:
    """Open a new session of a person in this tab: whatever was changed for them ended the one it had."""
    from django.conf import settings

    from users.sessions import open_session

    with within(cast.tenant):
        key = open_session(cast[name], now=clock.now()).expose()
    address = page.evaluate("() => location.origin") if page.url.startswith("http") else None
    if address is None:
        page.goto("/signin")
        address = page.evaluate("() => location.origin")
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])


@required
def asked(page: Page, cast: Cast) -> None:
    """Be asked for a code."""
    app_of(cast, HOLDER)
    sign_in_again(page, cast, HOLDER)
    go(page, f"{reverse('users:second-factor')}?next=%2F")


@required
def wrong(page: Page, cast: Cast) -> None:
    """Type a code that is none."""
    app_of(cast, HOLDER)
    sign_in_again(page, cast, HOLDER)
    page.goto(reverse("users:second-factor"))
    page.get_by_label("Code", exact=True).fill("12345")
    press(page, "Verify")
    page.get_by_role("alert").first.wait_for()


@required
def recovery(page: Page, cast: Cast) -> None:
    """Use a recovery code instead."""
    app_of(cast, HOLDER)
    codes = codes_of(cast, HOLDER)
    sign_in_again(page, cast, HOLDER)
    page.goto(reverse("users:second-factor"))
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0])


@required
def left(page: Page, cast: Cast) -> None:
    """Get in by a recovery code."""
    app_of(cast, HOLDER)
    codes = codes_of(cast, HOLDER)
    sign_in_again(page, cast, HOLDER)
    page.goto(f"{reverse('users:second-factor')}?recovery=1")
    page.get_by_label("Recovery code").fill(codes[0])
    press(page, "Verify")
    page.get_by_role("heading", name="You are in").wait_for()


@required
def set_up(page: Page, cast: Cast) -> None:
    """Be shown the key of a new app."""
    page.goto(reverse("users:second-factor-set-up"))
    page.get_by_text("I cannot scan it").click()


@required
def set_up_wrong(page: Page, cast: Cast) -> None:
    """Type a code that the app does not show."""
    page.goto(reverse("users:second-factor-set-up"))
    page.get_by_label("Code", exact=True).fill("12345")
    press(page, "Next")
    page.get_by_role("alert").first.wait_for()


@required
def codes(page: Page, cast: Cast) -> None:
    """Set an app up and be shown the recovery codes."""
    page.goto(reverse("users:second-factor-set-up"))
    key = "".join(page.locator(".key-letters span").all_text_contents())
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(key).at(clock.now()))
    press(page, "Next")
    page.get_by_role("heading", name="Keep your recovery codes").wait_for()


def proof_of(way: str, *, sends: bool = False) -> Way:
    """Return the way to fresh proof by another way than the password."""

    def there(page: Page, cast: Cast) -> None:
        app_of(cast, HOLDER)
        with within(cast.tenant), clock.travel(timedelta(hours=-2)):
            for kind, value in ((MethodKind.EMAIL, "sec@mail.example"), (MethodKind.MOBILE_PHONE, "+44 7700 900124")):
                facts = {"tenant": cast.tenant, "user": cast[HOLDER], "by": SYSTEM, "now": clock.now()}
                save_method(kind=kind, value=value, **facts)  # type: ignore[arg-type]
        sign_in_again(page, cast, HOLDER)
        go(page, f"{reverse('users:confirm')}?next=&way={way}")
        if sends:
            press(page, "Send a code to s•••@mail.example")
            page.get_by_role("status").filter(has_text="on its way").wait_for()

    return there


def challenged(page: Page, cast: Cast) -> None:
    """Sign in from where many sign-ins have failed, without scripts' help."""
    for _ in range(30):
        count_failure("127.0.0.1", now=clock.now())
    page.goto(f"{reverse('users:signin')}?picture=1")
    page.get_by_role("textbox", name="User name").fill(cast["adele.vance"].user_principal_name)
    press(page, "Next")
    page.get_by_role("img", name="Picture with digits").wait_for()


PROOF: Final = [
    Sheet(name="second-factor", route="users:second-factor", way=asked, who=HOLDER),
    Sheet(name="second-factor-wrong", route="users:second-factor", way=wrong, who=HOLDER),
    Sheet(name="second-factor-recovery", route="users:second-factor", way=recovery, who=HOLDER),
    Sheet(name="second-factor-left", route="users:second-factor", way=left, who=HOLDER),
    Sheet(name="second-factor-set-up", route="users:second-factor-set-up", way=set_up, who=NEWCOMER),
    Sheet(name="second-factor-set-up-wrong", route="users:second-factor-set-up", way=set_up_wrong, who=NEWCOMER),
    Sheet(name="second-factor-codes", route="users:second-factor-set-up", way=codes, who=NEWCOMER),
    Sheet(name="confirm-app", route="users:confirm", way=proof_of("app"), who=HOLDER),
    Sheet(name="confirm-send", route="users:confirm", way=proof_of("email"), who=HOLDER),
    Sheet(name="confirm-sent", route="users:confirm", way=proof_of("email", sends=True), who=HOLDER),
    Sheet(name="sign-in-challenge", route="users:signin", way=challenged, who=""),
]
