"""Message trace: did they get it? For whoever may reset the recipient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from adminportal.outbox.models import Channel, State
from adminportal.outbox.selectors import OPENED, CursorInvalid, DeliveryLine, TraceFilter, TracePage, list_messages
from users.access import Permission, requires, resettable_users
from users.actors import Actor
from users.models import User
from users.search import LONGEST_SEARCH, matching, words_of

PAGE_SIZE = 50
LETTERS: dict[str, str | Promise] = {
    "account_was_unlocked": _("Notice: account unlocked by its owner"),
    "break_glass_used": _("Notice: emergency access used"),
    "bulk_finished": _("Notice: bulk job finished"),
    "bulk_finished_shown": _("Results of a bulk job with passwords"),
    "password_expires": _("Reminder: password expires"),
    "password_request": _("Notice: somebody asks for a new password"),
    "password_requests_digest": _("Notice: several password requests"),
    "contact_change_waiting": _("Notice: change of contact data waits"),
    "contact_changed": _("Notice: contact data changed"),
    "method_changed": _("Notice: security info changed"),
    "password_was_changed": _("Notice: password changed"),
    "password_was_reset": _("Notice: password reset"),
    "password_was_reset_by_owner": _("Notice: password reset by its owner"),
    "please_register": _("Request to register for self-service"),
    "own_reset_waits": _("Notice: reset of an administrator waits"),
    "role_holder_reset_own": _("Notice: administrator reset the own password"),
    "role_holder_was_reset": _("Notice: administrator got a new password"),
    "role_holder_reset_waits": _("Notice to stop an administrator's reset"),
    "self_service_locked": _("Notice: too many wrong proofs"),
    "self_service_opened": _("Notice: self-service opened again"),
    "sign_in_info": _("Sign-in info for an administrator"),
    "sign_in_info_shown": _("Sign-in info with the password"),
    "temporary_password": _("One-time link to a temporary password"),
    "temporary_password_shown": _("Temporary password"),
    "user_names": _("Forgotten user name"),
    "verification_code": _("Verification code"),
}
"""What each kind of message is called; another one shows its own name."""
PILLS = {
    State.SENT: "good",
    State.FAILED: "bad",
    State.EXPIRED: "bad",
    State.CANCELLED: "none",
    State.HELD_BACK: "warn",
}


class TraceForm(forms.Form):
    """What the trace is narrowed to; every field may be empty."""

    person = forms.CharField(label=_("Person"), max_length=LONGEST_SEARCH, required=False)
    channel = forms.ChoiceField(
        label=pgettext_lazy("message trace", "Sent by"), choices=[("", _("Any way")), *Channel.choices], required=False
    )
    state = forms.ChoiceField(
        label=_("Status"), choices=[("", _("Any status")), *State.choices, (OPENED, _("Opened"))], required=False
    )
    correlation = forms.UUIDField(
        label=_("Correlation ID"),
        required=False,
        error_messages={"invalid": _("A correlation ID has 32 digits, such as those at the foot of a page.")},
    )

    def narrowed(self) -> TraceFilter:
        """Return the filter of the outbox."""
        facts = self.cleaned_data
        return TraceFilter(channel=facts["channel"], state=facts["state"], correlation_id=facts["correlation"])


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow:
    """A line of the trace as it is drawn."""

    line: DeliveryLine
    letter: str
    pill: str
    person: str
    user_name: str


@requires(Permission.MESSAGES_READ)
@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """List the messages about everyone whom the actor may reset, newest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = TraceForm(request.GET)
    found, notice = TracePage(lines=[], after=""), ""
    if form.is_valid():
        try:
            found = list_messages(
                tenant_id=actor.tenant.pk,
                people=_people(actor, form.cleaned_data["person"]).values("pk"),
                narrowed=form.narrowed(),
                after=request.GET.get("after", ""),
                size=PAGE_SIZE,
            )
        except CursorInvalid:
            notice = gettext("This page of the list does not exist. Start again from its first page.")
    page = {
        "form": form,
        "rows": _rows(found.lines),
        "notices": [{"level": "error", "text": notice}] if notice else [],
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
        **_pages(request, found),
    }
    return render(request, "centre/messages.html", page, status=400 if notice or not form.is_valid() else 200)


def _people(actor: Actor, wanted: str) -> QuerySet[User]:
    """Return whom the trace is about; nobody is found by an address, which every line of it masks."""
    people = resettable_users(actor)
    try:
        return people.filter(pk=UUID(wanted))
    except ValueError:
        words = words_of(wanted)
    if wanted.strip() and not words:
        return people.none()
    return people.filter(matching(words, in_contacts=False))


def _rows(lines: list[DeliveryLine]) -> list[TraceRow]:
    people = User.objects.in_bulk({line.about_user_id for line in lines if line.about_user_id})
    return [_row(line, people.get(line.about_user_id)) for line in lines]


def _row(line: DeliveryLine, person: User | None) -> TraceRow:
    return TraceRow(
        line=line,
        letter=str(LETTERS.get(line.template, line.template)),
        pill="good" if line.opened else PILLS.get(State(line.state), "info"),
        person=person.display_name if person else "",
        user_name=person.user_principal_name if person else "",
    )


def _pages(request: HttpRequest, found: TracePage) -> dict[str, Any]:
    kept = {name: value for name, value in request.GET.items() if name != "after" and value}
    return {
        "first_url": f"?{urlencode(kept)}" if request.GET.get("after") else "",
        "next_url": f"?{urlencode({**kept, 'after': found.after})}" if found.after else "",
    }
