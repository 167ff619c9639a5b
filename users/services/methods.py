"""Authentication methods of a person: what they registered to prove who they are, one of each kind but apps."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import record
from adminportal.audit.tags import Activity
from users.method_values import normal_value
from users.models import AuthenticationMethod, MethodKind, Session, Tenant, User
from users.services.directory_changes import lock_people
from users.services.method_changes import Event, MethodChange, entry_of, follow_method_change
from users.services.own_sessions import require_own_session

ORDER: Final = tuple(MethodKind.values)
"""Kinds in the order in which they are listed."""


class MethodMissing(LookupError):
    """The person has no such method any more."""


def list_methods(user: User) -> list[AuthenticationMethod]:
    """List what a person registered, by kind and then by age; one query, inside the scope."""
    methods = AuthenticationMethod.objects.filter(user=user)
    return sorted(methods, key=lambda method: (ORDER.index(method.kind), method.created_at))


def save_method(
    *,
    tenant: Tenant,
    user: User,
    kind: MethodKind,
    value: str,
    by: AuditActor,
    now: datetime,
    is_proven: bool = True,
    keep: Session | None = None,
    entrance: str = "my account",
) -> AuthenticationMethod:
    """Register an address or a number, in the place of the earlier one of its kind.

    One transaction: the row, the audit row, ended sessions except ``keep``, and mail to the old and the new value. The
    caller has fresh proof and, where ``is_proven``, a code that came back from the new value.

    :raises users.method_values.ValueRefused: when it is no address or number, or the person's own mailbox.
    """
    value = normal_value(kind, value, user=user)
    with transaction.atomic():
        lock_people([user.pk])
        found = AuthenticationMethod.objects.filter(user=user, kind=kind).first()
        method = found or AuthenticationMethod(tenant=tenant, user=user, kind=kind)
        change = MethodChange(
            tenant=tenant,
            user=user,
            event=Event.CHANGED if found else Event.ADDED,
            kind=kind,
            by=by,
            now=now,
            old=method.value,
            new=value,
            entrance=entrance,
            keep=keep,
        )
        method.value, method.created_at = value, now
        method.proven_at = now if is_proven else None
        method.save()
        follow_method_change(change)
    return method


def remove_method(
    *,
    tenant: Tenant,
    user: User,
    method_id: UUID,
    by: AuditActor,
    now: datetime,
    keep: Session | None = None,
    entrance: str = "my account",
    acting_role: str = "",
) -> AuthenticationMethod:
    """Delete one method; what follows is that of :func:`save_method`. The caller has fresh proof.

    :raises MethodMissing: when the person has no such method.
    """
    with transaction.atomic():
        lock_people([user.pk])
        method = AuthenticationMethod.objects.filter(user=user, pk=method_id).first()
        if method is None:
            raise MethodMissing(method_id)
        AuthenticationMethod.objects.filter(pk=method_id).delete()
        change = MethodChange(
            tenant=tenant,
            user=user,
            event=Event.REMOVED,
            kind=method.kind,
            by=by,
            now=now,
            old=method.value,
            label=method.label,
            entrance=entrance,
            acting_role=acting_role,
            keep=keep,
        )
        follow_method_change(change)
    return method


def set_default(
    *, tenant: Tenant, user: User, method_id: UUID, by: AuditActor, now: datetime, session: Session | None = None
) -> None:
    """Make one method the one that is asked for first; nothing else changes.

    :raises MethodMissing: when the person has no such method.
    :raises users.services.people.Refused: when ``session``, which asks for it, is over.
    """
    with transaction.atomic():
        lock_people([user.pk])
        require_own_session(session)
        method = AuthenticationMethod.objects.filter(user=user, pk=method_id).first()
        if method is None:
            raise MethodMissing(method_id)
        AuthenticationMethod.objects.filter(user=user, is_default=True).update(is_default=False)
        AuthenticationMethod.objects.filter(pk=method_id).update(is_default=True)
        change = MethodChange(tenant=tenant, user=user, event=Event.CHANGED, kind=method.kind, by=by, now=now)
        record(entry_of(change, Activity.USER_CHANGED_DEFAULT_SECURITY_INFO), now=now)
