"""The message trace and the inbox of a trial, as people see them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from adminportal import clock
from adminportal.outbox import links
from adminportal.outbox.enqueue import enqueue
from adminportal.outbox.models import DevMessage, Failure, OutboundMessage, State
from tests.adminportal.outbox_cast import draft
from tests.cast import Cast, make_cast, make_tenant, signed_in
from users.models import User

pytestmark = pytest.mark.django_db


def _cursor(plain: str) -> str:
    return base64.urlsafe_b64encode(plain.encode()).decode()


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def _message(user: User, **changes: Any) -> OutboundMessage:
    row = {name: changes.pop(name) for name in list(changes) if name in ("state", "failure", "opened_at", "sent_at")}
    facts = {"tenant_id": user.tenant_id, "about_user_id": user.pk, "template": "temporary_password"}
    (message_id,) = enqueue(draft(**(facts | changes)), now=clock.now())
    OutboundMessage.objects.filter(pk=message_id).update(**row)
    return OutboundMessage.objects.get(pk=message_id)


def _trace(user: User, **query: str) -> Any:
    return signed_in(user).get(reverse("centre:messages"), query)


def _ids(response: Any) -> set[object]:
    return {row.line.id for row in response.context["rows"]}


def test_trace_says_who_what_where_and_how_it_went(cast: Cast) -> None:
    message = _message(cast["adele.vance"], state=State.FAILED, failure=Failure.RECIPIENT_REFUSED)

    page = _trace(cast["helpdesk.admin"]).content.decode()

    assert "Adele Vance" in page
    assert "One-time link to a temporary password" in page
    assert "m•••@mail.example" in page
    assert "megan.bowen@mail.example" not in page
    assert str(Failure.RECIPIENT_REFUSED.label) in page
    assert str(message.correlation_id) in page
    assert links.token_of(message).expose() not in page


def test_opened_message_says_so(cast: Cast) -> None:
    _message(cast["adele.vance"], state=State.SENT, opened_at=clock.now())
    assert "Opened" in _trace(cast["helpdesk.admin"]).content.decode().partition("<tbody>")[2]


def test_messages_about_people_whom_one_may_not_reset_are_not_listed(cast: Cast) -> None:
    visible = _message(cast["adele.vance"])
    _message(cast["global.admin"])
    _message(cast["grady.archie"])
    _message(cast["helpdesk.admin"])
    stranger = make_tenant("fabrikam.example", "Fabrikam").add("adele.vance")
    _message(stranger)

    assert _ids(_trace(cast["helpdesk.admin"])) == {visible.pk}


def test_global_admin_sees_messages_about_role_holders_of_the_own_tenant(cast: Cast) -> None:
    shown = {_message(cast[name]).pk for name in ("adele.vance", "helpdesk.admin", "grady.archie")}
    assert _ids(_trace(cast["global.admin"])) == shown


@pytest.mark.parametrize("name", ["adele.vance", "global.reader", "reports.reader"])
def test_whoever_may_reset_nobody_has_no_trace(cast: Cast, name: str) -> None:
    assert _trace(cast[name]).status_code == 403


def test_stranger_is_sent_to_the_sign_in_page(client: Client) -> None:
    response = client.get(reverse("centre:messages"))
    assert response.status_code == 302
    assert reverse("users:signin") in response["Location"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"person": "adele"}, {"failed", "opened", "text"}),
        ({"person": "ADELE vance"}, {"failed", "opened", "text"}),
        ({"person": "vance@contoso adele"}, {"failed", "opened", "text"}),
        ({"person": "%"}, set()),
        ({"person": "nobody at all"}, set()),
        ({"channel": "sms"}, {"text"}),
        ({"state": "failed"}, {"failed"}),
        ({"state": "opened"}, {"opened"}),
        ({"state": "queued", "person": "diego"}, {"other"}),
    ],
)
def test_filter_narrows(cast: Cast, query: dict[str, str], expected: set[str]) -> None:
    adele, diego = cast["adele.vance"], cast["diego.siciliani"]
    messages = {
        "failed": _message(adele, state=State.FAILED),
        "opened": _message(adele, state=State.SENT, opened_at=clock.now()),
        "text": _message(adele, channel="sms", to="+46701740605"),
        "other": _message(diego),
    }

    assert _ids(_trace(cast["helpdesk.admin"], **query)) == {messages[name].pk for name in expected}


@pytest.mark.parametrize("typed", ["adele.vance.contoso@mail.example", "contoso@mail", "mail.example", "sy.h"])
def test_masked_address_is_no_way_to_find_messages(cast: Cast, typed: str) -> None:
    synced = cast.add("synced", alternate_email="sy.home@mail.example", details={"on_premises_sync_enabled": True})
    of_synced = _message(synced)
    _message(cast["adele.vance"])

    assert _ids(_trace(cast["helpdesk.admin"], person=typed)) == set()
    assert _ids(_trace(cast["helpdesk.admin"], person="synced")) == {of_synced.pk}


def test_one_attempt_is_found_by_its_correlation_id_and_one_person_by_id(cast: Cast) -> None:
    one, other = _message(cast["adele.vance"]), _message(cast["diego.siciliani"], correlation_id=uuid4())

    assert _ids(_trace(cast["helpdesk.admin"], correlation=str(other.correlation_id))) == {other.pk}
    assert _ids(_trace(cast["helpdesk.admin"], person=str(cast["adele.vance"].pk))) == {one.pk}


@pytest.mark.parametrize(
    "query",
    [
        {"correlation": "not-an-id"},
        {"state": "lost"},
        {"channel": "pigeon"},
        {"after": "nonsense"},
        {"after": "WyIyMDI2IiwgMV0"},
        {"after": _cursor("[" * 6_000)},
        {"after": _cursor('["0001-01-01T00:00:00+14:00", "00000000-0000-0000-0000-000000000000"]')},
        {"person": "x" * 201},
    ],
)
def test_input_that_cannot_be_is_answered_with_a_sentence(cast: Cast, query: dict[str, str]) -> None:
    response = _trace(cast["helpdesk.admin"], **query)

    assert response.status_code == 400
    assert response.context["rows"] == []
    assert 'role="alert"' in response.content.decode() or "invalid-feedback" in response.content.decode()


def test_pages_follow_each_other_without_gap_or_repetition(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adminportal.centre.views.messages.PAGE_SIZE", 2)
    with clock.travel(freeze_at=clock.now()):
        stored = {_message(cast["adele.vance"]).pk for _ in range(5)}
    client = signed_in(cast["helpdesk.admin"])
    address, seen = reverse("centre:messages"), []
    while address:
        response = client.get(address)
        seen.extend(row.line.id for row in response.context["rows"])
        following = response.context["next_url"]
        address = reverse("centre:messages") + following if following else ""

    assert len(seen) == 5
    assert set(seen) == stored


def test_trace_costs_the_same_queries_for_one_message_and_for_many(
    cast: Cast, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for _ in range(10):
        _message(cast["adele.vance"])
        _message(cast["diego.siciliani"])
    client = signed_in(cast["helpdesk.admin"])
    with django_assert_max_num_queries(7):
        client.get(reverse("centre:messages"))


def _caught(**changes: Any) -> DevMessage:
    facts: dict[str, Any] = {
        "channel": "email",
        "to": "megan@mail.example",
        "subject": "Hello <b>",
        "text": "Open http://127.0.0.1:8000/reveal/abc now",
        "html": '<p style="color: red">Hello</p><script>alert(1)</script>',
        "created_at": clock.now(),
    }
    return DevMessage.objects.create(**(facts | changes))


def test_inbox_lists_newest_first_for_scripts(client: Client) -> None:
    first = _caught(created_at=clock.now() - timedelta(minutes=1))
    second = _caught(to="other@mail.example")

    everything = client.get(reverse("centre:dev-inbox"), {"format": "json"}).json()
    one = client.get(reverse("centre:dev-inbox"), {"format": "json", "to": "MEGAN@mail.example"}).json()

    assert [message["id"] for message in everything] == [str(second.pk), str(first.pk)]
    assert one == [
        {
            "id": str(first.pk),
            "channel": "email",
            "to": ["megan@mail.example"],
            "subject": first.subject,
            "text": first.text,
            "html": first.html,
            "created_at": first.created_at.isoformat(),
        }
    ]


def test_inbox_page_shows_each_message_escaped(client: Client) -> None:
    message = _caught()

    listed = client.get(reverse("centre:dev-inbox")).content.decode()
    shown = client.get(reverse("centre:dev-message", args=[message.pk])).content.decode()

    assert escape("Hello <b>") in listed
    assert "Hello <b>" not in listed + shown
    assert 'href="http://127.0.0.1:8000/reveal/abc"' in shown


def test_html_part_runs_nothing_and_asks_for_nothing(client: Client) -> None:
    response = client.get(reverse("centre:dev-message-html", args=[_caught().pk]))

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "unsafe-inline" not in policy
    assert "sha256-" in policy


@pytest.mark.parametrize("name", ["dev-inbox", "dev-message", "dev-message-html"])
def test_inbox_does_not_exist_outside_a_trial(client: Client, settings: object, name: str) -> None:
    message = _caught()
    settings.DEMO = False  # type: ignore[attr-defined]
    address = reverse(f"centre:{name}", args=[] if name == "dev-inbox" else [message.pk])

    assert client.get(address).status_code == 404
