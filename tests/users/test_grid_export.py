"""Export users: the list as a file, whole, masked as on the page, harmless in a spreadsheet, and noted."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client

from adminportal import clock
from adminportal.audit.models import AuditEvent
from tests.cast import Cast, make_cast, make_tenant, part, signed_in
from users.grid_columns import Column
from users.roles import Role
from users.services.grid_choice import choose_columns
from users.tenancy import within

pytestmark = pytest.mark.django_db
EXPORT = "/users/active/export"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def rows_of(client: Client, **form: str) -> list[list[str]]:
    response = client.post(EXPORT, form)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    body = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert body.startswith("\ufeff")
    return list(csv.reader(io.StringIO(body.removeprefix("\ufeff"))))


def test_export_has_the_shown_columns_and_everybody_of_the_view(cast: Cast) -> None:
    heading, *rows = rows_of(signed_in(cast["global.admin"]), view="blocked")

    assert heading == ["Display name", "Username", "Licenses", "Sign-in status", "Last password change"]
    changed = cast["isaiah.langer"].password_changed_at
    assert changed is not None
    assert rows == [
        [
            *("Isaiah Langer", "isaiah.langer@contoso.example", "Unlicensed", "Sign-in blocked"),
            changed.isoformat().replace("+00:00", "Z"),
        ]
    ]


@pytest.mark.parametrize("sort", ["-name", "department", "status", "created"])
def test_export_of_many_pieces_has_everybody_once_in_the_order_of_the_list(
    monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr("users.services.user_export.CHUNK", 7)
    cast = make_tenant("contoso.example", "Contoso")
    cast.add("global.admin", roles=(Role.GLOBAL_ADMINISTRATOR,))
    crowd = [part(f"p{number:02}", details={"department": "Sales" if number % 3 else ""}) for number in range(30)]
    cast.add_all(*crowd)
    client = signed_in(cast["global.admin"])
    listed = [row.user.display_name for row in client.get("/users/active", {"sort": sort}).context["rows"]]

    exported = [row[0] for row in rows_of(client, sort=sort)[1:]]

    assert exported == listed
    assert len(set(exported)) == 31


def test_search_that_finds_nobody_exports_the_headings_alone(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])

    assert len(rows_of(client, search="zzzzzz")) == 1
    assert len(rows_of(client, search="%%%")) == 1


def test_export_masks_what_the_page_masks_and_notes_what_it_does_not(cast: Cast) -> None:
    columns = (Column.ALTERNATE_EMAIL,)
    with within(cast.tenant):
        for name in ("helpdesk.admin", "global.reader"):
            choose_columns(actor=cast.actor(name), columns=columns, now=clock.now())

    open_rows = rows_of(signed_in(cast["helpdesk.admin"]), search="adele")
    masked_rows = rows_of(signed_in(cast["global.reader"]), search="adele")

    assert open_rows[1] == ["Adele Vance", "adele.vance.contoso@mail.example"]
    assert masked_rows[1] == ["Adele Vance", "a•••@mail.example"]
    (look,) = AuditEvent.objects.filter(activity="Viewed contact data")
    assert look.actor_id == cast["helpdesk.admin"].pk
    assert look.details == {"Entrance": "export"}


def test_export_is_a_row_of_the_log_without_what_was_typed(cast: Cast) -> None:
    rows_of(signed_in(cast["global.reader"]), search="adele", view="allowed")

    (event,) = AuditEvent.objects.filter(activity="Exported users")
    assert (event.service, event.category) == ("Password Portal", "UserManagement")
    assert event.details == {
        "Format": "csv",
        "View": "allowed",
        "Columns": "username, licenses, status, changed",
        "Search": "(given)",
    }


def test_names_that_look_like_formulas_are_disarmed(cast: Cast) -> None:
    cast.add("formula", display_name='=HYPERLINK("x")')

    assert rows_of(signed_in(cast["global.admin"]), search="hyperlink")[1][0] == '\'=HYPERLINK("x")'


def test_programs_read_english_whatever_the_language_of_the_reader(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    client.cookies["language"] = client.cookies["django_language"] = "nb"

    heading, row = rows_of(client, view="blocked")

    assert heading[0] == "Display name"
    assert row[3] == "Sign-in blocked"


def test_query_that_cannot_be_exports_nothing_and_says_so(cast: Cast) -> None:
    response = signed_in(cast["global.admin"]).post(EXPORT, {"view": "nobody"})

    assert response.status_code == 422
    assert "There is no such view or order." in response.content.decode()
    assert not AuditEvent.objects.filter(activity="Exported users").exists()


def test_export_needs_the_right_to_read_people_and_a_post(cast: Cast) -> None:
    assert signed_in(cast["reports.reader"]).post(EXPORT).status_code == 403
    assert signed_in(cast["global.reader"]).get(EXPORT).status_code == 405
