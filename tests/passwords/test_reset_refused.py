"""What the Reset password panel refuses, and with which words and status."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from tests.cast import PASSWORD, Cast, make_cast, signed_in
from tests.passwords.reset_cast import (
    panel_of,
    post_reset,
    result_id_of,
    text_of,
    try_sign_in,
)
from users.models import RoleAssignment, Session
from users.services.sign_in import Outcome
from users.tenancy import within

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def helpdesk(cast: Cast) -> Client:
    return signed_in(cast["helpdesk.admin"])


def test_all_violated_rules_come_back_at_once_and_nothing_changes(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, how="own", new_password="vance")

    assert answer.status_code == 422
    text = text_of(answer)
    assert "Use at least 8 characters" in text
    assert "three of these four" in text
    assert "Leave out names" in text
    assert 'value="vance"' not in answer.content.decode()
    assert try_sign_in("adele.vance@contoso.example", PASSWORD).outcome is Outcome.RIGHT


def test_own_password_needs_one_typed(cast: Cast, helpdesk: Client) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, how="own", new_password="")

    assert answer.status_code == 422
    assert "Type the password, or let one be created." in text_of(answer)


@pytest.mark.parametrize("key", ["", "x" * 32, "a" * 31, "a" * 200])
def test_form_without_its_key_changes_nothing_and_says_so(cast: Cast, helpdesk: Client, key: str) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, form_key=key)

    assert answer.status_code == 422
    assert "The form came back incomplete." in text_of(answer)


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        ("", "Give an address to send the sign-in info to."),
        ("one@a.example;two@a.example;3@a.example;4@a.example;5@a.example;6@a.example", "Give at most five addresses"),
        ("not-an-address", "These are not email addresses: not-an-address. Nothing was changed."),
        ("a" * 64 + "@" + "b." * 100 + "example", "These are not email addresses"),
    ],
)
def test_wrong_addresses_are_refused_in_words(cast: Cast, helpdesk: Client, addresses: str, said: str) -> None:
    answer = post_reset(helpdesk, cast["adele.vance"].pk, email_to_me="on", addresses=addresses)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not OutboundMessage.objects.exists()


@pytest.mark.parametrize(("htmx", "status"), [(False, 400), (True, 422)])
def test_the_persons_own_mailbox_is_no_recipient(cast: Cast, helpdesk: Client, htmx: bool, status: int) -> None:
    answer = post_reset(
        helpdesk, cast["adele.vance"].pk, htmx=htmx, email_to_me="on", addresses="ADELE.Vance@contoso.example"
    )

    assert answer.status_code == status
    assert "is the mailbox of Adele Vance, who cannot open it without the password" in text_of(answer)
    assert AuditEvent.objects.filter(result="failure", reason="RESET_CIRCULAR_RECIPIENT").count() == 1
    assert try_sign_in("adele.vance@contoso.example", PASSWORD).outcome is Outcome.RIGHT


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("global.admin", 403, "holds Global Administrator"),
        ("grady.archie", 403, "role-assignable group Break glass"),
        ("helpdesk.admin", 400, "You cannot reset your own password here."),
        ("lee.gu", 400, "comes from the directory corp.example"),
        ("guest.person", 400, "signs in at another organization"),
    ],
)
def test_refused_person_is_shown_with_the_reason_and_refused_by_post(
    cast: Cast, helpdesk: Client, target: str, status: int, said: str
) -> None:
    page = helpdesk.get(panel_of(cast, target))
    answer = post_reset(helpdesk, cast[target].pk)
    incomplete = helpdesk.post(panel_of(cast, target), {})

    assert page.status_code == 200
    assert said in text_of(page) and "<form" not in page.content.decode().partition("<main")[2].partition("</main")[0]
    assert (answer.status_code, incomplete.status_code) == (status, status)
    assert said in text_of(answer)
    assert try_sign_in(cast[target].user_principal_name, PASSWORD).outcome is Outcome.RIGHT
    assert AuditEvent.objects.filter(activity="Reset password (by admin)", result="failure").count() == 1


def test_person_without_the_right_enters_no_page_of_it(cast: Cast, helpdesk: Client) -> None:
    reset_id = result_id_of(post_reset(helpdesk, cast["adele.vance"].pk))
    reader = signed_in(cast["diego.siciliani"])

    assert reader.get(panel_of(cast, "adele.vance")).status_code == 403
    assert post_reset(reader, cast["adele.vance"].pk).status_code == 403
    assert reader.get(reverse("passwords:result", args=[reset_id])).status_code == 403


def test_people_of_another_tenant_do_not_exist_here(cast: Cast, helpdesk: Client) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")

    assert helpdesk.get(panel_of(other, "adele.vance")).status_code == 404
    assert post_reset(helpdesk, other["adele.vance"].pk).status_code == 404
    assert helpdesk.get(reverse("passwords:reset", args=[uuid4()])).status_code == 404


def test_target_with_a_role_asks_for_fresh_proof_first(cast: Cast) -> None:
    admin = signed_in(cast["global.admin"])
    Session.objects.filter(user=cast["global.admin"]).update(proven_at=clock.now() - timedelta(minutes=11))

    page = admin.get(panel_of(cast, "helpdesk.admin"))
    fragment = admin.get(panel_of(cast, "helpdesk.admin"), headers=HTMX)
    posted = post_reset(admin, cast["helpdesk.admin"].pk)

    confirm = f"{reverse('users:confirm')}?next=%2Fpasswords%2Freset%2F{cast['helpdesk.admin'].pk}"
    assert page["Location"] == posted["Location"] == fragment["HX-Redirect"] == confirm
    assert admin.get(panel_of(cast, "adele.vance")).status_code == 200
    assert try_sign_in("helpdesk.admin@contoso.example", PASSWORD).outcome is Outcome.RIGHT

    back = admin.post(confirm, {"password": PASSWORD, "next": panel_of(cast, "helpdesk.admin")})
    assert back["Location"] == panel_of(cast, "helpdesk.admin")
    assert admin.get(back["Location"]).status_code == 200
    result_id_of(post_reset(admin, cast["helpdesk.admin"].pk))


def test_right_lost_between_form_and_button_is_refused(cast: Cast, helpdesk: Client) -> None:
    assert helpdesk.get(panel_of(cast, "adele.vance")).status_code == 200
    with within(cast.tenant):
        RoleAssignment.objects.filter(user=cast["helpdesk.admin"]).delete()

    assert post_reset(helpdesk, cast["adele.vance"].pk).status_code == 403
    assert try_sign_in("adele.vance@contoso.example", PASSWORD).outcome is Outcome.RIGHT


def test_panel_of_somebody_out_of_reach_names_who_could(cast: Cast, helpdesk: Client) -> None:
    page = helpdesk.get(panel_of(cast, "user.admin"))

    text = text_of(page)
    assert "Your role Helpdesk Administrator does not cover it" in text
    assert "Who can do what you cannot do here" in text
    assert cast["global.admin"].display_name in text
