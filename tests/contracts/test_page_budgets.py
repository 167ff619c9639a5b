"""What single pages may cost the database, where no test of their own says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.throttle.shared import forget_own_hits
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, signed_in
from tests.passwords.reset_cast import link_of, message_to, reset
from tests.people_files import FAULTY, GOOD, content_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    forget_own_hits()
    return make_cast()


@pytest.mark.parametrize(
    "name",
    ["centre:org-settings", "passwords:policy", "passwords:expiration", "passwords:add-user", "users:confirm"],
)
def test_page_of_an_administrator_keeps_its_budget(cast: Cast, name: str) -> None:
    keeps_budget(name, signed_in(cast["global.admin"]), reverse(name))


@pytest.mark.parametrize("file", [GOOD, FAULTY])
def test_preview_of_an_import_keeps_its_budget_however_many_rows_and_faults(cast: Cast, file: str) -> None:
    client = signed_in(cast["user.admin"])
    upload = {"file": SimpleUploadedFile(file, content_of(file)), "text": ""}

    keeps_budget("users:import-batch", client, client.post(reverse("users:import"), upload)["Location"])


def test_one_time_link_keeps_its_budget_before_and_at_the_press(cast: Cast) -> None:
    reset(cast, "adele.vance", deliver_to_alternate=True)
    address = link_of(message_to("adele.vance.contoso@mail.example"))
    stranger = Client()

    keeps_budget("passwords:reveal", stranger, address)
    with within_budget("passwords:reveal post"):
        assert stranger.post(address).status_code == 200


def keeps_budget(name: str, client: Client, address: str) -> None:
    # Two minutes on, the session's last activity is written too: the dearest case.
    with within_budget(name), clock.travel(timedelta(minutes=2)):
        assert client.get(address).status_code == 200
