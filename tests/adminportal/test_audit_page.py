"""Tests of the audit page: who sees what, filters from the address, the panel, the CSV file."""

from __future__ import annotations

import csv
import io
import json
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.audit.checkpoints import public_key, sign_all
from adminportal.audit.models import AuditEvent
from adminportal.audit.record import Actor, Entry, Target, record
from adminportal.audit.seal import seal_waiting_rows
from adminportal.audit.tags import Activity, Result
from tests.cast import Cast, make_cast, make_tenant, signed_in
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def contoso() -> Cast:
    cast = make_tenant("contoso.example", "Contoso")
    cast.add("reader", roles=(Role.REPORTS_READER,))
    cast.add("helpdesk", roles=(Role.HELPDESK_ADMINISTRATOR,))
    cast.add("kari")
    return cast


@pytest.fixture
def reader(contoso: Cast) -> Client:
    return signed_in(contoso["reader"])


def _write(cast: Cast, *, by: str = "helpdesk", **parts: object) -> AuditEvent:
    person = cast["kari"]
    target = Target(id=person.pk, display_name="Kari <b>", user_principal_name=person.user_principal_name)
    known: dict[str, object] = {
        "activity": Activity.RESET_USER_PASSWORD,
        "actor": cast.actor(by).for_audit(),
        "targets": (target,),
    }
    record(Entry(tenant_id=cast.tenant.pk, **(known | parts)), now=clock.now())  # type: ignore[arg-type]
    return AuditEvent.objects.latest("pk")


def _activities(client: Client, query: dict[str, str] | None = None, name: str = "centre:audit") -> list[str]:
    response = client.get(reverse(name), query or {})
    assert response.status_code == 200, response.content.decode()
    return [line.activity for line in response.context["lines"]]


def test_reader_sees_the_events_of_the_tenant_with_every_column(contoso: Cast, reader: Client) -> None:
    _write(contoso, reason="asked at the desk", result=Result.FAILURE)

    page = reader.get(reverse("centre:audit")).content.decode()

    for text in ("Core Directory", "UserManagement", "Reset user password", "Failure", "asked at the desk"):
        assert text in page
    assert "kari@<wbr>contoso.example" in page
    assert "helpdesk@<wbr>contoso.example" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 2),
        ({"activity": "Reset password"}, 1),
        ({"activity": "SIGNED IN"}, 1),
        ({"activity": "Update StsRefreshTokenValidFrom Timestamp"}, 0),
        ({"status": "failure"}, 1),
        ({"service": "Password Portal", "category": "SignIn"}, 1),
        ({"service": "Password Portal", "category": "UserManagement"}, 0),
        ({"target": "kari"}, 2),
        ({"initiated_by": "reader@"}, 1),
        ({"text": "desk"}, 2),
        ({"text": "at the desk"}, 1),
        ({"since": "2031-05-04", "until": "2031-05-04"}, 2),
        ({"until": "2031-05-03"}, 0),
        ({"since": "2031-05-05"}, 0),
        ({"since": "0001-01-01", "until": "9999-12-31"}, 2),
    ],
)
def test_address_narrows_the_list(query: dict[str, str], found: int, contoso: Cast) -> None:
    with clock.travel(freeze_at=clock.now().replace(year=2031, month=5, day=4, hour=12)):
        _write(contoso, reason="asked at the desk", result=Result.FAILURE)
        _write(contoso, by="reader", activity=Activity.SIGNED_IN, details={"Entrance": "helpdesk"})
        client = signed_in(contoso["reader"])
        narrowed = {"since": "2031-05-04"} | query if "since" not in query and "until" not in query else query
        names = [name for name in _activities(client, narrowed) if name in ("Reset user password", "Signed in")]

    assert len(names) == found


def test_correlation_id_finds_one_attempt(contoso: Cast, reader: Client) -> None:
    attempt = uuid.uuid4()
    _write(contoso, correlation_id=attempt)
    _write(contoso, activity=Activity.ENABLE_ACCOUNT)

    assert _activities(reader, {"correlation_id": str(attempt)}) == ["Reset user password"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"activity": "Dance"}, "No activity has this name"),
        ({"target": "ab"}, "at least 3 characters"),
        ({"text": "x" * 201}, "at most 200 characters"),
        ({"correlation_id": "12"}, "not a correlation ID"),
        ({"since": "yesterday"}, "valid date"),
        ({"since": "2031-05-04", "until": "2031-05-01"}, "before the first one"),
        ({"status": "perhaps"}, "not one of the available choices"),
    ],
)
def test_wrong_filter_is_named_and_shows_nothing(query: dict[str, str], sentence: str, reader: Client) -> None:
    for response in (
        reader.get(reverse("centre:audit"), query),
        reader.post(reverse("centre:audit-export", query=query)),
    ):
        assert response.status_code == 422
        assert sentence in response.content.decode()
        assert list(response.context["lines"]) == []
    assert not AuditEvent.objects.filter(activity="Exported audit").exists()


