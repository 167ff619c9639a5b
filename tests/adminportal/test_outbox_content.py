"""The product's own messages: each one can be built in each language."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils.html import escape

from adminportal import clock, sealing
from adminportal.centre.views.messages import LETTERS
from adminportal.outbox import links
from adminportal.outbox.channels.email import compose
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage

FOLDER = Path(settings.BASE_DIR) / "templates" / "messages"
TEMPLATES = sorted(place.name for place in FOLDER.iterdir() if place.is_dir())


def _message(template: str, *, language: str) -> OutboundMessage:
    now = clock.now()
    return OutboundMessage(
        id=uuid4(),
        template=template,
        channel="email",
        to="megan@mail.example",
        language=language,
        context={"user_name": "megan@contoso.example", "display_name": "Megan O'Brien"},
        key_id=sealing.current_key_id(),
        link_purpose="reveal",
        not_after=now,
        issued_at=now,
        correlation_id=uuid4(),
    )


ABOUT_A_JOB = ("bulk_finished", "bulk_finished_shown")
"""Messages about many people: they name who started the job."""


@pytest.mark.parametrize("language", [*dict(settings.LANGUAGES), "pt", ""])
@pytest.mark.parametrize("template", TEMPLATES)
def test_message_of_the_product_is_complete(template: str, language: str) -> None:
    message = _message(template, language=language)

    parcel = build(message)

    assert parcel.subject
    named = {True: "Megan O'Brien", False: "megan@contoso.example"}[template in ABOUT_A_JOB]
    assert named in parcel.text
    assert escape(named) in parcel.html
    link = links.address_of(message).expose()
    assert (link in parcel.text) == (link in parcel.html)
    assert "O&#x27;Brien" not in parcel.subject + parcel.text
    assert link not in repr(parcel)


@pytest.mark.parametrize("template", TEMPLATES)
def test_message_comes_on_behalf_of_the_tenant_that_it_names(template: str) -> None:
    message = _message(template, language="nb")
    nobodys = build(message).sender_name
    message.context["tenant_name"] = "Contoso\r\nBcc: eve@mail.example"

    sender = compose(build(message))["From"]

    assert nobodys == ""
    assert "Contoso Bcc: eve@mail.example" in sender.addresses[0].display_name
    assert sender.addresses[0].addr_spec == settings.EMAIL_FROM


def test_each_message_of_the_product_has_a_name_in_the_trace() -> None:
    assert set(TEMPLATES) <= set(LETTERS)
