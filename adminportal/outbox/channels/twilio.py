"""Text messages by the interface of Twilio, which other providers offer too."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from urllib.parse import quote, urlencode

from django.views.decorators.debug import sensitive_variables

from adminportal.outbox.channels.base import PermanentFailure
from adminportal.outbox.channels.gateway import call, is_taken, number_of, refuse
from adminportal.outbox.content import Parcel
from adminportal.outbox.gateway_address import GatewayAddress
from adminportal.outbox.models import Failure
from adminportal.outgoing import Answer

PROVIDER_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


class TwilioChannel:
    """Posts to ``/2010-04-01/Accounts/SID/Messages.json`` with SID and token as basic authentication."""

    def __init__(self, address: GatewayAddress) -> None:
        """Remember where to; connects only to send."""
        self._address = address

    @sensitive_variables()
    def send(self, parcel: Parcel, *, last_moment: datetime) -> str:
        """Hand one message over; see :class:`~adminportal.outbox.channels.base.Channel`."""
        number, extension = number_of(parcel.to)
        if extension:
            raise PermanentFailure(Failure.ADDRESS_INVALID)
        account, token = self._address.account, self._address.password
        proof = base64.b64encode(f"{account}:{token}".encode()).decode()
        form = urlencode({"To": number, "From": self._address.sender, "Body": parcel.text.strip()})
        headers = {"Authorization": f"Basic {proof}", "Content-Type": "application/x-www-form-urlencoded"}
        target = f"/2010-04-01/Accounts/{quote(account, safe='')}/Messages.json"
        answer = call(self._address, target, form.encode("ascii"), headers, last_moment=last_moment)
        if not is_taken(answer):
            refuse(answer, f"HTTP {answer.status} {_fact(answer, 'code')}".strip())
        return _fact(answer, "sid")

    def close(self) -> None:
        """Do nothing: each message has a connection of its own."""


def _fact(answer: Answer, name: str) -> str:
    """Return an id or a number out of the answer; whatever is no such thing may repeat the text of the message."""
    try:
        found = str(json.loads(answer.body)[name])
    except (ValueError, LookupError, TypeError):
        return ""
    return found if PROVIDER_ID.fullmatch(found) else ""
