"""Erases what the log says of one person, for privacy; the chain stays whole and a row tells that it was done."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from adminportal.audit.canonical import REDACTED, digest_of, personal_values, salt_of
from adminportal.audit.models import AuditEvent
from adminportal.audit.record import Actor, Entry, Target, record
from adminportal.audit.selectors import contains
from adminportal.audit.tags import Activity
from adminportal.audit.wording import folded

BATCH = 200
"""Rows that are erased in one transaction, and that one ``Audit redacted`` row names."""

KEPT_DETAILS = frozenset(
    {"ActingRole", "DeliveryChannel", "Entrance", "FirstPassword", "JobId", "JobItem", "MethodsUsed", "OnPremisesAgent"}
    | {"RefusalCode", "SsprCode"}
)
"""Details that are codes and say nothing of a person."""

_CHANGED = [
    *("actor_display_name", "actor_user_principal_name", "ip_address", "user_agent", "targets", "details"),
    *("actor_text", "target_text", "search_text", "salt", "redaction"),
]


def redact_person(*, tenant_id: UUID, user_id: UUID, actor: Actor, reason: str, now: datetime) -> int:
    """Erase names, addresses and changed values of one person from every row, and return how many rows changed.

    What happened, when, to which id and by which id stays. Cannot be undone. Runs in batches, each its own
    transaction with its ``Audit redacted`` row.
    """
    touched, last = 0, 0
    while batch := list(_rows_about(tenant_id, user_id).filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        with transaction.atomic():
            locked = AuditEvent.objects.select_for_update(of=("self",)).filter(pk__in=[row.pk for row in batch])
            changed = [row for row in locked.order_by("pk") if _erase(row, user_id)]
            for row in changed:
                row.save(update_fields=_CHANGED)
            if changed:
                record(_note(tenant_id, changed, actor, reason), now=now)
        touched += len(changed)
    return touched


def _rows_about(tenant_id: UUID, user_id: UUID) -> QuerySet[AuditEvent]:
    mine = Q(actor_id=user_id) | Q(subject_id=user_id) | contains(str(user_id), columns=("target_text",))
    return AuditEvent.objects.filter(mine, tenant_id=tenant_id).order_by("pk")


def _note(tenant_id: UUID, rows: list[AuditEvent], actor: Actor, reason: str) -> Entry:
    targets = tuple(Target(id=row.uid, display_name=row.activity, type="AuditEvent") for row in rows)
    details = {"Reason": reason, "Rows": str(len(rows))}
    return Entry(tenant_id=tenant_id, activity=Activity.AUDIT_REDACTED, actor=actor, targets=targets, details=details)


def _erase(row: AuditEvent, user_id: UUID) -> bool:
    """Put the mark in place of every value of the person; the digests stay, the salts that led to them go."""
    values = {path: value for path, value in personal_values(row) if value != REDACTED}
    doomed = {path for path in values if _is_of_person(row, path, user_id)}
    if not doomed:
        return False
    digests = {path: digest_of(row, path, values[path]) for path in doomed}
    row.redaction = {
        "digests": row.redaction.get("digests", {}) | digests,
        "salts": {path: salt_of(row, path) for path in values if path not in doomed},
    }
    row.salt = ""
    for path in doomed:
        _put_mark(row, path)
    row.actor_text = folded(row.actor_user_principal_name, row.actor_display_name)
    words = ((item["user_principal_name"], item["display_name"], item["id"] or "") for item in row.targets)
    row.target_text = folded(*(word for target in words for word in target))
    row.search_text = folded(row.activity, row.reason, *row.details.values())
    return True


def _is_of_person(row: AuditEvent, path: str, user_id: UUID) -> bool:
    area, _, rest = path.partition(".")
    if area == "targets":
        return bool(row.targets[int(rest.partition(".")[0])]["id"] == str(user_id))
    if area == "details":
        return user_id == row.subject_id and rest not in KEPT_DETAILS
    return area != "reason" and row.actor_id == user_id


def _put_mark(row: AuditEvent, path: str) -> None:
    area, _, rest = path.partition(".")
    if area == "details":
        row.details[rest] = REDACTED
    elif area == "targets":
        place, *steps, name = rest.split(".")
        holder = row.targets[int(place)]
        for step in steps:
            holder = holder[int(step)] if step.isdecimal() else holder[step]
        holder[name] = REDACTED
    else:
        setattr(row, path, REDACTED)
