"""Give a role to somebody and take it away: GET asks, POST does; both need fresh proof."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from adminportal import clock
from users import cookies
from users.access import Permission, has_fresh_proof, requires
from users.models import RoleAssignment
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.role_assign_form import (
    BadChoice,
    Candidates,
    find_candidates,
    list_units,
    read_order,
    reason_against_assigning,
)
from users.role_holders import get_assignment, last_of, last_reason
from users.role_rows import describe_role
from users.roles import Role
from users.services.people import Refused
from users.services.role_assignments import RoleChange, RoleOrder, assign_role, remove_role
from users.views.proof import to_confirm
from users.views.roles import RoleTab, get_role, show_role
from users.views.user_panel import wants_fragment

REFUSED_FORM = 422
"""Status of a form that comes back; htmx puts it into the page, and no other refusal."""


# Reading roles is the right that opens these pages: who may do it is the service's answer, so that each refusal has
# its sentence and its row in the audit log.
@requires(Permission.ROLE_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: PortalRequest, template_id: UUID) -> HttpResponse:
    """Ask whom to give a role to, then give it."""
    role = get_role(template_id)
    if request.method != "POST":
        return _to_confirm_first(request) or _ask(request, role)
    try:
        order = read_order(request.POST, role)
    except BadChoice as bad:
        return _ask(request, role, problem=str(bad), status=REFUSED_FORM)
    try:
        change = assign_role(actor=request.actor, order=order, session=request.session_row, now=clock.now())
    except Refused as refusal:
        return refused(request, role, refusal, back_to=request.path)
    except ObjectDoesNotExist:
        raise Http404 from None
    return led_on(role_address(role, done="assigned" if change.changed else "unchanged"), change)


@requires(Permission.ROLE_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: PortalRequest, assignment_id: UUID) -> HttpResponse:
    """Ask, then take a role away from whoever holds it."""
    row = get_assignment(assignment_id)
    role = get_role(row.role)
    if request.method != "POST":
        reason = last_reason() if row.pk in last_of([row]) else ""
        context = {
            "role": describe_role(role),
            "row": row,
            "holder": _holder(row),
            "reason": reason_against_assigning(request.actor) or reason,
            "back_url": role_address(role),
        }
        return _to_confirm_first(request) or _page(request, "role_remove", context)
    order = RoleOrder(role=role, user_id=row.user_id, group_id=row.group_id, unit_id=row.unit_id)
    try:
        change = remove_role(actor=request.actor, order=order, session=request.session_row, now=clock.now())
    except Refused as refusal:
        return refused(request, role, refusal, back_to=request.path)
    except ObjectDoesNotExist:
        raise Http404 from None
    return led_on(role_address(role, done="removed" if change.changed else "unchanged"), change)


def role_address(role: Role, *, done: str = "") -> str:
    """Return the address of the holders of a role, with what was just done."""
    address = f"{reverse('users:role', args=[describe_role(role).template_id])}?tab=assigned"
    return f"{address}&done={done}" if done else address


def led_on(address: str, change: RoleChange) -> HttpResponse:
    """Lead on after a change; a change of one's own rights goes on under a new key of the session."""
    response = HttpResponseRedirect(address)
    if change.session_key:
        cookies.set_session(response, change.session_key)
    return response


def refused(request: PortalRequest, role: Role, refusal: Refused, *, back_to: str) -> HttpResponse:
    """Say why a change was refused, or lead to the fresh proof that it needs."""
    if refusal.decision.code == "RESET_STEP_UP":
        return to_confirm(request, back_to=back_to)
    problem, status = sentence(refusal.decision), status_of(refusal.decision)
    return show_role(request, role, tab=RoleTab.ASSIGNED, problem=problem, status=status)


def _holder(row: RoleAssignment) -> str:
    """Name whoever holds a role so that nobody takes them for somebody else."""
    if row.user is None:
        return row.group.name if row.group else ""
    names = {"name": row.user.display_name, "user_name": row.user.user_principal_name}
    return gettext("%(name)s (%(user_name)s)") % names


def _to_confirm_first(request: PortalRequest) -> HttpResponse | None:
    """Ask for fresh proof before anything is chosen, where the reader may choose at all."""
    if reason_against_assigning(request.actor) or has_fresh_proof(request.actor, now=clock.now()):
        return None
    return to_confirm(request)


def _ask(request: PortalRequest, role: Role, *, problem: str = "", status: int = 200) -> HttpResponse:
    search = request.GET.get("search", "").strip()
    try:
        found = find_candidates(search)
    except BadChoice as bad:
        found, problem, status = Candidates(people=(), groups=(), has_more=False), str(bad), REFUSED_FORM
    context = {
        "role": describe_role(role),
        "found": found,
        "search": search,
        "units": list_units(role),
        "problem": problem,
        "reason": reason_against_assigning(request.actor),
        "back_url": role_address(role),
    }
    return _page(request, "role_assign", context, status=status)


def _page(request: PortalRequest, name: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    in_panel = wants_fragment(request)
    page = f"users/_{name}.html" if in_panel else f"users/{name}.html"
    return render(request, page, {**context, "in_panel": in_panel}, status=status)
