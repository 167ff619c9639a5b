"""Reads of password requests, for administrators who may reset the person; all inside the tenant's scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext

from passwords.models import PasswordRequest, RequestState
from passwords.sspr_codes import COULD, REPORTED, explanation_of
from users.access import can_reset, resettable_users
from users.actors import Actor
from users.refusals import sentence
from users.targets import load_facts

PAGE_ROWS: Final = 50
MOST_COUNTED: Final = 99
"""The number beside the entry of the navigation ends here, as "99+"."""
OPEN_STATES: Final = (RequestState.NEW, RequestState.TAKEN)
FILTERS: Final[dict[str, tuple[str, ...]]] = {
    "open": OPEN_STATES,
    "done": (RequestState.DONE,),
    "declined": (RequestState.DECLINED,),
    "all": tuple(RequestState.values),
}
PILLS: Final[dict[str, str]] = {
    RequestState.NEW: "warn",
    RequestState.TAKEN: "info",
    RequestState.DONE: "good",
    RequestState.DECLINED: "none",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One request as the list and its page show it."""

    request: PasswordRequest
    state: str
    pill: str
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage:
    """A page of the queue, newest call first; ``after`` is the id to go on from, or empty."""

    rows: list[RequestRow]
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """One request with what its reader may do; ``reset_reason`` says why the person cannot be reset, or nothing."""

    row: RequestRow
    is_new: bool
    is_open: bool
    reset_reason: str


def list_requests(*, actor: Actor, state: str, after: str = "") -> RequestPage:
    """Return requests of people whom the reader's roles cover; two queries at most.

    :raises Http404: when ``after`` is no request of this reader.
    """
    rows = _visible(actor).filter(state__in=FILTERS[state])
    if after:
        last = _find(actor, after)
        before = Q(last_asked_at__lt=last.last_asked_at) | Q(last_asked_at=last.last_asked_at, pk__lt=last.pk)
        rows = rows.filter(before)
    found = list(rows.select_related("user").order_by("-last_asked_at", "-pk")[: PAGE_ROWS + 1])
    shown = found[:PAGE_ROWS]
    return RequestPage(rows=[row_of(each) for each in shown], after=str(shown[-1].pk) if len(found) > PAGE_ROWS else "")


def count_new(actor: Actor) -> str:
    """Return the number of requests that nobody has taken, as the navigation shows it; empty for none."""
    number = len(_visible(actor).filter(state=RequestState.NEW).values_list("pk")[: MOST_COUNTED + 1])
    if number > MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    return str(number) if number else ""


def get_request(request_id: UUID, *, actor: Actor) -> PasswordRequest:
    """Return a request of somebody whom the reader's roles cover.

    :raises Http404: when there is none.
    """
    return _find(actor, str(request_id))


def reason_of(request_id: str, *, user_id: UUID, actor: Actor) -> str:
    """Return the reason of a reset that this person asked for, with the support code; empty for any other text."""
    try:
        asked = get_request(UUID(request_id), actor=actor)
    except (ValueError, Http404):
        return ""
    return gettext("Password request %(code)s") % {"code": asked.correlation_id} if asked.user_id == user_id else ""


def view_of(request: PasswordRequest, *, actor: Actor) -> RequestView:
    """Return a request as its page shows it; one query."""
    decision = can_reset(actor, load_facts([request.user])[request.user_id])
    return RequestView(
        row=row_of(request),
        is_new=request.state == RequestState.NEW,
        is_open=request.state in OPEN_STATES,
        reset_reason="" if decision.allowed else sentence(decision),
    )


def row_of(request: PasswordRequest) -> RequestRow:
    """Put a request into words."""
    return RequestRow(
        request=request,
        state=str(RequestState(request.state).label),
        pill=PILLS[request.state],
        explanation=explanation_of(request.sspr_code) or _without_code(request),
    )


def _without_code(request: PasswordRequest) -> str:
    return str(REPORTED if request.reported_unwanted else COULD)


def _visible(actor: Actor) -> QuerySet[PasswordRequest]:
    return PasswordRequest.objects.filter(user__in=resettable_users(actor))


def _find(actor: Actor, request_id: str) -> PasswordRequest:
    try:
        found = _visible(actor).select_related("user").filter(pk=UUID(request_id)).first()
    except ValueError:
        raise Http404 from None
    if found is None:
        raise Http404
    return found
