"""Ways to the list of people with columns of one's choice and with its other views."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock
from tests.browser.atlas import go
from tests.cast import Cast
from users.grid_columns import Column
from users.models import AdministrativeUnit, RoleAssignment, UnitMember
from users.roles import TEMPLATE_IDS, Role
from users.services.grid_choice import choose_columns
from users.tenancy import within

EVERYTHING = "user.admin"
"""Who has chosen every column."""
OF_UNIT = "guest.inviter"
"""Who helps the people of one unit alone."""


def every_column(page: Page, cast: Cast) -> None:
    """See the list with all columns."""
    with within(cast.tenant):
        choose_columns(actor=cast.actor(EVERYTHING), columns=list(Column), now=clock.now())
    go(page, reverse("users:active"))


def open_views(page: Page, cast: Cast) -> None:
    """Unfold the other views."""
    go(page, reverse("users:active"))
    page.locator("summary", has_text="More views").click()


def open_columns(page: Page, cast: Cast) -> None:
    """Open the choice of columns over the list."""
    go(page, reverse("users:active"))
    page.get_by_role("link", name="Choose columns").click()
    page.get_by_role("dialog", name="Choose columns").wait_for()


def own_units(page: Page, cast: Cast) -> None:
    """See the people of one's unit."""
    now = clock.now()
    with within(cast.tenant):
        unit, _ = AdministrativeUnit.objects.get_or_create(
            tenant=cast.tenant, name="Bergen", defaults={"created_at": now}
        )
        for name in ("adele.vance", "diego.siciliani"):
            UnitMember.objects.get_or_create(tenant=cast.tenant, unit=unit, user=cast[name])
        RoleAssignment.objects.get_or_create(
            tenant=cast.tenant,
            user=cast[OF_UNIT],
            role=TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR],
            unit=unit,
            defaults={"created_at": now},
        )
    go(page, reverse("users:active"))
