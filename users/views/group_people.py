"""Who belongs to a group and who owns it: people come in by a search and go one by one."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from adminportal import clock
from users.access import Permission, has_fresh_proof, requires
from users.directory_forms import NothingChosen, read_part, read_ticked
from users.directory_lists import get_group
from users.models import Group, User
from users.people_choice import read_choice
from users.request import PortalRequest
from users.services.groups import MODELS, Part, add_to_group, remove_from_group
from users.services.people import Refused
from users.views.groups import REFUSED_FORM, group_address, led_on, reason_against, refused, show_group
from users.views.proof import to_confirm


# Reading people is the right that opens these pages: who may change a group is the service's answer, so that each
# refusal has its sentence and its row in the audit log.
@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: PortalRequest, group_id: UUID) -> HttpResponse:
    """Ask who shall come in, as members or as owners, then add them."""
    found = get_group(group_id)
    if request.method != "POST":
        return _to_confirm_first(request, found) or _choose(request, found)
    part = read_part(request.POST)
    try:
        change = add_to_group(
            actor=request.actor,
            group_id=found.pk,
            part=part,
            user_ids=read_ticked(request.POST),
            session=request.session_row,
            now=clock.now(),
        )
    except NothingChosen as nothing:
        return _choose(request, found, problem=str(nothing), status=REFUSED_FORM)
    except (Group.DoesNotExist, User.DoesNotExist):
        raise Http404 from None
    except Refused as refusal:
        return refused(request, found, refusal, back_to=_address(found, part))
    return led_on(group_address(found.pk, part=part, done="added" if change.changed else "unchanged"), change)


@requires(Permission.USER_READ)
@require_POST
def remove(request: PortalRequest, group_id: UUID) -> HttpResponse:
    """Take a person out of a group, or of its owners."""
    found, part = get_group(group_id), read_part(request.POST)
    try:
        change = remove_from_group(
            actor=request.actor,
            group_id=found.pk,
            part=part,
            user_ids=read_ticked(request.POST),
            session=request.session_row,
            now=clock.now(),
        )
    except NothingChosen as nothing:
        return show_group(request, found, problem=str(nothing), status=REFUSED_FORM)
    except Group.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        return refused(request, found, refusal, back_to=group_address(found.pk, part=part))
    return led_on(group_address(found.pk, part=part, done="removed" if change.changed else "unchanged"), change)


def _to_confirm_first(request: PortalRequest, found: Group) -> HttpResponse | None:
    """Ask for fresh proof before anybody is chosen, where the group needs it and the reader may choose at all."""
    if not found.is_role_assignable or reason_against(request, found):
        return None
    return None if has_fresh_proof(request.actor, now=clock.now()) else to_confirm(request)


def _choose(request: PortalRequest, found: Group, *, problem: str = "", status: int = 200) -> HttpResponse:
    url = reverse("users:group-add", args=[found.pk])
    part = read_part(request.POST if request.method == "POST" else request.GET)
    choice = read_choice(url, request.GET, actor=request.actor, now=clock.now())
    there = MODELS[part].objects.filter(group=found, user__in=[user.pk for user in choice.people])
    context = {
        "group": found,
        "part": part,
        "choice": choice,
        "there": set(there.values_list("user", flat=True)),
        "reason": reason_against(request, found),
        "problem": problem or choice.problem,
        "back_url": group_address(found.pk, part=part),
    }
    return render(request, "users/group_add.html", context, status=REFUSED_FORM if choice.problem else status)


def _address(found: Group, part: Part) -> str:
    return f"{reverse('users:group-add', args=[found.pk])}?{urlencode({'part': part})}"
