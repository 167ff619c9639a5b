"""The Reset password panel and its result, as pages and as fragments of htmx."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminportal import clock
from adminportal.hashing import hashes_made
from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordReset
from tests.cast import Cast, make_cast, signed_in
from tests.passwords.reset_cast import (
    TYPED,
    form_of,
    panel_of,
    post_reset,
    result_id_of,
    secret_in,
    text_of,
    try_sign_in,
)
from users.models import Contact, Tenant
from users.services.sign_in import Outcome
from users.tenancy import within

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
ALTERNATE = "adele.vance.contoso@mail.example"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def helpdesk(cast: Cast) -> Client:
    return signed_in(cast["helpdesk.admin"])


def _row(cast: Cast, reset_id: UUID) -> PasswordReset:
    with within(cast.tenant):
        return PasswordReset.objects.get(pk=reset_id)


def test_panel_names_its_person_and_offers_every_choice(cast: Cast, helpdesk: Client) -> None:
    page = helpdesk.get(panel_of(cast, "adele.vance"))

    text = text_of(page)
    for words in (
        "Reset password",
        "Adele Vance",
        "adele.vance@contoso.example",
        "Automatically create a password",
        "Random",
        "Pronounceable",
        "Let me create the password",
        "Require this user to change their password when they first sign in",
        "Email the sign-in info to me",
        "Email the sign-in info to the user's alternate address".replace("'", "&#x27;"),
        "a•••@mail.example",
        "Reason",
        "Ticket number",
        "Cancel",
    ):
        assert words in text
    assert ALTERNATE not in page.content.decode()
    assert "data-live-rules" in page.content.decode()
    assert page.content.decode().count("<h1") == 1


def test_panel_is_a_page_without_htmx_and_a_fragment_with_it(cast: Cast, helpdesk: Client) -> None:
    page = helpdesk.get(panel_of(cast, "adele.vance"))
    fragment = helpdesk.get(panel_of(cast, "adele.vance"), headers=HTMX)

    assert "<!doctype html>" in page.content.decode() and "hx-post" not in page.content.decode()
    assert "<!doctype html>" not in fragment.content.decode()
    assert 'hx-target="#panel"' in fragment.content.decode()
    assert "data-panel-title" in fragment.content.decode()


def test_alternate_address_is_greyed_with_the_reason_where_none_is_known(cast: Cast, helpdesk: Client) -> None:
    page = helpdesk.get(panel_of(cast, "diego.siciliani")).content.decode()

    box = re.search(r'<input[^>]*name="email_to_alternate"[^>]*>', page)
    assert box is not None and "disabled" in box.group()
    assert "No alternate address is known for this user." in page


def test_alternate_address_that_is_the_own_mailbox_is_greyed(cast: Cast, helpdesk: Client) -> None:
    with within(cast.tenant):
        Contact.objects.filter(value=ALTERNATE).update(value="Adele.Vance@contoso.example")

    page = helpdesk.get(panel_of(cast, "adele.vance")).content.decode()

    box = re.search(r'<input[^>]*name="email_to_alternate"[^>]*>', page)
    assert box is not None and "disabled" in box.group()
    assert "the mailbox that this password opens" in page


def test_alternate_address_changed_lately_has_a_warning(cast: Cast, helpdesk: Client) -> None:
    warning = "The alternate address was changed within the last 24 hours."

    assert warning in text_of(helpdesk.get(panel_of(cast, "adele.vance")))
    with within(cast.tenant):
        Contact.objects.filter(value=ALTERNATE).update(changed_at=clock.now() - timedelta(hours=24))
    assert warning not in text_of(helpdesk.get(panel_of(cast, "adele.vance")))


def test_typed_password_comes_into_force_and_is_nowhere_on_the_page(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, how="own", new_password=TYPED)
    page = helpdesk.get(answer["Location"])

    assert TYPED not in page.content.decode()
    assert try_sign_in("adele.vance@contoso.example", TYPED).outcome is Outcome.RIGHT


def test_live_ticks_judge_for_the_person_and_make_no_hash(cast: Cast, helpdesk: Client) -> None:
    address = reverse("passwords:reset-rules", args=[cast["adele.vance"].pk])
    before = hashes_made()

    good = helpdesk.post(address, {"new_password": TYPED}).content.decode()
    named = helpdesk.post(address, {"new_password": f"{TYPED}Vance"}).content.decode()
    nothing = helpdesk.post(address, {"new_password": ""}).content.decode()

    assert "rules__rule--broken" not in good and "rules__rule--met" in good
    assert named.count("rules__rule--broken") == 1
    assert "rules__rule--met" not in nothing and "rules__rule--broken" not in nothing
    assert hashes_made() == before


def test_double_submit_of_one_form_gets_the_same_result_page(cast: Cast, helpdesk: Client) -> None:
    first = post_reset(helpdesk, cast["adele.vance"].pk, form_key="a" * 32)
    hash_before = _row(cast, result_id_of(first)).target.password
    second = post_reset(helpdesk, cast["adele.vance"].pk, form_key="a" * 32)

    assert first["Location"] == second["Location"]
    assert _row(cast, result_id_of(second)).target.password == hash_before
    with within(cast.tenant):
        assert PasswordReset.objects.count() == 1
    assert secret_in(helpdesk.post(reverse("passwords:show", args=[result_id_of(second)])))


def test_links_go_to_typed_addresses_and_to_the_alternate_one(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(
        helpdesk,
        cast["adele.vance"].pk,
        email_to_me="on",
        addresses="desk@contoso.example; Megan@mail.example;",
        email_to_alternate="on",
    )
    page = helpdesk.get(answer["Location"])

    carrying = OutboundMessage.objects.filter(link_purpose="reveal")
    assert set(carrying.values_list("to", "template")) == {
        ("desk@contoso.example", "sign_in_info"),
        ("Megan@mail.example", "sign_in_info"),
        (ALTERNATE, "temporary_password"),
    }
    text = text_of(page)
    assert "desk@contoso.example" in text and "a•••@mail.example" in text and ALTERNATE not in text
    assert text.count("Queued") == 3 + 1  # the notice to the own mailbox
    assert page.content.decode().count("Send the link again to") == 3


def test_addresses_do_not_count_without_their_tick(cast: Cast, helpdesk: Client) -> None:
    result_id_of(post_reset(helpdesk, cast["adele.vance"].pk, addresses="not-an-address"))

    assert not OutboundMessage.objects.filter(link_purpose="reveal").exists()


def test_htmx_form_comes_back_as_a_fragment_and_the_result_follows(cast: Cast, helpdesk: Client) -> None:
    wrong = post_reset(helpdesk, cast["adele.vance"].pk, htmx=True, how="own", new_password="short")
    answer = post_reset(helpdesk, cast["adele.vance"].pk, htmx=True)
    result = helpdesk.get(answer["Location"], headers=HTMX)
    revealed = helpdesk.post(reverse("passwords:show", args=[result_id_of(answer)]), headers=HTMX)

    assert wrong.status_code == 422
    for part in (wrong, result, revealed):
        assert "<!doctype html>" not in part.content.decode()
        assert "data-panel-title" in part.content.decode()
    assert result["HX-Replace-Url"] == answer["Location"]
    assert secret_in(revealed)


def test_organization_may_lock_the_change_on_and_ask_for_a_reason(cast: Cast, helpdesk: Client) -> None:
    Tenant.objects.filter(pk=cast.tenant.pk).update(force_change_locked=True, reset_reason_required=True)

    without = post_reset(helpdesk, cast["adele.vance"].pk, must_change="")
    answer = post_reset(helpdesk, cast["adele.vance"].pk, must_change="", reason="On the phone")

    assert without.status_code == 422
    row = _row(cast, result_id_of(answer))
    assert row.must_change and row.reason == "On the phone"


def test_password_that_need_not_be_changed_has_no_end(cast: Cast, helpdesk: Client) -> None:
    form = form_of()
    del form["must_change"]

    answer = helpdesk.post(panel_of(cast, "adele.vance"), form)
    password = secret_in(helpdesk.post(reverse("passwords:show", args=[result_id_of(answer)])))

    with clock.travel(timedelta(days=400)):
        result = try_sign_in("adele.vance@contoso.example", password)
    assert result.outcome is Outcome.RIGHT and not result.must_change


def test_queries_of_panel_and_result_do_not_grow_with_recipients(cast: Cast, helpdesk: Client) -> None:
    few = post_reset(helpdesk, cast["adele.vance"].pk)
    many = post_reset(
        helpdesk,
        cast["diego.siciliani"].pk,
        form_key="b" * 32,
        email_to_me="on",
        addresses=";".join(f"{name}@mail.example" for name in "abcde"),
    )

    counts = []
    for answer in (few, many):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            helpdesk.get(answer["Location"])
        counts.append(len(queries))
    with CaptureQueriesContext(connection) as panel:
        helpdesk.get(panel_of(cast, "adele.vance"))

    assert counts[0] == counts[1] <= 6
    assert len(panel) <= 10