def test_text_with_a_null_character_is_no_server_error(reader: Client) -> None:
    assert reader.get(reverse("centre:audit"), {"text": "abc\x00"}).status_code == 400


def test_events_of_another_tenant_do_not_exist(contoso: Cast, reader: Client) -> None:
    fabrikam = make_tenant("fabrikam.example", "Fabrikam")
    fabrikam.add("helpdesk", roles=(Role.HELPDESK_ADMINISTRATOR,))
    fabrikam.add("kari")
    foreign = _write(fabrikam, activity=Activity.DISABLE_ACCOUNT)
    own = _write(contoso)

    assert "Disable account" not in _activities(reader)
    assert reader.get(reverse("centre:audit-event", args=[foreign.uid])).status_code == 404
    assert reader.get(reverse("centre:audit-event", args=[own.uid])).status_code == 200
    assert b"fabrikam" not in b"".join(reader.post(reverse("centre:audit-export")).streaming_content)  # type: ignore[attr-defined]


def test_events_of_the_installation_belong_to_no_tenant(reader: Client) -> None:
    operator = Actor(kind="operator", id=None, display_name="Operator", user_principal_name="")
    record(Entry(tenant_id=None, activity=Activity.RESTORED_FROM_BACKUP, actor=operator), now=clock.now())

    assert "Restored from backup" not in _activities(reader)


def test_administrator_without_the_right_sees_own_actions_only(contoso: Cast) -> None:
    client = signed_in(contoso["helpdesk"])
    own, other = _write(contoso), _write(contoso, by="reader", activity=Activity.ENABLE_ACCOUNT)

    assert client.get(reverse("centre:audit")).status_code == 403
    assert client.get(reverse("centre:audit-event", args=[own.uid])).status_code == 403
    assert client.post(reverse("centre:audit-export")).status_code == 403
    assert _activities(client, name="centre:audit-own") == ["Refused by role", "Reset user password"]
    assert client.get(reverse("centre:audit-own-event", args=[own.uid])).status_code == 200
    assert client.get(reverse("centre:audit-own-event", args=[other.uid])).status_code == 404


def test_person_without_a_role_sees_nothing(contoso: Cast) -> None:
    client = signed_in(contoso["kari"])

    assert client.get(reverse("centre:audit")).status_code == 403
    assert client.get(reverse("centre:audit-own")).status_code == 403


def test_event_opens_as_a_panel_and_as_a_page(contoso: Cast, reader: Client) -> None:
    change = Target(id=uuid.uuid4(), display_name="Night shift", type="Group", modified=(("name", "Day", "Night"),))
    row = _write(contoso, targets=(change,), details={"Entrance": "panel"})
    url = reverse("centre:audit-event", args=[row.uid], query={"status": "success"})

    fragment = reader.get(url, headers={"HX-Request": "true"}).content.decode()
    page = reader.get(url).content.decode()

    for text in (row.public_id, str(row.correlation_id), "Night shift", "Day", "Entrance", "Not sealed yet"):
        assert text in fragment
        assert text in page
    assert "<html" not in fragment
    assert "<html" in page
    assert f'href="{reverse("centre:audit")}?status=success"' in fragment


def test_names_with_markup_come_out_literally(contoso: Cast, reader: Client) -> None:
    row = _write(contoso, reason="<script>alert(1)</script>")

    fragment = reader.get(reverse("centre:audit-event", args=[row.uid]), headers={"HX-Request": "true"})

    assert b"<script>alert" not in fragment.content
    assert b"&lt;script&gt;alert" in fragment.content


def test_list_is_paged_by_key(contoso: Cast, reader: Client) -> None:
    for _ in range(60):
        _write(contoso, activity=Activity.ENABLE_ACCOUNT)

    first = reader.get(reverse("centre:audit"), {"activity": "Enable account"})
    second = reader.get(first.context["next_url"])

    assert (len(first.context["lines"]), len(second.context["lines"])) == (50, 10)
    assert second.context["next_url"] == ""
    assert not {line.url for line in first.context["lines"]} & {line.url for line in second.context["lines"]}
    assert reader.get(reverse("centre:audit"), {"after": "forged"}).status_code == 404


def test_csv_holds_the_filtered_rows_harmlessly_and_leaves_a_row(contoso: Cast, reader: Client) -> None:
    _write(contoso, reason='=HYPERLINK("https://evil.example")', details={"Reason": 'æøå; "x", y'})
    _write(contoso, activity=Activity.ENABLE_ACCOUNT)

    response = reader.post(reverse("centre:audit-export", query={"activity": "Reset password", "target": "kari"}))

    raw = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert raw.startswith(b"\xef\xbb\xbfDate,")
    assert response["Content-Disposition"].startswith('attachment; filename="audit-')
    (row,) = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    assert row["Activity"] == "Reset user password"
    assert row["Status reason"] == '\'=HYPERLINK("https://evil.example")'
    assert row["Additional details"] == 'Reason: æøå; "x", y'
    assert raw.count(b"\r\n") == 2
    note = AuditEvent.objects.get(activity="Exported audit")
    assert note.actor_user_principal_name == "reader@contoso.example"
    assert note.details == {"Format": "csv", "FilterActivity": "Reset user password", "FilterTarget": "(given)"}


