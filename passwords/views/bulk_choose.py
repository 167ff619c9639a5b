"""From chosen people to a draft of a bulk job: nothing is changed here, the draft's page asks first."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from users.access import Permission, requires
from users.grid_query import EVERYONE
from users.request import PortalRequest
from users.views.active_users import show_people

ONE_PERSON: Final = {
    "reset": "passwords:reset",
    "block": "users:block",
    "allow": "users:allow",
    "sign_out": "users:signout-person",
}
"""Where one ticked person is led: to the page that asks about this person alone."""


@requires(Permission.USER_READ)
@require_POST
def choose(request: PortalRequest) -> HttpResponse:
    """Take the ticked people, or everyone of a search and a view."""
    act = request.POST.get("act", "")
    if request.POST.get("select") == EVERYONE:
        return show_people(request, request.POST, problem=gettext("Nothing was changed."))
    try:
        ticked = ticked_people(request)
    except ValueError:
        return show_people(request, request.POST, problem=gettext("There is no such person. Nothing was changed."))
    if len(ticked) == 1 and act in ONE_PERSON:
        return HttpResponseRedirect(reverse(ONE_PERSON[act], args=ticked))
    problem = gettext("Tick at least one person, then choose what to do. Nothing was changed.")
    return show_people(request, request.POST, problem=problem)


def ticked_people(request: PortalRequest) -> list[UUID]:
    """Return the people of the boxes on the page and of those that a script kept from other pages, each once.

    :raises ValueError: when one of them is no id.
    """
    texts = [*request.POST.getlist("user"), *filter(None, request.POST.get("users", "").split(","))]
    return list(dict.fromkeys(UUID(text) for text in texts))
