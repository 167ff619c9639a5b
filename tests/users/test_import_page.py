"""Add multiple users, as an administrator sees it."""

from __future__ import annotations

import io
import re
from codecs import BOM_UTF8

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from adminportal import clock
from adminportal.outbox.waking import Call
from adminportal.throttle import LIMITS
from adminportal.throttle.shared import forget_own_hits
from tests.cast import Cast, make_cast, signed_in
from tests.users.people_csv import csv_file, people, person
from users.csv_layout import COLUMNS, MOST_BYTES, read_rows
from users.csv_rules import check_row
from users.models import ImportBatch, LicenceAssignment, User
from users.services import import_batches
from users.services.import_batches import LEFT_ALONE, resume_batches
from users.tenancy import across_tenants, within

pytestmark = pytest.mark.django_db
PAGE = "/users/import"


@pytest.fixture
def cast() -> Cast:
    forget_own_hits()
    return make_cast()


@pytest.fixture
def client(cast: Cast) -> Client:
    return signed_in(cast["user.admin"])


def _upload(client: Client, content: bytes, name: str = "people.csv", **extra: object) -> HttpResponse:
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content), "text": "", **extra})


def _text(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def _count_people() -> int:
    with across_tenants():
        return User.objects.filter(upn_folded__startswith="person.").count()


def test_file_is_previewed_confirmed_and_told_row_by_row(cast: Cast, client: Client) -> None:
    uploaded = _upload(client, csv_file([person(1), person(2, Mobile_Phone="call me maybe"), person(3)]))
    address = uploaded.headers["Location"]
    preview = client.get(address)

    assert uploaded.status_code == 302
    assert _count_people() == 0
    assert "Mobile Phone : “call me maybe” is not a telephone number." in _text(preview)
    assert preview.context["view"].good == 2 and preview.context["view"].faulty == 1
    assert [line.number for line in preview.context["view"].lines] == [3, 2, 4]

    confirmed = client.post(address, {"leave_out_faulty": "on"})
    result = client.get(confirmed.headers["Location"])

    assert confirmed.status_code == 302 and _count_people() == 2
    assert "2 people were created from 3 rows." in _text(result)
    outcomes = {line.number: line.outcome for line in result.context["view"].lines}
    assert outcomes == {2: "created", 3: "left_out", 4: "created"}


def test_outcomes_are_a_file_too_in_the_order_of_the_upload(client: Client) -> None:
    rows = [person(1), person(2, Display_Name="=1+1", Mobile_Phone="call me maybe"), person(3)]
    address = _upload(client, csv_file(rows)).headers["Location"]
    client.post(address, {"leave_out_faulty": "on"})

    lines = client.get(f"{address}/outcomes.csv").content.decode("utf-8-sig").splitlines()

    assert [line.split(",")[:2] for line in lines] == [
        ["Row", "Outcome"],
        ["2", "Created"],
        ["3", "Not created"],
        ["4", "Created"],
    ]
    assert "Mobile Phone: “call me maybe” is not a telephone number." in lines[2] and ",=1+1" not in lines[2]
    assert Client().get(f"{address}/outcomes.csv").status_code == 302


def test_pasted_rows_do_as_well_as_a_file(client: Client) -> None:
    text = csv_file(people(2), separator="\t").decode()

    address = client.post(PAGE, {"text": "\ufeff" + text}).headers["Location"]
    client.post(address)

    assert _count_people() == 2


def test_confirming_with_faulty_rows_unticked_adds_nobody_and_says_why(client: Client) -> None:
    address = _upload(client, csv_file([person(1), person(2, Display_Name="")])).headers["Location"]

    answer = client.post(address)

    assert answer.status_code == 422 and _count_people() == 0
    assert "Some rows are faulty." in _text(answer)


def test_double_submit_shows_the_same_result_and_creates_nobody_twice(client: Client) -> None:
    address = _upload(client, csv_file(people(2))).headers["Location"]

    answers = [client.post(address), client.post(address)]

    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(302, address)}
    assert _count_people() == 2


