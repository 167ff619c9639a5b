"""Groups: their list, a new one, one with its people, another name, the end of it."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from adminportal import clock
from users import cookies
from users.access import Decision, Permission, requires
from users.directory_forms import GroupForm, read_part
from users.directory_lists import get_group, list_groups, list_roles_of_group, read_people
from users.grid_query import with_query
from users.models import Group, User
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.search import LONGEST_SEARCH
from users.services.groups import GroupChange, Part, create_group, delete_group, may_manage, rename_group
from users.services.people import Refused
from users.views.proof import to_confirm

REFUSED_FORM = 422
"""Status of a form that comes back."""
DONE: dict[str, str | Promise] = {
    "made": _("The group was made. Add members and owners to it."),
    "renamed": _("The group has its new name."),
    "deleted": _("The group was deleted. Roles that people held through it have ended."),
    "added": _("They were added."),
    "removed": _("The person was taken out of the group."),
    "unchanged": _("Nothing had to be changed: it was so already."),
}
NAME_CODES = ("GROUP_NAME_TAKEN",)


# Reading people is the right that opens these pages: who may change a group is the service's answer, so that each
# refusal has its sentence and its row in the audit log.
@requires(Permission.USER_READ)
@require_safe
def groups(request: PortalRequest) -> HttpResponse:
    """List the groups of the tenant."""
    query, problem = request.GET, ""
    search = query.get("search", "").strip()
    if len(search) > LONGEST_SEARCH:
        search, problem = "", gettext("Search for at most %(most)s characters.") % {"most": LONGEST_SEARCH}
    after, url = query.get("after", ""), reverse("users:groups")
    page = list_groups(search=search, after=after)
    context = {
        "rows": page.rows,
        "search": search,
        "problem": problem,
        "done": DONE.get(query.get("done", ""), ""),
        "add_reason": _reason_against_adding(request),
        "first_url": with_query(url, query, after="", done="") if after else "",
        "next_url": with_query(url, query, after=page.next_after, done="") if page.next_after else "",
    }
    return render(request, "users/groups.html", context, status=REFUSED_FORM if problem else 200)


@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def new_group(request: PortalRequest) -> HttpResponse:
    """Ask for a name and whether roles can be given to it, then make a group."""
    reason = _reason_against_adding(request)
    if request.method != "POST":
        return _form(request, GroupForm(initial=request.GET.dict(), is_new=True), reason=reason)
    form = GroupForm(request.POST, is_new=True)
    if not form.is_valid():
        return _form(request, form, reason=reason, status=REFUSED_FORM)
    values = form.cleaned_data
    try:
        group = create_group(
            actor=request.actor,
            name=values["name"],
            is_role_assignable=values["is_role_assignable"],
            now=clock.now(),
        )
    except Refused as refusal:
        typed = {"name": values["name"], "is_role_assignable": "on" if values["is_role_assignable"] else ""}
        return _refused_form(request, form, refusal, back_to=f"{request.path}?{urlencode(typed)}")
    return HttpResponseRedirect(group_address(group.pk, done="made"))


@requires(Permission.USER_READ)
@require_safe
def group(request: PortalRequest, group_id: UUID) -> HttpResponse:
    """Show a group with its members or its owners."""
    return show_group(request, get_group(group_id))


@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: PortalRequest, group_id: UUID) -> HttpResponse:
    """Ask for another name of a group, then give it."""
    found = get_group(group_id)
    reason = reason_against(request, found)
    if request.method != "POST":
        name = request.GET.get("name", found.name)
        return _form(request, GroupForm(initial={"name": name}, is_new=False), group=found, reason=reason)
    form = GroupForm(request.POST, is_new=False)
    if not form.is_valid():
        return _form(request, form, group=found, reason=reason, status=REFUSED_FORM)
    name = form.cleaned_data["name"]
    try:
        rename_group(actor=request.actor, group_id=found.pk, name=name, now=clock.now())
    except Group.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        back_to = f"{request.path}?{urlencode({'name': name})}"
        return _refused_form(request, form, refusal, group=found, back_to=back_to)
    return HttpResponseRedirect(group_address(found.pk, done="renamed"))


@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: PortalRequest, group_id: UUID) -> HttpResponse:
    """Ask, then delete a group."""
    found = get_group(group_id)
    if request.method != "POST":
        context = {
            "group": found,
            "roles": list_roles_of_group(found),
            "reason": reason_against(request, found),
            "back_url": group_address(found.pk),
        }
        return render(request, "users/group_delete.html", context)
    try:
        change = delete_group(actor=request.actor, group_id=found.pk, session=request.session_row, now=clock.now())
    except Group.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        return refused(request, found, refusal, back_to=request.path)
    return led_on(f"{reverse('users:groups')}?done=deleted", change)


def show_group(request: PortalRequest, found: Group, *, problem: str = "", status: int = 200) -> HttpResponse:
    """Draw a group, with what was wrong with a request, if anything was."""
    part, after = read_part(request.GET), request.GET.get("after", "")
    url = group_address(found.pk, part=part)
    held_by = {Part.MEMBER: "memberships__group", Part.OWNER: "ownerships__group"}[part]
    page = read_people(User.objects.filter(**{held_by: found}), after=after)
    context = {
        "group": found,
        "roles": list_roles_of_group(found),
        "part": part,
        "page": page,
        "reason": reason_against(request, found),
        "bulk_reason": _reason_against_bulk(request),
        "problem": problem,
        "done": "" if problem else DONE.get(request.GET.get("done", ""), ""),
        "tabs": [(label, group_address(found.pk, part=each), each is part) for each, label in PARTS.items()],
        "first_url": url if after else "",
        "next_url": f"{url}{'&' if '?' in url else '?'}after={page.next_after}" if page.next_after else "",
    }
    return render(request, "users/group.html", context, status=status)


PARTS: dict[Part, str | Promise] = {Part.MEMBER: _("Members"), Part.OWNER: _("Owners")}


def group_address(group_id: UUID, *, part: Part = Part.MEMBER, done: str = "") -> str:
    """Return the address of a group with its members or owners, and with what was just done."""
    asked = {"part": part if part is not Part.MEMBER else "", "done": done}
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"{reverse('users:group', args=[group_id])}{'?' if query else ''}{query}"


def reason_against(request: PortalRequest, found: Group) -> str:
    """Say why the reader cannot change this group, or nothing; a fresh proof is another question."""
    decision = may_manage(request.actor, is_role_assignable=found.is_role_assignable, now=clock.now())
    return "" if decision.code == "RESET_STEP_UP" else sentence(decision)


def led_on(address: str, change: GroupChange) -> HttpResponse:
    """Lead on after a change; a change of one's own rights goes on under a new key of the session."""
    response = HttpResponseRedirect(address)
    if change.session_key:
        cookies.set_session(response, change.session_key)
    return response


