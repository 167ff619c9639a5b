"""A gateway of the operator's own, for text messages or calls: JSON by POST, taken when the answer is 2xx."""

from __future__ import annotations

import json
from datetime import datetime

from django.views.decorators.debug import sensitive_variables

from adminportal.outbox.channels.gateway import call, is_taken, number_of, refuse
from adminportal.outbox.content import Parcel
from adminportal.outbox.gateway_address import GatewayAddress


class WebhookChannel:
    """Posts ``{"to", "text", "id"}``; the same ``id`` comes again where a message is tried again."""

    def __init__(self, address: GatewayAddress) -> None:
        """Remember where to; connects only to send."""
        self._address = address

    @sensitive_variables()
    def send(self, parcel: Parcel, *, last_moment: datetime) -> str:
        """Hand one message over; see :class:`~adminportal.outbox.channels.base.Channel`."""
        number, extension = number_of(parcel.to)
        message_id = parcel.headers["Message-ID"].strip("<>")
        message = {"to": number, "text": parcel.text.strip(), "id": message_id}
        if extension:
            message["extension"] = extension
        headers = {
            "Content-Type": "application/json",
            "X-Correlation-Id": parcel.headers.get("X-Correlation-Id", ""),
        }
        body = json.dumps(message, ensure_ascii=False).encode()
        answer = call(self._address, self._address.target, body, headers, last_moment=last_moment)
        if not is_taken(answer):
            refuse(answer, f"HTTP {answer.status}")
        return message_id

    def close(self) -> None:
        """Do nothing: each message has a connection of its own."""
