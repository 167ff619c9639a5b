"""Faults that were published of software like this one, each tried here; named after where it was first told."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from adminportal.hashing import hashes_made
from adminportal.outbox import content
from adminportal.outbox.models import OutboundMessage
from tests.cast import PASSWORD, Cast, make_cast, signed_in
from tests.passwords.reset_cast import TYPED, form_of, link_of, message_to, post_reset, reset
from users.views.sign_in import safe_target

pytestmark = pytest.mark.django_db

ALTERNATE = "adele.vance.contoso@mail.example"
UPN = "adele.vance@contoso.example"
EVIL = "evil.example"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def _helpdesk(cast: Cast, **extra: str) -> Client:
    return signed_in(cast["helpdesk.admin"], Client(**extra))


def _recipients() -> set[str]:
    return set(OutboundMessage.objects.filter(link_purpose="reveal").values_list("to", flat=True))


def _sign_in(user_name: str, password: str) -> HttpResponse:
    return Client().post("/signin", {"user_name": user_name, "password": password})


def test_cve_2019_19844_look_alike_of_the_stored_address_gets_nothing(cast: Cast) -> None:
    """Django: an address that folds to the stored one was mailed as it was typed."""
    typed = "ADELE.VANCE.CONTO\N{LATIN SMALL LETTER LONG S}O@mail.example"

    answer = post_reset(_helpdesk(cast), cast["adele.vance"].pk, email_to_me="on", addresses=typed)

    assert answer.status_code == 302
    assert _recipients() == {ALTERNATE}


@pytest.mark.parametrize("typed", ["ADELE.VANCE@contoso.example", "ａdele.vance@contoso.example", f" {UPN} ;;"])
def test_cve_2019_19844_no_spelling_of_the_own_mailbox_is_a_recipient(cast: Cast, typed: str) -> None:
    post_reset(_helpdesk(cast), cast["adele.vance"].pk, email_to_me="on", addresses=f"me@mail.example; {typed}")

    assert _recipients() == set()


def test_cve_2023_7028_second_value_of_a_field_is_no_second_recipient(cast: Cast) -> None:
    """GitLab: an address given twice sent the reset link to both."""
    fields = form_of(email_to_me="on") | {"addresses": ["thief@evil.example", "me@mail.example"]}

    answer = _helpdesk(cast).post(reverse("passwords:reset", args=[cast["adele.vance"].pk]), fields)

    assert answer.status_code == 302
    assert _recipients() == {"me@mail.example"}


def test_cve_2017_8295_host_header_is_nowhere_in_a_mail(cast: Cast, settings: Settings) -> None:
    """WordPress: sender and link of the reset mail were built from the Host header."""
    settings.ALLOWED_HOSTS = ["*"]
    forged = {"HTTP_HOST": EVIL, "HTTP_X_FORWARDED_HOST": EVIL, "HTTP_ORIGIN": f"http://{EVIL}"}

    answer = post_reset(_helpdesk(cast, **forged), cast["adele.vance"].pk, email_to_alternate="on")

    assert answer.status_code == 302
    assert _recipients() == {ALTERNATE}
    parcels = [content.build(message) for message in OutboundMessage.objects.all()]
    told = [repr((parcel.subject, parcel.text, parcel.html, dict(parcel.headers))) for parcel in parcels]
    assert any(link_of(message_to(ALTERNATE)) in text for text in told)
    assert EVIL not in "".join(told)


def test_cve_2024_39329_account_without_a_password_costs_the_same(cast: Cast) -> None:
    """Django: who has no usable password was answered without a hash."""
    work = {}
    for name in ("adele.vance", "never.issued", "isaiah.langer", "nobody.at.all"):
        before = hashes_made()
        with CaptureQueriesContext(connection) as queries:
            answer = _sign_in(f"{name}@contoso.example", "wrong")
        work[name] = (answer.status_code, hashes_made() - before, len(queries))

    assert len(set(work.values())) == 1 and work["never.issued"][1] == 1


@pytest.mark.parametrize("letter", ["a", "ﷺ", "\N{KELVIN SIGN}"])
def test_cve_2025_27556_name_of_endless_letters_is_not_normalised(
    cast: Cast, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django: normalising a long user name kept the server busy (also CVE-2023-46695)."""
    monkeypatch.setattr("users.services.sign_in.fold_upn", lambda _typed: pytest.fail("It was normalised."))
    before = hashes_made()

    answer = _sign_in(letter * 200_000, "x")

    assert (answer.status_code, hashes_made() - before) == (422, 0)
    assert len(answer.content) < 100_000


