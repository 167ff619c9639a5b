"""Ends one session: of a person in the user panel, of one's own on My account."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from adminportal import clock
from users import cookies
from users.access import Permission, own_account, requires
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.selectors import get_user
from users.services import session_ends
from users.views.proof import to_confirm
from users.views.user_panel import show_person


# Reading people is the right that opens the panel: who may end a session is the service's answer.
@requires(Permission.USER_READ)
@require_POST
def end_session(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """End one session of a person; one that has ended meanwhile is fine as well."""
    user = get_user(user_id)
    panel_url = f"{reverse('users:panel', args=[user.pk])}?tab=password"
    reference = request.POST.get("session", "")
    try:
        session_ends.end_session_of(actor=request.actor, user_id=user.pk, reference=reference, now=clock.now())
    except session_ends.Refused as refusal:
        if refusal.decision.code == "RESET_STEP_UP":
            return to_confirm(request, back_to=panel_url)
        problem, status = sentence(refusal.decision), status_of(refusal.decision)
        return show_person(request, user, problem=problem, status=status)
    return HttpResponseRedirect(f"{panel_url}&done=session")


@own_account
@require_POST
def end_own_session(request: PortalRequest) -> HttpResponse:
    """End one session of one's own; ending the one of this browser signs out."""
    session = request.session_row
    ended = session_ends.end_own_session(session, reference=request.POST.get("session", ""), now=clock.now())
    if ended is None or ended.pk != session.pk:
        return HttpResponseRedirect(reverse("users:account"))
    response = HttpResponseRedirect(reverse("users:signin"))
    cookies.drop_session(response)
    return response
