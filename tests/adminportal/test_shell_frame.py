"""The frame's context and tags: they ask no database and stand without a signed-in person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.html import strip_tags

from adminportal import clock
from adminportal.sealing import Secret
from adminportal.shell.context import shell
from adminportal.shell.templatetags.portal import character_groups, initials, seconds_left

ERRORS = ("400", "403", "403_csrf", "404", "413", "429", "500", "503")


def test_frame_of_a_stranger_names_nobody() -> None:
    frame = shell(RequestFactory().get("/"))["shell"]

    assert (frame.person, frame.tenant_name, frame.second_factor_off) == (None, "", False)
    assert not frame.navigation


def test_frame_names_person_tenant_and_missing_second_factor() -> None:
    request = RequestFactory().get("/")
    request.tenant = SimpleNamespace(name="Contoso", brand_color="#0f6cbd", admin_mfa_required=False)
    request.actor = SimpleNamespace(
        display_name="Adele Vance",
        user_principal_name="adele.vance@contoso.example",
        role_label="Global Administrator",
        permissions=frozenset(),
    )

    frame = shell(request)["shell"]

    assert (frame.person.name, frame.person.initials, frame.person.role) == (
        "Adele Vance",
        "AV",
        "Global Administrator",
    )
    assert (frame.tenant_name, frame.brand_colour, frame.second_factor_off) == ("Contoso", "#0f6cbd", True)


def test_missing_second_factor_of_administrators_is_no_matter_of_employees() -> None:
    request = RequestFactory().get("/")
    request.tenant = SimpleNamespace(name="Contoso", brand_color="", admin_mfa_required=False)
    request.actor = SimpleNamespace(display_name="Adele Vance", user_principal_name="adele", role_label="")

    assert not shell(request)["shell"].second_factor_off


@pytest.mark.parametrize("colour", ["red", "#0f6cbd;x", "#fff", 'url("x")', ""])
def test_brand_colour_that_is_no_hex_colour_is_not_drawn(colour: str) -> None:
    request = RequestFactory().get("/")
    request.tenant = SimpleNamespace(name="Contoso", brand_color=colour, admin_mfa_required=True)

    assert shell(request)["shell"].brand_colour == ""


@pytest.mark.parametrize("code", ERRORS)
def test_error_page_renders_without_session_and_database(code: str) -> None:
    page = render_to_string(f"errors/{code}.html", {"correlation_id": "id-of-this"}, request=RequestFactory().get("/"))

    assert "id-of-this" in page
    assert page.count("<h1") == 1


@pytest.mark.parametrize("code", ERRORS)
def test_error_page_shows_the_reason_escaped(code: str) -> None:
    page = render_to_string(f"errors/{code}.html", {"reason": "<b>why</b>"}, request=RequestFactory().get("/"))

    assert "&lt;b&gt;why&lt;/b&gt;" in page
    assert "<b>why" not in page


def test_title_stands_in_the_tab_and_as_heading() -> None:
    template = Template('{% extends "base_public.html" %}{% block title %}A & B{% endblock %}')

    page = template.render(Context({}))

    assert "<title>A & B –" in page
    assert '<h1 class="public-card__title">A & B</h1>' in page


@pytest.mark.parametrize(
    ("name", "letters"), [("Adele Vance", "AV"), ("Åse M. Ødegård", "ÅØ"), ("Cher", "C"), ("", ""), ("(x) Li", "L")]
)
def test_initials_are_of_the_first_and_the_last_word(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_secret_is_split_into_groups_without_losing_a_character() -> None:
    groups = character_groups(Secret("Kub7-wRx4"))

    assert ["".join(one.text for one in group) for group in groups] == ["Kub7", "-wRx", "4"]
    assert [one.kind for one in groups[0]] == ["letter", "letter", "letter", "digit"]
    assert groups[1][0].kind == "symbol"


def test_secret_field_holds_the_text_unbroken_for_copying() -> None:
    page = render_to_string("components/secret_field.html", {"value": Secret("a<b&c1-Zz"), "label": "P", "key": "k"})

    shown = page.split("data-secret-value>")[1].split("</code>")[0]

    assert unescape(strip_tags(shown)) == "a<b&c1-Zz"


def test_command_with_a_reason_is_focusable_and_says_why() -> None:
    values = {"label": "Reset password", "icon": "key", "reason": "Not <allowed>.", "key": "r", "url": "/x"}

    page = render_to_string("components/command_button.html", values)

    assert 'aria-disabled="true"' in page
    assert 'aria-describedby="reason-r"' in page
    assert 'id="reason-r">Not &lt;allowed&gt;.' in page
    assert " disabled" not in page
    assert "/x" not in page


@pytest.mark.django_db
def test_sign_in_pages_differ_in_nothing_but_what_was_typed() -> None:
    request = RequestFactory().get("/signin")
    pages = {
        name: render_to_string("users/signin_password.html", {"user_name": name, "is_wrong": True}, request=request)
        for name in ("known@contoso.example", "other@contoso.example")
    }
    plain = {page.replace(name, "NAME") for name, page in pages.items()}

    assert len({page.split("csrfmiddlewaretoken")[0] for page in plain}) == 1


@pytest.mark.parametrize(("minutes", "seconds"), [(2, 120), (0, 0), (-5, 0)])
def test_seconds_left_never_go_below_nothing(minutes: int, seconds: int) -> None:
    moment = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

    with clock.travel(freeze_at=moment):
        assert seconds_left(moment + timedelta(minutes=minutes)) == seconds
        assert seconds_left(None) == 0


@pytest.mark.parametrize("state", ["opened", "used", "expired", "replaced", "withdrawn", "unknown"])
def test_dead_link_page_offers_no_button_to_show(state: str) -> None:
    page = render_to_string("passwords/reveal_gone.html", {"state": state}, request=RequestFactory().get("/"))

    assert "<form" not in page


def test_page_of_a_one_time_link_never_sends_its_own_address_on() -> None:
    request = RequestFactory().get("/reveal/the-token")

    for name in ("ready", "gone"):
        assert "the-token" not in render_to_string(f"passwords/reveal_{name}.html", {}, request=request)
