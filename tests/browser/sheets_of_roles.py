"""Pages of roles, and the ways to their states."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from playwright.sync_api import Page

from adminportal import clock
from tests.browser.atlas import Sheet, Way, at, go, press
from tests.cast import Cast
from users.models import AdministrativeUnit, Group, GroupMember, RoleAssignment
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import within

HELPDESK: Final = TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR]


def of_role(route: str, *, query: str = "") -> Way:
    """Return the way to a page of the role Helpdesk Administrator, which a group and a unit's helper hold as well."""

    def way(page: Page, cast: Cast) -> None:
        _more_holders(cast)
        go(page, reverse(route, args=[HELPDESK]) + query)

    return way


def in_panel(page: Page, cast: Cast) -> None:
    """Open a role over the list and see what it may do."""
    go(page, reverse("users:roles"))
    page.get_by_role("link", name="User Administrator", exact=True).click()
    page.get_by_role("dialog").get_by_role("link", name="Permissions").click()
    page.get_by_role("dialog").get_by_text("Whom it reaches").wait_for()


def assign_refused(page: Page, cast: Cast) -> None:
    """Limit a role to a unit where it cannot be limited."""
    _more_holders(cast)
    go(page, reverse("users:person-roles", args=[cast["adele.vance"].pk]))
    page.get_by_label("Role", exact=True).select_option(label="Global Reader")
    page.get_by_label("Over").select_option(label="Administrative unit Sales")
    press(page, "Assign")
    page.get_by_role("alert").first.wait_for()


def remove(page: Page, cast: Cast) -> None:
    """Be asked before a role is taken away."""
    with within(cast.tenant):
        held = RoleAssignment.objects.get(user=cast["password.admin"])
    go(page, reverse("users:role-remove", args=[held.pk]))


def keep_at_hand(page: Page, cast: Cast) -> None:
    """Press two stars and see the favourites."""
    for role in ("Helpdesk Administrator", "Password Administrator"):
        go(page, reverse("users:roles"))
        page.get_by_role("button", name=f"Keep {role} at hand").click()
        page.get_by_role("button", name=f"Keep {role} at hand", pressed=True).wait_for()
    page.get_by_role("link", name="Favorites").click()
    page.get_by_role("link", name="Favorites").and_(page.locator("[aria-current]")).wait_for()


def compare(page: Page, cast: Cast) -> None:
    """Tick three roles of the list and compare them."""
    go(page, reverse("users:roles"))
    for role in ("Helpdesk Administrator", "Password Administrator", "User Administrator"):
        page.get_by_label(f"Compare {role}").check()
    press(page, "Compare roles")
    page.get_by_role("heading", name="Compare roles").wait_for()


def why(actor: str, target: str) -> Way:
    """Return the way to the verdict about two people."""

    def way(page: Page, cast: Cast) -> None:
        go(page, f"{reverse('users:role-why')}?{urlencode({'actor': cast[actor].pk, 'target': cast[target].pk})}")

    return way


def _more_holders(cast: Cast) -> None:
    now = clock.now()
    with within(cast.tenant):
        if AdministrativeUnit.objects.filter(name="Sales").exists():
            return
        unit = AdministrativeUnit.objects.create(tenant=cast.tenant, name="Sales", created_at=now)
        group = Group.objects.create(tenant=cast.tenant, name="Service desk", is_role_assignable=True, created_at=now)
        GroupMember.objects.create(tenant=cast.tenant, group=group, user=cast["diego.siciliani"])
        held = {"tenant": cast.tenant, "role": HELPDESK, "created_at": now}
        RoleAssignment.objects.create(group=group, **held)
        RoleAssignment.objects.create(user=cast["adele.vance"], unit=unit, **held)


ROLES: Final = [
    Sheet(name="roles", route="users:roles", way=at("users:roles")),
    Sheet(name="roles-by-category", route="users:roles", way=at("users:roles", query="?by=category")),
    Sheet(name="roles-none", route="users:roles", way=at("users:roles", query="?search=astronaut")),
    Sheet(name="roles-favourites", route="users:roles", way=keep_at_hand),
    Sheet(name="role", route="users:role", way=of_role("users:role")),
    Sheet(name="role-panel", route="users:role", way=in_panel),
    Sheet(name="role-assigned", route="users:role", way=of_role("users:role", query="?tab=assigned")),
    Sheet(
        name="role-assigned-reader",
        route="users:role",
        way=of_role("users:role", query="?tab=assigned"),
        who="helpdesk.admin",
    ),
    Sheet(name="role-assign", route="users:role-assign", way=of_role("users:role-assign", query="?search=a")),
    Sheet(name="role-remove", route="users:role-remove", way=remove),
    Sheet(name="roles-compare", route="users:roles-compare", way=compare),
    Sheet(name="roles-compare-none", route="users:roles-compare", way=at("users:roles-compare")),
    Sheet(name="role-matrix", route="users:role-matrix", way=at("users:role-matrix")),
    Sheet(name="role-matrix-unit", route="users:role-matrix", way=at("users:role-matrix", query="?kind=unit")),
    Sheet(name="role-why", route="users:role-why", way=at("users:role-why", query="?target_search=adm")),
    Sheet(name="role-why-refused", route="users:role-why", way=why("helpdesk.admin", "user.admin")),
    Sheet(name="role-why-allowed", route="users:role-why", way=why("global.admin", "grady.archie")),
    Sheet(name="person-roles", route="users:person-roles", way=at("users:person-roles", "helpdesk.admin")),
    Sheet(name="person-roles-refused", route="users:person-roles", way=assign_refused),
    Sheet(
        name="person-roles-reader",
        route="users:person-roles",
        way=at("users:person-roles", "helpdesk.admin"),
        who="helpdesk.admin",
    ),
]
