"""Writes to the audit log: the row and the change it tells of commit together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from adminportal import correlation
from adminportal.audit.models import AuditEvent
from adminportal.audit.tags import ACTIVITY_FACTS, Activity, Result, UnknownActivity
from adminportal.audit.wording import clean, folded, masked_contact
from adminportal.insertion import Row, insert_rows

__all__ = ["Activity", "Actor", "Entry", "Result", "Target", "masked_contact", "record"]

ACTOR_KINDS = frozenset({"app", "operator", "system", "user"})
"""Who can act: an application, somebody with shell access, the portal by itself, a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it, with the names of that moment."""

    kind: str
    id: UUID | None
    display_name: str
    user_principal_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What it was done to; ``modified`` holds (property, old value, new value)."""

    id: UUID | None
    display_name: str
    type: str = "User"
    user_principal_name: str = ""
    modified: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened, not yet written; ``tenant_id`` None belongs to the installation."""

    tenant_id: UUID | None
    activity: Activity
    actor: Actor
    targets: tuple[Target, ...] = ()
    result: Result = Result.SUCCESS
    reason: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    correlation_id: UUID | None = None


class StoredChange(TypedDict):
    """A changed property as the table holds it."""

    name: str
    old: str
    new: str


class StoredTarget(TypedDict):
    """A target as the table holds it."""

    id: str | None
    display_name: str
    type: str
    user_principal_name: str
    modified: list[StoredChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What the table holds of the targets and details of an entry, and how they are searched."""

    targets: list[StoredTarget]
    details: dict[str, str]
    target_text: str
    details_text: str


def record(*entries: Entry, now: datetime) -> None:
    """Write the entries with one statement inside the caller's transaction.

    Address, browser and correlation id come from the request or job that is running.

    :raises UnknownActivity: when an activity is not in the catalogue; nothing is written then.
    :raises ValueError: when a result or a kind of actor is unknown.
    :raises TypeError: when a value is no text, such as a secret.
    """
    facts = correlation.current()
    request = {"occurred_at": now, "ip_address": clean(facts.ip_address), "user_agent": clean(facts.user_agent)}
    rows: list[Row] = []
    told: tuple[Entry, _Content] | None = None
    acted: tuple[Actor, Row] | None = None
    for entry in entries:
        # A reset is told twice, under two activities, and one person makes many: what is alike is put together once.
        if told is None or entry.targets is not told[0].targets or entry.details is not told[0].details:
            told = entry, _content_of(entry)
        if acted is None or entry.actor is not acted[0]:
            acted = entry.actor, _columns_of(entry.actor)
        own = {"correlation_id": entry.correlation_id or facts.correlation_id}
        rows.append({**request, **acted[1], **_columns(entry, told[1]), **own})
    insert_rows(AuditEvent, rows)


def _content_of(entry: Entry) -> _Content:
    targets = [_stored(target) for target in entry.targets]
    details = {clean(key): clean(value) for key, value in entry.details.items()}
    return _Content(
        targets=targets,
        details=details,
        target_text=folded(*(text for target in targets for text in _words(target))),
        details_text=folded(*details.values()),
    )


def _columns(entry: Entry, content: _Content) -> Row:
    activity, reason = entry.activity, clean(entry.reason)
    if not isinstance(activity, Activity):
        raise UnknownActivity(f"No activity is called {activity!r}.")
    known = ACTIVITY_FACTS[activity]
    return {
        "tenant_id": entry.tenant_id,
        "service": known.service,
        "category": known.category,
        "activity": activity,
        "operation": known.operation,
        "result": Result(entry.result),
        "reason": reason,
        "targets": content.targets,
        "details": content.details,
        "subject_id": _subject_id(entry.targets),
        "target_text": content.target_text,
        "search_text": folded(activity, reason, content.details_text),
    }


def _columns_of(actor: Actor) -> Row:
    if actor.kind not in ACTOR_KINDS:
        raise ValueError(f"No actor is of the kind {actor.kind!r}.")
    display_name, user_name = clean(actor.display_name), clean(actor.user_principal_name)
    return {
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_display_name": display_name,
        "actor_user_principal_name": user_name,
        "actor_text": folded(user_name, display_name),
    }


def _stored(target: Target) -> StoredTarget:
    return {
        "id": str(target.id) if target.id else None,
        "display_name": clean(target.display_name),
        "type": clean(target.type),
        "user_principal_name": clean(target.user_principal_name),
        "modified": [{"name": clean(name), "old": clean(old), "new": clean(new)} for name, old, new in target.modified],
    }


def _words(target: StoredTarget) -> tuple[str, str, str]:
    return target["user_principal_name"], target["display_name"], target["id"] or ""


def _subject_id(targets: tuple[Target, ...]) -> UUID | None:
    """Return the person the row is about: the first user, or else the first target."""
    people = [target for target in targets if target.type == "User"]
    return next((target.id for target in people or targets), None)
