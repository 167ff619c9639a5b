"""What comes out in a language holds no English: every page, every mail, the refusals and the error pages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from functools import cache

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoDbBlocker

from adminportal import clock
from adminportal.audit.tags import Activity, Category, Service
from adminportal.outbox.content import Parcel, build
from adminportal.outbox.enqueue import enqueue
from adminportal.outbox.models import OutboundMessage
from adminportal.tryout.catalogues import LANGUAGES, ROOT, forms_of, path_of, read_catalogue
from tests.adminportal.outbox_cast import draft
from tests.cast import signed_in
from tests.contracts.routes import ROUTES, Route, World, make_world
from tests.contracts.shares import pairs
from tests.contracts.shown_text import texts_of_page
from users.models import Tenant, User
from users.moments import tell_moment
from users.roles import Role
from users.tenancy import within

pytestmark = pytest.mark.django_db

PLACEHOLDER = re.compile(r"%\(\w+\)s|%%|<[^>]+>")
STAYS_ENGLISH = {"English", "User", *(str(name) for name in (*Activity, *Service, *Category))}
"""The name of the language itself, and the words of the audit log, exact as its readers search for them."""
WORDS_OF_A_FRAGMENT = 3
MESSAGES = sorted(path.name for path in (ROOT / "templates" / "messages").iterdir() if path.is_dir())
PAGES = [route for route in ROUTES if not route.name.startswith(("centre:dev-", "health", "metrics", "csp"))]
"""The inbox of a trial shows mails, each in the language of its recipient."""


def english_of(language: str) -> tuple[set[str], set[str]]:
    """Return the English texts that read otherwise in a language: whole ones, and the longer parts of all."""
    whole, parts, own = set[str](), set[str](), []
    for message in read_catalogue(path_of(ROOT / "locale", language)):
        for source in [message.id] if isinstance(message.id, str) else message.id:
            own += forms_of(message)
            if source and source not in forms_of(message):
                whole.add(source)
                parts |= {part.strip(" .,:;") for part in PLACEHOLDER.split(source)}
    long, all_own = {part for part in parts if len(part.split()) >= WORDS_OF_A_FRAGMENT}, "\x00".join(own)
    return whole, {part for part in long if part not in all_own}


ENGLISH = {language: english_of(language) for language in LANGUAGES}


def english_in(lines: list[str], language: str, *, stays: Collection[str] = ()) -> list[str]:
    """Return the lines that are English although the language has words of its own for them."""
    # On Home an activity and its target stand in one line.
    read = [line for line in lines if line.split(" – ")[0] not in STAYS_ENGLISH and line not in stays]
    return [line for line in read if is_english(line, language)]


@cache  # the frame of every page has the same lines, and each is looked for in thousands of texts
def is_english(line: str, language: str) -> bool:
    whole, parts = ENGLISH[language]
    return line in whole or any(part in line for part in parts)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_world("contoso.example", "Contoso")
        # The cast is called by its roles; as names of people those are not to be translated.
        with within(made.cast.tenant):
            User.objects.update(display_name=F("user_principal_name"))
        yield made
        transaction.set_rollback(True)


def _page(client: Client, address: str, language: str) -> HttpResponse:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client.get(address)


def _kept_by(route: Route) -> list[str]:
    # What the audit log keeps is shown as it was kept: names of roles in English.
    return [role.value for role in Role] if "audit" in route.name else []


@pytest.mark.parametrize(("route", "language"), pairs(PAGES, LANGUAGES))
def test_page_holds_no_english(world: World, route: Route, language: str) -> None:
    client = Client() if route.is_public else signed_in(world.cast["global.admin"])

    response = _page(client, route.address(world.ids), language)

    if response.headers.get("Content-Type", "").startswith("text/html") and response.content:
        html = response.content.decode()
        assert english_in(texts_of_page(html), language, stays=_kept_by(route)) == []
        assert response.headers["Content-Language"] == language
        if "<html" in html:
            assert f'<html lang="{language}"' in html


@pytest.mark.parametrize(
    ("person", "language"), pairs(["diego.siciliani", "reports.reader", "password.admin"], LANGUAGES)
)
def test_page_for_someone_with_fewer_rights_holds_no_english(world: World, person: str, language: str) -> None:
    client = signed_in(world.cast[person])
    for route in PAGES:
        response = _page(client, route.address(world.ids), language)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            lines = texts_of_page(response.content.decode())
            assert english_in(lines, language, stays=_kept_by(route)) == [], route.name


def test_refused_sign_in_holds_no_english(world: World, language: str) -> None:
    client = Client(REMOTE_ADDR="203.0.113.77")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language

    for typed in ({"user_name": ""}, {"user_name": "nobody@contoso.example", "password": "Wrong-Words-1"}):
        page = client.post("/signin", typed)
        assert english_in(texts_of_page(page.content.decode()), language) == []


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("nn-NO,nn;q=0.9,en;q=0.5", "nb"), ("no", "nb"), ("sv-FI", "sv"), ("da-DK,da;q=0.9", "da"), ("fi,de", "en")],
)
def test_browser_is_answered_in_the_nearest_language(asked: str, answered: str) -> None:
    page = Client(headers={"Accept-Language": asked}).get("/signin")

    assert page.headers["Content-Language"] == answered


def test_english_is_found_where_it_is() -> None:
    lines = ["Logg på", "Audit log", "Reset user password", "Nothing was changed. Wait a little.", "Contoso"]

    assert english_in(lines, "nb") == ["Audit log", "Nothing was changed. Wait a little."]


def _parcel(template: str, language: str) -> Parcel:
    context = {
        "tenant_name": "Contoso",
        "display_name": "Adele Vance",
        "user_name": "adele.vance@contoso.example",
        "starter_name": "Megan Bowen",
        "created_at": "2026-11-02",
        "link_ends_at": "2026-11-03",
        "must_change": "yes",
        "reason": "drill",
    }
    (row,) = enqueue(draft(template=template, language=language, context=context), now=clock.now())
    return build(OutboundMessage.objects.get(pk=row))


def test_moment_is_told_in_the_language_and_zone_of_its_reader() -> None:
    moment = datetime(2026, 11, 2, 13, 5, tzinfo=UTC)
    oslo = Tenant(time_zone="Europe/Oslo")

    told = {code: tell_moment(moment, tenant=oslo, language=code) for code in ("nb", "sv", "da", "en", "xx")}

    assert told == {
        "nb": "2. nov 2026 14:05 CET",
        "sv": "2 nov 2026 14:05 CET",
        "da": "2. nov 2026 14:05 CET",
        "en": "2 Nov 2026 14:05 CET",
        "xx": "2 Nov 2026 14:05 CET",
    }


@pytest.mark.parametrize("template", [name for name in MESSAGES if not name.startswith("_")])
def test_mail_holds_no_english(template: str, language: str) -> None:
    parcel, english = _parcel(template, language), _parcel(template, "en")

    lines = [parcel.subject, *parcel.text.splitlines(), *texts_of_page(parcel.html)]

    assert english_in(lines, language) == []
    assert english_in([english.subject, *english.text.splitlines()], language) != []
    assert parcel.subject != english.subject
