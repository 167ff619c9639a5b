"""What Home knows: what the person may do, which messages could go out now, what happened lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from adminportal.audit.models import AuditEvent
from adminportal.audit.selectors import list_events
from adminportal.audit.tags import Activity, Result
from adminportal.outbox.channels import INBOX_URL, address_of, is_set_up
from adminportal.outbox.models import Channel, OutboundMessage, State
from passwords.services.break_glass import BANNER_DAYS
from users.actors import Actor
from users.permissions import Permission

LATE = timedelta(minutes=2)
"""A message that is due for longer says that delivery stands still."""
EVENTS_SHOWN = 6
ALERTS = (Activity.TEXT_MESSAGES_HELD_BACK, Activity.SELF_SERVICE_PASSWORD_RESET_SLOWED_DOWN)
"""What is raised at most once an hour, and stays on Home for a day."""

NO_RIGHT = {
    Permission.USER_CREATE: _("None of your roles may add people. User Administrator is the smallest role that may."),
    Permission.USER_READ: _("None of your roles may see people. Directory Readers is the smallest role that may."),
    Permission.PASSWORD_RESET: _(
        "None of your roles may reset passwords. Password Administrator is the smallest role that may."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way that messages take, and whether it would carry one now."""

    label: str
    ok: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentEvent:
    """One line of what happened lately."""

    activity: str
    target: str
    at: datetime


def reason_against(actor: Actor, permission: Permission) -> str:
    """Return why the actor may not, or nothing where they may."""
    return "" if actor.may(permission) else str(NO_RIGHT[permission])


def delivery_ways(*, now: datetime) -> list[Way]:
    """Say for each channel whether it would carry a message now; one query."""
    late = OutboundMessage.objects.filter(
        state__in=[State.QUEUED, State.SENDING], next_attempt_at__lt=now - LATE
    ).values_list("channel", flat=True)
    waiting = set(late.distinct())
    offered = [Channel.EMAIL, Channel.SMS, *([Channel.VOICE] if is_set_up(Channel.VOICE) else [])]
    return [_way(channel, is_waiting=channel in waiting) for channel in offered]


def recent_events(actor: Actor) -> list[RecentEvent]:
    """Return the latest rows of the audit log that the actor may read; one query."""
    only = None if actor.may(Permission.AUDIT_READ) else actor.id
    rows = list_events(tenant_id=actor.tenant.pk, only_actor_id=only)[:EVENTS_SHOWN]
    return [RecentEvent(activity=row.activity, target=_first_target(row), at=row.occurred_at) for row in rows]


def break_glass_uses(tenant_id: UUID, *, now: datetime) -> int:
    """Count the uses of emergency access of the last seven days; one query."""
    rows = AuditEvent.objects.filter(tenant_id=tenant_id, activity=Activity.BREAK_GLASS_USED, result=Result.SUCCESS)
    return rows.filter(occurred_at__gt=now - BANNER_DAYS).count()


def limits_reached(tenant_id: UUID, *, now: datetime) -> set[str]:
    """Return which alerts about limits were raised in the last 24 hours, as activities; one query."""
    rows = AuditEvent.objects.filter(tenant_id=tenant_id, activity__in=ALERTS)
    return set(rows.filter(occurred_at__gt=now - timedelta(hours=24)).values_list("activity", flat=True).distinct())


def _way(channel: Channel, *, is_waiting: bool) -> Way:
    label = str(channel.label)
    if not is_set_up(channel):
        return Way(label=label, ok=False, text=gettext("Not set up"))
    if is_waiting:
        return Way(label=label, ok=False, text=gettext("Messages are waiting"))
    is_inbox = address_of(channel) == INBOX_URL
    return Way(label=label, ok=True, text=gettext("Demo inbox") if is_inbox else gettext("Ready"))


def _first_target(row: AuditEvent) -> str:
    return str(row.targets[0]["display_name"]) if row.targets else ""
