"""Who is in an administrative unit: people come in by a search, a department or a list of names, and go one by one."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from adminportal import clock
from users.access import Permission, has_fresh_proof, requires
from users.directory_forms import DepartmentForm, NamesForm, NothingChosen, read_ticked
from users.directory_lists import get_unit, list_departments
from users.models import AdministrativeUnit, UnitMember, User
from users.people_choice import read_choice
from users.request import PortalRequest
from users.services.people import Refused
from users.services.units import NamesAdded, add_department, add_names, add_to_unit, remove_from_unit
from users.views.proof import to_confirm
from users.views.units import REFUSED_FORM, refused, show_unit, unit_address

SHOWN_UNKNOWN = 200
"""Unknown names that are listed on the page."""


@requires(Permission.ROLE_ASSIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: PortalRequest, unit_id: UUID) -> HttpResponse:
    """Ask who shall come in, then add the people who were ticked."""
    found = get_unit(unit_id)
    if request.method != "POST":
        return _ask(request, found) if has_fresh_proof(request.actor, now=clock.now()) else to_confirm(request)
    try:
        ids = read_ticked(request.POST)
        changed = add_to_unit(actor=request.actor, unit_id=found.pk, user_ids=ids, now=clock.now())
    except NothingChosen as nothing:
        return _ask(request, found, problem=str(nothing), status=REFUSED_FORM)
    except (AdministrativeUnit.DoesNotExist, User.DoesNotExist):
        raise Http404 from None
    except Refused as refusal:
        return refused(request, found, refusal, back_to=request.path)
    return _done(found, changed)


@requires(Permission.ROLE_ASSIGN)
@require_POST
def add_by_department(request: PortalRequest, unit_id: UUID) -> HttpResponse:
    """Add everybody of a department."""
    found = get_unit(unit_id)
    form = DepartmentForm(request.POST, departments=list_departments())
    if not form.is_valid():
        return _ask(request, found, department=form, status=REFUSED_FORM)
    department = form.cleaned_data["department"]
    try:
        changed = add_department(actor=request.actor, unit_id=found.pk, department=department, now=clock.now())
    except AdministrativeUnit.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        return refused(request, found, refusal, back_to=_address(found))
    return _done(found, changed)


@requires(Permission.ROLE_ASSIGN)
@require_POST
def add_by_names(request: PortalRequest, unit_id: UUID) -> HttpResponse:
    """Add the people whose user names were pasted, and say which names nobody has."""
    found = get_unit(unit_id)
    form = NamesForm(request.POST)
    if not form.is_valid():
        return _ask(request, found, names=form, status=REFUSED_FORM)
    try:
        added = add_names(actor=request.actor, unit_id=found.pk, names=form.cleaned_data["names"], now=clock.now())
    except AdministrativeUnit.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        return refused(request, found, refusal, back_to=_address(found))
    return _ask(request, found, names=NamesForm(), added=added) if added.unknown else _done(found, added.changed)


@requires(Permission.ROLE_ASSIGN)
@require_POST
def remove(request: PortalRequest, unit_id: UUID) -> HttpResponse:
    """Take a person out of a unit."""
    found = get_unit(unit_id)
    try:
        ids = read_ticked(request.POST)
        changed = remove_from_unit(actor=request.actor, unit_id=found.pk, user_ids=ids, now=clock.now())
    except NothingChosen as nothing:
        return show_unit(request, found, problem=str(nothing), status=REFUSED_FORM)
    except AdministrativeUnit.DoesNotExist:
        raise Http404 from None
    except Refused as refusal:
        return refused(request, found, refusal, back_to=unit_address(found.pk))
    return HttpResponseRedirect(unit_address(found.pk, done="removed" if changed else "unchanged"))


def _ask(
    request: PortalRequest,
    found: AdministrativeUnit,
    *,
    department: DepartmentForm | None = None,
    names: NamesForm | None = None,
    added: NamesAdded | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    choice = read_choice(_address(found), request.GET, actor=request.actor, now=clock.now())
    there = UnitMember.objects.filter(unit=found, user__in=[user.pk for user in choice.people])
    context = {
        "unit": found,
        "choice": choice,
        "there": set(there.values_list("user", flat=True)),
        "department_form": department or DepartmentForm(departments=list_departments()),
        "names_form": names or NamesForm(),
        "added": added,
        "unknown": added.unknown[:SHOWN_UNKNOWN] if added else (),
        "problem": problem or choice.problem,
        "back_url": unit_address(found.pk),
    }
    return render(request, "users/unit_add.html", context, status=REFUSED_FORM if choice.problem else status)


def _address(found: AdministrativeUnit) -> str:
    return reverse("users:unit-add", args=[found.pk])


def _done(found: AdministrativeUnit, changed: int) -> HttpResponse:
    return HttpResponseRedirect(unit_address(found.pk, done="added" if changed else "unchanged"))
