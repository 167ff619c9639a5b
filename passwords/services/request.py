"""Requests of people who ask an administrator for help: one row a person and day, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from passwords.models import PasswordRequest, PasswordReset, RequestState
from passwords.orders import ResetEnd, ResetOutcome
from passwords.services.request_messages import mail_request
from passwords.services.reset import Settle
from users.actors import SYSTEM, Actor
from users.models import Tenant, User
from users.snapshots import snapshot_of, target_of
from users.tenancy import across_tenants, within

ONE_ROW: Final = timedelta(hours=24)
"""Calls of one person within this time are one request."""
OPEN: Final = (RequestState.NEW, RequestState.TAKEN)
LONGEST_NOTE: Final = 500
CHANGED_BY_REPEATS: Final = (
    "repeats",
    "last_asked_at",
    "source",
    "correlation_id",
    "sspr_code",
    "reported_unwanted",
    "is_mailed",
    "mailed_at",
    "state",
    "handled_by",
    "handled_by_name",
    "handled_at",
)


class RequestClosed(Exception):
    """Somebody else closed the request meanwhile, or it was taken; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpCall:
    """A person's call for help; ``is_mailed`` is false where the tenant named a help desk of its own."""

    tenant: Tenant
    user: User
    sspr_code: str = ""
    source: str = ""
    correlation_id: UUID
    is_mailed: bool = True
    reported_unwanted: bool = False


def ask(call: HelpCall, *, now: datetime) -> PasswordRequest:
    """Put a call into the queue and tell the administrators by mail, at most once a person and day (L17, L18).

    One transaction with its audit row; inside the tenant's scope.
    """
    with transaction.atomic():
        # The person's row stands between two calls at once: there is one request a day.
        User.objects.select_for_update(of=("self",), no_key=True).filter(pk=call.user.pk).first()
        asked = _newest(call, now=now)
        asked = _raise(asked, call, now=now) if asked else _create(call, now=now)
        if call.is_mailed and asked.mailed_at is None:
            mail_request(asked, call.tenant, now=now)
        details = {"SsprCode": call.sspr_code, "Repeats": str(asked.repeats)}
        record(_own(Activity.CONTACTED_ADMINISTRATOR, call, details), now=now)
    return asked


def take(request: PasswordRequest, *, actor: Actor, now: datetime) -> None:
    """Say that this administrator looks after a new request.

    :raises RequestClosed: when it is not new any more.
    """
    with transaction.atomic():
        _move(request, (RequestState.NEW,), RequestState.TAKEN, actor=actor, note="", now=now)
        record(_handled(Activity.TOOK_PASSWORD_REQUEST, request, actor.for_audit(), {}), now=now)


def close(request: PasswordRequest, *, state: RequestState, actor: Actor, note: str, now: datetime) -> None:
    """End an open request as done or declined.

    :raises RequestClosed: when it has ended already.
    """
    with transaction.atomic():
        _move(request, OPEN, state, actor=actor, note=note[:LONGEST_NOTE], now=now)
        details = {"State": state.value, "Note": note[:LONGEST_NOTE]}
        record(_handled(Activity.CLOSED_PASSWORD_REQUEST, request, actor.for_audit(), details), now=now)


def close_as_reset(user_ids: Iterable[UUID], *, by: AuditActor, now: datetime) -> int:
    """End the open requests of people who have just got a new password; inside the transaction of the reset."""
    return _close_as_reset(Q(user_id__in=list(user_ids)), by=by, now=now)


def _close_as_reset(meant: Q, *, by: AuditActor, now: datetime) -> int:
    waiting = PasswordRequest.objects.select_related("user").filter(meant, state__in=OPEN)
    closed = [request for request in waiting if _end_as_reset(request, by=by, now=now)]
    details = {"State": RequestState.DONE.value, "Reason": "password reset"}
    record(*(_handled(Activity.CLOSED_PASSWORD_REQUEST, request, by, details) for request in closed), now=now)
    return len(closed)


def closing(actor: Actor, *, now: datetime) -> Settle:
    """Return what ends the requests of people inside the transaction that resets them."""

    def settle(outcomes: Sequence[ResetOutcome]) -> None:
        fresh = [outcome.user_id for outcome in outcomes if outcome.end is ResetEnd.DONE and not outcome.is_repeat]
        if fresh:
            close_as_reset(fresh, by=actor.for_audit(), now=now)

    return settle


