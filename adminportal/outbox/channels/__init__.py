"""The ways a message travels, chosen by the scheme of an address: SMTP, a webhook, Twilio, the inbox of a trial."""

from __future__ import annotations

from django.conf import settings

from adminportal.outbox.channels.base import Channel, ChannelUnavailable
from adminportal.outbox.channels.email import EmailChannel
from adminportal.outbox.channels.inbox import InboxChannel
from adminportal.outbox.channels.twilio import TwilioChannel
from adminportal.outbox.channels.webhook import WebhookChannel
from adminportal.outbox.gateway_address import TWILIO, BadGatewayAddress, read_gateway
from adminportal.outbox.models import Channel as Kind

INBOX_URL = "inbox:"
SETTINGS = {Kind.EMAIL: "EMAIL_CHANNEL_URL", Kind.SMS: "SMS_CHANNEL_URL", Kind.VOICE: "VOICE_CHANNEL_URL"}
"""Kind of message to the setting that holds the address of its channel."""


def open_channel(kind: str) -> Channel:
    """Return the channel that the operator set up for one kind of message; it connects when it first sends.

    :raises ChannelUnavailable: when there is none, or the address names one that does not exist.
    """
    url = address_of(kind)
    if url == INBOX_URL:
        return InboxChannel()
    if kind == Kind.EMAIL and url.startswith(("smtp://", "smtps://")):
        return EmailChannel(url)
    if kind in (Kind.SMS, Kind.VOICE) and url:
        return _open_gateway(url, kind=kind)
    raise ChannelUnavailable(kind)


def address_of(kind: str) -> str:
    """Return the address of a channel as the operator gave it, secrets included; empty where there is none."""
    return str(getattr(settings, SETTINGS[Kind(kind)])) if kind in Kind.values else ""


def is_set_up(kind: str) -> bool:
    """Tell whether messages of this kind can be sent at all; methods that need it are offered only then."""
    return bool(address_of(kind))


def _open_gateway(url: str, *, kind: str) -> Channel:
    try:
        address = read_gateway(url, channel=kind)
    except BadGatewayAddress:
        raise ChannelUnavailable(kind) from None
    return TwilioChannel(address) if address.kind == TWILIO else WebhookChannel(address)
