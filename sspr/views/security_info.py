"""Security info: what a person registered to prove who they are, and every change of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from adminportal import clock
from sspr.models import SecurityAnswer
from sspr.registration import may_answer_questions
from sspr.security_lines import Line, lines_of
from sspr.services import security_info as service
from sspr.services.register import Standing, is_asking, must_register, standing_of
from sspr.views.set_up import TITLES, by_code, manage_frame
from sspr.views.set_up_app import by_app
from sspr.views.set_up_questions import by_questions
from users.access import has_fresh_proof, needs_second_factor, open_to_unregistered, own_account
from users.managed_contacts import directory_of
from users.models import AuthenticationMethod, MethodKind
from users.request import PortalRequest
from users.services.authenticators import MOST_APPS
from users.services.method_changes import RECOVERY_CODES, SECURITY_QUESTIONS, label_of
from users.services.methods import MethodMissing
from users.services.own_methods import channels_for
from users.services.people import Refused
from users.twins import twins_of
from users.views.proof import to_confirm

SAID: Final[dict[str, str | Promise]] = {
    "saved": _("Your security info is changed. Your addresses were told, and you were signed out everywhere else."),
    "removed": _("It is removed. Your addresses were told, and you were signed out everywhere else."),
    "both": _(
        "It is removed, from your contact information as well. "
        "Your addresses were told, and you were signed out everywhere else."
    ),
    "kept": _(
        "It is removed here, and stays in your contact information. "
        "Your addresses were told, and you were signed out everywhere else."
    ),
    "default": _("This method is asked for first from now on."),
}
ADDED_BY_CODE: Final = {
    MethodKind.MOBILE_PHONE: "sspr:security-info-phone",
    MethodKind.ALTERNATE_PHONE: "sspr:security-info-alternate-phone",
    MethodKind.OFFICE_PHONE: "sspr:security-info-office",
    MethodKind.EMAIL: "sspr:security-info-email",
    MethodKind.EXTRA_EMAIL: "sspr:security-info-extra-email",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """Something that can be added."""

    label: str | Promise
    route: str
    icon: str = "plus"


@own_account
@open_to_unregistered
@require_safe
def old_address(request: PortalRequest) -> HttpResponse:
    """Lead from the addresses that people know from elsewhere."""
    return HttpResponseRedirect(reverse("sspr:security-info"))


@own_account
@needs_second_factor
@open_to_unregistered
@never_cache
@require_safe
def security_info(request: PortalRequest) -> HttpResponse:
    """List what is registered, what could be added, and whether it is enough."""
    standing, lines = standing_of(request.actor), lines_of(request.actor)
    page = {
        "lines": lines,
        "additions": _additions(standing, lines),
        "standing": standing,
        "missing": max(standing.need.required - standing.need.have, 0) if standing.is_in_reach else 0,
        "is_asked": must_register(standing),
        "said": next((text for name, text in SAID.items() if name in request.GET), ""),
    }
    return render(request, "sspr/security_info.html", page)


@own_account
@needs_second_factor
@open_to_unregistered
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: PortalRequest, kind: str) -> HttpResponse:
    """Add or change one method; the first thing asked for is a fresh proof."""
    if not has_fresh_proof(request.actor, now=clock.now()):
        return to_confirm(request, back_to=request.path)
    frame = manage_frame(request)
    if kind == MethodKind.AUTHENTICATOR:
        return by_app(request, frame)
    if kind == SECURITY_QUESTIONS:
        return by_questions(request, frame)
    return by_code(request, MethodKind(kind), frame)


@own_account
@needs_second_factor
@open_to_unregistered
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: PortalRequest, method_id: UUID) -> HttpResponse:
    """Ask, then remove one method."""
    method = AuthenticationMethod.objects.filter(user=request.actor.user, pk=method_id).first()
    if method is None:
        raise Http404
    if not has_fresh_proof(request.actor, now=clock.now()):
        return to_confirm(request)
    if request.method != "POST":
        return _ask_before_removing(request, method)
    try:
        twins = service.remove(actor=request.actor, session=request.session_row, method_id=method_id, now=clock.now())
    except MethodMissing:
        raise Http404 from None
    except Refused:
        return to_confirm(request)
    return _back("kept" if twins.staying else "both" if twins.going else "removed")


@own_account
@needs_second_factor
@open_to_unregistered
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove_questions(request: PortalRequest) -> HttpResponse:
    """Ask, then remove every answer to security questions."""
    if not SecurityAnswer.objects.filter(user=request.actor.user).exists():
        return HttpResponseRedirect(reverse("sspr:security-info"))
    if not has_fresh_proof(request.actor, now=clock.now()):
        return to_confirm(request)
    if request.method != "POST":
        return render(request, "sspr/security_remove.html", {"title": label_of(SECURITY_QUESTIONS), "value": ""})
    try:
        service.remove_answers(actor=request.actor, session=request.session_row, now=clock.now())
    except Refused:
        return to_confirm(request)
    return _back("removed")


@own_account
@needs_second_factor
@open_to_unregistered
@require_POST
def set_default(request: PortalRequest, method_id: UUID) -> HttpResponse:
    """Make one method the one that is asked for first."""
    try:
        service.set_default(actor=request.actor, session=request.session_row, method_id=method_id, now=clock.now())
    except MethodMissing:
        raise Http404 from None
    except Refused:
        return to_confirm(request, back_to=reverse("sspr:security-info"))
    return _back("default")


@own_account
@needs_second_factor
@open_to_unregistered
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request: PortalRequest) -> HttpResponse:
    """Ask, then make ten codes and show them once, as the answer to the POST."""
    if not has_fresh_proof(request.actor, now=clock.now()):
        return to_confirm(request, back_to=request.path)
    if request.method != "POST":
        return render(request, "sspr/security_codes.html", {})
    now = clock.now()
    try:
        codes = service.make_recovery_codes(actor=request.actor, session=request.session_row, now=now)
    except Refused:
        return to_confirm(request)
    return render(request, "sspr/security_codes_shown.html", {"codes": codes, "made_at": now})


def _ask_before_removing(request: PortalRequest, method: AuthenticationMethod) -> HttpResponse:
    page = {
        "title": label_of(method.kind),
        "value": method.value or method.label,
        "twins": twins_of(request.actor, method.value),
        "is_asked": is_asking(standing_of(request.actor)),
        "tenant": request.tenant,
        "directory": directory_of(request.actor.user),
    }
    return render(request, "sspr/security_remove.html", page)


def _additions(standing: Standing, lines: list[Line]) -> list[Addition]:
    """List what is not there yet and can be set up here."""
    had = [line.kind for line in lines if not line.is_contact]
    additions = []
    if had.count(MethodKind.AUTHENTICATOR) < MOST_APPS:
        additions.append(Addition(label=label_of(MethodKind.AUTHENTICATOR), route="sspr:security-info-app"))
    covered = {line.change_route for line in lines}
    for kind, route in ADDED_BY_CODE.items():
        if route not in covered and channels_for(kind) and _comes_in_order(kind, had):
            additions.append(Addition(label=TITLES[kind], route=route))
    facts, policy = standing.known.facts, standing.policy
    if may_answer_questions(facts, policy) and SECURITY_QUESTIONS not in had:
        additions.append(Addition(label=label_of(SECURITY_QUESTIONS), route="sspr:security-info-questions"))
    if RECOVERY_CODES not in had:
        additions.append(Addition(label=label_of(RECOVERY_CODES), route="sspr:security-info-codes"))
    return additions


def _comes_in_order(kind: MethodKind, had: list[str]) -> bool:
    """Offer a second address or number only beside the first one."""
    first = {MethodKind.ALTERNATE_PHONE: MethodKind.MOBILE_PHONE, MethodKind.EXTRA_EMAIL: MethodKind.EMAIL}.get(kind)
    return first is None or first.value in had


def _back(said: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('sspr:security-info')}?{said}=1")
