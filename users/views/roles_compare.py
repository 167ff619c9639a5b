"""Roles side by side: up to three of one's choice, and the matrix of who can reset whom."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from users.access import Permission, requires
from users.request import PortalRequest
from users.role_catalogue import CATALOGUE
from users.role_duties import PERMISSION_WORDS, Reach, list_duties, reach_in_unit, reach_of_block, reach_of_reset
from users.role_holders import count_holders
from users.role_matrix import KIND_LABELS, KIND_TEXTS, Kind, draw_matrix
from users.role_rows import RoleRow, describe_role, find_role
from users.roles import Role
from users.views.user_panel import TabLink

MOST_COMPARED = 3
"""Roles that stand side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One column: a role, whom it reaches, and for each right whether it gives it."""

    role: RoleRow
    resets: Reach | None
    blocks: Reach | None
    in_unit: Reach | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RightRow:
    """One right and, for each compared role, whether it gives it."""

    label: str
    cells: tuple[bool, ...]


@requires(Permission.ROLE_READ)
@require_safe
def compare(request: PortalRequest) -> HttpResponse:
    """Show up to three roles side by side; the first ones where more are asked for, which it says."""
    chosen, problem = _chosen(request.GET.getlist("role"))
    counts = count_holders()
    columns = [
        Compared(
            role=describe_role(role, holders=counts[role]),
            resets=reach_of_reset(role),
            blocks=reach_of_block(role),
            in_unit=reach_in_unit(role),
        )
        for role in chosen
    ]
    context = {
        "columns": columns,
        "rights": _rights(chosen),
        "problem": problem,
        "places": [
            describe_role(chosen[place]).template_id if place < len(chosen) else "" for place in range(MOST_COMPARED)
        ],
        "options": sorted((describe_role(role) for role in CATALOGUE), key=lambda row: row.name),
    }
    return render(request, "users/roles_compare.html", context, status=422 if problem else 200)


@requires(Permission.ROLE_READ)
@require_safe
def matrix(request: PortalRequest) -> HttpResponse:
    """Show who can reset whom, who can block whom, and what a role over a unit reaches."""
    asked = request.GET.get("kind", "")
    kind = Kind(asked) if asked in list(Kind) else Kind.RESET
    url = reverse("users:role-matrix")
    tabs = [
        TabLink(label=label, url=url if each is Kind.RESET else f"{url}?kind={each}", is_current=each is kind)
        for each, label in KIND_LABELS.items()
    ]
    context = {"matrix": draw_matrix(kind), "tabs": tabs, "text": KIND_TEXTS[kind], "label": KIND_LABELS[kind]}
    return render(request, "users/roles_matrix.html", context)


def _chosen(typed: list[str]) -> tuple[list[Role], str]:
    """Return the roles that were asked for, each once, and what is wrong with the question."""
    found: dict[Role, None] = {}
    for one in filter(None, typed):
        try:
            role = find_role(UUID(one))
        except ValueError:
            role = None
        if role is None:
            return [], gettext("There is no such role. Choose up to three from the list.")
        found[role] = None
    if len(found) > MOST_COMPARED:
        text = gettext("Up to %(most)s roles stand side by side. The first ones are shown.")
        return list(found)[:MOST_COMPARED], text % {"most": MOST_COMPARED}
    return list(found), ""


def _rights(roles: list[Role]) -> list[RightRow]:
    duties = [list_duties(role) for role in roles]
    return [
        RightRow(label=str(words), cells=tuple(of_role[place].is_given for of_role in duties))
        for place, words in enumerate(PERMISSION_WORDS.values())
    ]
