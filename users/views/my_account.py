"""My account: what the portal knows of the person who is signed in."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from adminportal import clock
from users import cookies
from users.access import open_to_must_change, own_account
from users.models import Contact, ContactKind
from users.request import PortalRequest
from users.resetters import list_resetters
from users.services.people import sign_out_everywhere
from users.sessions import list_sessions


@own_account
@require_GET
def account(request: PortalRequest) -> HttpResponse:
    """Show contact information, roles, password state, who can reset one, and signed-in browsers."""
    contacts = dict(Contact.objects.filter(user=request.actor.user).values_list("kind", "value"))
    page = {
        "person": request.actor.user,
        "roles": request.actor.role_names,
        "alternate_email": contacts.get(ContactKind.ALTERNATE_EMAIL, ""),
        "mobile_phone": contacts.get(ContactKind.MOBILE_PHONE, ""),
        "sessions": list_sessions(request.actor.user, now=clock.now()),
        "current_session": request.session_row,
        "resetters": list_resetters(request.actor.user),
    }
    return render(request, "users/my_account.html", page)


@own_account
@open_to_must_change
@require_POST
def signout_everywhere(request: PortalRequest) -> HttpResponse:
    """End every session of one's own, this one too."""
    sign_out_everywhere(request.actor.user, by=request.actor.for_audit(), now=clock.now())
    response = HttpResponseRedirect(reverse("users:signin"))
    cookies.drop_session(response)
    return response
