"""What the mails of a reset and of a change say."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.formats import date_format

from adminportal.outbox import links
from adminportal.outbox.content import Parcel, build
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.models import PasswordReset
from tests.cast import Cast, make_cast
from tests.passwords.reset_cast import TYPED, reset, shown
from users.models import User
from users.tenancy import within

pytestmark = pytest.mark.django_db

ALTERNATE = "adele.vance.contoso@mail.example"
UPN = "adele.vance@contoso.example"
WITH_LINK = ("sign_in_info", "temporary_password")
TEMPLATES = (*WITH_LINK, "password_was_reset", "password_was_changed")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def parcels(cast: Cast) -> dict[str, Parcel]:
    """Return one mail of each kind, as its recipient gets it."""
    outcome = reset(cast, "adele.vance", deliver_to_alternate=True, deliver_to=("desk@contoso.example",))
    client = Client(REMOTE_ADDR="203.0.113.30")
    password = shown(cast, outcome)
    built = {message.template: build(message) for message in OutboundMessage.objects.all()}
    client.post("/signin", {"user_name": UPN, "password": password})
    typed = {"current_password": password, "new_password": TYPED, "confirm_password": TYPED}
    assert client.post("/account/password", typed).status_code == 302
    for parcel in (*built.values(), *map(build, OutboundMessage.objects.all())):
        for part in (parcel.subject, parcel.text, parcel.html):
            assert password not in part and TYPED not in part
    return built | {message.template: build(message) for message in _of("password_was_changed")}


def _of(template: str) -> list[OutboundMessage]:
    return list(OutboundMessage.objects.filter(template=template))


def test_sign_in_info_has_the_subject_that_administrators_search_for(parcels: dict[str, Parcel]) -> None:
    assert parcels["sign_in_info"].subject == "New or modified user account information"


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_names_the_user_name_in_text_and_html(parcels: dict[str, Parcel], template: str) -> None:
    parcel = parcels[template]

    assert UPN in parcel.text and UPN in parcel.html
    assert "Contoso" in parcel.text and "Contoso" in parcel.html
    assert "\n" not in parcel.subject and parcel.subject


@pytest.mark.parametrize("template", WITH_LINK)
def test_mail_with_a_link_says_until_when_and_what_if_unexpected(
    cast: Cast, parcels: dict[str, Parcel], template: str
) -> None:
    (message,) = _of(template)
    address = links.address_of(message).expose()
    with within(cast.tenant):
        end = PasswordReset.objects.get().sealed_until
    assert end is not None

    for part in (parcels[template].text, parcels[template].html):
        assert address in part
        assert f"works until {date_format(end, 'DATETIME_FORMAT')} UTC" in part
        assert "Leave the link closed and tell an administrator of Contoso" in part
        assert "shows the password once" in part


@pytest.mark.parametrize("template", ["password_was_reset", "password_was_changed"])
def test_notice_shows_no_password_and_has_the_button_that_shuts_others_out(
    parcels: dict[str, Parcel], template: str
) -> None:
    parcel = parcels[template]
    buttons = [links.address_of(message).expose() for message in _of(template)]

    for part in (parcel.text, parcel.html):
        assert "/reveal/" not in part and any(button in part for button in buttons)
        assert "This was not you? Say so here" in part


def test_links_of_two_recipients_are_different(parcels: dict[str, Parcel]) -> None:
    tokens = [links.token_of(message) for template in WITH_LINK for message in _of(template)]

    assert len(tokens) == 2 and tokens[0] != tokens[1]


def test_mail_says_that_a_password_of_ones_own_is_chosen_only_where_it_is_so(cast: Cast) -> None:
    sentence = "At the first sign-in a password of one's own has to be chosen."
    reset(cast, "adele.vance", deliver_to_alternate=True)
    (with_change,) = map(build, _of("temporary_password"))
    OutboundMessage.objects.all().delete()
    reset(cast, "adele.vance", deliver_to_alternate=True, must_change=False)
    (without,) = map(build, _of("temporary_password"))

    assert sentence in with_change.text
    assert sentence not in without.text


def test_names_come_out_as_they_are_in_text_and_escaped_in_html(cast: Cast) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(display_name="Adèle <b>O'Brien</b> & Søn\r\nBcc: x")
    cast["adele.vance"].refresh_from_db()

    reset(cast, "adele.vance", deliver_to_alternate=True)

    (parcel,) = map(build, _of("temporary_password"))
    assert "Hello Adèle <b>O'Brien</b> & Søn Bcc: x," in parcel.text
    assert "<b>O" not in parcel.html and "&lt;b&gt;O&#x27;Brien" in parcel.html
    assert "&" not in parcel.subject and "\n" not in parcel.subject


@pytest.mark.parametrize("template", TEMPLATES)
def test_html_fetches_nothing_and_runs_nothing(parcels: dict[str, Parcel], template: str) -> None:
    html = parcels[template].html

    for bad in ("<img", "<script", "<link", " style=", "<style", "url(", "src="):
        assert bad not in html
    assert html.lstrip().startswith("<!doctype html>")
    assert '<html lang="en">' in html


def test_language_of_a_mail_is_its_recipients(cast: Cast) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(preferred_language="nb")
    cast["adele.vance"].refresh_from_db()

    reset(cast, "adele.vance", deliver_to_alternate=True, deliver_to=("desk@contoso.example",), language="sv")

    assert '<html lang="nb">' in build(_of("temporary_password")[0]).html
    assert '<html lang="sv">' in build(_of("sign_in_info")[0]).html
    assert {message.language for message in _of("password_was_reset")} == {"nb"}


def test_retry_builds_the_same_mail_and_sending_again_another_link(parcels: dict[str, Parcel]) -> None:
    (message,) = _of("temporary_password")

    assert build(message) == parcels["temporary_password"]
    assert Secret(links.token_of(message).expose()) == links.token_of(message)
