"""System checks of the outbox: a wrong address of a channel stops the start, not the first message."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from adminportal.outbox.channels import open_channel
from adminportal.outbox.channels.base import ChannelUnavailable
from adminportal.outbox.models import Channel

VARIABLES = {Channel.EMAIL: "EMAIL_URL", Channel.SMS: "SMS_URL"}


@register()
def check_channels(app_configs: Sequence[AppConfig] | None, **facts: object) -> list[CheckMessage]:
    """Report each channel whose address cannot be used here."""
    return [
        Error(
            f"{variable} names no channel that can be used here.",
            hint="E-mail: smtp://user:password@host:port?tls=starttls or smtps://…; inbox: is for trials only.",
            id="outbox.E001",
        )
        for kind, variable in VARIABLES.items()
        if not _is_usable(kind)
    ]


def _is_usable(kind: str) -> bool:
    if kind == Channel.SMS and not settings.SMS_CHANNEL_URL:
        return True  # no text messages: their methods are not offered
    try:
        open_channel(kind)
    except ChannelUnavailable:
        return False
    return True