def close_overtaken(now: datetime) -> int:
    """Sweep: end open requests of people who have got a new password since they asked, whichever way.

    A report that somebody else was at it ends only by what an administrator does: the other one changes passwords too.
    """
    is_answered = Q(reported_unwanted=False, user__password_changed_at__gt=F("last_asked_at"))
    with across_tenants():
        given = PasswordReset.objects.filter(
            target=OuterRef("user"), outcome=PasswordReset.Outcome.DONE, created_at__gt=OuterRef("last_asked_at")
        ).exclude(entrance="sspr")
        overtaken = PasswordRequest.objects.filter(
            is_answered | Q(Exists(given), reported_unwanted=True), state__in=OPEN
        ).select_related("tenant")[:200]
        found = [(request.tenant, request.pk) for request in overtaken]
    closed = 0
    for tenant, request_id in found:
        with within(tenant), transaction.atomic():
            closed += _close_as_reset(Q(pk=request_id), by=SYSTEM, now=now)
    return closed


def _newest(call: HelpCall, *, now: datetime) -> PasswordRequest | None:
    since = PasswordRequest.objects.filter(user=call.user, created_at__gt=now - ONE_ROW)
    return since.order_by("-created_at").first()


def _create(call: HelpCall, *, now: datetime) -> PasswordRequest:
    return PasswordRequest.objects.create(
        tenant=call.tenant,
        user=call.user,
        sspr_code=call.sspr_code,
        source=call.source,
        correlation_id=call.correlation_id,
        reported_unwanted=call.reported_unwanted,
        is_mailed=call.is_mailed,
        created_at=now,
        last_asked_at=now,
    )


def _raise(asked: PasswordRequest, call: HelpCall, *, now: datetime) -> PasswordRequest:
    """Count another call of the same day; one that had ended is open again."""
    asked.repeats += 1
    asked.last_asked_at, asked.source, asked.correlation_id = now, call.source, call.correlation_id
    asked.sspr_code = call.sspr_code or asked.sspr_code
    # Anybody can call in somebody's name: such a call must not silence the report of what a thief did.
    if call.reported_unwanted and not (asked.reported_unwanted and asked.state in OPEN):
        asked.mailed_at, asked.is_mailed = None, True
    asked.reported_unwanted = asked.reported_unwanted or call.reported_unwanted
    if asked.state not in OPEN:
        asked.state, asked.handled_by, asked.handled_by_name, asked.handled_at = RequestState.NEW, None, "", None
    asked.save(update_fields=CHANGED_BY_REPEATS)
    return asked


def _move(
    request: PasswordRequest,
    before: tuple[RequestState, ...],
    after: RequestState,
    *,
    actor: Actor,
    note: str,
    now: datetime,
) -> None:
    changed = PasswordRequest.objects.filter(pk=request.pk, state__in=before).update(
        state=after, handled_by=actor.user, handled_by_name=actor.display_name, handled_at=now, note=note
    )
    if not changed:
        raise RequestClosed


def _end_as_reset(request: PasswordRequest, *, by: AuditActor, now: datetime) -> bool:
    mine = PasswordRequest.objects.filter(pk=request.pk, state__in=OPEN)
    values = {"state": RequestState.DONE, "handled_at": now}
    if by.kind == "user":
        values |= {"handled_by_id": by.id, "handled_by_name": by.display_name}
    return mine.update(**values) == 1


def _own(activity: Activity, call: HelpCall, details: dict[str, str]) -> Entry:
    person = call.user
    who = snapshot_of(person)
    return Entry(
        tenant_id=call.tenant.pk,
        activity=activity,
        actor=who,
        targets=(target_of(person),),
        details={name: value for name, value in details.items() if value},
        correlation_id=call.correlation_id,
    )


def _handled(activity: Activity, request: PasswordRequest, by: AuditActor, details: dict[str, str]) -> Entry:
    return Entry(
        tenant_id=request.tenant_id,
        activity=activity,
        actor=by,
        targets=(target_of(request.user),),
        details={name: value for name, value in details.items() if value},
        correlation_id=request.correlation_id,
    )
