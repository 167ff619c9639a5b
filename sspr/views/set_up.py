"""Setting up one way to prove who one is: the same form under Security info and at sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from adminportal import clock
from adminportal.throttle import Throttled
from sspr.services.security_info import confirm_code, send_code
from users.method_values import ValueRefused
from users.models import MethodKind
from users.request import PortalRequest
from users.services.challenges import CodeAnswer
from users.services.own_methods import CodeSent, NotSent, channels_for
from users.services.people import Refused
from users.services.reach import reach_of
from users.value_faults import CODE_FAULTS, VALUE_FAULTS
from users.views.proof import to_confirm
from users.views.sign_in import later, safe_target

REFUSED_FORM: Final = 422
TITLES: Final[dict[MethodKind, str | Promise]] = {
    MethodKind.MOBILE_PHONE: _("Mobile phone"),
    MethodKind.ALTERNATE_PHONE: _("Alternate phone"),
    MethodKind.OFFICE_PHONE: _("Office phone"),
    MethodKind.EMAIL: _("Email"),
    MethodKind.EXTRA_EMAIL: _("Second email"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where a form stands: ``done`` is where it leads, ``back`` where its way out does, ``steps`` are left with it."""

    done: str
    back: str
    onward: str = ""
    is_registering: bool = False
    other: str = ""
    steps: int = 0
    skip: str = ""


def manage_frame(request: PortalRequest) -> Frame:
    """Return the frame of Security info."""
    home = reverse("sspr:security-info")
    return Frame(done=f"{home}?saved=1", back=home)


def onward_of(request: PortalRequest) -> str:
    """Return the local address that the person was on the way to."""
    return safe_target(request.POST.get("next") or request.GET.get("next") or "") or reverse("centre:home")


def with_onward(route: str, onward: str) -> str:
    """Return the address of a page at sign-in that knows where to go afterwards."""
    return f"{reverse(route)}?{urlencode({'next': onward})}"


@sensitive_variables()
def by_code(request: PortalRequest, kind: MethodKind, frame: Frame) -> HttpResponse:
    """Ask for an address or a number, then for the code that was sent there.

    :raises Http404: when nothing can be sent to a value of this kind.
    """
    ways = channels_for(kind)
    if not ways:
        raise Http404
    if request.method != "POST":
        return _value_page(request, kind, frame, value=known_value(request, kind))
    typed = request.POST.get("value", "")
    if "code" in request.POST:
        return _check(request, kind, frame, value=typed)
    channel = request.POST.get("channel", "")
    return _send(request, kind, frame, typed=typed, channel=channel if channel in ways else ways[0])


def known_value(request: PortalRequest, kind: MethodKind) -> str:
    """Return what the organization or the person knows already of this kind."""
    reach = reach_of([request.actor.id])[request.actor.id]
    place = {
        MethodKind.EMAIL: reach.email,
        MethodKind.MOBILE_PHONE: reach.mobile,
        MethodKind.OFFICE_PHONE: reach.office,
    }.get(kind)
    return place.value if place else ""


def _send(request: PortalRequest, kind: MethodKind, frame: Frame, *, typed: str, channel: str) -> HttpResponse:
    try:
        sent = send_code(
            actor=request.actor,
            kind=kind,
            typed=typed,
            channel=channel,
            now=clock.now(),
            is_registering=frame.is_registering,
        )
    except Refused:
        return to_confirm(request)
    except ValueRefused as refusal:
        return _value_page(request, kind, frame, value=typed, fault=refusal.code, status=REFUSED_FORM)
    except NotSent:
        return _value_page(request, kind, frame, value=typed, fault="not_sent", status=REFUSED_FORM)
    except Throttled as limit:
        return later(request, limit)
    return _code_page(request, kind, frame, sent=sent)


@sensitive_variables()
def _check(request: PortalRequest, kind: MethodKind, frame: Frame, *, value: str) -> HttpResponse:
    try:
        answer = confirm_code(
            actor=request.actor,
            session=request.session_row,
            kind=kind,
            value=value,
            typed=request.POST["code"],
            now=clock.now(),
        )
    except Refused:
        return to_confirm(request)
    if answer is CodeAnswer.RIGHT:
        return HttpResponseRedirect(frame.done)
    sent = CodeSent(value=value, channel=request.POST.get("channel", ""))
    return _code_page(request, kind, frame, sent=sent, error=CODE_FAULTS[answer], status=REFUSED_FORM)


def _value_page(
    request: PortalRequest, kind: MethodKind, frame: Frame, *, value: str, fault: str = "", status: int = 200
) -> HttpResponse:
    page = {"value": value, "error": VALUE_FAULTS.get(fault, ""), "ways": channels_for(kind)}
    return _render(request, "sspr/security_value.html", kind, frame, page, status=status)


def _code_page(
    request: PortalRequest,
    kind: MethodKind,
    frame: Frame,
    *,
    sent: CodeSent,
    error: str | Promise = "",
    status: int = 200,
) -> HttpResponse:
    return _render(request, "sspr/security_code.html", kind, frame, {"sent": sent, "error": error}, status=status)


def _render(
    request: PortalRequest, template: str, kind: MethodKind, frame: Frame, page: dict[str, Any], *, status: int
) -> HttpResponse:
    facts = {"frame": frame, "title": TITLES[kind], "is_email": kind in (MethodKind.EMAIL, MethodKind.EXTRA_EMAIL)}
    return render(request, template, facts | page, status=status)
