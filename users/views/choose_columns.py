"""Choose columns: which ones somebody sees in the list of people. GET asks, POST keeps the choice."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from adminportal import clock
from users.access import Permission, requires
from users.grid_columns import COLUMNS, SECTIONS, Column, columns_of
from users.request import PortalRequest
from users.services.grid_choice import choose_columns, forget_columns
from users.views.sign_in import safe_target
from users.views.user_panel import wants_fragment


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One column that can be ticked."""

    code: str
    label: str | Promise
    is_chosen: bool


@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: PortalRequest) -> HttpResponse:
    """Ask which columns to show, then keep them and lead back to the list."""
    if request.method != "POST":
        return _ask(request, back_url=_back_url(request.GET.get("next", "")))
    back_url = _back_url(request.POST.get("next", ""))
    if "usual" in request.POST:
        forget_columns(actor=request.actor)
        return HttpResponseRedirect(back_url)
    try:
        chosen = [Column(code) for code in request.POST.getlist("column")]
    except ValueError:
        return _ask(request, back_url=back_url, problem=gettext("There is no such column. Nothing was changed."))
    choose_columns(actor=request.actor, columns=chosen, now=clock.now())
    return HttpResponseRedirect(back_url)


def _back_url(typed: str) -> str:
    """Return a list of people to go back to; no other page is led to."""
    url = reverse("users:active")
    return typed if safe_target(typed) and typed.partition("?")[0] == url else url


def _ask(request: PortalRequest, *, back_url: str, problem: str = "") -> HttpResponse:
    chosen = columns_of(request.actor.user)
    sections = [
        (label, [Box(code=each.value, label=COLUMNS[each].label, is_chosen=each in chosen) for each in some])
        for label, some in SECTIONS
    ]
    in_panel = wants_fragment(request)
    page = "users/_columns.html" if in_panel else "users/columns.html"
    context = {"sections": sections, "back_url": back_url, "problem": problem, "in_panel": in_panel}
    return render(request, page, context, status=422 if problem else 200)
