"""What the tests of the reset's pages share: a reset as an administrator makes it, its links, forms."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.authority import AdminAuthority
from passwords.orders import ResetEnd, ResetOptions, ResetOrder, ResetOutcome
from passwords.reveal import show_to_starter
from passwords.services.reset import reset_passwords
from tests.cast import Cast
from users.services.sign_in import SignInResult, sign_in
from users.tenancy import within

TYPED = "Violet-Meadow-4127"
"""A password that keeps every rule."""


def reset(
    cast: Cast, target: str, *, actor: str = "helpdesk.admin", password: str | None = None, **options: Any
) -> ResetOutcome:
    """Reset one person as the panel does."""
    with within(cast.tenant):
        (outcome,) = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast[target].pk, password=Secret(password) if password else None)],
            authority=AdminAuthority(actor=cast.actor(actor)),
            options=ResetOptions(**options),
            now=clock.now(),
        )
    assert outcome.end is ResetEnd.DONE, outcome
    cast[target].refresh_from_db()
    return outcome


def shown(cast: Cast, outcome: ResetOutcome, *, actor: str = "helpdesk.admin") -> str:
    """Return the password of a reset, taken as its starter takes it."""
    assert outcome.reset_id is not None
    with within(cast.tenant):
        password = show_to_starter(outcome.reset_id, actor=cast.actor(actor), now=clock.now())
    assert password is not None
    return password.expose()


def try_sign_in(user_name: str, password: str, *, device_cookie: str = "") -> SignInResult:
    """Sign in at the service, from an unfamiliar place unless told, and from another source each time."""
    return sign_in(
        user_name=user_name,
        password=Secret(password),
        source=str(uuid4()),
        device_cookie=device_cookie,
        now=clock.now(),
    )


def message_to(address: str) -> OutboundMessage:
    """Return the newest message with a link to an address."""
    return OutboundMessage.objects.filter(to=address).filter(link_purpose="reveal").latest("created_at")


def link_of(message: OutboundMessage) -> str:
    """Return the path of the page that the message's link opens."""
    return reverse("passwords:reveal", args=[links.token_of(message).expose()])


def form_of(**changes: str) -> dict[str, str]:
    """Return what the browser posts when nothing but the defaults is chosen."""
    return {"how": "automatic", "style": "random", "must_change": "on", "form_key": "0" * 32} | changes


def post_reset(client: Client, target_id: UUID, *, htmx: bool = False, **changes: str) -> HttpResponse:
    """Post the panel's form."""
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(reverse("passwords:reset", args=[target_id]), form_of(**changes), headers=headers)


def secret_in(response: HttpResponse) -> str:
    """Return the password that a page shows, empty when it shows none."""
    text = response.content.decode()
    found = re.search(r'<code class="secret__value"[^>]*>(.*?)</code>', text, re.DOTALL)
    return re.sub(r"<[^>]*>", "", found.group(1)).replace("&amp;", "&").replace("&lt;", "<") if found else ""


def panel_of(cast: Cast, name: str) -> str:
    """Return the address of a person's reset panel."""
    return reverse("passwords:reset", args=[cast[name].pk])


def text_of(response: HttpResponse) -> str:
    """Return the words of an answer without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def result_id_of(response: HttpResponse) -> UUID:
    """Return the id of the reset whose result an answer leads to."""
    assert response.status_code == 302, text_of(response)
    found = re.fullmatch(r"/passwords/result/([0-9a-f-]{36})", response["Location"])
    assert found is not None
    return UUID(found.group(1))
