"""Forgot your user name: one answer whatever was typed; a worker mails the stored address, never the typed one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.hashing import hashes_made
from adminportal.outbox.channels.email import compose
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage
from sspr.models import PublicAsk
from sspr.services.ask_handlers import settle_public_asks
from tests.cast import Cast, make_cast
from tests.solving import read_aloud, solved
from users.models import AuthenticationMethod, MethodKind, User
from users.tenancy import within

ADDRESS = "adele.vance.contoso@mail.example"
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def ask(address: str, client: Client | None = None) -> HttpResponse:
    browser = client or Client(REMOTE_ADDR="203.0.113.40")
    return browser.post("/forgot-username", {"address": address, **solved(browser.get("/forgot-username"))})


def letters() -> list[OutboundMessage]:
    settle_public_asks(clock.now())
    return list(OutboundMessage.objects.filter(template="user_names").order_by("to"))


def test_every_user_name_of_the_address_comes_in_one_mail(cast: Cast) -> None:
    cast.add("adele.second", alternate_email="Adele.Vance.Contoso@Mail.example")

    answer = ask(ADDRESS)

    assert answer["Location"] == "/forgot-username/sent"
    (letter,) = letters()
    text = build(letter).text
    assert compose(build(letter))["From"] == f"Admin portal on behalf of Contoso <{settings.EMAIL_FROM}>"
    assert "adele.second@contoso.example, adele.vance@contoso.example" in text
    assert AuditEvent.objects.get(activity="Requested user name").result == "success"


def test_each_organization_writes_its_own_mail(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    other.add("adele.elsewhere", alternate_email=ADDRESS)

    ask(ADDRESS)

    assert sorted(letter.context["tenant_name"] for letter in letters()) == ["Contoso", "Fabrikam"]


def test_address_that_a_person_proved_counts_and_an_unproven_one_does_not(cast: Cast) -> None:
    with within(cast.tenant):
        for name, proven_at in (("diego.siciliani", clock.now()), ("grady.archie", None)):
            AuthenticationMethod.objects.create(
                tenant=cast.tenant,
                user=cast[name],
                kind=MethodKind.EMAIL,
                value="own@mail.example",
                created_at=clock.now(),
                proven_at=proven_at,
            )

    ask("own@mail.example")

    (letter,) = letters()
    assert letter.context["user_name"] == "diego.siciliani@contoso.example"


def test_mail_goes_to_the_stored_address_and_look_alikes_find_nobody(cast: Cast) -> None:
    cast.add("mike", alternate_email="mike@mail.example")

    for look_alike in (
        "mıke@mail.example",
        "ｍike@mail.example",
        "mi\u212ae@mail.example",
        "mike@mail.example.evil.example",
    ):
        ask(look_alike, Client(REMOTE_ADDR="203.0.113.41"))

    assert letters() == []
    ask("MIKE@Mail.Example", Client(REMOTE_ADDR="203.0.113.42"))
    assert [letter.to for letter in letters()] == ["mike@mail.example"]


def test_deleted_people_are_not_found(cast: Cast) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(deleted_at=clock.now())

    ask(ADDRESS)

    assert letters() == []


def observed(address: str, *, number: int) -> tuple[object, ...]:
    client, before = Client(REMOTE_ADDR=f"203.0.113.{number}"), hashes_made()
    fields = {"address": address, **solved(client.get("/forgot-username"))}
    with CaptureQueriesContext(connection) as queries:
        answer = client.post("/forgot-username", fields)
    statements = [re.sub(r"'[^']*'|\d+", "?", query["sql"])[:60] for query in queries]
    shown = client.get(answer["Location"])
    headers = {name: value for name, value in answer.items() if name != "X-Correlation-Id"}
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", shown.content.decode())
    return answer.status_code, headers, page, hashes_made() - before, statements


@pytest.mark.django_db(transaction=True)
def test_known_and_unknown_addresses_cost_the_same_and_read_the_same(cast: Cast) -> None:
    first = observed("nobody.at.all@mail.example", number=50)

    for number, address in enumerate((ADDRESS, "adele.vance@contoso.example", "no.one@mail.example"), start=51):
        assert observed(address, number=number) == first, address


def test_typed_address_rests_nowhere_in_plain_text(cast: Cast) -> None:
    ask("secret-typed-by-mistake@mail.example")

    assert "secret-typed" not in str(list(PublicAsk.objects.values()))
    letters()
    assert not PublicAsk.objects.exists()
    assert "secret-typed" not in str(list(AuditEvent.objects.values()))


def test_fourth_question_for_an_address_in_a_day_is_answered_alike_and_sends_nothing(cast: Cast) -> None:
    start = clock.now()
    with clock.travel(freeze_at=start):
        answers = {ask(ADDRESS, Client(REMOTE_ADDR=f"203.0.113.{number}"))["Location"] for number in range(4)}
        assert len(letters()) == 3
    with clock.travel(freeze_at=start + timedelta(hours=24)):
        answers.add(ask(ADDRESS)["Location"])

        assert len(letters()) == 4
    assert answers == {"/forgot-username/sent"}


def test_eleventh_question_of_a_source_in_an_hour_sends_nothing(cast: Cast) -> None:
    client = Client(REMOTE_ADDR="203.0.113.60")
    for number in range(10):
        ask(f"nobody{number}@mail.example", client)

    assert ask(ADDRESS, client)["Location"] == "/forgot-username/sent"
    assert letters() == []


def test_answer_without_the_challenge_is_not_taken(cast: Cast) -> None:
    client = Client()

    refused = client.post("/forgot-username", {"address": ADDRESS})

    assert refused.status_code == 422
    assert not PublicAsk.objects.exists()
    assert client.post("/forgot-username", {"address": "no address", **solved(refused)}).status_code == 422


def test_person_without_scripts_types_what_the_picture_shows(cast: Cast) -> None:
    client = Client()
    page = client.get("/forgot-username?picture=1")
    assert "Enter the characters in the picture or the words in the audio" in page.content.decode()

    wrong = client.post("/forgot-username?picture=1", {"address": ADDRESS, **read_aloud(page), "captcha_text": "000"})
    assert wrong.status_code == 422 and read_aloud(wrong)["captcha"] == read_aloud(page)["captcha"]

    assert client.post("/forgot-username?picture=1", {"address": ADDRESS, **read_aloud(wrong)}).status_code == 302
