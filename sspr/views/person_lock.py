"""Opens self-service again for one person, from the user panel."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from adminportal import clock
from sspr.services import reopening
from users.access import Permission, requires
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.selectors import get_user
from users.services.people import Refused
from users.views.proof import to_confirm
from users.views.user_panel import show_person


# Reading people is the right that opens the panel: who may open self-service is the service's answer.
@requires(Permission.USER_READ)
@require_POST
def open_again(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """End what closed self-service for a person; where nothing is closed any more that is fine as well."""
    user = get_user(user_id)
    panel = f"{reverse('users:panel', args=[user.pk])}?tab=password"
    try:
        reopening.open_again(actor=request.actor, user_id=user.pk, now=clock.now())
    except Refused as refusal:
        if refusal.decision.code == "RESET_STEP_UP":
            return to_confirm(request, back_to=panel)
        problem, status = sentence(refusal.decision), status_of(refusal.decision)
        return show_person(request, user, problem=problem, status=status)
    return HttpResponseRedirect(f"{panel}&done=self-service")
