"""Ways to the pages of groups and administrative units."""

from __future__ import annotations

from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock
from tests.browser.atlas import Way, go, press
from tests.cast import Cast
from tests.contracts.matrix import give
from users.models import AdministrativeUnit, Group
from users.roles import TEMPLATE_IDS, Role
from users.services.units import add_to_unit, create_unit
from users.tenancy import within


def at_group(route: str, *, query: str = "") -> Way:
    """Return the way to a page of the role-assignable group of the cast."""

    def way(page: Page, cast: Cast) -> None:
        with within(cast.tenant):
            group = Group.objects.filter(is_role_assignable=True).order_by("name")[0]
        go(page, reverse(route, args=[group.pk]) + query)

    return way


def at_unit(route: str) -> Way:
    """Return the way to a page of a unit with two people and a role over it."""
    return lambda page, cast: go(page, reverse(route, args=[make_unit(cast).pk]))


def at_units(page: Page, cast: Cast) -> None:
    """List the administrative units."""
    make_unit(cast)
    go(page, reverse("users:units"))


def name_taken(page: Page, cast: Cast) -> None:
    """Ask for a group whose name is taken."""
    with within(cast.tenant):
        name = Group.objects.order_by("name")[0].name
    go(page, reverse("users:group-new"))
    page.get_by_role("textbox", name="Name").fill(name.upper())
    press(page, "Add group")
    page.get_by_role("alert").first.wait_for()


def names_unknown(page: Page, cast: Cast) -> None:
    """Paste names of which one is nobody's."""
    go(page, reverse("users:unit-add", args=[make_unit(cast).pk]))
    pasted = f"diego.siciliani@{cast.domain}\nnobody@{cast.domain}\n"
    page.get_by_role("textbox", name="User names").fill(pasted)
    press(page, "Add these people")
    page.get_by_text("1 name was not found").wait_for()


def make_unit(cast: Cast) -> AdministrativeUnit:
    """Make the unit of these pages, once."""
    boss, now = cast.actor("global.admin"), clock.now()
    with within(cast.tenant):
        found = AdministrativeUnit.objects.filter(name="Sales").first()
        if found:
            return found
        unit = create_unit(actor=boss, name="Sales", description="Everybody who sells, in Oslo and Bergen", now=now)
        add_to_unit(actor=boss, unit_id=unit.pk, user_ids=[cast["adele.vance"].pk, cast["isaiah.langer"].pk], now=now)
        give(cast, cast["password.admin"], TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR], unit=unit)
    return unit
