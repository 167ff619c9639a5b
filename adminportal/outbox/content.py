"""Builds what a message says, the same at every attempt: from its row, its templates and the key ring."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.template import Context, TemplateDoesNotExist, TemplateSyntaxError
from django.template.backends.django import Template
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import get_supported_language_variant, gettext
from django.views.decorators.debug import sensitive_variables

from adminportal import clock
from adminportal.outbox import links
from adminportal.outbox.models import Channel, OutboundMessage
from adminportal.outbox.registry import opener_of

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
TEMPLATE_NAME = re.compile(r"[a-z0-9_-]+\Z")
SHORT_PARTS = {Channel.SMS.value: "sms.txt", Channel.VOICE.value: "voice.txt"}
"""Channels whose messages are one short text, and the template that holds it."""
SUBJECT_LENGTH = 300
"""Characters kept of a subject; RFC 5322 allows 998 a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message as its recipient sees it; it holds the link in plain text, so it is neither stored nor logged."""

    channel: str
    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    issued_at: datetime
    boundary: str
    sender_name: str = ""

    def __repr__(self) -> str:
        return f"Parcel({self.headers.get('Message-ID', '')})"


class ContentUnbuildable(Exception):
    """A template is missing or broken; the argument names it."""


class SecretGone(Exception):
    """What the message was to carry was used, replaced or wiped meanwhile."""


@sensitive_variables()
def build(message: OutboundMessage) -> Parcel:
    """Build the content in the language of the recipient.

    :raises ContentUnbuildable: when the templates are missing or do not render.
    :raises SecretGone: when its secret must not be sent any more.
    :raises adminportal.sealing.SealBroken: when the key of its link has left the ring.
    """
    facts = _facts_of(message)
    with translation.override(_language_of(message)):
        if message.channel in SHORT_PARTS:
            subject, text, html = "", _render(message, SHORT_PARTS[message.channel], facts), ""
        else:
            subject = one_line(_render(message, "subject.txt", facts))[:SUBJECT_LENGTH]
            text = _render(message, "body.txt", facts)
            html = _render(message, "body.html", facts)
        sender = _sender_name(facts)
    return Parcel(
        channel=message.channel,
        to=message.to,
        subject=subject,
        text=text.strip() + "\n",
        html=html,
        headers=_headers_of(message),
        issued_at=message.issued_at,
        boundary=f"=_{message.id.hex}.{message.generation}",
        sender_name=sender,
    )


def _sender_name(facts: Mapping[str, object]) -> str:
    """Return whom a mail comes from, in the active language; nothing where it names no tenant."""
    tenant = facts.get("tenant_name", "")
    named = gettext("%(portal)s on behalf of %(tenant)s") % {"portal": gettext("Admin portal"), "tenant": tenant}
    return named if tenant else ""


def one_line(text: str) -> str:
    """Return the text without line ends and control characters, so that a name stays a name in any field."""
    return " ".join(CONTROL_CHARACTERS.sub(" ", text).split())


@sensitive_variables()
def _facts_of(message: OutboundMessage) -> dict[str, object]:
    facts: dict[str, object] = {name: one_line(str(value)) for name, value in message.context.items()}
    facts["public_url"] = settings.PUBLIC_URL
    facts["not_after"] = message.not_after
    facts["language"] = _language_of(message)
    if message.link_purpose:
        facts["link"] = links.address_of(message).expose()
    return facts | _secrets_of(message)


def _secrets_of(message: OutboundMessage) -> dict[str, object]:
    if not message.secret_purpose:
        return {}
    try:
        opened = opener_of(message.secret_purpose)(message, clock.now())
    except KeyError as problem:
        raise ContentUnbuildable(message.secret_purpose) from problem
    if opened is None:
        raise SecretGone
    return dict(opened)


def _headers_of(message: OutboundMessage) -> dict[str, str]:
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return {
        "Message-ID": f"<{message.id}.{message.generation}@{host}>",
        "X-Correlation-Id": str(message.correlation_id),
        "Auto-Submitted": "auto-generated",
    }


def _language_of(message: OutboundMessage) -> str:
    try:
        return get_supported_language_variant(message.language)
    except LookupError:
        return settings.LANGUAGE_CODE


@sensitive_variables()
def _render(message: OutboundMessage, part: str, facts: dict[str, object]) -> str:
    if not TEMPLATE_NAME.match(message.template):
        raise ContentUnbuildable(message.template)
    name = f"messages/{message.template}/{part}"
    try:
        template = get_template(name)
    except (TemplateDoesNotExist, TemplateSyntaxError) as problem:
        raise ContentUnbuildable(name) from problem
    if not isinstance(template, Template):
        raise ContentUnbuildable(name)
    # Only the HTML part is markup: in plain text an escaped name would read "O&#x27;Brien".
    context = Context(facts, autoescape=part.endswith(".html"))
    try:
        return str(template.template.render(context))
    except Exception as problem:  # its text may hold the link
        raise ContentUnbuildable(f"{name}: {type(problem).__name__}") from None
