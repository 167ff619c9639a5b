"""Administrative units: their list, a new one, one with its people, its name, the end of it."""

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
from users.access import Decision, Permission, requires
from users.directory_forms import UnitForm
from users.directory_lists import get_unit, list_holdings_of_unit, list_units, read_people
from users.grid_query import with_query
from users.models import AdministrativeUnit, User
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.search import LONGEST_SEARCH
from users.services.people import Refused
from users.services.units import create_unit, delete_unit, update_unit
from users.views.proof import to_confirm

REFUSED_FORM = 422
"""Status of a form that comes back."""
DONE: dict[str, str | Promise] = {
    "made": _("The administrative unit was made. Add people to it, then assign roles over it."),
    "changed": _("The administrative unit was changed."),
    "deleted": _("The administrative unit was deleted. Its people stay as they are."),
    "added": _("They were added."),
    "removed": _("The person was taken out of the administrative unit."),
    "unchanged": _("Nothing had to be changed: it was so already."),
}


@requires(Permission.UNIT_READ)
@require_safe
def units(request: PortalRequest) -> HttpResponse:
    """List the administrative units of the tenant."""
    query, problem = request.GET, ""
    search = query.get("search", "").strip()
    if len(search) > LONGEST_SEARCH:
        search, problem = "", gettext("Search for at most %(most)s characters.") % {"most": LONGEST_SEARCH}
    after, url = query.get("after", ""), reverse("users:units")
    page = list_units(search=search, after=after)
    context = {
        "rows": page.rows,
        "search": search,
        "problem": problem,
        "done": DONE.get(query.get("done", ""), ""),
        "reason": _reason_against(request),
        "first_url": with_query(url, query, after="", done="") if after else "",
        "next_url": with_query(url, query, after=page.next_after, done="") if page.next_after else "",
    }
    return render(request, "users/units.html", context, status=REFUSED_FORM if problem else 200)


@requires(Permission.ROLE_ASSIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def new_unit(request: PortalRequest) -> HttpResponse:
    """Ask for a name, then make an administrative unit."""
    if request.method != "POST":
        return _form(request, UnitForm(initial=request.GET.dict()))
    form = UnitForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=REFUSED_FORM)
    try:
        made = create_unit(actor=request.actor, **form.cleaned_data, now=clock.now())
    except Refused as refusal:
        return _refused_form(request, form, refusal)
    return HttpResponseRedirect(unit_address(made.pk, done="made"))


@requires(Permission.UNIT_READ)
@require_safe
def unit(request: PortalRequest, unit_id: UUID) -> HttpResponse:
    """Show an administrative unit with its people and the roles over it."""
    return show_unit(request, get_unit(unit_id))


@requires(Permission.ROLE_ASSIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PortalRequest, unit_id: UUID) -> HttpResponse:
    """Ask for name and description of a unit, then change them."""
    found = get_unit(unit_id)
    if request.method != "POST":
        before = {"name": found.name, "description": found.description}
        return _form(request, UnitForm(initial=before | request.GET.dict()), found=found)
    form = UnitForm(request.POST)
    if not form.is_valid():
        return _form(request, form, found=found, status=REFUSED_FORM)
    try:
        update_unit(actor=request.actor, unit_id=found.pk, **form.cleaned_data, now=clock.now())
    except AdministrativeUnit.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        return _refused_form(request, form, refusal, found=found)
    return HttpResponseRedirect(unit_address(found.pk, done="changed"))


@requires(Permission.ROLE_ASSIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: PortalRequest, unit_id: UUID) -> HttpResponse:
    """Ask, then delete an administrative unit."""
    found = get_unit(unit_id)
    if request.method != "POST":
        context = {"unit": found, "holdings": list_holdings_of_unit(found), "back_url": unit_address(found.pk)}
        return render(request, "users/unit_delete.html", context)
    try:
        delete_unit(actor=request.actor, unit_id=found.pk, now=clock.now())
    except AdministrativeUnit.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        return refused(request, found, refusal, back_to=request.path)
    return HttpResponseRedirect(f"{reverse('users:units')}?done=deleted")


def show_unit(
    request: PortalRequest, found: AdministrativeUnit, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """Draw a unit, with what was wrong with a request, if anything was."""
    after, url = request.GET.get("after", ""), unit_address(found.pk)
    page = read_people(User.objects.filter(unit_memberships__unit=found), after=after)
    context = {
        "unit": found,
        "holdings": list_holdings_of_unit(found),
        "page": page,
        "problem": problem,
        "reason": _reason_against(request),
        "done": "" if problem else DONE.get(request.GET.get("done", ""), ""),
        "first_url": url if after else "",
        "next_url": f"{url}?after={page.next_after}" if page.next_after else "",
    }
    return render(request, "users/unit.html", context, status=status)


def unit_address(unit_id: UUID, *, done: str = "") -> str:
    """Return the address of a unit, with what was just done."""
    return f"{reverse('users:unit', args=[unit_id])}{f'?done={done}' if done else ''}"


def refused(request: PortalRequest, found: AdministrativeUnit, refusal: Refused, *, back_to: str) -> HttpResponse:
    """Say on the page of the unit why a change was refused, or lead to the fresh proof that it needs."""
    if refusal.decision.code == "RESET_STEP_UP":
        return to_confirm(request, back_to=back_to)
    return show_unit(request, found, problem=sentence(refusal.decision), status=status_of(refusal.decision))


def _reason_against(request: PortalRequest) -> str:
    """Return why this person may change no unit, or nothing; a change asks again, under its locks."""
    may = request.actor.may(Permission.ROLE_ASSIGN)
    return "" if may else sentence(Decision(allowed=False, code="NO_RIGHT_ROLE_ASSIGN"))


def _form(
    request: PortalRequest, form: UnitForm, *, found: AdministrativeUnit | None = None, status: int = 200
) -> HttpResponse:
    back_url = unit_address(found.pk) if found else reverse("users:units")
    return render(request, "users/unit_form.html", {"form": form, "unit": found, "back_url": back_url}, status=status)


def _refused_form(
    request: PortalRequest, form: UnitForm, refusal: Refused, *, found: AdministrativeUnit | None = None
) -> HttpResponse:
    if refusal.decision.code == "RESET_STEP_UP":
        return to_confirm(request, back_to=f"{request.path}?{urlencode(form.cleaned_data)}")
    form.add_error("name" if refusal.decision.code == "UNIT_NAME_TAKEN" else None, sentence(refusal.decision))
    return _form(request, form, found=found, status=REFUSED_FORM)
