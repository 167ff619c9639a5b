"""From chosen people to a draft of a bulk job: nothing is changed here, the page of the draft asks first."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from adminportal import clock
from passwords.bulk_form import GroupForm
from passwords.models import BulkAct, BulkJob
from passwords.services.bulk_selection import NobodyChosen, draft_from_filter, draft_from_group, draft_from_ids
from users.access import Permission, requires
from users.grid_query import EVERYONE, BadQuery, read_wanted
from users.grid_selection import MOST_TICKS, refusal_of
from users.grid_views import default_view
from users.request import PortalRequest
from users.views.active_users import show_people

ONE_PERSON: Final = {
    BulkAct.RESET: "passwords:reset",
    BulkAct.BLOCK: "users:block",
    BulkAct.ALLOW: "users:allow",
    BulkAct.SIGN_OUT: "users:signout-person",
}
"""Where one ticked person is led: to the page that asks about this person alone."""


class _NotChosen(Exception):
    """There is nobody to make a draft of; its text is the sentence that says why."""


@requires(Permission.USER_READ)
@require_POST
def choose(request: PortalRequest) -> HttpResponse:
    """Take the ticked people, or everyone of a search and a view, and lead to the page that asks."""
    if request.POST.get("act") not in BulkAct.values:
        return show_people(request, request.POST, problem=gettext("Choose what to do. Nothing was changed."))
    act = BulkAct(request.POST["act"])
    reason = refusal_of(act, request.actor)
    if reason:
        return show_people(request, request.POST, problem=reason, status=403)
    try:
        ticked = [] if request.POST.get("select") == EVERYONE else _ticked(request)
        if len(ticked) == 1 and act in ONE_PERSON:
            return HttpResponseRedirect(reverse(ONE_PERSON[act], args=ticked))
        return to_job(_ticked_draft(request, act, ticked) if ticked else _filter_draft(request, act))
    except _NotChosen as nobody:
        return show_people(request, request.POST, problem=str(nobody))


@requires(Permission.PASSWORD_RESET)
@require_http_methods(["GET", "HEAD", "POST"])
def by_group(request: PortalRequest) -> HttpResponse:
    """Choose a group and what to do to everyone in it."""
    if request.method != "POST":
        form = GroupForm(actor=request.actor, initial={"group": request.GET.get("group", "")})
        return render(request, "passwords/bulk_group.html", {"form": form})
    form = GroupForm(request.POST, actor=request.actor)
    if not form.is_valid():
        return render(request, "passwords/bulk_group.html", {"form": form}, status=422)
    act = BulkAct(form.cleaned_data["act"])
    return to_job(draft_from_group(actor=request.actor, act=act, group_id=form.group_id(), now=clock.now()))


def to_job(job: BulkJob) -> HttpResponse:
    """Lead to the page of a job."""
    return HttpResponseRedirect(reverse("passwords:bulk", args=[job.pk]))


def _ticked(request: PortalRequest) -> list[UUID]:
    """Return the people of the boxes on the page and of those that a script kept from other pages, each once."""
    texts = [*request.POST.getlist("user"), *filter(None, request.POST.get("users", "").split(","))]
    try:
        ticked = list(dict.fromkeys(UUID(text) for text in texts))
    except ValueError:
        raise _NotChosen(gettext("There is no such person. Nothing was changed.")) from None
    if not ticked:
        raise _NotChosen(gettext("Tick at least one person, then choose what to do. Nothing was changed."))
    if len(ticked) > MOST_TICKS:
        sentence = gettext("Tick at most %(most)s people, or select everyone who matches. Nothing was changed.")
        raise _NotChosen(sentence % {"most": MOST_TICKS})
    return ticked


def _ticked_draft(request: PortalRequest, act: BulkAct, ticked: list[UUID]) -> BulkJob:
    try:
        return draft_from_ids(actor=request.actor, act=act, user_ids=ticked, now=clock.now())
    except NobodyChosen:
        raise _NotChosen(gettext("There is no such person. Nothing was changed.")) from None


def _filter_draft(request: PortalRequest, act: BulkAct) -> BulkJob:
    now = clock.now()
    try:
        wanted = read_wanted(request.POST, actor=request.actor, now=now, usual=default_view(request.actor))
    except BadQuery as bad:
        raise _NotChosen(str(bad)) from None
    return draft_from_filter(
        actor=request.actor,
        act=act,
        search=request.POST.get("search", ""),
        view=wanted.view,
        in_contacts=wanted.in_contacts,
        now=now,
    )
