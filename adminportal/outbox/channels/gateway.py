"""What every gateway of text messages and calls shares: one request over a connection of its own, and its answer."""

from __future__ import annotations

import re
from datetime import datetime

from django.views.decorators.debug import sensitive_variables

from adminportal import clock, outgoing
from adminportal.outbox.channels.base import PermanentFailure, TemporaryFailure, TooLate, UncertainOutcome
from adminportal.outbox.gateway_address import GatewayAddress
from adminportal.outbox.models import Failure

TIMEOUT_SECONDS = 8.0
"""How long one step of the conversation may take; all of them together stay under the dispatcher's claim."""
LONGEST_WAIT_SECONDS = 3_600
"""A gateway that asks for more is asked again after this."""
NUMBER = re.compile(r"(\+[0-9]{6,15})(?:x([0-9]{1,8}))?")
TOO_MANY, SERVER_ERROR = 429, 500
SIGN_IN_REFUSED = (401, 407)


@sensitive_variables()
def call(
    address: GatewayAddress, target: str, body: bytes, headers: dict[str, str], *, last_moment: datetime
) -> outgoing.Answer:
    """Post one request and return an answer that took it; its own words are never kept, for they may repeat the text.

    :raises TooLate: when ``last_moment`` passed before anything was sent.
    :raises TemporaryFailure: when the gateway cannot be reached, is busy or does not accept the portal.
    :raises UncertainOutcome: when the request left and no answer came.
    """
    server = outgoing.Server(host=address.host, port=address.port, tls=address.tls)
    try:
        link = outgoing.connect(server, timeout_seconds=TIMEOUT_SECONDS)
    except outgoing.NoConnection as problem:
        raise TemporaryFailure(Failure.UNREACHABLE, problem.reason) from None
    if clock.now() > last_moment:
        link.close()
        raise TooLate
    try:
        answer = outgoing.post(link, server, target, body, headers)
    except outgoing.NoAnswer as problem:
        raise UncertainOutcome(Failure.NO_ANSWER, problem.reason) from None
    _refuse_for_now(answer)
    return answer


def number_of(written: str) -> tuple[str, str]:
    """Return number (E.164) and extension of what people write as ``+47 912 34 567 x12``.

    :raises PermanentFailure: when it is no international number.
    """
    found = NUMBER.fullmatch(re.sub(r"[\s().-]", "", written))
    if found is None:
        raise PermanentFailure(Failure.ADDRESS_INVALID)
    return found[1], found[2] or ""


def refuse(answer: outgoing.Answer, detail: str) -> None:
    """Give a message up that the gateway did not take.

    :raises TemporaryFailure: when the gateway sends elsewhere: redirects are not followed, an operator must look.
    :raises PermanentFailure: for every other answer.
    """
    if answer.status < 400:
        raise TemporaryFailure(Failure.UNREACHABLE, detail)
    raise PermanentFailure(Failure.RECIPIENT_REFUSED, detail)


def is_taken(answer: outgoing.Answer) -> bool:
    """Tell whether the gateway took the message."""
    return 200 <= answer.status < 300


def _refuse_for_now(answer: outgoing.Answer) -> None:
    detail = f"HTTP {answer.status}"
    if answer.status == TOO_MANY or answer.status >= SERVER_ERROR:
        wait = answer.headers.get("retry-after", "").strip()
        seconds = min(int(wait), LONGEST_WAIT_SECONDS) if wait.isascii() and wait.isdecimal() else 0
        raise TemporaryFailure(Failure.TRY_LATER, detail, retry_after_seconds=seconds)
    if answer.status in SIGN_IN_REFUSED:
        raise TemporaryFailure(Failure.SIGN_IN_REFUSED, detail)
