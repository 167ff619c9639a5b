"""System checks of the outbox: a wrong address of a channel stops the start, not the first message."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from adminportal.outbox.channels import is_set_up, open_channel
from adminportal.outbox.channels.base import ChannelUnavailable
from adminportal.outbox.gateway_address import FORMS
from adminportal.outbox.models import Channel

VARIABLES = {Channel.EMAIL: "EMAIL_URL", Channel.SMS: "SMS_URL", Channel.VOICE: "VOICE_URL"}
FORMS_OF = {Channel.EMAIL: "smtp://user:password@host:port?tls=starttls or smtps://…"} | FORMS


@register()
def check_channels(app_configs: Sequence[AppConfig] | None, **facts: object) -> list[CheckMessage]:
    """Report each channel whose address cannot be used here."""
    return [
        Error(
            f"{variable} names no channel that can be used here.",
            hint=f"Give {FORMS_OF[kind]}; inbox: is for trials only.",
            id="outbox.E001",
        )
        for kind, variable in VARIABLES.items()
        if not _is_usable(kind)
    ]


def _is_usable(kind: str) -> bool:
    if kind != Channel.EMAIL and not is_set_up(kind):
        return True  # no text messages or calls: their methods are not offered
    try:
        open_channel(kind)
    except ChannelUnavailable:
        return False
    return True