@pytest.mark.parametrize("typed", ["x;=1+1", 'x; "@SUM(A1)"', "x;  -1", "x;\t=1"])
def test_csv_is_harmless_where_semicolons_part_cells(contoso: Cast, reader: Client, typed: str) -> None:
    """The name of a browser is whatever a stranger sends to the sign-in page."""
    _write(contoso, reason=typed)

    raw = b"".join(reader.post(reverse("centre:audit-export")).streaming_content)  # type: ignore[attr-defined]

    cells = next(csv.reader(io.StringIO(raw.decode("utf-8-sig").splitlines()[1]), delimiter=";"))
    assert not [cell for cell in cells if cell.strip(" \"'\t")[:1] in ("=", "+", "-", "@") and "'" not in cell]


def test_csv_longer_than_one_piece_is_whole(contoso: Cast, reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adminportal.audit.export.CHUNK", 3)
    for _ in range(8):
        _write(contoso, activity=Activity.ENABLE_ACCOUNT)

    response = reader.post(reverse("centre:audit-export", query={"activity": "Enable account"}))

    assert b"".join(response.streaming_content).count(b"Enable account") == 8  # type: ignore[attr-defined]


def test_json_holds_the_filtered_rows_as_graph_records_and_leaves_a_row(contoso: Cast, reader: Client) -> None:
    _write(contoso, reason="why æ")
    _write(contoso, activity=Activity.ENABLE_ACCOUNT)
    url = reverse("centre:audit-export", query={"activity": "Reset password"})

    response = reader.post(url, {"format": "json"})

    head, record = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]  # type: ignore[attr-defined]
    assert response["Content-Type"] == "application/x-ndjson"
    assert response["Content-Disposition"].endswith('.jsonl"')
    assert (head["portalExport"]["isWhole"], record["resultReason"]) == (False, "why æ")
    assert AuditEvent.objects.get(activity="Exported audit").details["Format"] == "json"


def test_checkpoints_are_downloaded_with_the_key_by_readers_of_the_log(contoso: Cast, reader: Client) -> None:
    _write(contoso)
    seal_waiting_rows()
    sign_all(now=clock.now())

    response = reader.get(reverse("centre:audit-checkpoints"))
    refused = signed_in(contoso["helpdesk"]).get(reverse("centre:audit-checkpoints"))

    document = json.loads(response.content)
    assert document["publicKey"] == public_key()
    assert {point["tenantId"] for point in document["checkpoints"]} == {str(contoso.tenant.pk)}
    assert refused.status_code == 403


def test_export_needs_a_post(reader: Client) -> None:
    assert reader.get(reverse("centre:audit-export")).status_code == 405


def test_list_costs_one_query_of_the_log(contoso: Cast, reader: Client, django_assert_max_num_queries: object) -> None:
    for _ in range(30):
        _write(contoso)
    reader.get(reverse("centre:audit"))

    with django_assert_max_num_queries(12) as spent:  # type: ignore[operator]
        reader.get(reverse("centre:audit"))

    # One for the list, and one whether the reader is noted for this hour.
    assert sum("audit_auditevent" in query["sql"] for query in spent.captured_queries) == 2


def test_whole_cast_of_the_specification_reads_or_not() -> None:
    cast = make_cast()
    readers = {
        name for name, user in cast.people.items() if signed_in(user).get(reverse("centre:audit")).status_code == 200
    }

    assert readers == {
        "reports.reader",
        "security.reader",
        "security.admin",
        "global.reader",
        "privileged.authentication.admin",
        "global.admin",
    }


def test_reading_is_a_row_itself_once_an_hour(contoso: Cast) -> None:
    moment = clock.now()
    for minutes, rows in ((0, 1), (30, 1), (61, 2)):
        with clock.travel(freeze_at=moment + timedelta(minutes=minutes)):
            assert signed_in(contoso["reader"]).get(reverse("centre:audit")).status_code == 200
        noted = AuditEvent.objects.filter(activity="Viewed audit", tenant_id=contoso.tenant.pk)
        assert noted.count() == rows
    assert {row.actor_id for row in noted} == {contoso["reader"].pk}


def test_look_at_what_oneself_did_is_no_row(contoso: Cast) -> None:
    signed_in(contoso["helpdesk"]).get(reverse("centre:audit-own"))

    assert not AuditEvent.objects.filter(activity="Viewed audit").exists()
