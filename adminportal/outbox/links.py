"""Link tokens of messages: derived from the key ring and the row, compared by digest, never stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from adminportal import sealing
from adminportal.outbox import messenger, waking
from adminportal.outbox.models import Lane, OutboundMessage, State
from adminportal.queries import execute, one_of, write
from adminportal.sealing import Secret

DIGEST_PURPOSE = "outbox:link"
TOKEN_LENGTH = 43
"""Characters of a link token (256 bits, URL-safe)."""
FIRST: int = OutboundMessage._meta.get_field("generation").get_default()
"""The generation of a new row's link."""
REVEAL = "/reveal/"
"""Where a link leads that shows a secret."""
NOTICE = "/notice/"
"""Where a link leads that does something, once."""

_paths: dict[str, str] = {}

CLOSE = f"""
    UPDATE outbox_outboundmessage SET
        state = CASE state WHEN '{State.QUEUED.value}' THEN '{State.CANCELLED.value}' ELSE state END,
        link_closed_at = CASE WHEN link_purpose <> '' AND opened_at IS NULL THEN COALESCE(link_closed_at, %s)
            ELSE link_closed_at END
    WHERE id {{messages}}
    AND (state = '{State.QUEUED.value}' OR (link_purpose <> '' AND opened_at IS NULL AND link_closed_at IS NULL))
"""  # noqa: S608  # names of states and placeholders, no values


class LinkSpent(Exception):
    """The message carries no link that could be sent again: it was opened, withdrawn, or never had one."""


def token_of(message: OutboundMessage) -> Secret:
    """Derive the token that the message's link carries today.

    :raises sealing.SealBroken: when the key that the row names has left the ring.
    """
    return sealing.derive_token(message.link_purpose, str(message.id), message.generation, key_id=message.key_id)


def digest_of(message: OutboundMessage) -> str:
    """Return the keyed digest of the message's token, the only trace of it that is stored."""
    return _digest(message.link_purpose, message.id, message.generation, key_id=message.key_id)


def first_digest(link_purpose: str, message_id: UUID, *, key_id: str) -> str:
    """Return :func:`digest_of` a message that is only being written: an instance would cost more than the digest."""
    return _digest(link_purpose, message_id, FIRST, key_id=key_id)


def _digest(link_purpose: str, message_id: UUID, generation: int, *, key_id: str) -> str:
    token = sealing.derive_token(link_purpose, str(message_id), generation, key_id=key_id)
    return sealing.keyed_digest(DIGEST_PURPOSE, token.expose(), key_id=key_id)


def register_path(purpose: str, path: str) -> None:
    """Let links of this purpose lead to ``path``, which the logs redact; others lead to :data:`REVEAL`."""
    _paths[purpose] = path


def address_of(message: OutboundMessage) -> Secret:
    """Return the whole address of the message's page, for its own content only."""
    path = _paths.get(message.link_purpose, REVEAL)
    return Secret(f"{settings.PUBLIC_URL}{path}{token_of(message).expose()}")


def find_by_token(token: Secret) -> OutboundMessage | None:
    """Return the message whose link carries ``token``, also one opened or closed already."""
    if len(token.expose()) != TOKEN_LENGTH:
        return None
    digests = sealing.digests_of_all_keys(DIGEST_PURPOSE, token.expose())
    return OutboundMessage.objects.filter(link_digest__in=digests).first()


def mark_opened(message: OutboundMessage, *, now: datetime) -> bool:
    """Burn the link; true for the one caller of many who did it."""
    unopened = OutboundMessage.objects.filter(
        pk=message.pk, generation=message.generation, opened_at=None, link_closed_at=None
    )
    return unopened.update(opened_at=now) == 1


def resend(message: OutboundMessage, *, now: datetime, not_after: datetime | None = None) -> None:
    """Send a new link in place of the old one, which is dead from this moment, and wake the worker on commit.

    :raises LinkSpent: when the link was opened or closed, or the message has none.
    """
    raised = _next_generation(message)
    changed = OutboundMessage.objects.filter(
        pk=message.pk, generation=message.generation, opened_at=None, link_closed_at=None
    ).update(
        generation=raised.generation,
        key_id=raised.key_id,
        link_digest=digest_of(raised),
        state=State.QUEUED,
        uncertain_attempts=0,
        next_attempt_at=now,
        claimed_until=None,
        issued_at=now,
        sent_at=None,
        failure="",
        failure_detail="",
        provider_id="",
        not_after=not_after or message.not_after,
    )
    if not changed:
        raise LinkSpent
    message.refresh_from_db()
    wake = partial(waking.wake, [message.pk]) if message.lane == Lane.SINGLE else waking.wake_bulk
    transaction.on_commit(partial(messenger.send, wake), robust=True)


def close(*message_ids: UUID, now: datetime) -> int:
    """Kill the unopened links of these messages and withdraw those not yet sent; returns how many it touched."""
    if not message_ids:
        return 0
    among, values = one_of(message_ids)
    return execute(CLOSE.format(messages=among), [now, *values])


def close_found(query: str, values: Iterable[object], *, now: datetime) -> None:
    """Do as :func:`close` with the messages whose ids a query of the caller finds, all in one statement."""
    # PostgreSQL then finds the few ids first; left a choice, it went through every message that waits.
    among = f"= ANY(ARRAY({query}))" if connection.vendor == "postgresql" else f"IN ({query})"
    write(CLOSE.format(messages=among), [now, *values])


def _next_generation(message: OutboundMessage) -> OutboundMessage:
    if not message.link_purpose:
        raise LinkSpent
    return OutboundMessage(
        id=message.id,
        link_purpose=message.link_purpose,
        generation=message.generation + 1,
        key_id=sealing.current_key_id(),
    )
