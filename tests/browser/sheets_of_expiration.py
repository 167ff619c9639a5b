"""Pages of the end of passwords, and the ways to their states; each leaves the organization as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock
from passwords.models import PasswordPolicy
from tests.browser.atlas import Sheet, at, go, press
from tests.cast import PASSWORD, Cast
from users.models import Tenant, User
from users.tenancy import within

NOBODY: Final = ""


@contextmanager
def aged(cast: Cast, *, days: int, age: int, people: list[str]) -> Iterator[None]:
    """Let passwords expire after some days, and those of these people be so old."""
    with within(cast.tenant):
        before = dict(User.objects.values_list("pk", "password_changed_at"))
        ids = [cast[name].pk for name in people]
        User.objects.filter(pk__in=ids).update(password_changed_at=clock.now() - timedelta(days=age))
    Tenant.objects.filter(pk=cast.tenant.pk).update(password_days=days)
    try:
        yield
    finally:
        Tenant.objects.filter(pk=cast.tenant.pk).update(password_days=0, password_expiry_since=None)
        with within(cast.tenant):
            for pk in ids:
                User.objects.filter(pk=pk).update(password_changed_at=before[pk])


def expired(page: Page, cast: Cast) -> None:
    """Sign in with a password that is too old."""
    with aged(cast, days=30, age=31, people=["grady.archie"]):
        go(page, reverse("users:signin"))
        page.get_by_role("textbox", name="User name").fill(cast["grady.archie"].user_principal_name)
        press(page, "Next")
        page.get_by_role("textbox", name="Password", exact=True).fill(PASSWORD)
        press(page, "Sign in")
        page.get_by_role("heading", name="Update your password").wait_for()


def ends_soon(page: Page, cast: Cast) -> None:
    """See in My account that one's password is near its end."""
    with aged(cast, days=30, age=20, people=["grady.archie"]):
        go(page, reverse("users:account"))
        page.get_by_text("Expires on").scroll_into_view_if_needed()


def panel_tells(page: Page, cast: Cast) -> None:
    """See in the panel when a password expired."""
    with aged(cast, days=30, age=31, people=["adele.vance"]):
        go(page, f"{reverse('users:panel', args=[cast['adele.vance'].pk])}?tab=password")
        page.get_by_text("Expired on").scroll_into_view_if_needed()


def listed(page: Page, cast: Cast) -> None:
    """See everybody whose password has expired."""
    with aged(cast, days=30, age=31, people=["adele.vance", "diego.siciliani"]):
        go(page, f"{reverse('users:active')}?view=password_expired")


def asked(page: Page, cast: Cast) -> None:
    """Be asked for the number of people whose passwords are too old."""
    people = [name for name, user in cast.people.items() if user.password_issued_at][:14]
    with aged(cast, days=0, age=400, people=people):
        go(page, reverse("passwords:expiration"))
        page.get_by_label("Set passwords to never expire (recommended)").uncheck()
        page.get_by_label("Days before passwords expire").fill("90")
        press(page, "Save")
        page.get_by_role("button", name="Save all the same").wait_for()


def refused(page: Page, cast: Cast) -> None:
    """Type a number of days outside the limits."""
    go(page, reverse("passwords:expiration"))
    page.get_by_label("Set passwords to never expire (recommended)").uncheck()
    page.get_by_label("Days before passwords expire").fill("3")
    press(page, "Save")
    page.get_by_role("alert").first.wait_for()


def against_nist(page: Page, cast: Cast) -> None:
    """Be warned where the policy follows NIST."""
    with within(cast.tenant):
        policy, is_new = PasswordPolicy.objects.get_or_create(tenant=cast.tenant)
        PasswordPolicy.objects.filter(pk=policy.pk).update(profile="nist")
        go(page, reverse("passwords:expiration"))
        page.get_by_text("NIST SP 800-63B-4").first.wait_for()
        PasswordPolicy.objects.filter(pk=policy.pk).update(profile=policy.profile)
        if is_new:
            policy.delete()


EXPIRATION: Final = [
    Sheet(name="password-expiration", route="passwords:expiration", way=at("passwords:expiration")),
    Sheet(
        name="password-expiration-reader",
        route="passwords:expiration",
        way=at("passwords:expiration"),
        who="global.reader",
    ),
    Sheet(name="password-expiration-asked", route="passwords:expiration-save", way=asked),
    Sheet(name="password-expiration-refused", route="passwords:expiration-save", way=refused),
    Sheet(name="password-expiration-nist", route="passwords:expiration", way=against_nist),
    Sheet(name="password-expired", route="passwords:change", way=expired, who=NOBODY),
    Sheet(name="password-expired-account", route="users:account", way=ends_soon, who="grady.archie"),
    Sheet(name="password-expired-panel", route="users:panel", way=panel_tells),
    Sheet(name="password-expired-view", route="users:active", way=listed),
]
