"""What can be done to one person beside a reset. GET asks, POST does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
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
from users.access import Permission, needs_fresh_proof, requires
from users.models import User
from users.panel import get_person
from users.refusals import sentence, status_of
from users.request import PortalRequest
from users.selectors import get_user
from users.services.acts import Act, Refused, act_on_person
from users.views.proof import to_confirm
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
class Question:
    """The words of the page that asks before an act; ``tab`` is where the panel then shows what changed.

    ``button`` says what pressing does, where that is not the title.
    """

    title: str | Promise
    text: str | Promise
    button: str | Promise = ""
    tab: str = ""
    is_danger: bool = False


QUESTIONS: Final[dict[Act, Question]] = {
    Act.BLOCK: Question(
        title=_("Block this user"),
        text=_("The person cannot sign in any more, and every session ends at once. The password stays as it is."),
        is_danger=True,
    ),
    Act.ALLOW: Question(
        title=_("Unblock this user"), text=_("The person can sign in again with the password they have.")
    ),
    Act.SIGN_OUT: Question(
        title=_("Sign out of all sessions"),
        text=_("Every browser in which the person is signed in has to sign in again. The password stays as it is."),
    ),
    Act.FORCE_CHANGE: Question(
        title=_("Force a password change"),
        text=_(
            "The person signs in with the password they have and must choose a new one before anything else. "
            "Every session ends at once."
        ),
        tab="password",
    ),
    Act.NEVER_EXPIRES: Question(
        title=_("Let the password never expire"),
        text=_("The person keeps the password whatever the expiration policy says."),
        tab="password",
    ),
    Act.EXPIRES: Question(
        title=_("Let the password expire"),
        text=_(
            "The password of this person expires as the expiration policy says. One that is too old has to be changed "
            "at the next sign-in."
        ),
        tab="password",
    ),
    Act.STRONG_OPTIONAL: Question(
        title=_("Do not require a strong password"),
        text=_(
            "The next password of this person needs no mix of characters and may hold common words. "
            "The password of now stays as it is."
        ),
        tab="password",
        is_danger=True,
    ),
    Act.STRONG_REQUIRED: Question(
        title=_("Require a strong password"),
        text=_("The next password of this person has to obey every rule. The password of now stays as it is."),
        tab="password",
    ),
}


# Reading people is the right that opens these pages: who may do it is the services' answer, so that each refusal has
# its sentence and its row in the audit log.
@requires(Permission.USER_READ)
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: PortalRequest, user_id: UUID, act: Act) -> HttpResponse:
    """Ask, then do one act to a person."""
    user = get_user(user_id)
    form = BlockForm(request.POST if request.method == "POST" else None) if act is Act.BLOCK else None
    if request.method != "POST":
        return _ask(request, user, act, form=form)
    if form and not form.is_valid():
        return _ask(request, user, act, form=form, status=422)
    return _do(request, user, act, reason=form.cleaned_data["reason"] if form else "", tab=QUESTIONS[act].tab)


@requires(Permission.USER_READ)
@require_POST
def unlock(request: PortalRequest, user_id: UUID) -> HttpResponse:
    """End a smart lock."""
    return _do(request, get_user(user_id), Act.UNLOCK, tab="password")


def _ask(
    request: PortalRequest, user: User, act: Act, *, form: BlockForm | None = None, status: int = 200
) -> HttpResponse:
    person = get_person(user, actor=request.actor)
    if person.acts[act].allowed and needs_fresh_proof(request.actor, person.facts, now=clock.now()):
        return to_confirm(request)
    context = {
        "user": user,
        "act": QUESTIONS[act],
        "reason": sentence(person.acts[act]),
        "holders": person.holders,
        "form": form,
        "panel_url": _panel_url(user, QUESTIONS[act].tab),
    }
    in_panel = wants_fragment(request)
    page = "users/_panel_confirm.html" if in_panel else "users/panel_confirm.html"
    return render(request, page, {**context, "in_panel": in_panel}, status=status)


def _do(request: PortalRequest, user: User, act: Act, *, reason: str = "", tab: str = "") -> HttpResponse:
    try:
        act_on_person(actor=request.actor, act=act, user_id=user.pk, reason=reason, now=clock.now())
    except Refused as refusal:
        if refusal.decision.code == "RESET_STEP_UP":
            return to_confirm(request, back_to=_panel_url(user, tab) if act is Act.UNLOCK else request.path)
        problem, status = sentence(refusal.decision), status_of(refusal.decision)
        return show_person(request, user, problem=problem, status=status)
    address = _panel_url(user, tab)
    return HttpResponseRedirect(f"{address}{'&' if tab else '?'}done={act}")


def _panel_url(user: User, tab: str) -> str:
    url = reverse("users:panel", args=[user.pk])
    return f"{url}?tab={tab}" if tab else url
