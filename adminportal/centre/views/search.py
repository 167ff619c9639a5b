"""The page of the search in the top bar."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from adminportal import clock
from adminportal.centre.search import find_everywhere
from adminportal.centre.search_hits import Part
from users.access import Permission, requires
from users.request import PortalRequest
from users.search import LONGEST_SEARCH, SearchTooLong


@requires(Permission.ADMIN_ENTER)
@require_safe
def search(request: PortalRequest) -> HttpResponse:
    """Show what is found for what was typed, of what this reader may see."""
    typed, problem = request.GET.get("q", "").strip(), ""
    parts: list[Part] = []
    try:
        parts = find_everywhere(request, typed, actor=request.actor, now=clock.now())
    except SearchTooLong:
        typed, problem = "", gettext("Search for at most %(most)s characters.") % {"most": LONGEST_SEARCH}
    context = {"searched_for": typed, "parts": parts, "problem": problem}
    return render(request, "centre/search.html", context, status=422 if problem else 200)
