"""Manage roles, from the side of one person: what they hold, and one more."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from adminportal import clock
from users.access import Permission, has_fresh_proof, requires
from users.models import RoleAssignment, User
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.role_assign_form import BadChoice, list_units, read_role, read_unit, reason_against_assigning
from users.role_catalogue import CATALOGUE
from users.role_holders import last_of, last_reason, list_roles_of
from users.role_names import role_name
from users.role_rows import describe_role
from users.roles import ROLE_OF_TEMPLATE
from users.selectors import get_user
from users.services.people import Refused
from users.services.role_assignments import RoleOrder, assign_role
from users.views.proof import to_confirm
from users.views.roles import DONE
from users.views.roles_assign import REFUSED_FORM, led_on
from users.views.user_panel import wants_fragment


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRole:
    """One role that is assigned to the person by name; ``reason`` says why nobody may take it away, or nothing."""

    row: RoleAssignment
    name: str
    reason: str


@requires(Permission.ROLE_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def person_roles(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """Show the roles of one person, and give another one."""
    user = get_user(user_id)
    if request.method != "POST":
        if reason_against_assigning(request.actor) or has_fresh_proof(request.actor, now=clock.now()):
            return _page(request, user)
        return to_confirm(request)
    try:
        order = RoleOrder(role=read_role(request.POST), user_id=user.pk, unit_id=read_unit(request.POST))
        change = assign_role(actor=request.actor, order=order, session=request.session_row, now=clock.now())
    except BadChoice as bad:
        return _page(request, user, problem=str(bad), status=REFUSED_FORM)
    except Refused as refusal:
        if refusal.decision.code == "RESET_STEP_UP":
            return to_confirm(request, back_to=request.path)
        return _page(request, user, problem=sentence(refusal.decision), status=status_of(refusal.decision))
    except ObjectDoesNotExist:
        raise Http404 from None
    done = "assigned" if change.changed else "unchanged"
    return led_on(f"{reverse('users:person-roles', args=[user.pk])}?done={done}", change)


def _page(request: PortalRequest, user: User, *, problem: str = "", status: int = 200) -> HttpResponse:
    rows = list_roles_of(user.pk)
    last = last_of(rows)
    held = [
        HeldRole(
            row=row,
            name=role_name(ROLE_OF_TEMPLATE[row.role]),
            reason=last_reason() if row.pk in last else "",
        )
        for row in rows
    ]
    in_panel = wants_fragment(request)
    context = {
        "user": user,
        "held": held,
        "options": sorted((describe_role(role) for role in CATALOGUE), key=lambda row: row.name),
        "units": list_units(),
        "reason": reason_against_assigning(request.actor),
        "problem": problem,
        "is_refused": bool(problem) and status != REFUSED_FORM,
        "done": "" if problem else DONE.get(request.GET.get("done", ""), ""),
        "panel_url": reverse("users:panel", args=[user.pk]),
        "in_panel": in_panel,
    }
    name = "users/_person_roles.html" if in_panel else "users/person_roles.html"
    return render(request, name, context, status=status)
