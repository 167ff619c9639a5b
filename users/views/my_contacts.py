"""Contact data of one's own: changed by a code with a fresh proof, else after a day in which it can be stopped."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from adminportal import clock
from adminportal.throttle import Throttled
from users.access import has_fresh_proof, needs_second_factor, open_to_unregistered, own_account
from users.managed_contacts import directory_of, managed_kinds
from users.method_values import EMAIL_KINDS, ValueRefused
from users.models import Contact, ContactKind
from users.request import PortalRequest
from users.services.challenges import CodeAnswer
from users.services.contacts import ContactManaged, Waiting, list_waiting, stop
from users.services.method_changes import label_of
from users.services.own_methods import CodeSent, NotSent, ask_for_contact, channels_for, confirm_contact
from users.services.people import Refused
from users.twins import is_method
from users.value_faults import CODE_FAULTS, VALUE_FAULTS
from users.views.sign_in import later

REFUSED_FORM: Final = 422
LOCKED: Final = 403


@own_account
@needs_second_factor
@open_to_unregistered
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: PortalRequest, kind: ContactKind) -> HttpResponse:
    """Show one's alternate address or mobile phone, and change it; what others look after is locked."""
    if kind in managed_kinds(request.actor.user, request.tenant):
        return _locked(request, kind, status=LOCKED if request.method == "POST" else 200)
    if request.method != "POST":
        present = _present(request, kind)
        is_asked = "remove" in request.GET and present
        return _question(request, kind, present) if is_asked else _value_page(request, kind, value=present)
    typed = request.POST.get("value", "")
    try:
        if "code" in request.POST:
            return _check(request, kind, value=typed)
        return _ask(request, kind, typed="" if "remove" in request.POST else typed)
    except ContactManaged:
        return _locked(request, kind, status=LOCKED)
    except Refused:
        # The session ended meanwhile: the page leads to the sign-in.
        return HttpResponseRedirect(request.path)
    except Throttled as limit:
        return later(request, limit)


@own_account
@require_POST
def cancel(request: PortalRequest, change_id: UUID) -> HttpResponse:
    """Stop a change of one's own that waits."""
    waiting = next((one for one in list_waiting(request.actor.user) if one.pk == change_id), None)
    if waiting is None:
        raise Http404
    stop(waiting, by=request.actor.for_audit(), now=clock.now())
    return _to_account("stopped")


def _ask(request: PortalRequest, kind: ContactKind, *, typed: str) -> HttpResponse:
    if not typed.strip() and "remove" not in request.POST:
        return _value_page(request, kind, value="", fault=_fault_of(kind), status=REFUSED_FORM)
    channel = request.POST.get("channel", "")
    try:
        outcome = ask_for_contact(
            actor=request.actor,
            session=request.session_row,
            kind=kind,
            typed=typed,
            channel=channel,
            now=clock.now(),
        )
    except ValueRefused as refusal:
        return _value_page(request, kind, value=typed, fault=refusal.code, status=REFUSED_FORM)
    except NotSent:
        return _value_page(request, kind, value=typed, fault="not_sent", status=REFUSED_FORM)
    if isinstance(outcome, CodeSent):
        return _code_page(request, kind, sent=outcome)
    if isinstance(outcome, Waiting):
        return _to_account("waits")
    if not outcome.is_new:
        return _to_account("same")
    return _to_account("changed" if typed else "removed")


@sensitive_variables()
def _check(request: PortalRequest, kind: ContactKind, *, value: str) -> HttpResponse:
    answer = confirm_contact(
        actor=request.actor,
        session=request.session_row,
        kind=kind,
        value=value,
        typed=request.POST["code"],
        now=clock.now(),
    )
    if answer is CodeAnswer.RIGHT:
        return _to_account("changed")
    sent = CodeSent(value=value, channel=request.POST.get("channel", ""))
    return _code_page(request, kind, sent=sent, error=CODE_FAULTS[answer], status=REFUSED_FORM)


def _value_page(
    request: PortalRequest, kind: ContactKind, *, value: str, fault: str = "", status: int = 200
) -> HttpResponse:
    page = {
        "value": value,
        "error": VALUE_FAULTS.get(fault, ""),
        "ways": channels_for(kind),
        "present": _present(request, kind),
    }
    return _render(request, "users/my_contact.html", kind, page | _proof(request), status=status)


def _question(request: PortalRequest, kind: ContactKind, present: str) -> HttpResponse:
    page = {"present": present, "is_held": is_method(request.actor, present)}
    return _render(request, "users/my_contact_remove.html", kind, page | _proof(request), status=200)


def _proof(request: PortalRequest) -> dict[str, Any]:
    """Tell whether the change would count at once, and where a proof is given."""
    return {
        "has_proof": has_fresh_proof(request.actor, now=clock.now()),
        "confirm_url": f"{reverse('users:confirm')}?{urlencode({'next': request.get_full_path()})}",
    }


def _code_page(
    request: PortalRequest, kind: ContactKind, *, sent: CodeSent, error: str | Promise = "", status: int = 200
) -> HttpResponse:
    return _render(request, "users/my_contact_code.html", kind, {"sent": sent, "error": error}, status=status)


def _locked(request: PortalRequest, kind: ContactKind, *, status: int) -> HttpResponse:
    page = {"present": _present(request, kind), "tenant": request.tenant, "directory": directory_of(request.actor.user)}
    return _render(request, "users/my_contact_locked.html", kind, page, status=status)


def _render(
    request: PortalRequest, template: str, kind: ContactKind, page: dict[str, Any], *, status: int
) -> HttpResponse:
    facts = {"title": label_of(kind), "is_email": kind in EMAIL_KINDS}
    return render(request, template, facts | page, status=status)


def _present(request: PortalRequest, kind: ContactKind) -> str:
    contact = Contact.objects.filter(user=request.actor.user, kind=kind).first()
    return contact.value if contact else ""


def _fault_of(kind: ContactKind) -> str:
    return "email" if kind in EMAIL_KINDS else "phone"


def _to_account(said: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('users:account')}?contact={said}")
