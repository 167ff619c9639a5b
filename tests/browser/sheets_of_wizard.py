"""Pages of Forgot password, and ways to them: a person who can reset walks through, as a browser does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock
from adminportal.sealing import Secret
from adminportal.throttle.models import Counter
from sspr import attempts
from sspr.models import Reach, SsprPolicy
from tests.browser.atlas import Sheet, Way, at, go, press
from tests.cast import Cast
from tests.sspr.self_service import knows
from tests.sspr.wizard_ways import MAIL, MOBILE, NEW_PASSWORD, code_of
from users.models import Tenant

NOBODY: Final = ""


def enable(cast: Cast, **values: object) -> None:
    """Let everybody of the tenant reset by themselves."""
    Counter.objects.all().delete()  # more pages are looked at than attempts are allowed in an hour
    SsprPolicy.objects.update_or_create(tenant=cast.tenant, defaults={"reach": Reach.ALL, **values})
    knows(cast, "adele.vance", email=MAIL, mobile=MOBILE)


def code(page: Page) -> str:
    """Return the code that is on its way to whoever this browser is about."""
    cookies = page.context.cookies()
    key = next(cookie["value"] for cookie in cookies if cookie["name"] == settings.SSPR_COOKIE_NAME)
    attempt = attempts.find(Secret(key), now=clock.now())
    assert attempt is not None
    return code_of(attempt)


def begin(page: Page, cast: Cast, *, who: str = "adele.vance", **values: object) -> None:
    """Give a user ID on page 1 and come to the first step."""
    plain = {"allow_unlock": False, "gates_required": 1, "customize_helpdesk": False, "explain_reason": False}
    enable(cast, **(plain | {"admin_wait_minutes": 0} | values))
    go(page, reverse("sspr:start"))
    page.get_by_role("textbox", name="User ID").fill(cast[who].user_principal_name)
    press(page, "Next")
    page.wait_for_url("**/passwordreset/step**", timeout=8_000)


def walk(*steps: Callable[[Page, Cast], None], **values: object) -> Way:
    """Return the way through these steps."""

    def way(page: Page, cast: Cast) -> None:
        begin(page, cast, **values)
        for step in steps:
            step(page, cast)

    return way


def ask_for_mail(page: Page, cast: Cast) -> None:
    """Have a code mailed."""
    press(page, "Email")
    page.get_by_label("Enter your verification code").wait_for()


def open_text(page: Page, cast: Cast) -> None:
    """Open the method that asks for the number."""
    page.get_by_role("link", name="Text my mobile phone").click()
    page.get_by_label("Phone number").wait_for()


def type_code(page: Page, cast: Cast) -> None:
    """Type the right code."""
    page.get_by_label("Enter your verification code").fill(code(page))
    press(page, "Next")
    page.get_by_label("Enter your verification code").wait_for(state="detached")


def type_wrong(page: Page, cast: Cast) -> None:
    """Type a wrong code."""
    page.get_by_label("Enter your verification code").fill("0")
    press(page, "Next")
    page.get_by_role("alert").first.wait_for()


def type_weak(page: Page, cast: Cast) -> None:
    """Choose a password that breaks rules."""
    fill_passwords(page, "adele")
    page.get_by_role("alert").first.wait_for()


def type_password(page: Page, cast: Cast) -> None:
    """Choose a good password."""
    fill_passwords(page, NEW_PASSWORD)
    page.get_by_role("heading", name="Your password has been reset").wait_for()


def fill_passwords(page: Page, password: str) -> None:
    """Fill and send the last form."""
    page.get_by_role("textbox", name="Enter new password").fill(password)
    page.get_by_role("textbox", name="Confirm new password").fill(password)
    press(page, "Finish")


def give_up(page: Page, cast: Cast) -> None:
    """Cancel, and come back to the attempt."""
    kept = page.context.cookies()
    press(page, "Cancel")
    page.wait_for_url("**/signin")
    page.context.add_cookies([cookie for cookie in kept if cookie["name"] == settings.SSPR_COOKIE_NAME])  # type: ignore[misc]  # as playwright gives them
    page.goto(reverse("sspr:step"))


def ask_administrator(page: Page, cast: Cast) -> None:
    """Open the page that asks an administrator."""
    page.get_by_role("link", name="Contact your administrator").click()
    page.get_by_role("button", name="Send a request").wait_for()


def send_request(page: Page, cast: Cast) -> None:
    """Ask an administrator."""
    ask_administrator(page, cast)
    press(page, "Send a request")
    page.get_by_role("heading", name="Your administrators are told").wait_for()


def wait(page: Page, cast: Cast) -> None:
    """Prove twice to be an administrator, where that has to wait."""
    number = "+1 202 555 0188"
    knows(cast, "helpdesk.admin", email="desk@mail.example", mobile=number)
    begin(page, cast, who="helpdesk.admin", admin_wait_minutes=30)
    ask_for_mail(page, cast)
    type_code(page, cast)
    page.get_by_label("Phone number").fill(number)
    press(page, "Text")
    page.get_by_label("Enter your verification code").wait_for()
    type_code(page, cast)
    page.get_by_role("heading", name="Your reset waits").wait_for()


def too_often(page: Page, cast: Cast) -> None:
    """Begin for the same name until it is too often."""
    for _number in range(6):
        go(page, reverse("sspr:start"))
        page.get_by_role("textbox", name="User ID").fill("somebody@contoso.example")
        press(page, "Next")
        page.get_by_role("heading", level=2).wait_for()


def told_why(page: Page, cast: Cast) -> None:
    """Begin for somebody who has registered nothing, where people are told why they cannot reset."""
    enable(cast, explain_reason=True)
    go(page, reverse("sspr:start"))
    page.get_by_role("textbox", name="User ID").fill("diego.siciliani@contoso.example")
    press(page, "Next")
    page.get_by_text("Code: SSPR_0014").wait_for(timeout=8_000)


def type_other_number(page: Page, cast: Cast) -> None:
    """Type a number that is not the one on file, where people are told so."""
    open_text(page, cast)
    page.get_by_label("Phone number").fill("+1 202 555 0100")
    press(page, "Text")
    page.get_by_role("alert").first.wait_for()


def named(route: str, **support: str) -> Way:
    """Return the way to a first page whose address names an organization with a support of its own."""

    def way(page: Page, cast: Cast) -> None:
        Tenant.objects.filter(pk=cast.tenant.pk).update(**support)
        go(page, f"{reverse(route)}?whr=contoso.example")
        page.get_by_text("Support of Contoso").wait_for()

    return way


WIZARD: Final = [
    Sheet(name="wizard-start", route="sspr:start", way=at("sspr:start"), who=NOBODY),
    Sheet(name="wizard-picture", route="sspr:start", way=at("sspr:start", query="?picture=1"), who=NOBODY),
    Sheet(name="wizard-reason", route="sspr:step", way=walk(allow_unlock=True), who=NOBODY),
    Sheet(name="wizard-choose", route="sspr:step", way=walk(), who=NOBODY),
    Sheet(name="wizard-two", route="sspr:step", way=walk(gates_required=2), who=NOBODY),
    Sheet(name="wizard-text", route="sspr:step", way=walk(open_text), who=NOBODY),
    Sheet(name="wizard-code", route="sspr:step", way=walk(ask_for_mail), who=NOBODY),
    Sheet(name="wizard-wrong", route="sspr:step", way=walk(ask_for_mail, type_wrong), who=NOBODY),
    Sheet(name="wizard-password", route="sspr:step", way=walk(ask_for_mail, type_code), who=NOBODY),
    Sheet(name="wizard-refused", route="sspr:step", way=walk(ask_for_mail, type_code, type_weak), who=NOBODY),
    Sheet(name="wizard-done", route="sspr:step", way=walk(ask_for_mail, type_code, type_password), who=NOBODY),
    Sheet(name="wizard-waiting", route="sspr:step", way=wait, who=NOBODY),
    Sheet(name="wizard-told", route="sspr:step", way=told_why, who=NOBODY),
    Sheet(name="wizard-told-number", route="sspr:step", way=walk(type_other_number, explain_reason=True), who=NOBODY),
    Sheet(name="wizard-over", route="sspr:step", way=walk(give_up), who=NOBODY),
    Sheet(name="wizard-later", route="sspr:start", way=too_often, who=NOBODY),
    Sheet(name="wizard-contact", route="sspr:contact", way=walk(ask_administrator), who=NOBODY),
    Sheet(
        name="wizard-contact-desk",
        route="sspr:contact",
        way=walk(ask_administrator, customize_helpdesk=True, helpdesk_link="https://desk.contoso.example"),
        who=NOBODY,
    ),
    Sheet(name="wizard-contact-name", route="sspr:contact", way=at("sspr:contact"), who=NOBODY),
    Sheet(name="wizard-contact-sent", route="sspr:contact-sent", way=walk(send_request), who=NOBODY),
    Sheet(name="forgotten-name", route="sspr:forgotten-name", way=at("sspr:forgotten-name"), who=NOBODY),
    Sheet(name="forgotten-name-sent", route="sspr:forgotten-name-sent", way=at("sspr:forgotten-name-sent"), who=NOBODY),
    Sheet(
        name="sign-in-support",
        route="users:signin",
        way=named("users:signin", support_url="https://help.contoso.example", support_contact="help@contoso.example"),
        who=NOBODY,
    ),
    Sheet(
        name="wizard-support",
        route="sspr:start",
        way=named("sspr:start", support_url="", support_contact="+1 202 555 0188"),
        who=NOBODY,
    ),
]
