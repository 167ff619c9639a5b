"""More information required: what people are asked for at sign-in, and may leave for the next time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from adminportal import clock
from sspr.registration import Choice, Item, Need
from sspr.security_lines import lines_of
from sspr.services import register as service
from sspr.services.register import FRESH_MINUTES, standing_of
from sspr.views.set_up import Frame, by_code, onward_of, with_onward
from sspr.views.set_up_app import by_app
from sspr.views.set_up_questions import by_questions
from users.access import has_fresh_proof, needs_second_factor, open_to_unregistered, own_account
from users.models import MethodKind
from users.request import PortalRequest
from users.views.proof import to_confirm

KINDS: Final = {
    Item.PHONE: MethodKind.MOBILE_PHONE,
    Item.OFFICE: MethodKind.OFFICE_PHONE,
    Item.EMAIL: MethodKind.EMAIL,
}
NAMES: Final[dict[Item, str | Promise]] = {
    Item.APP: _("Authenticator app"),
    Item.PHONE: _("Mobile phone"),
    Item.OFFICE: _("Office phone"),
    Item.EMAIL: _("Email"),
    Item.QUESTIONS: _("Security questions"),
}
WORDS: Final[dict[Item, str | Promise]] = {
    Item.APP: _("An app on your phone shows a code."),
    Item.PHONE: _("A code comes to your phone."),
    Item.OFFICE: _("A code comes as a call."),
    Item.EMAIL: _("A code comes to a mailbox beside your work one."),
    Item.QUESTIONS: _("You answer questions that only you can answer."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One method that can be set up instead, and whether it would do alone."""

    label: str | Promise
    text: str | Promise
    address: str
    is_enough: bool


@own_account
@needs_second_factor
@open_to_unregistered
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: PortalRequest) -> HttpResponse:
    """Say what is missing; Next begins with the strongest method."""
    onward, need = onward_of(request), standing_of(request.actor).need
    if not need.is_open:
        return HttpResponseRedirect(with_onward("sspr:register-done", onward))
    if request.method == "POST":
        service.start(request.actor, now=clock.now())
        return HttpResponseRedirect(with_onward(route_of(need.choices[0].item), onward))
    first = need.choices[0]
    page = {
        "next": onward,
        "first": NAMES[first.item],
        "steps": first.steps,
        "have": need.have,
        "has_shorter": any(choice.steps < first.steps for choice in need.choices),
    }
    return render(request, "sspr/register.html", page)


@own_account
@needs_second_factor
@open_to_unregistered
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def register_item(request: PortalRequest, item: Item) -> HttpResponse:
    """Set up one method; what is missing after it is asked next."""
    onward, standing = onward_of(request), standing_of(request.actor)
    choice = standing.need.offers(item)
    if choice is None:
        return HttpResponseRedirect(with_onward("sspr:register", onward))
    here = with_onward(route_of(item), onward)
    if not has_fresh_proof(request.actor, now=clock.now(), at_least_minutes=FRESH_MINUTES):
        return to_confirm(request, back_to=here)
    has_others = len(standing.need.choices) > 1
    frame = Frame(
        done=with_onward("sspr:register-next", onward),
        back="",
        onward=onward,
        is_registering=True,
        other=with_onward("sspr:register-other", onward) if has_others else "",
        steps=choice.steps,
        skip=reverse("sspr:register-skip"),
    )
    if item is Item.APP:
        return by_app(request, frame)
    return by_questions(request, frame) if item is Item.QUESTIONS else by_code(request, KINDS[item], frame)


@own_account
@needs_second_factor
@open_to_unregistered
@never_cache
@require_safe
def register_next(request: PortalRequest) -> HttpResponse:
    """Lead from a method that was set up to the next one that is missing, or to the end."""
    onward, need = onward_of(request), standing_of(request.actor).need
    route = route_of(need.choices[0].item) if need.is_open else "sspr:register-done"
    return HttpResponseRedirect(with_onward(route, onward))


@own_account
@needs_second_factor
@open_to_unregistered
@never_cache
@require_safe
def register_other(request: PortalRequest) -> HttpResponse:
    """List what can be set up instead."""
    onward, need = onward_of(request), standing_of(request.actor).need
    choices = [_offer(choice, need, onward) for choice in need.choices]
    if not choices:
        return HttpResponseRedirect(with_onward("sspr:register-done", onward))
    return render(request, "sspr/register_other.html", {"choices": choices, "next": onward})


@own_account
@open_to_unregistered
@require_POST
def register_skip(request: PortalRequest) -> HttpResponse:
    """Go on without; asked again at the next sign-in."""
    service.skip(request.session_row, request.actor, now=clock.now())
    return HttpResponseRedirect(onward_of(request))


@own_account
@open_to_unregistered
@never_cache
@require_safe
def register_done(request: PortalRequest) -> HttpResponse:
    """Show what is registered at the end."""
    standing = standing_of(request.actor)
    page = {"lines": lines_of(request.actor, is_masked=True), "next": onward_of(request), "need": standing.need}
    return render(request, "sspr/register_done.html", page)


@own_account
@needs_second_factor
@open_to_unregistered
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: PortalRequest) -> HttpResponse:
    """Ask whether everything is still right."""
    onward = onward_of(request)
    if request.method == "POST":
        service.review(request.session_row, request.actor, now=clock.now())
        return HttpResponseRedirect(onward)
    return render(
        request, "sspr/register_review.html", {"lines": lines_of(request.actor, is_masked=True), "next": onward}
    )


def _offer(choice: Choice, need: Need, onward: str) -> Offer:
    """Return what is said of one choice; that it is enough is news only where another is not."""
    is_enough = choice.steps == 1 and any(other.steps > 1 for other in need.choices)
    address = with_onward(route_of(choice.item), onward)
    return Offer(label=NAMES[choice.item], text=WORDS[choice.item], address=address, is_enough=is_enough)


def route_of(item: Item) -> str:
    """Return the route that sets up one method at sign-in."""
    return f"sspr:register-{item}"
