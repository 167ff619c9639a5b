"""Puts messages into the outbox inside the caller's transaction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from adminportal import correlation, sealing
from adminportal.insertion import Row, insert_rows
from adminportal.outbox import links, messenger, waking
from adminportal.outbox.content import one_line
from adminportal.outbox.masking import mask
from adminportal.outbox.models import Failure, Lane, OutboundMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be sent; ``context`` holds one-line texts for its template and never a secret.

    ``secret_purpose`` names who opens further secrets at delivery (``registry.register_opener``).
    An empty ``to`` is a decoy: its row is written like any other, and ends as cancelled when it is taken up. So is the
    row of a message that a limit holds back (``held_back``): it keeps its recipient as a mask alone, and can never go.
    """

    tenant_id: UUID
    template: str
    channel: str
    to: str
    language: str
    about_user_id: UUID | None
    context: dict[str, str]
    not_after: datetime
    link_purpose: str = ""
    secret_purpose: str = ""
    lane: Lane = Lane.SINGLE
    correlation_id: UUID | None = None
    held_back: Failure | None = None
    id: UUID = field(default_factory=uuid.uuid4)


def enqueue(*drafts: Draft, now: datetime) -> list[UUID]:
    """Store messages and wake the worker when the transaction commits.

    One statement for all of them; a broker that is down is logged and costs nothing else: the sweep finds the rows.
    """
    if not drafts:
        return []
    attempt = correlation.current().correlation_id
    key_id = sealing.current_key_id()
    insert_rows(OutboundMessage, [_row(draft, attempt=attempt, key_id=key_id, now=now) for draft in drafts])
    single = [draft.id for draft in drafts if draft.lane == Lane.SINGLE]
    if single:
        transaction.on_commit(partial(messenger.send, partial(waking.wake, single)), robust=True)
    if len(single) < len(drafts):
        transaction.on_commit(partial(messenger.send, waking.wake_bulk), robust=True)
    return [draft.id for draft in drafts]


def _row(draft: Draft, *, attempt: UUID, key_id: str, now: datetime) -> Row:
    return {
        "id": draft.id,
        "tenant_id": draft.tenant_id,
        "template": draft.template,
        "channel": draft.channel,
        "to": "" if draft.held_back else draft.to,
        "failure": draft.held_back or "",
        "failure_detail": mask(draft.to) if draft.held_back else "",
        "language": draft.language,
        "about_user_id": draft.about_user_id,
        "context": {name: one_line(value) for name, value in draft.context.items()},
        "key_id": key_id,
        "link_purpose": draft.link_purpose,
        "secret_purpose": draft.secret_purpose,
        "lane": draft.lane,
        "link_digest": links.first_digest(draft.link_purpose, draft.id, key_id=key_id) if draft.link_purpose else None,
        "next_attempt_at": now,
        "not_after": draft.not_after,
        "created_at": now,
        "issued_at": now,
        "correlation_id": draft.correlation_id or attempt,
    }