@pytest.mark.parametrize(
    "address",
    [
        *(f"//{EVIL}", f"///{EVIL}", f"/\\{EVIL}", f"\\\\{EVIL}", f"https:{EVIL}", f"http:///{EVIL}"),
        *(f"/\t/{EVIL}", f"\t//{EVIL}", f"/\n/{EVIL}", f"\x00//{EVIL}", f" //{EVIL}", "javascript:alert(1)"),
        *("http://2130706433", f"/%09/{EVIL}\r\nLocation: //{EVIL}", f"@{EVIL}", f"/\N{FULLWIDTH SOLIDUS}{EVIL}"),
    ],
)
def test_cve_2017_7233_no_target_leads_to_another_host(cast: Cast, address: str) -> None:
    """Django: addresses that browsers and the check read differently (also CVE-2016-2512, CVE-2018-14574)."""
    target = safe_target(address)
    assert not target or (target[0] == "/" and target[1:2] not in ("/", "\\", "\t", "\n", "\r"))

    answer = Client().post("/signin", {"user_name": UPN, "password": PASSWORD, "next": address})
    place = urlsplit(answer.headers.get("Location", "/"))
    assert (place.scheme, place.netloc) == ("", "")


@pytest.mark.parametrize("address", [f"//{EVIL}", f"//{EVIL}/", f"/\\{EVIL}/users", f"//{EVIL}/%2e%2e"])
def test_cve_2018_14574_doubled_slash_is_no_redirect(address: str) -> None:
    assert _ask(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        *(
            "/./users/active",
            "/users/./active",
            "//users/active",
            "/users/active/",
            "/users/active;x=1",
            "/USERS/active",
        ),
        *("/static/../users/active", "/health/../users/active", "/signin/../users/active", "/users/active%00"),
        *("/users%2factive", "/signin/users/active", "/users/active%2f", "/users/active.css", "/users//active"),
    ],
)
def test_cve_2021_40539_no_spelling_of_an_address_passes_the_gate(cast: Cast, address: str) -> None:
    """ManageEngine ADSelfService Plus: /./ before a path went past the check of the session."""
    answer = _ask(address)

    assert answer.status_code in (302, 404)
    assert "Adele" not in answer.content.decode()


@pytest.mark.parametrize(
    "old", [{}, {"current_password": ""}, {"current_password[]": PASSWORD}, {"current_password": []}]
)
def test_cve_2018_12421_change_without_the_old_password_is_refused(cast: Cast, old: dict[str, object]) -> None:
    """LTB Self Service Password: an old password of another type was as good as the right one."""
    before = cast["adele.vance"].password

    answer = signed_in(cast["adele.vance"]).post(
        reverse("passwords:change"), {"new_password": TYPED, "confirm_password": TYPED} | old
    )

    assert answer.status_code == 422
    assert type(cast["adele.vance"])._base_manager.get(pk=cast["adele.vance"].pk).password == before


@pytest.mark.parametrize("token", ["0", "null", "None", "%00", "[]", "true", "A" * 43, "%", "-1"])
def test_cve_2013_0233_token_of_another_shape_matches_no_link(cast: Cast, token: str) -> None:
    """Devise: a number matched every reset token that begins with a letter."""
    reset(cast, "adele.vance", deliver_to_alternate=True)

    assert Client().post(f"/reveal/{token}").status_code == 404
    assert not OutboundMessage.objects.filter(opened_at__isnull=False).exists()


def test_link_of_a_mail_is_not_told_to_other_sites_or_pages(cast: Cast) -> None:
    """Django 1.11 and many others: a third party's image on the page of the link read it from Referer."""
    reset(cast, "adele.vance", deliver_to_alternate=True)
    link = link_of(message_to(ALTERNATE))

    answer = Client().get(link)

    page = answer.content.decode()
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page)
    assert link.rpartition("/")[2] not in page.replace(f'action="{link}"', "")


def _ask(path: str) -> HttpResponse:
    """Ask for a path as a server hands it on; a client would take // for the beginning of a host."""
    return Client().get("/", PATH_INFO=unquote(path))
