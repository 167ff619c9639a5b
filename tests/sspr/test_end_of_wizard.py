"""The end of the wizard beside the password itself: open links die with it, and a busy machine changes nothing."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from adminportal import hashing
from adminportal.throttle.models import Counter
from passwords.models import PasswordReset
from sspr.models import GateFailures
from tests.cast import PASSWORD, Cast
from tests.passwords.reset_cast import link_of, message_to, reset, secret_in, try_sign_in
from tests.sspr.wizard_visit import Visit, text_of
from tests.sspr.wizard_ways import MAIL, NEW_PASSWORD, make_open_cast
from users.services.sign_in import Outcome

pytestmark = pytest.mark.django_db
UPN = "adele.vance@contoso.example"


@pytest.fixture
def cast() -> Cast:
    return make_open_cast()


def proven() -> Visit:
    """Walk up to the page of the new password."""
    visit = Visit()
    visit.begin(UPN)
    visit.prove_email()
    assert visit.attempt.state == "new_password"
    return visit


def test_link_to_a_password_that_was_set_before_opens_nothing_any_more(cast: Cast, client: Client) -> None:
    reset(cast, "adele.vance", deliver_to_alternate=True)
    link = link_of(message_to(MAIL))
    assert client.get(link).status_code == 200
    visit = proven()

    visit.finish()

    assert "Your password has been reset" in text_of(visit.page())
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 410 and secret_in(answer) == ""
    assert try_sign_in(UPN, NEW_PASSWORD).outcome is Outcome.RIGHT


def test_link_stays_open_while_the_attempt_has_set_no_password(cast: Cast, client: Client) -> None:
    reset(cast, "adele.vance", deliver_to_alternate=True)
    link = link_of(message_to(MAIL))

    proven().post("cancel")

    assert try_sign_in(UPN, secret_in(client.post(link))).outcome is Outcome.RIGHT


def test_password_that_finds_no_hash_slot_changes_nothing_and_may_be_chosen_again(
    cast: Cast, settings: Settings
) -> None:
    settings.HASH_SLOTS, settings.HASH_QUEUE = 1, 0
    visit = proven()
    counted = list(Counter.objects.order_by("pk").values_list("limit", "hits"))
    with hashing.guard.taken():
        busy = visit.finish()

    assert (busy.status_code, busy["Retry-After"]) == (503, "5")
    assert visit.attempt.state == "new_password" and not PasswordReset.objects.exists()
    assert list(Counter.objects.order_by("pk").values_list("limit", "hits")) == counted
    assert not GateFailures.objects.exists() and try_sign_in(UPN, PASSWORD).outcome is Outcome.RIGHT
    visit.finish()
    assert try_sign_in(UPN, NEW_PASSWORD).outcome is Outcome.RIGHT
