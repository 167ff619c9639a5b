"""Settings › Password reset with its reports, part of the table of all pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock
from adminportal.audit.record import Entry, Result, Target, record
from adminportal.audit.tags import Activity
from sspr import locks
from sspr.models import Reach, SsprPolicy
from sspr.policy_settings import Blade
from sspr.services.campaign import start_campaign
from sspr.services.not_me import PURPOSE
from sspr.subjects import subject_of
from tests.browser.atlas import Sheet, Way, at, go, press
from tests.cast import Cast
from users.actors import SYSTEM
from users.models import Group
from users.tenancy import within


def enable(cast: Cast) -> None:
    """Enable reset for all with the methods of a new tenant."""
    SsprPolicy.objects.update_or_create(tenant=cast.tenant, defaults={"reach": Reach.ALL, "must_register": False})


def refused(page: Page, cast: Cast) -> None:
    """Ask for an authenticator alone."""
    enable(cast)
    go(page, reverse(f"sspr:settings-{Blade.METHODS}"))
    page.get_by_label("Email", exact=True).uncheck()
    page.get_by_label("Mobile phone (SMS)").uncheck()
    press(page, "Save")
    page.get_by_role("alert").first.wait_for()


def locks_out(page: Page, cast: Cast) -> None:
    """Be told who could not reset any more."""
    enable(cast)
    go(page, reverse(f"sspr:settings-{Blade.METHODS}"))
    page.get_by_label("Email", exact=True).uncheck()
    page.get_by_label("Mobile phone (SMS)").uncheck()
    page.get_by_label("Security questions", exact=True).check()
    press(page, "Save")
    page.get_by_role("button", name="Save all the same").wait_for()


def unknown_group(page: Page, cast: Cast) -> None:
    """Be told which groups may be meant by a part of a name."""
    with within(cast.tenant):
        for name in ("Sales Nordics", "Sales and service of the northern harbours", "Sales trainees"):
            Group.objects.get_or_create(tenant=cast.tenant, name=name, defaults={"created_at": clock.now()})
    go(page, reverse(f"sspr:settings-{Blade.PROPERTIES}"))
    page.get_by_label("Selected").check()
    page.get_by_label("Group").fill("sales")
    press(page, "Save")
    page.get_by_role("alert").first.wait_for()


def tried(who: str) -> Way:
    """Return the way to what one person would meet."""

    def way(page: Page, cast: Cast) -> None:
        enable(cast)
        go(page, f"{reverse('sspr:try-it')}?search=a&person={cast[who].pk}")

    return way


def asked(page: Page, cast: Cast) -> None:
    """See who could not get back in, after a campaign."""
    enable(cast)
    with within(cast.tenant):
        start_campaign(actor=cast.actor("global.admin"), now=clock.now() - timedelta(days=8))
    go(page, reverse("sspr:readiness"))


def used(page: Page, cast: Cast) -> None:
    """See how self-service was used within a month."""
    for back in range(28):
        for number in range((back * 7) % 5 + 1):
            _happened(cast, back, number)
    go(page, f"{reverse('sspr:insights')}?tab=usage&span=30d")


def listed(page: Page, cast: Cast) -> None:
    """See each of these resets."""
    used(page, cast)
    page.get_by_role("link", name="Events").click()
    page.get_by_role("heading", name="Events").wait_for()


def closed(page: Page, cast: Cast) -> None:
    """See that self-service is closed for somebody."""
    user = cast["adele.vance"]
    until = clock.now() + timedelta(hours=20)
    locks.close(subject_of(user.upn_folded), until=until, limit=PURPOSE, user_id=user.pk)
    go(page, f"{reverse('users:panel', args=[user.pk])}?tab=password")
    page.get_by_role("button", name="Open self-service again").scroll_into_view_if_needed()


def _happened(cast: Cast, back: int, number: int) -> None:
    activities = (Activity.RESET_PASSWORD_SELF_SERVICE, Activity.RESET_PASSWORD_BY_ADMIN)
    fails = (back + number) % 6 == 0
    target = Target(id=cast["adele.vance"].pk, display_name="Adele Vance")
    entry = Entry(
        tenant_id=cast.tenant.pk,
        activity=activities[number % 2],
        actor=SYSTEM,
        targets=(target,),
        result=Result.FAILURE if fails else Result.SUCCESS,
        reason="User's account has insufficient authentication methods defined." if fails else "",
        details={"MethodsUsed": ("email", "mobile SMS", "email, mobile app code")[number % 3]},
    )
    record(entry, now=clock.now() - timedelta(days=back, hours=number))


SELF_SERVICE_SETTINGS: Final = [
    *[
        Sheet(name=f"reset-settings-{blade}", route=f"sspr:settings-{blade}", way=at(f"sspr:settings-{blade}"))
        for blade in Blade
    ],
    Sheet(
        name="reset-settings-reader",
        route="sspr:settings-properties",
        way=at("sspr:settings-properties"),
        who="global.reader",
    ),
    Sheet(name="reset-settings-group", route=f"sspr:settings-{Blade.PROPERTIES}", way=unknown_group),
    Sheet(name="reset-settings-refused", route=f"sspr:settings-{Blade.METHODS}", way=refused),
    Sheet(name="reset-settings-lock-out", route=f"sspr:settings-{Blade.METHODS}", way=locks_out),
    Sheet(name="panel-self-service-closed", route="users:panel", way=closed),
    Sheet(name="reset-settings-questions", route="sspr:settings-questions", way=at("sspr:settings-questions")),
    Sheet(name="reset-try-it", route="sspr:try-it", way=at("sspr:try-it")),
    Sheet(name="reset-try-it-able", route="sspr:try-it", way=tried("adele.vance")),
    Sheet(name="reset-try-it-unable", route="sspr:try-it", way=tried("helpdesk.admin")),
    Sheet(name="reset-readiness", route="sspr:readiness", way=asked),
    Sheet(
        name="reset-readiness-reader",
        route="sspr:readiness",
        way=at("sspr:readiness", query="?reason=blocked"),
        who="reports.reader",
    ),
    Sheet(name="insights", route="sspr:insights", way=at("sspr:insights")),
    Sheet(name="insights-usage", route="sspr:insights", way=used),
    Sheet(
        name="insights-totals-reader",
        route="sspr:insights",
        way=at("sspr:insights", query="?span=24h"),
        who="usage.summary.reports.reader",
    ),
    Sheet(name="insights-events", route="sspr:insights-events", way=listed),
    Sheet(
        name="insights-events-registration",
        route="sspr:insights-events",
        way=at("sspr:insights-events", query="?tab=registration&span=30d"),
        who="reports.reader",
    ),
    Sheet(name="insights-users", route="sspr:insights-users", way=at("sspr:insights-users")),
]
