"""What can be done to one person beside a reset: block, allow, sign out, unlock. GET asks, POST does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from adminportal import clock
from adminportal.shell.forms import PortalFormHelper
from users.access import Permission, requires
from users.models import User
from users.panel import Person, get_person
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.selectors import get_user
from users.services.people import Refused, allow_sign_in, block_sign_in, sign_person_out, unlock_sign_in
from users.views.user_panel import show_person, wants_fragment


class BlockForm(forms.Form):
    """Why somebody shall not sign in any more."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=256,
        help_text=_("Kept with the account, for those who read it later. The person does not see it."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        self.helper = PortalFormHelper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act with the words of the page that asks; ``reason_of`` reads from the panel why it cannot be done."""

    name: str
    title: str | Promise
    text: str | Promise
    reason_of: Callable[[Person], str]
    is_danger: bool = False


BLOCK = Act(
    name="block",
    title=_("Block this user"),
    text=_("The person cannot sign in any more, and every session ends at once. The password stays as it is."),
    reason_of=lambda person: person.block_reason,
    is_danger=True,
)
ALLOW = Act(
    name="allow",
    title=_("Unblock this user"),
    text=_("The person can sign in again with the password they have."),
    reason_of=lambda person: person.block_reason,
)
SIGN_OUT = Act(
    name="signout",
    title=_("Sign out of all sessions"),
    text=_("Every browser in which the person is signed in has to sign in again. The password stays as it is."),
    reason_of=lambda person: person.sign_out_reason,
)


# Reading people is the right that opens these pages: who may do it is the services' answer, so that each refusal has
# its sentence and its row in the audit log.
@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def block(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """Ask, then block a person's sign-in."""
    user = get_user(user_id)
    if request.method != "POST":
        return _ask(request, user, BLOCK, form=BlockForm())
    form = BlockForm(request.POST)
    if not form.is_valid():
        return _ask(request, user, BLOCK, form=form, status=422)
    reason, actor = form.cleaned_data["reason"], request.actor
    return _do(
        request, user, BLOCK.name, lambda now: block_sign_in(actor=actor, user_id=user.pk, reason=reason, now=now)
    )


@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def allow(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """Ask, then let a blocked person sign in again."""
    user = get_user(user_id)
    if request.method != "POST":
        return _ask(request, user, ALLOW)
    return _do(request, user, ALLOW.name, lambda now: allow_sign_in(actor=request.actor, user_id=user.pk, now=now))


@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """Ask, then end every session of a person."""
    user = get_user(user_id)
    if request.method != "POST":
        return _ask(request, user, SIGN_OUT)
    return _do(request, user, SIGN_OUT.name, lambda now: sign_person_out(actor=request.actor, user_id=user.pk, now=now))


@requires(Permission.USER_READ)
@require_POST
def unlock(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """End a smart lock."""
    user = get_user(user_id)
    return _do(
        request,
        user,
        "unlock",
        lambda now: unlock_sign_in(actor=request.actor, user_id=user.pk, now=now),
        tab="password",
    )


def _ask(
    request: PortalRequest, user: User, act: Act, *, form: BlockForm | None = None, status: int = 200
) -> HttpResponse:
    person = get_person(user, actor=request.actor)
    context = {
        "user": user,
        "act": act,
        "reason": act.reason_of(person),
        "holders": person.holders,
        "form": form,
        "panel_url": reverse("users:panel", args=[user.pk]),
    }
    in_panel = wants_fragment(request)
    page = "users/_panel_confirm.html" if in_panel else "users/panel_confirm.html"
    return render(request, page, {**context, "in_panel": in_panel}, status=status)


def _do(
    request: PortalRequest, user: User, name: str, service: Callable[[datetime], User], *, tab: str = ""
) -> HttpResponse:
    try:
        service(clock.now())
    except Refused as refusal:
        problem, status = sentence(refusal.decision), status_of(refusal.decision)
        return show_person(request, user, problem=problem, status=status)
    query = f"?tab={tab}&done={name}" if tab else f"?done={name}"
    return HttpResponseRedirect(f"{reverse('users:panel', args=[user.pk])}{query}")
