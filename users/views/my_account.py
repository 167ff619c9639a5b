"""My account: what the portal knows of the person who is signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from adminportal import clock
from adminportal.sealing import Secret
from users import cookies
from users.access import open_to_must_change, own_account
from users.own_browsers import own_browsers
from users.own_contacts import is_alone_and_stuck, own_contacts, own_reach
from users.password_expiry import own_password_ends_at
from users.request import PortalRequest
from users.resetters import list_resetters
from users.services.people import sign_out_everywhere
from users.sessions import list_sessions

SAID: Final[dict[str, str | Promise]] = {
    "changed": _("It is changed. The old and the new address or number are told."),
    "removed": _("It is removed. The old address or number is told."),
    "same": _("That is what we have already. Nothing was changed."),
    "forgotten": _("It is removed. That browser is asked for a code when you next sign in."),
    "none": _("All are removed. Every browser is asked for a code when you next sign in."),
    "stopped": _("The change was stopped. Everything stays as it was."),
    "waits": _("The change waits for 24 hours. Every address that we have is told, and can stop it."),
}


@own_account
@require_GET
def account(request: PortalRequest) -> HttpResponse:
    """Show contact information, roles, password state, who can reset one, and signed-in browsers."""
    reach, now = own_reach(request.actor), clock.now()
    ends_at = own_password_ends_at(request.actor.user, tenant=request.tenant)
    page = {
        "person": request.actor.user,
        "roles": request.actor.role_names,
        "contacts": own_contacts(request.actor),
        "reach": reach,
        "is_admin": request.actor.is_admin,
        "is_stuck": is_alone_and_stuck(request.actor, reach),
        "said": SAID.get(request.GET.get("contact") or request.GET.get("browsers", ""), ""),
        "sessions": list_sessions(request.actor.user, now=now),
        "current_session": request.session_row,
        "browsers": own_browsers(request.actor, Secret(request.COOKIES.get(settings.TRUSTED_COOKIE_NAME, "")), now=now),
        "resetters": list_resetters(request.actor.user),
        "password_ends_at": ends_at,
        "ends_soon": ends_at is not None and ends_at <= now + timedelta(days=request.tenant.password_notice_days),
    }
    return render(request, "users/my_account.html", page)


@own_account
@open_to_must_change
@require_POST
def signout_everywhere(request: PortalRequest) -> HttpResponse:
    """End every session of one's own, this one too."""
    session, by = request.session_row, request.actor.for_audit()
    sign_out_everywhere(request.actor.user, session=session, by=by, now=clock.now())
    response = HttpResponseRedirect(reverse("users:signin"))
    cookies.drop_session(response)
    return response
