"""The picker: search, choose, Select; whoever may not be reset is shown with the reason and cannot be chosen."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.urls import reverse

from adminportal import clock
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, make_tenant, signed_in

pytestmark = pytest.mark.django_db
PICK = "/passwords/reset"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def body(response: object) -> str:
    return unescape(response.content.decode())  # type: ignore[attr-defined]


def test_search_choose_select_leads_to_the_reset_of_that_person(cast: Cast) -> None:
    client = signed_in(cast["helpdesk.admin"])
    adele = cast["adele.vance"]

    page = body(client.get(PICK, {"search": "adele"}))
    response = client.get(PICK, {"search": "adele", "user": str(adele.pk), "select": "1"})

    assert f'value="{adele.pk}" required' in page
    assert "adele.vance@contoso.example" in page
    assert response.headers["Location"] == reverse("passwords:reset", args=[adele.pk])


def test_whoever_may_not_be_reset_is_shown_with_the_reason_and_cannot_be_chosen(cast: Cast) -> None:
    client = signed_in(cast["helpdesk.admin"])
    admin = cast["global.admin"]

    page = body(client.get(PICK, {"search": "global.admin"}))
    response = client.get(PICK, {"user": str(admin.pk), "select": "1"})

    assert f'value="{admin.pk}" disabled' in page
    assert "Global Admin holds Global Administrator." in page
    assert response.status_code == 403
    assert "Global Admin holds Global Administrator." in response.context["problem"]


@pytest.mark.parametrize("query", [{"select": "1"}, {"select": "1", "user": "x"}, {"search": "x" * 201}])
def test_what_cannot_be_is_answered_with_a_sentence(cast: Cast, query: dict[str, str]) -> None:
    response = signed_in(cast["helpdesk.admin"]).get(PICK, query)

    assert response.status_code == 422
    assert response.context["problem"].endswith(".")


def test_refusal_comes_back_into_the_panel(cast: Cast) -> None:
    client = signed_in(cast["helpdesk.admin"])
    query = {"user": str(cast["global.admin"].pk), "select": "1"}

    response = client.get(PICK, query, headers={"HX-Request": "true", "HX-Target": "panel"})

    assert response.status_code == 422
    assert "<html" not in body(response)
    assert "data-panel-title" in body(response)


def test_people_of_another_tenant_and_nobody_are_404(cast: Cast) -> None:
    stranger = make_tenant("fabrikam.example", "Fabrikam").add("stranger")
    client = signed_in(cast["global.admin"])

    for user_id in (stranger.pk, uuid4()):
        assert client.get(PICK, {"select": "1", "user": str(user_id)}).status_code == 404


def test_pages_of_the_picker_follow_each_other(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])

    first = client.get(PICK)
    second = client.get(first.context["next_url"])
    again = client.get(second.context["previous_url"])

    one, two, three = ([row.user.pk for row in page.context["rows"]] for page in (first, second, again))
    assert not set(one) & set(two)
    assert one == three


def test_picker_keeps_its_query_budget_and_answers_head(cast: Cast) -> None:
    client = signed_in(cast["helpdesk.admin"])

    assert client.head(PICK).status_code == 200
    with within_budget("passwords:pick"), clock.travel(timedelta(minutes=2)):
        client.get(PICK, {"search": "admin"})


def test_a_role_that_may_not_reset_gets_403(cast: Cast) -> None:
    assert signed_in(cast["global.reader"]).get(PICK).status_code == 403
