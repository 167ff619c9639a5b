"""Whole files of people through the page: every value is kept, every fault is named with its row and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoDbBlocker

from adminportal.throttle.shared import forget_own_hits
from tests.cast import Cast, make_cast, signed_in
from tests.people_files import FAULTY, GOOD, OTHER_FORM, content_of, rows_of
from users.models import User
from users.tenancy import across_tenants, within

pytestmark = pytest.mark.django_db

FAULTS = {
    3: ("User Name", "“not a user name” is not a user name."),
    4: (
        "User Name",
        "The user name “sinead.oconnor-byrne@contoso.example” is taken already, in this file or by somebody else.",
    ),
    5: ("Display Name", "Display Name is empty."),
    6: ("Mobile Phone", "“call me maybe” is not a telephone number."),
    7: ("Alternate email address", "“nobody@@mail.example” is not an email address."),
    9: ("User Name", "“unknown-domain.example” is not a domain of this organization. Allowed: contoso.example."),
    10: ("Department", "The row ends too early: it has 5 of 16 columns."),
    11: ("Display Name", "The text has 300 characters. At most 256 are allowed."),
}
FORMULA = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Cast]:
    """Make the cast once; what a test does to it is rolled back to here."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_cast()
        transaction.set_rollback(True)


@pytest.fixture
def client(cast: Cast) -> Client:
    forget_own_hits()
    return signed_in(cast["user.admin"])


def upload(client: Client, name: str) -> str:
    """Upload a file and return the address of its preview."""
    answer = client.post("/users/import", {"file": SimpleUploadedFile(name, content_of(name)), "text": ""})
    assert answer.status_code == 302
    return answer["Location"]


def rows_shown(client: Client, address: str) -> dict[int, str]:
    """Return the words of every row of the file as its page shows them."""
    rows = re.findall(r'<tr class="grid__row">(.*?)</tr>', client.get(address).content.decode(), re.DOTALL)
    words = [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in rows]
    return {int(text.partition(" ")[0]): text for text in words}


def stored(user: User) -> dict[str, str]:
    """Return a person as a row of the layout."""
    contacts = {contact.kind: contact.value for contact in user.contacts.all()}
    return {
        "User Name": user.user_principal_name,
        "First Name": user.given_name,
        "Last Name": user.surname,
        "Display Name": user.display_name,
        "Job Title": user.job_title,
        "Department": user.department,
        "Office Number": user.office,
        "Office Phone": contacts.get("office_phone", ""),
        "Mobile Phone": contacts.get("mobile_phone", ""),
        "Fax": user.fax,
        "Alternate email address": contacts.get("alternate_email", ""),
        "Address": user.street_address,
        "City": user.city,
        "State or Province": user.state,
        "ZIP or Postal Code": user.postal_code,
        "Country or Region": user.country,
    }


@pytest.mark.parametrize(("name", "people"), [(GOOD, 250), (OTHER_FORM, 20)])
def test_everybody_of_a_good_file_is_created_with_every_value_and_no_password(
    cast: Cast, client: Client, name: str, people: int
) -> None:
    address = upload(client, name)
    preview = client.get(address).context["view"]
    before = _names()

    client.post(address)

    assert (preview.good, preview.faulty) == (people, 0)
    with within(cast.tenant):
        created = list(User.objects.exclude(upn_folded__in=before).prefetch_related("contacts"))
        kept = {user.user_principal_name: stored(user) for user in created}
    assert len(created) == people
    assert kept == {row["User Name"]: row for row in rows_of(name).values()}
    assert {(user.has_usable_password(), user.password_issued_at) for user in created} == {(False, None)}


@pytest.mark.parametrize("number", FAULTS)
def test_each_fault_is_named_with_its_row_and_column_and_with_no_other(client: Client, number: int) -> None:
    shown = rows_shown(client, upload(client, FAULTY))[number]

    column, words = FAULTS[number]
    faults = shown.removeprefix(f"{number} Faulty")
    assert faults != shown
    assert f"{column} : {words}" in faults
    assert {column for column, _words in FAULTS.values() if f"{column} : " in faults} == {column}


def test_good_rows_of_a_faulty_file_are_added_alone(client: Client) -> None:
    before = _names()
    address = upload(client, FAULTY)
    preview = rows_shown(client, address)
    held_up = client.post(address)

    assert {number for number, text in preview.items() if text.startswith(f"{number} Will be created")} == {2, 8}
    assert sorted(preview) == [*range(2, 12)]
    assert held_up.status_code == 422 and _names() == before

    client.post(address, {"leave_out_faulty": "on"})

    added = {"sinead.oconnor-byrne@contoso.example", "nguyen.thiminhkhai@contoso.example"}
    assert _names() - before == added
    result = rows_shown(client, address)
    assert {number for number, text in result.items() if text.startswith(f"{number} Created")} == {2, 8}
    assert {number for number, text in result.items() if text.startswith(f"{number} Not created")} == set(FAULTS)


def test_name_that_looks_like_a_formula_is_a_name(cast: Cast, client: Client) -> None:
    address = upload(client, FAULTY)
    client.post(address, {"leave_out_faulty": "on"})

    with within(cast.tenant):
        user = User.objects.get(upn_folded="nguyen.thiminhkhai@contoso.example")
    assert user.display_name == FORMULA
    for page in (address, f"/users/active?search={user.user_principal_name}", f"/users/active/{user.pk}"):
        text = client.get(page).content.decode()
        assert escape(FORMULA) in text and FORMULA not in text
        assert 'href="http://evil' not in text


def _names() -> set[str]:
    with across_tenants():
        return set(User.objects.values_list("upn_folded", flat=True))
