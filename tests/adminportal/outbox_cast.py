"""What the outbox tests share: templates of messages, drafts, deliveries."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db.models import QuerySet

from adminportal import clock
from adminportal.outbox.dispatch import Dispatcher
from adminportal.outbox.enqueue import Draft, enqueue
from adminportal.outbox.models import OutboundMessage, State

TEMPLATES = {
    "subject.txt": "Sign-in info for {{ name }}\n",
    "body.txt": "Hello {{ name }},\n.starts with a dot\n{{ link }}\n",
    "body.html": '<p>Hello {{ name }}</p><a href="{{ link }}">open</a>',
    "sms.txt": "{{ name }}: {{ link }}",
}
TENANT = UUID("11111111-1111-4111-8111-111111111111")
RECIPIENT = "megan.bowen@mail.example"


def write_templates(folder: Path) -> None:
    """Write the templates of a message named ``letter``."""
    place = folder / "messages" / "letter"
    place.mkdir(parents=True)
    for name, text in TEMPLATES.items():
        (place / name).write_text(text, encoding="utf-8")


def templates_setting(folder: Path) -> list[dict[str, Any]]:
    """Return the engine that finds them, beside the product's own."""
    from django.conf import settings

    product = settings.TEMPLATES[0]
    return [{**product, "DIRS": [folder, *product["DIRS"]]}]


def draft(**changes: Any) -> Draft:
    """Return a draft of a letter with a link."""
    facts: dict[str, Any] = {
        "tenant_id": TENANT,
        "template": "letter",
        "channel": "email",
        "to": RECIPIENT,
        "language": "en",
        "about_user_id": uuid4(),
        "context": {"name": "Megan Bowen"},
        "not_after": clock.now() + timedelta(hours=24),
        "link_purpose": "reveal",
    }
    return Draft(**(facts | changes))


def store(**changes: Any) -> OutboundMessage:
    """Put a letter into the outbox."""
    (message_id,) = enqueue(draft(**changes), now=clock.now())
    return OutboundMessage.objects.get(pk=message_id)


def deliver(message: OutboundMessage) -> State | None:
    """Try a message once and read its row anew."""
    with Dispatcher() as dispatcher:
        outcome = dispatcher.deliver(message.pk, now=clock.now())
    message.refresh_from_db()
    return outcome


def deliver_all(messages: QuerySet[OutboundMessage]) -> None:
    """Try each of these messages once."""
    with Dispatcher() as dispatcher:
        for pk in messages.values_list("pk", flat=True):
            dispatcher.deliver(pk, now=clock.now())
