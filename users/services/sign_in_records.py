"""Audit rows of sign-ins: of people, and of names that nobody has."""

from __future__ import annotations

from collections.abc import Mapping

from adminportal import sealing
from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry
from adminportal.audit.tags import Activity, Result
from users.models import Tenant, User
from users.snapshots import snapshot_of, target_of


def own_entry(
    activity: Activity,
    person: User,
    result: Result = Result.SUCCESS,
    reason: str = "",
    details: Mapping[str, str] | None = None,
) -> Entry:
    """Return the row of what somebody did about their own sign-in."""
    who = snapshot_of(person)
    target = target_of(person)
    return Entry(
        tenant_id=person.tenant_id,
        activity=activity,
        actor=who,
        targets=(target,),
        result=result,
        reason=reason,
        details=details or {},
    )


def entry_of_try(
    activity: Activity,
    person: User | None,
    *,
    folded: str,
    tenant: Tenant | None,
    result: Result = Result.SUCCESS,
    reason: str = "",
) -> Entry:
    """Return the row of a try; a name that nobody has stands there as a keyed digest, for it may be a password."""
    if person is not None:
        return own_entry(activity, person, result, reason)
    typed = sealing.keyed_digest("sign-in-name", folded)[:16]
    who = AuditActor(kind="user", id=None, display_name="", user_principal_name=f"unknown:{typed}")
    return Entry(tenant_id=tenant.pk if tenant else None, activity=activity, actor=who, result=result, reason=reason)
