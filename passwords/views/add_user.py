"""Add a user: one page, then the result page of a reset."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from adminportal import clock
from adminportal.sealing import Secret
from passwords.add_user_form import AddUserForm
from passwords.authority import CreatorAuthority
from passwords.orders import ResetEnd, ResetOutcome
from passwords.rules import policy_of
from passwords.services.add_user import create_and_issue
from passwords.ticks import Tick, ticks_for
from passwords.validators import sentence as rule_sentence
from users.access import Decision, Permission, has_fresh_proof, requires
from users.models import Domain
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.services.people import NewPerson, draft_user

FIELD_OF: Final = {
    "NAME_TAKEN": "user_name",
    "NO_RIGHT_ROLE_ASSIGN": "role",
    "RESET_CIRCULAR_RECIPIENT": "addresses",
}
"""The field that a refusal is shown at."""
REFUSED_FORM: Final = 422
NAMES: Final = ("first_name", "last_name", "user_name", "domain")
"""What the rules of a password ask of the person."""


@requires(Permission.USER_CREATE)
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def add_user(request: PortalRequest) -> HttpResponse:
    """Show the form, and add the person."""
    form = _form(request)
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=REFUSED_FORM)
    outcome = create_and_issue(
        tenant=request.tenant,
        person=form.person(),
        password=form.password(),
        authority=CreatorAuthority(actor=request.actor),
        options=form.options(),
        now=clock.now(),
    )
    if outcome.end is ResetEnd.DONE:
        return HttpResponseRedirect(reverse("passwords:result", args=[outcome.reset_id]))
    if outcome.code == "RESET_STEP_UP":
        return HttpResponseRedirect(_confirm_url(request))
    return _refused(request, form, outcome)


@requires(Permission.USER_CREATE)
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_POST
def live_rules(request: PortalRequest) -> HttpResponse:
    """Answer live ticks for the password typed for a person who is not there yet; nothing is kept."""
    typed = Secret(request.POST.get("new_password", ""))
    names = {name: request.POST.get(name, "")[:256] for name in NAMES}
    return render(request, "components/rule_ticks.html", {"ticks": _ticks(request, typed=typed, **names)})


def _form(request: PortalRequest) -> AddUserForm:
    domains = Domain.objects.order_by("-is_default", "name").values_list("name", flat=True)
    may_assign = request.actor.may(Permission.ROLE_ASSIGN)
    note = "" if may_assign else sentence(Decision(allowed=False, code="NO_RIGHT_ROLE_ASSIGN"))
    form = AddUserForm(
        request.POST if request.method == "POST" else None,
        tenant=request.tenant,
        domains=list(domains),
        role_note=note,
        initial={"addresses": request.actor.user.mail or request.actor.user_principal_name},
    )
    if not may_assign:
        form.shut_role()
    if request.method != "POST" and not policy_of(request.tenant).admin_may_choose:
        form.shut_own()
    return form


def _ticks(
    request: PortalRequest,
    *,
    typed: Secret | None = None,
    first_name: str = "",
    last_name: str = "",
    user_name: str = "",
    domain: str = "",
) -> list[Tick]:
    person = NewPerson(
        user_principal_name=f"{user_name}@{domain}", display_name="", given_name=first_name, surname=last_name
    )
    return ticks_for(draft_user(request.tenant, person, now=clock.now()), tenant=request.tenant, typed=typed)


def _page(request: PortalRequest, form: AddUserForm, *, status: int = 200) -> HttpResponse:
    needs_proof = request.actor.may(Permission.ROLE_ASSIGN) and not has_fresh_proof(request.actor, now=clock.now())
    page = {"form": form, "ticks": _ticks(request), "confirm_url": _confirm_url(request) if needs_proof else ""}
    return render(request, "passwords/add_user.html", page, status=status)


def _refused(request: PortalRequest, form: AddUserForm, outcome: ResetOutcome) -> HttpResponse:
    for violation in outcome.violations:
        form.add_error("new_password", rule_sentence(violation))
    decision = Decision(allowed=False, code=outcome.code, values=outcome.values)
    if not outcome.violations:
        form.add_error(FIELD_OF.get(outcome.code), sentence(decision))
    forbidden = status_of(decision) == 403
    return _page(request, form, status=403 if forbidden else REFUSED_FORM)


def _confirm_url(request: PortalRequest) -> str:
    return f"{reverse('users:confirm')}?{urlencode({'next': request.path})}"
