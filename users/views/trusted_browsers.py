"""Forgets browsers that one trusted, from My account."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from adminportal import clock
from users.access import own_account
from users.request import PortalRequest
from users.services.trusted_browsers import forget_all_browsers, forget_browser


@own_account
@require_POST
def forget(request: PortalRequest) -> HttpResponse:
    """Forget one trusted browser, or all; one that is forgotten already is fine as well."""
    user, days, now = request.actor.user, request.tenant.trusted_device_days, clock.now()
    if "all" in request.POST:
        forget_all_browsers(user, days=days, now=now)
        return HttpResponseRedirect(f"{reverse('users:account')}?browsers=none")
    forget_browser(user, reference=request.POST.get("browser", ""), days=days, now=now)
    return HttpResponseRedirect(f"{reverse('users:account')}?browsers=forgotten")
