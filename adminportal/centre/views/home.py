"""Home: the cards of the admin center, or My account for people without a role."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from users.access import own_account
from users.request import PortalRequest


@own_account
@require_safe
def home(request: PortalRequest) -> HttpResponse:
    """Show the home page of the admin center."""
    if not request.actor.is_admin:
        return HttpResponseRedirect(reverse("users:account"))
    return render(request, "centre/home.html", {})
