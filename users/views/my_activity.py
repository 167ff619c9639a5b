"""Sign-in activity and security history of one's own, from the audit log."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from adminportal.audit.models import AuditEvent
from adminportal.audit.selectors import list_events_about
from adminportal.audit.tags import Category
from users.access import own_account
from users.request import PortalRequest

SHOWN: Final = 25
"""Rows of each list."""


@own_account
@require_GET
def activity(request: PortalRequest) -> HttpResponse:
    """Show the latest sign-ins, and the latest of what was done to the account."""
    about = list_events_about(tenant_id=request.tenant.pk, user_id=request.actor.id)
    page = {
        "sign_ins": list(about.filter(category=Category.SIGN_IN)[:SHOWN]),
        "history": [_line(event, request) for event in about.exclude(category=Category.SIGN_IN)[:SHOWN]],
    }
    return render(request, "users/my_activity.html", page)


def _line(event: AuditEvent, request: PortalRequest) -> tuple[AuditEvent, bool]:
    """Return an event, and whether the person did it themself."""
    return event, event.actor_id == request.actor.id