def test_page_shows_how_far_a_large_file_is_until_a_worker_is_done(client: Client, monkeypatch) -> None:
    monkeypatch.setattr(import_batches, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(import_batches, "_hand_over", lambda batch: True)
    address = _upload(client, csv_file(people(2))).headers["Location"]
    client.post(address)

    waiting = client.get(address)
    resume_batches(clock.now() + LEFT_ALONE * 2)
    done = client.get(address)

    assert "Users are being added" in _text(waiting) and b'max="2"' in waiting.content
    # The number beside a page of the navigation loads by a trigger too, and only once.
    assert b'hx-trigger="every' in waiting.content and b'hx-trigger="every' not in done.content
    assert {line.outcome for line in waiting.context["view"].lines} == {"waiting"}
    assert "2 people were created from 2 rows." in _text(done)


@pytest.mark.parametrize("is_taken", [True, False])
def test_worker_is_asked_with_ids_alone_and_the_request_adds_them_where_no_broker_takes_it(
    client: Client, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    asked: list[Call] = []
    monkeypatch.setattr(import_batches, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(import_batches, "call_workers", lambda calls: asked.extend(calls) or is_taken)
    address = _upload(client, csv_file(people(2))).headers["Location"]

    client.post(address)

    (call,) = asked
    assert (call.task, call.queue, set(call.names)) == ("users.tasks.run_import", "default", {"batch_id", "tenant_id"})
    assert str(call.names["batch_id"]) in address
    assert _count_people() == (0 if is_taken else 2)


def test_licence_is_given_when_ticked(cast: Cast, client: Client) -> None:
    address = _upload(client, csv_file(people(2))).headers["Location"]
    assert "Give everybody the license Portal, all features" in _text(client.get(address))

    client.post(address, {"gives_licence": "on"})

    with within(cast.tenant):
        assert LicenceAssignment.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (csv_file([]), "no row below its header"),
        (csv_file(people(1), header=tuple(name.lower() for name in COLUMNS)), "Column 1 of the header"),
        ("Navn;Blåbær".encode("cp1252"), "not UTF-8 or UTF-16"),
        (csv_file(people(1)) + b'"', "Row 3 cannot be read"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_a_sentence_and_nothing_is_kept(client, content, words) -> None:
    answer = _upload(client, content)

    assert answer.status_code == 422
    assert words in _text(answer)
    with across_tenants():
        assert not ImportBatch.objects.exists()


def test_neither_or_both_of_file_and_text_is_refused(client: Client) -> None:
    neither = client.post(PAGE, {"text": " "})
    both = _upload(client, csv_file(people(1)), text="x")

    assert (neither.status_code, both.status_code) == (422, 422)
    assert "Choose a file or paste the rows." in _text(neither)
    assert "not both" in _text(both)


def test_hostile_text_is_shown_as_text(client: Client) -> None:
    row = person(1, Display_Name='<script>alert("x")</script>', Job_Title="{{ 7 }}")
    row[COLUMNS.index("City")] = "Ber\0gen"

    preview = client.get(_upload(client, csv_file([row]), name="<b>.csv").headers["Location"])

    assert b"<script>alert" not in preview.content and b"<b>.csv" not in preview.content
    assert b"&lt;script&gt;alert" in preview.content
    assert "City : The text contains control characters." in _text(preview)


def test_rows_are_paged_and_every_row_is_on_exactly_one_page(client: Client) -> None:
    address = _upload(client, csv_file([*people(240), person(241, Display_Name="")])).headers["Location"]

    pages = [client.get(address, {"page": page}).context["view"] for page in (1, 2, 3)]

    numbers = [line.number for page in pages for line in page.lines]
    assert numbers == [242, *range(2, 242)]
    assert client.get(address, {"page": "99"}).context["view"].page == 3
    assert client.get(address, {"page": "x"}).context["view"].page == 1


def test_preview_and_result_cost_no_more_queries_for_many_rows(client, django_assert_max_num_queries) -> None:
    address = _upload(client, csv_file(people(600))).headers["Location"]

    with django_assert_max_num_queries(8):
        client.get(address)


def test_upload_is_limited_for_each_person_and_refused_before_it_is_read(cast: Cast, client: Client) -> None:
    for _ in range(LIMITS["L26"].number):
        assert client.post(PAGE, {"text": "x"}).status_code == 422

    refused = _upload(client, csv_file(people(1)))
    other = _upload(signed_in(cast["global.admin"]), csv_file(people(1)))

    assert (refused.status_code, other.status_code) == (429, 302)
    assert int(refused.headers["Retry-After"]) > 0
    assert "Nobody was added." in _text(refused)


def test_body_beyond_the_limit_is_refused_unread(client: Client) -> None:
    class Unreadable(io.BytesIO):
        def read(self, *args: object) -> bytes:
            raise AssertionError("The body was read.")

    answer = client.generic(
        "POST",
        PAGE,
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(MOST_BYTES * 2),
        **{"wsgi.input": Unreadable()},
    )

    assert answer.status_code == 413
    assert "larger than 64 MB" in _text(answer)


def test_pasted_text_beyond_a_megabyte_is_refused_with_advice(client: Client) -> None:
    answer = client.post(PAGE, {"text": "x" * 1_200_000})

    assert answer.status_code == 413
    assert "Save it as a file" in _text(answer)


def test_upload_without_the_form_token_is_refused(cast: Cast) -> None:
    strict = signed_in(cast["user.admin"], Client(enforce_csrf_checks=True))

    answer = _upload(strict, csv_file(people(1)))

    assert answer.status_code == 403
    with across_tenants():
        assert not ImportBatch.objects.exists()


def test_upload_with_the_form_token_is_taken(cast: Cast) -> None:
    strict = signed_in(cast["user.admin"], Client(enforce_csrf_checks=True))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', strict.get(PAGE).content.decode())
    assert token

    assert _upload(strict, csv_file(people(1)), csrfmiddlewaretoken=token[1]).status_code == 302


def test_other_administrators_do_not_see_the_upload(cast: Cast, client: Client) -> None:
    address = _upload(client, csv_file(people(1))).headers["Location"]
    other = signed_in(cast["global.admin"])

    assert (other.get(address).status_code, other.post(address).status_code) == (404, 404)
    assert _count_people() == 0


def test_helpdesk_admin_cannot_import(cast: Cast) -> None:
    client = signed_in(cast["helpdesk.admin"])

    assert client.get(PAGE).status_code == 403
    assert _upload(client, csv_file(people(1))).status_code == 403


@pytest.mark.parametrize(("path", "count"), [("template.csv", 0), ("examples.csv", 3)])
def test_templates_are_in_the_layout_and_the_examples_can_be_imported(client, path: str, count: int) -> None:
    answer = client.get(f"{PAGE}/{path}")

    rows = list(read_rows(io.BytesIO(answer.content)))
    assert answer.content.startswith(BOM_UTF8)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert len(rows) == count
    assert [check_row(row, domains=["contoso.example"]).faults for row in rows] == [()] * count
