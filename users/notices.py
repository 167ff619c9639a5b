"""One-time links of notices: the page says what the button does, and one press of it does that once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction

from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from users.models import Tenant
from users.tenancy import find_tenant, within


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the page of a link says; without a ``button`` there is nothing to be done."""

    title: str
    paragraphs: tuple[str, ...]
    button: str = ""
    tenant: Tenant | None = None


class Handler(Protocol):
    """What the links of one purpose are for; both are called inside the scope of the message's tenant."""

    def show(self, message: OutboundMessage, tenant: Tenant, now: datetime) -> Notice:
        """Say what the button would do, or why it cannot any more; mail scanners ask as often as they like."""

    def act(self, message: OutboundMessage, tenant: Tenant, now: datetime) -> Notice:
        """Do it, inside the transaction that burns the link, and say what was done."""


_handlers: dict[str, Handler] = {}


def register_notice(link_purpose: str, handler: Handler) -> None:
    """Let the links of this purpose lead to :data:`links.NOTICE` and be answered by ``handler``."""
    _handlers[link_purpose] = handler
    links.register_path(link_purpose, links.NOTICE)


def show_notice(token: Secret, *, now: datetime) -> Notice | None:
    """Return what a link is for, changing nothing; None for a link that does not exist."""
    found = _find(token)
    if found is None:
        return None
    message, tenant, handler = found
    with within(tenant):
        return handler.show(message, tenant, now)


def act_on_notice(token: Secret, *, now: datetime) -> Notice | None:
    """Do what a link is for; of many who press the button one does it, and the others are told how it stands."""
    found = _find(token)
    if found is None:
        return None
    message, tenant, handler = found
    with within(tenant), transaction.atomic():
        if not handler.show(message, tenant, now).button or not links.mark_opened(message, now=now):
            message.refresh_from_db()
            return handler.show(message, tenant, now)
        return handler.act(message, tenant, now)


def _find(token: Secret) -> tuple[OutboundMessage, Tenant, Handler] | None:
    message = links.find_by_token(token)
    handler = _handlers.get(message.link_purpose) if message else None
    tenant = find_tenant(message.tenant_id) if message and handler else None
    return (message, tenant, handler) if message and tenant and handler else None
