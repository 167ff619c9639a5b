"""Roles: the catalogue with its holders, one role with its tabs, favourites, and the list of administrators."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import cast
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from adminportal import clock
from users.access import Permission, requires
from users.grid_query import with_query
from users.request import PortalRequest
from users.role_assign_form import reason_against_assigning
from users.role_catalogue import CATEGORY_NAMES, Category
from users.role_duties import list_duties, reach_in_unit, reach_of_block, reach_of_reset
from users.role_holders import list_holdings
from users.role_rows import RoleGroup, RoleRow, describe_role, find_role, group_by_category, list_roles
from users.role_warnings import list_warnings
from users.roles import Role
from users.search import LONGEST_SEARCH
from users.services.role_export import export_admin_list
from users.services.role_favourites import mark_favourite
from users.views.sign_in import safe_target
from users.views.user_panel import TabLink, wants_fragment

FAVOURITES = "favourites"


class RoleTab(StrEnum):
    """Parts of the role panel, each with its own address."""

    GENERAL = "general"
    PERMISSIONS = "permissions"
    ASSIGNED = "assigned"


TAB_LABELS: dict[RoleTab, str | Promise] = {
    RoleTab.GENERAL: _("General"),
    RoleTab.PERMISSIONS: _("Permissions"),
    RoleTab.ASSIGNED: _("Assigned"),
}
DONE: dict[str, str | Promise] = {
    "assigned": _("The role is assigned. Whoever got it signs in again before it counts."),
    "unchanged": _("Nothing had to be changed: it was so already."),
    "removed": _("The role was taken away, and whoever held it was signed out everywhere."),
}


@requires(Permission.ROLE_READ)
@require_safe
def roles(request: PortalRequest) -> HttpResponse:
    """List the catalogue with the number of holders."""
    query, problem = request.GET, ""
    search, view = query.get("search", "").strip(), query.get("view", "")
    if len(search) > LONGEST_SEARCH or view not in ("", FAVOURITES, *Category):
        search, view = "", ""
        problem = gettext("There is no such view or search. All roles are shown.")
    rows = list_roles(
        actor=request.actor,
        search=search,
        category=Category(view) if view in list(Category) else None,
        only_favourites=view == FAVOURITES,
    )
    by_category = query.get("by") == "category"
    context = {
        "groups": group_by_category(rows) if by_category else _one_group(rows),
        "problem": problem,
        "warnings": list_warnings(),
        "search": search,
        "view": view,
        "by_category": by_category,
        "tabs": _views(request, view),
        "toggle_url": with_query(reverse("users:roles"), query, by="" if by_category else "category"),
        "here_url": with_query(reverse("users:roles"), query),
    }
    return render(request, "users/roles.html", context, status=422 if problem else 200)


@requires(Permission.ROLE_READ)
@require_safe
def role(request: PortalRequest, template_id: UUID) -> HttpResponse:
    """Show one role: what it is, what it may do here, who holds it."""
    return show_role(request, get_role(template_id))


@requires(Permission.ROLE_READ)
@require_POST
def favourite(request: PortalRequest, template_id: UUID) -> HttpResponse:
    """Keep a role at hand, or not any more."""
    is_favourite = request.POST.get("keep") == "1"
    mark_favourite(actor=request.actor, role=get_role(template_id), is_favourite=is_favourite, now=clock.now())
    return HttpResponseRedirect(safe_target(request.POST.get("next", "")) or reverse("users:roles"))


@requires(Permission.ROLE_READ)
@require_POST
def export(request: PortalRequest) -> HttpResponse:
    """Send the list of administrators as CSV; a POST, because it leaves a row in the audit log."""
    now = clock.now()
    pieces = export_admin_list(actor=request.actor, now=now)
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="administrators-{now:%Y-%m-%d}.csv"'
    return cast(HttpResponse, response)  # the guards of views know no streamed answer


def show_role(
    request: PortalRequest,
    role: Role,
    *,
    tab: RoleTab = RoleTab.GENERAL,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """Draw the panel of a role, as a fragment for the panel or as a page, with what went wrong above it.

    ``tab`` is shown where the address asks for none.
    """
    asked = request.GET.get("tab", "")
    tab = RoleTab(asked) if asked in list(RoleTab) else tab
    facts = describe_role(role)
    url = reverse("users:role", args=[facts.template_id])
    context = {
        "role": facts,
        "tab": tab,
        "tabs": [
            TabLink(
                label=label, url=f"{url}?tab={each}" if each is not RoleTab.GENERAL else url, is_current=each is tab
            )
            for each, label in TAB_LABELS.items()
        ],
        "problem": problem,
        "done": "" if problem else DONE.get(request.GET.get("done", ""), ""),
        "assign_reason": reason_against_assigning(request.actor),
        **_SECTIONS[tab](request, role),
    }
    in_panel = wants_fragment(request)
    page = "users/_role_panel.html" if in_panel else "users/role.html"
    return render(request, page, {**context, "in_panel": in_panel}, status=status)


def get_role(template_id: UUID) -> Role:
    """Return a role of the catalogue.

    :raises Http404: when the catalogue has none with this id.
    """
    found = find_role(template_id)
    if found is None:
        raise Http404
    return found


def _general(request: PortalRequest, role: Role) -> dict[str, object]:
    return {"holders": next(row.holders for row in list_roles(actor=request.actor) if row.role is role)}


def _permissions(request: PortalRequest, role: Role) -> dict[str, object]:
    reset, block, unit = reach_of_reset(role), reach_of_block(role), reach_in_unit(role)
    return {"duties": list_duties(role), "resets": reset, "blocks": block, "in_unit": unit}


def _assigned(request: PortalRequest, role: Role) -> dict[str, object]:
    after = request.GET.get("after", "")
    page = list_holdings(role, after=after)
    url = f"{reverse('users:role', args=[describe_role(role).template_id])}?tab={RoleTab.ASSIGNED}"
    return {
        "holdings": page.holdings,
        "first_url": url if after else "",
        "next_url": f"{url}&after={page.next_after}" if page.next_after else "",
    }


_SECTIONS: dict[RoleTab, Callable[[PortalRequest, Role], dict[str, object]]] = {
    RoleTab.GENERAL: _general,
    RoleTab.PERMISSIONS: _permissions,
    RoleTab.ASSIGNED: _assigned,
}


def _one_group(rows: list[RoleRow]) -> list[RoleGroup]:
    return [RoleGroup(heading="", rows=tuple(rows))] if rows else []


def _views(request: PortalRequest, view: str) -> list[TabLink]:
    labels: dict[str, str | Promise] = {"": _("All roles"), FAVOURITES: _("Favorites")}
    labels |= {category.value: name for category, name in CATEGORY_NAMES.items()}
    url = reverse("users:roles")
    return [
        TabLink(label=label, url=with_query(url, request.GET, view=value), is_current=value == view)
        for value, label in labels.items()
    ]
