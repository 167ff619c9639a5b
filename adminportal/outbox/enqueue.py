"""Puts messages into the outbox inside the caller's transaction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from adminportal import correlation, sealing
from adminportal.outbox import links, waking
from adminportal.outbox.content import one_line
from adminportal.outbox.models import OutboundMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be sent; ``context`` holds one-line texts for its template and never a secret."""

    tenant_id: UUID
    template: str
    channel: str
    to: str
    language: str
    about_user_id: UUID | None
    context: dict[str, str]
    not_after: datetime
    link_purpose: str = ""
    correlation_id: UUID | None = None
    id: UUID = field(default_factory=uuid.uuid4)


def enqueue(*drafts: Draft, now: datetime) -> list[UUID]:
    """Store messages and wake the worker when the transaction commits.

    One INSERT for all of them; a broker that is down is logged and costs nothing else: the sweep finds the rows.
    """
    if not drafts:
        return []
    attempt = correlation.current().correlation_id
    key_id = sealing.current_key_id()
    rows = [_row(draft, attempt=draft.correlation_id or attempt, key_id=key_id, now=now) for draft in drafts]
    OutboundMessage.objects.bulk_create(rows)
    ids = [row.id for row in rows]
    transaction.on_commit(partial(waking.wake, ids), robust=True)
    return ids


def _row(draft: Draft, *, attempt: UUID, key_id: str, now: datetime) -> OutboundMessage:
    row = OutboundMessage(
        id=draft.id,
        tenant_id=draft.tenant_id,
        template=draft.template,
        channel=draft.channel,
        to=draft.to,
        language=draft.language,
        about_user_id=draft.about_user_id,
        context={name: one_line(value) for name, value in draft.context.items()},
        key_id=key_id,
        link_purpose=draft.link_purpose,
        next_attempt_at=now,
        not_after=draft.not_after,
        created_at=now,
        issued_at=now,
        correlation_id=attempt,
    )
    if draft.link_purpose:
        row.link_digest = links.digest_of(row)
    return row