def refused(request: PortalRequest, found: Group, refusal: Refused, *, back_to: str) -> HttpResponse:
    """Say on the page of the group why a change was refused, or lead to the fresh proof that it needs."""
    if refusal.decision.code == "RESET_STEP_UP":
        return to_confirm(request, back_to=back_to)
    return show_group(request, found, problem=sentence(refusal.decision), status=status_of(refusal.decision))


def _reason_against_adding(request: PortalRequest) -> str:
    """Say why the reader cannot make a group of either kind, or nothing."""
    kinds = [may_manage(request.actor, is_role_assignable=kind, now=clock.now()) for kind in (False, True)]
    if any(decision.allowed or decision.code == "RESET_STEP_UP" for decision in kinds):
        return ""
    return sentence(kinds[0])


def _reason_against_bulk(request: PortalRequest) -> str:
    """Say why the reader starts no bulk job, or nothing."""
    if request.actor.may(Permission.PASSWORD_RESET):
        return ""
    return sentence(Decision(allowed=False, code="RESET_NO_ROLE"))


def _form(
    request: PortalRequest, form: GroupForm, *, group: Group | None = None, reason: str = "", status: int = 200
) -> HttpResponse:
    back_url = group_address(group.pk) if group else reverse("users:groups")
    context = {"form": form, "group": group, "reason": reason, "back_url": back_url}
    return render(request, "users/group_form.html", context, status=status)


def _refused_form(
    request: PortalRequest, form: GroupForm, refusal: Refused, *, group: Group | None = None, back_to: str
) -> HttpResponse:
    if refusal.decision.code == "RESET_STEP_UP":
        return to_confirm(request, back_to=back_to)
    is_about_the_name = refusal.decision.code in NAME_CODES
    form.add_error("name" if is_about_the_name else None, sentence(refusal.decision))
    return _form(
        request, form, group=group, status=status_of(refusal.decision) if not is_about_the_name else REFUSED_FORM
    )
