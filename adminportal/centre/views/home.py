"""Home: the cards of the admin center, or My account for people without a role."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from adminportal import clock
from adminportal.audit.sink_state import sink_state
from adminportal.audit.tags import Activity
from adminportal.centre.overview import (
    break_glass_uses,
    delivery_ways,
    limits_reached,
    reason_against,
    recent_events,
)
from adminportal.centre.readiness import broker_state
from passwords.bulk_jobs import has_running_job
from users.access import needs_second_factor, own_account
from users.permissions import Permission
from users.request import PortalRequest
from users.role_warnings import list_warnings


@own_account
@needs_second_factor
@require_safe
def home(request: PortalRequest) -> HttpResponse:
    """Show the home page of the admin center."""
    actor = request.actor
    if not actor.is_admin:
        return HttpResponseRedirect(reverse("users:account"))
    now = clock.now()
    alerts = limits_reached(request.tenant.pk, now=now) if actor.may(Permission.MESSAGES_READ) else set()
    page = {
        "add_reason": reason_against(actor, Permission.USER_CREATE),
        "edit_reason": reason_against(actor, Permission.USER_READ),
        "reset_reason": reason_against(actor, Permission.PASSWORD_RESET),
        "delivery": delivery_ways(now=now) if actor.may(Permission.MESSAGES_READ) else None,
        "may_read_audit": actor.may(Permission.AUDIT_READ),
        "recent_events": recent_events(actor),
        "broker_is_away": broker_state(now=now) != "ok",
        "audit_sink_is_late": actor.may(Permission.AUDIT_READ) and sink_state(now=now).status == "late",
        "break_glass_uses": break_glass_uses(request.tenant.pk, now=now),
        "texts_held_back": Activity.TEXT_MESSAGES_HELD_BACK in alerts,
        "resets_slowed_down": Activity.SELF_SERVICE_PASSWORD_RESET_SLOWED_DOWN in alerts,
        "has_running_job": actor.may(Permission.BULK_READ) and has_running_job(actor),
        "role_warnings": list_warnings() if actor.may(Permission.ROLE_ASSIGN) else [],
    }
    return render(request, "centre/home.html", page)
