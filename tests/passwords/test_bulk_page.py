"""The page of a job that was started: who sees it, progress, steps, results, and passwords for the starter alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import timedelta
from html import unescape
from typing import cast as typed

import pytest
from django.db.models import F
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.bulk_options import BulkOptions
from passwords.models import BulkChunk, BulkEnd, BulkItem, BulkJob, BulkState, PasswordReset
from passwords.services.bulk import AT_ONCE
from passwords.services.bulk_run import run_next_chunk
from tests.cast import Cast, make_cast, make_tenant, signed_in
from tests.passwords.many_cast import add_department, draft, run
from tests.sspr.self_service import knows
from users.models import Group, Session, User
from users.tenancy import within

pytestmark = pytest.mark.django_db
LARGE = AT_ONCE + 3
POLL = {"HX-Request": "true", "X-Progress-Poll": "1"}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def admin(cast: Cast) -> Client:
    return signed_in(cast["global.admin"])


def body(response: object) -> str:
    return " ".join(unescape(response.content.decode()).split())  # type: ignore[attr-defined]


def to(name: str, job: BulkJob) -> str:
    return reverse(f"passwords:{name}", args=[job.pk])


def shown_names(response: object) -> list[str]:
    lines = response.context["lines"]  # type: ignore[attr-defined]
    return [line.row.user_name.partition("@")[0] for line in lines]


def passwords_of(response: object) -> dict[str, str]:
    lines = response.context["lines"]  # type: ignore[attr-defined]
    return {line.row.user_name.partition("@")[0]: line.password.expose() for line in lines if line.password}


def works(cast: Cast, name: str, password: str) -> bool:
    with within(cast.tenant):
        return User.objects.get(pk=cast[name].pk).check_password(password)


def file_of(response: object) -> list[dict[str, str]]:
    pieces = typed(Iterable[bytes], typed(StreamingHttpResponse, response).streaming_content)
    text = b"".join(pieces).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def hand_outs(cast: Cast, channel: str) -> int:
    events = AuditEvent.objects.filter(tenant_id=cast.tenant.pk, details__DeliveryChannel=channel)
    return events.filter(activity__icontains="temporary password").count()


def test_results_say_how_everybody_ended(cast: Cast, admin: Client) -> None:
    job = run(cast, ["adele.vance", "lee.gu", "diego.siciliani"])

    page = admin.get(to("bulk", job))

    directory = "Lee Gu comes from the directory corp.example and password writeback is off."
    assert f"{directory} <code>RESET_SYNCED_NO_WRITEBACK</code>" in body(page)
    assert [(line.row.display_name, line.row.end) for line in page.context["lines"]] == [
        ("Adele Vance", "done"),
        ("Diego Siciliani", "done"),
        ("Lee Gu", "refused"),
    ]
    assert "data-secret-value" not in body(page)


def test_results_are_searched_filtered_and_paged(cast: Cast, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passwords.views.bulk_page.ROWS", 4)
    names = add_department(cast, 9)
    job = run(cast, [*names, "lee.gu"])

    seen, query = [], ""
    while True:
        response = admin.get(to("bulk", job) + query)
        seen += shown_names(response)
        query = response.context["next_url"]
        if not query:
            break

    assert sorted(seen) == sorted([*names, "lee.gu"])
    assert shown_names(admin.get(to("bulk", job), {"search": "person 004"})) == ["sales.004"]
    assert shown_names(admin.get(to("bulk", job), {"end": "refused"})) == ["lee.gu"]
    assert "Nobody was found" in body(admin.get(to("bulk", job), {"search": "nobody-at-all"}))
    assert admin.get(to("bulk", job), {"search": "x" * 201}).status_code == 422
    assert admin.get(to("bulk", job), {"end": "eaten", "after": "-1"}).status_code == 200


def test_starter_has_the_passwords_shown_as_often_as_needed_and_each_time_is_recorded(
    cast: Cast, admin: Client
) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani", "lee.gu"])

    first, second = (passwords_of(admin.post(to("bulk-show", job))) for _again in range(2))

    assert first.keys() == {"adele.vance", "diego.siciliani"}
    assert first == second
    assert all(works(cast, name, password) for name, password in first.items())
    assert hand_outs(cast, "screen") == 4


def test_shown_passwords_are_in_the_answer_to_the_button_alone(cast: Cast, admin: Client) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani"])

    answer = admin.post(to("bulk-show", job))
    password = passwords_of(answer)["adele.vance"]

    assert 'hx-history="false"' in body(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    assert admin.get(to("bulk-show", job)).headers["Location"] == to("bulk", job)
    assert password not in body(admin.get(to("bulk", job)))


def test_password_that_was_replaced_or_used_is_not_shown(cast: Cast, admin: Client) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani"])
    run(cast, ["adele.vance", "lee.gu"])

    answer = admin.post(to("bulk-show", job))

    assert passwords_of(answer).keys() == {"diego.siciliani"}
    assert "Replaced by a newer reset" in body(answer)


def test_password_of_somebody_who_was_promoted_since_is_not_shown(cast: Cast) -> None:
    helpdesk = signed_in(cast["helpdesk.admin"])
    job = run(cast, ["adele.vance", "diego.siciliani"], actor="helpdesk.admin")
    with within(cast.tenant):
        cast["user.admin"].role_assignments.update(user=cast["adele.vance"])

    assert passwords_of(helpdesk.post(to("bulk-show", job))).keys() == {"diego.siciliani"}


def test_file_holds_everybody_with_outcome_and_working_passwords_and_runs_in_no_spreadsheet(
    cast: Cast, admin: Client
) -> None:
    cast.add("formula", display_name="=HYPERLINK(1)", has_password=False)
    job = run(cast, ["adele.vance", "lee.gu", "formula"])

    response = admin.post(to("bulk-csv", job))
    rows = {row["User Name"].partition("@")[0]: row for row in file_of(response)}

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in response.headers["Cache-Control"]
    assert rows["formula"]["Display Name"] == "'=HYPERLINK(1)"
    assert works(cast, "adele.vance", rows["adele.vance"]["Temporary password"])
    assert works(cast, "formula", rows["formula"]["Temporary password"])
    assert (rows["lee.gu"]["Outcome"], rows["lee.gu"]["Temporary password"]) == ("refused", "")
    assert rows["lee.gu"]["Code"] == "RESET_SYNCED_NO_WRITEBACK"
    assert rows["lee.gu"]["Why"].startswith("Lee Gu comes from the directory")
    assert hand_outs(cast, "csv") == 2


@pytest.mark.parametrize("route", ["bulk-csv", "bulk-outcomes"])
def test_file_is_written_in_the_language_of_its_reader(cast: Cast, admin: Client, route: str) -> None:
    job = run(cast, ["adele.vance", "lee.gu"])
    admin.cookies["django_language"] = "nb"

    page = body(admin.get(to("bulk", job)))
    rows = {row["User Name"].partition("@")[0]: row for row in file_of(admin.post(to(route, job)))}

    assert not rows["lee.gu"]["Why"].startswith("Lee Gu comes from")
    assert rows["lee.gu"]["Why"] in page
    assert rows["lee.gu"]["Outcome"] == "refused"  # programs read it


def test_file_without_passwords_is_there_for_every_job_that_is_over(cast: Cast, admin: Client) -> None:
    blind = run(cast, ["adele.vance"], options=BulkOptions(blind=True, deliver_to_alternate=True))
    purged = run(cast, ["diego.siciliani", "lee.gu"])
    admin.post(to("bulk-purge", purged))
    blocked = run(cast, ["isaiah.langer", "lee.gu"], act="block")

    found = {}
    for name, job in {"blind": blind, "purged": purged, "blocked": blocked}.items():
        assert "Download outcomes as CSV" in body(admin.get(to("bulk", job)))
        response = admin.post(to("bulk-outcomes", job))
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert "no-store" in response.headers["Cache-Control"]
        found[name] = [
            (row["Display Name"], row["Outcome"], row["Code"], row["State"] + row["Link"]) for row in file_of(response)
        ]

    assert found["blind"] == [("Adele Vance", "done", "", "sealedwaiting")]
    assert found["purged"] == [
        ("Diego Siciliani", "done", "", "purged"),
        ("Lee Gu", "refused", "RESET_SYNCED_NO_WRITEBACK", ""),
    ]
    assert found["blocked"] == [("Isaiah Langer", "done", "", ""), ("Lee Gu", "done", "", "")]
    exported = AuditEvent.objects.filter(activity="Exported bulk results", details__Content="outcomes")
    assert [row.details["Count"] for row in exported.order_by("id")] == ["1", "2", "2"]


def test_file_of_outcomes_holds_no_password_and_runs_in_no_spreadsheet(cast: Cast, admin: Client) -> None:
    cast.add("formula", display_name="=HYPERLINK(1)", has_password=False)
    job = run(cast, ["adele.vance", "formula"])
    shown = passwords_of(admin.post(to("bulk-show", job)))

    rows = file_of(admin.post(to("bulk-outcomes", job)))

    assert list(rows[0]) == ["User Name", "Display Name", "Outcome", "Code", "Why", "State", "Link"]
    assert {row["Display Name"] for row in rows} == {"Adele Vance", "'=HYPERLINK(1)"}
    assert not any(password in str(rows) for password in shown.values())
    assert hand_outs(cast, "csv") == 0


def test_page_and_files_say_who_was_mailed_a_link_and_who_needs_the_password_in_hand(cast: Cast, admin: Client) -> None:
    knows(cast, "adele.vance", email="adele@mail.example")
    job = run(cast, ["adele.vance", "isaiah.langer"], options=BulkOptions(deliver_to_alternate=True))

    page = body(admin.get(to("bulk", job)))
    in_hand = {row["Display Name"]: row["Link"] for row in file_of(admin.post(to("bulk-csv", job)))}
    outcomes = {row["Display Name"]: row["Link"] for row in file_of(admin.post(to("bulk-outcomes", job)))}

    assert "Link mailed: on its way" in page and "No link: there is no alternate address" in page
    assert in_hand == outcomes == {"Adele Vance": "waiting", "Isaiah Langer": "no_address"}


def test_password_that_a_newer_reset_replaced_is_told_in_file_and_slips(cast: Cast, admin: Client) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani"])
    run(cast, ["adele.vance"])

    rows = {row["Display Name"]: row for row in file_of(admin.post(to("bulk-csv", job)))}
    slips = body(admin.post(to("bulk-slips", job)))

    assert (rows["Adele Vance"]["Temporary password"], rows["Adele Vance"]["State"]) == ("", "replaced")
    assert "1 person of this part has no slip" in slips


def test_group_is_never_chosen_beforehand(cast: Cast, admin: Client) -> None:
    with within(cast.tenant):
        Group.objects.create(tenant=cast.tenant, name="Emergency access", created_at=clock.now())

    page = body(admin.get("/passwords/bulk/group"))

    assert '<option value="" selected>Choose a group</option>' in page
    assert admin.post("/passwords/bulk/group", {"act": "reset", "group": ""}).status_code == 422


def test_file_of_outcomes_follows_search_and_filter(cast: Cast, admin: Client) -> None:
    job = run(cast, [*add_department(cast, 3), "lee.gu"])

    def names(**asked: str) -> list[str]:
        return [row["User Name"].partition("@")[0] for row in file_of(admin.post(to("bulk-outcomes", job), asked))]

    assert names(end="refused") == ["lee.gu"]
    assert names(search="person 001") == ["sales.001"]
    assert len(names()) == 4
    assert admin.post(to("bulk-outcomes", job), {"search": "x" * 201}).status_code == 422
    assert admin.get(to("bulk-outcomes", job)).headers["Location"] == to("bulk", job)


def test_file_of_outcomes_waits_until_the_job_is_over(cast: Cast, admin: Client) -> None:
    job, waiting = run(cast, add_department(cast, LARGE), to_the_end=False), draft(cast, ["adele.vance"])

    for each in (job, waiting):
        assert admin.post(to("bulk-outcomes", each)).headers["Location"] == to("bulk", each)


def test_chosen_password_does_not_stand_in_the_file(cast: Cast, admin: Client) -> None:
    secret = Secret("Quiet-Harbour-63-Maple")
    job = run(cast, ["adele.vance", "diego.siciliani"], options=BulkOptions(has_own_password=True), password=secret)

    rows = file_of(admin.post(to("bulk-csv", job)))

    assert {row["Temporary password"] for row in rows} == {"The one that was chosen"}


@pytest.mark.parametrize("layout", ["one", "four"])
def test_slips_are_one_a_person_with_a_working_password(cast: Cast, admin: Client, layout: str) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani", "lee.gu"])

    response = admin.post(to("bulk-slips", job), {"layout": layout})

    assert f"slips--{layout}" in body(response)
    assert body(response).count("<article") == 2
    slips = {item.user.display_name: password.expose() for item, password in response.context["slips"]}
    assert works(cast, "adele.vance", slips["Adele Vance"])
    assert slips["Adele Vance"] in body(response)
    assert hand_outs(cast, "print") == 2


def test_slips_come_in_parts_without_gap_and_repeat(cast: Cast, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("bulk_page", "bulk_results"):
        monkeypatch.setattr(f"passwords.views.{module}.PART", 3)
    names = add_department(cast, 7)
    job = run(cast, names)

    parts = admin.get(to("bulk", job)).context["parts"]
    found = [
        item.user.user_principal_name.partition("@")[0]
        for part, _first, _last in parts
        for item, _password in admin.post(to("bulk-slips", job), {"part": str(part)}).context["slips"]
    ]

    assert parts == [(1, 1, 3), (2, 4, 6), (3, 7, 7)]
    assert "Slips of people 4 to 6 of 7" in admin.get(to("bulk", job)).content.decode()
    assert sorted(found) == names


@pytest.mark.parametrize(
    "fields", [{"part": "x"}, {"part": "-1"}, {"part": "0"}, {"layout": "nine"}, {"part": "9" * 9}]
)
def test_slips_that_cannot_be_are_not_found(cast: Cast, admin: Client, fields: dict[str, str]) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani"])

    assert admin.post(to("bulk-slips", job), fields).status_code == 404


def test_overseers_see_a_job_without_passwords_and_others_see_none(cast: Cast) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani"], actor="helpdesk.admin")

    for name in ("global.admin", "security.admin", "global.reader"):
        client = signed_in(cast[name])
        page = client.get(to("bulk", job))
        assert page.status_code == 200
        assert "Passwords are seen by whoever started the job, and nobody else." in body(page)
        assert len(file_of(client.post(to("bulk-outcomes", job)))) == 2
        for route in ("bulk-show", "bulk-csv", "bulk-slips"):
            assert client.post(to(route, job)).status_code in (403, 404)
    for name in ("user.admin", "password.admin"):
        client = signed_in(cast[name])
        for route in ("bulk", "bulk-progress", "bulk-cancel"):
            assert client.get(to(route, job)).status_code == 404
        for step in ("show", "csv", "slips", "outcomes", "purge", "pause", "cancel"):
            assert client.post(to(f"bulk-{step}", job)).status_code == 404
    with within(cast.tenant):
        assert not PasswordReset.objects.filter(job=job, shown_at__isnull=False).exists()


def test_other_tenants_see_nothing(cast: Cast) -> None:
    other = make_tenant("fabrikam.example", "Fabrikam")
    other.add("global.admin", roles=tuple(cast.actor("global.admin").roles))
    job = run(cast, ["adele.vance", "diego.siciliani"])

    assert signed_in(other["global.admin"]).get(to("bulk", job)).status_code == 404


def test_blind_job_shows_how_links_fare_and_never_a_password(cast: Cast, admin: Client) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani"], options=BulkOptions(blind=True, deliver_to_alternate=True))

    page = admin.get(to("bulk", job))

    assert "This job shows nobody a password" in body(page)
    assert "On its way" in body(page)
    for route in ("bulk-show", "bulk-csv", "bulk-slips"):
        assert route not in body(page)
        answer = admin.post(to(route, job))
        assert answer.status_code == 409
        assert "data-secret-value" not in body(answer)


def test_purge_asks_and_then_nobody_sees_a_password(cast: Cast, admin: Client) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani"])

    asked = body(admin.get(to("bulk-purge", job)))
    purged = admin.post(to("bulk-purge", job), follow=True)

    assert "Nobody can have the passwords of this job shown any more" in asked
    assert "The passwords of this job are no longer kept." in body(purged)
    assert admin.post(to("bulk-show", job)).status_code == 409
    with within(cast.tenant):
        assert not PasswordReset.objects.filter(job=job).exclude(sealed_password="").exists()


def test_passwords_of_many_need_fresh_proof(cast: Cast, admin: Client) -> None:
    job = run(cast, add_department(cast, LARGE))
    with within(cast.tenant):
        Session.objects.filter(user=cast["global.admin"]).update(proven_at=clock.now() - timedelta(days=1))

    page = body(admin.get(to("bulk", job)))

    assert "You will be asked to prove once more that it is you." in page
    for route in ("bulk-show", "bulk-csv", "bulk-slips"):
        assert admin.post(to(route, job)).headers["Location"].startswith(reverse("users:confirm"))


def test_passwords_of_few_need_fresh_proof_where_somebody_holds_a_role(cast: Cast, admin: Client) -> None:
    """A session that was stolen must not read administrators' passwords for a day."""
    plain, mixed = run(cast, ["adele.vance"]), run(cast, ["diego.siciliani", "helpdesk.admin"])
    with within(cast.tenant):
        Session.objects.filter(user=cast["global.admin"]).update(proven_at=clock.now() - timedelta(days=1))

    page = body(admin.get(to("bulk", mixed)))

    assert "You will be asked to prove once more that it is you." in page
    for route in ("bulk-show", "bulk-csv", "bulk-slips"):
        assert admin.post(to(route, mixed)).headers["Location"].startswith(reverse("users:confirm"))
        assert admin.post(to(route, plain)).status_code == 200
    with within(cast.tenant):
        assert not PasswordReset.objects.filter(job=mixed, shown_at__isnull=False).exists()


def test_passwords_of_few_need_fresh_proof_once_somebody_has_gained_a_role(cast: Cast, admin: Client) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani"])
    with within(cast.tenant):
        Session.objects.filter(user=cast["global.admin"]).update(proven_at=clock.now() - timedelta(days=1))
        before = admin.post(to("bulk-show", job)).status_code
        cast["user.admin"].role_assignments.update(user=cast["adele.vance"])

    assert before == 200
    assert admin.post(to("bulk-show", job)).headers["Location"].startswith(reverse("users:confirm"))


def test_running_job_is_polled_without_counting_as_activity_and_redraws_at_its_end(cast: Cast, admin: Client) -> None:
    job = run(cast, add_department(cast, LARGE), to_the_end=False)

    page, part = body(admin.get(to("bulk", job))), admin.get(to("bulk-progress", job), headers=POLL)
    with within(cast.tenant):
        BulkJob.objects.filter(pk=job.pk).update(state=BulkState.FINISHED)
    over = admin.get(to("bulk-progress", job), headers=POLL)

    assert 'hx-headers=\'{"X-Progress-Poll": "1"}\'' in page
    assert f"0 of {LARGE} users are through (0 %)." in page
    assert "<html" not in body(part)
    assert f'max="{LARGE}"' in body(part)
    assert over.headers["HX-Refresh"] == "true"
    assert admin.get(to("bulk-progress", job)).headers["Location"] == to("bulk", job)


def test_job_is_paused_resumed_and_canceled(cast: Cast, admin: Client) -> None:
    job = run(cast, add_department(cast, LARGE), to_the_end=False)

    states = []
    for step in ("bulk-pause", "bulk-resume", "bulk-cancel"):
        admin.post(to(step, job))
        with within(cast.tenant):
            states.append(BulkJob.objects.get(pk=job.pk).state)

    assert states == ["paused", "running", "canceled"]
    page = body(admin.get(to("bulk", job)))
    assert f"<dt>Canceled</dt><dd>{LARGE}</dd>" in page


def test_cancel_asks_first_and_a_step_that_is_no_more_says_so(cast: Cast, admin: Client) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani"])

    asked, late = admin.get(to("bulk-cancel", job)), admin.post(to("bulk-cancel", job))

    assert "A canceled job cannot be taken up again" in body(asked)
    assert late.status_code == 409
    assert "The job has moved on since this page was drawn. Nothing was changed." in body(late)
    assert admin.get(to("bulk-pause", job)).headers["Location"] == to("bulk", job)


def test_security_administrator_cancels_anybodys_job_and_does_nothing_else_to_it(cast: Cast) -> None:
    security = signed_in(cast["security.admin"])
    job = run(cast, add_department(cast, LARGE), to_the_end=False)

    page = body(security.get(to("bulk", job)))
    refused = [security.post(to(step, job)) for step in ("bulk-pause", "bulk-retry", "bulk-purge")]
    security.post(to("bulk-cancel", job))

    assert "Cancel the job" in page
    assert "Pause" not in page
    for answer in refused:
        assert answer.status_code == 403
        assert "Only whoever started the job may do this. Nothing was changed." in body(answer)
    with within(cast.tenant):
        assert BulkJob.objects.get(pk=job.pk).state == BulkState.CANCELED


def test_global_reader_sees_jobs_and_acts_on_none(cast: Cast) -> None:
    reader = signed_in(cast["global.reader"])
    job = run(cast, add_department(cast, LARGE), to_the_end=False)
    waiting = draft(cast, ["adele.vance", "diego.siciliani"])
    steps = ("pause", "resume", "retry", "rest", "cancel", "purge")

    jobs, page = body(reader.get(reverse("passwords:bulk-jobs"))), reader.get(to("bulk", job))
    refused = [reader.post(to(f"bulk-{step}", job)) for step in steps]
    asked = [reader.get(to(f"bulk-{step}", job)) for step in ("cancel", "purge")]

    assert page.status_code == 200 and 'aria-describedby="reason-bulk-cancel"' in body(page)
    assert to("bulk-cancel", job) not in body(page) and to("bulk-pause", job) not in body(page)
    assert 'aria-describedby="reason-bulk-list"' in jobs and "None of your roles may reset passwords." in jobs
    assert [answer.status_code for answer in (*refused, *asked)] == [403] * 8
    for route in ("bulk", "bulk-preview", "bulk-left-out"):
        assert {reader.get(to(route, waiting)).status_code, reader.post(to(route, waiting)).status_code} <= {404, 405}
    for entrance in ("bulk-list", "bulk-group"):
        assert reader.post(reverse(f"passwords:{entrance}")).status_code == 403
    with within(cast.tenant):
        assert BulkJob.objects.get(pk=job.pk).state == BulkState.RUNNING
        assert BulkJob.objects.count() == 2


def test_global_reader_meets_no_password_of_a_job(cast: Cast) -> None:
    starter, reader = signed_in(cast["global.admin"]), signed_in(cast["global.reader"])
    job = run(cast, ["adele.vance", "diego.siciliani"])
    shown = file_of(starter.post(to("bulk-csv", job)))
    passwords = [row["Temporary password"] for row in shown]

    answers = [reader.get(to("bulk", job)), reader.get(to("bulk-progress", job)), reader.post(to("bulk", job))]
    answers += [reader.post(to(route, job)) for route in ("bulk-outcomes", "bulk-show", "bulk-csv", "bulk-slips")]

    assert all(passwords) and len(passwords) == 2
    for answer in answers:
        text = answer.getvalue().decode() if answer.streaming else body(answer)
        assert not any(password in text for password in passwords)
    assert [answer.status_code for answer in answers] == [200, 302, 404, 200, 403, 403, 403]


def test_job_that_stopped_says_so_to_readers_who_lost_no_right(cast: Cast) -> None:
    job = run(cast, add_department(cast, LARGE), actor="helpdesk.admin", to_the_end=False)
    with within(cast.tenant):
        cast["helpdesk.admin"].role_assignments.all().delete()
        run_next_chunk(job.pk, now=clock.now())

    page = body(signed_in(cast["global.admin"]).get(to("bulk", job)))

    reason = "Whoever started the job may no longer do this, so it stopped here."
    assert f"{reason} <code>BULK_STOPPED</code>" in page
    assert page.count(reason) == LARGE + 1
    assert "None of your roles" not in page


@pytest.mark.parametrize("who", ["security.admin", "global.admin"])
def test_starter_is_told_when_somebody_else_cancels(cast: Cast, who: str) -> None:
    job = run(cast, add_department(cast, LARGE), actor="helpdesk.admin", to_the_end=False)
    signed_in(cast[who]).post(to("bulk-cancel", job))

    message = OutboundMessage.objects.get(template="bulk_finished")
    parcel = build(message)

    assert message.to == cast["helpdesk.admin"].mail
    assert parcel.subject == f"Your bulk job was canceled: 0 of {LARGE} done"
    for text in (parcel.text, parcel.html):
        assert f"Canceled by {cast[who].display_name}. Nothing happened to those who were not begun." in text
        assert str(LARGE) in text


def test_starter_who_cancels_gets_no_mail(cast: Cast, admin: Client) -> None:
    job = run(cast, add_department(cast, LARGE), to_the_end=False)

    admin.post(to("bulk-cancel", job))

    assert not OutboundMessage.objects.exists()


@pytest.mark.parametrize(("loss", "mails"), [("demoted", 1), ("blocked", 0)])
def test_starter_is_told_that_the_job_stopped_unless_the_account_is_closed(cast: Cast, loss: str, mails: int) -> None:
    job = run(cast, add_department(cast, LARGE), actor="helpdesk.admin", to_the_end=False)
    with within(cast.tenant):
        if loss == "demoted":
            cast["helpdesk.admin"].role_assignments.all().delete()
        else:
            User.objects.filter(pk=cast["helpdesk.admin"].pk).update(account_enabled=False)
        run_next_chunk(job.pk, now=clock.now())

    sent = OutboundMessage.objects.filter(template="bulk_finished")

    assert sent.count() == mails
    for message in sent:
        assert build(message).subject == f"Your bulk job stopped: 0 of {LARGE} done"
        assert "It stopped, as you may no longer do this." in build(message).text


def test_retry_takes_up_the_failed_only(cast: Cast, admin: Client) -> None:
    job = run(cast, ["adele.vance", "diego.siciliani"])
    with within(cast.tenant):
        BulkItem.objects.filter(job=job, user=cast["diego.siciliani"]).update(end=BulkEnd.FAILED, code="BULK_FAULT")
        BulkChunk.objects.filter(job=job).update(done=1, failed=1)

    page = body(admin.get(to("bulk", job)))
    admin.post(to("bulk-retry", job))

    assert "Retry failed only" in page
    assert "A fault of the portal stopped this. Nothing was changed;" in page
    with within(cast.tenant):
        ends = dict(BulkItem.objects.filter(job=job).values_list("user__display_name", "end"))
    assert ends == {"Adele Vance": "done", "Diego Siciliani": "left"}


def test_rest_of_a_canceled_job_becomes_a_draft_of_those_whom_nobody_began_with(cast: Cast, admin: Client) -> None:
    job = run(cast, add_department(cast, LARGE), to_the_end=False)
    with within(cast.tenant):
        begun = BulkItem.objects.filter(job=job).order_by("position").first()
        assert begun is not None
        BulkItem.objects.filter(pk=begun.pk).update(end=BulkEnd.DONE)
        BulkChunk.objects.filter(job=job, number=begun.chunk).update(done=1, left=F("left") - 1)
    admin.post(to("bulk-cancel", job))

    page = body(admin.get(to("bulk", job)))
    drawn = body(admin.post(to("bulk-rest", job), follow=True))

    assert "Start again with the rest" in page
    assert "What will happen" in drawn
    with within(cast.tenant):
        draft = BulkJob.objects.get(state=BulkState.DRAFT)
        people = set(BulkItem.objects.filter(job=draft).values_list("user", flat=True))
        everybody = set(BulkItem.objects.filter(job=job).values_list("user", flat=True))
        assert BulkJob.objects.get(pk=job.pk).state == BulkState.CANCELED
    assert (draft.act, people) == (job.act, everybody - {begun.user_id})


def test_rest_is_for_the_starter_of_a_job_that_left_somebody_alone(cast: Cast, admin: Client) -> None:
    under_way = run(cast, add_department(cast, LARGE), to_the_end=False)
    over = run(cast, ["adele.vance", "diego.siciliani"])

    early, nobody = admin.post(to("bulk-rest", under_way)), admin.post(to("bulk-rest", over))
    foreign = signed_in(cast["security.admin"]).post(to("bulk-rest", over))

    assert (early.status_code, nobody.status_code, foreign.status_code) == (409, 409, 403)
    assert "The job has moved on" in body(early)
    assert "nobody is left" in body(nobody)
    with within(cast.tenant):
        assert not BulkJob.objects.filter(state=BulkState.DRAFT).exists()


def test_list_shows_own_jobs_and_to_overseers_all_but_drafts(cast: Cast) -> None:
    run(cast, ["adele.vance", "diego.siciliani"], actor="helpdesk.admin")
    run(cast, ["adele.vance", "diego.siciliani"], act="sign_out", actor="user.admin")
    draft(cast, ["adele.vance", "diego.siciliani"], actor="helpdesk.admin")

    def titles(name: str) -> list[str]:
        rows = signed_in(cast[name]).get(reverse("passwords:bulk-jobs")).context["rows"]
        return [row.title for row in rows]

    reset, sign_out = "Reset the passwords of 2 users", "Sign out 2 users everywhere"
    assert titles("helpdesk.admin") == [reset]
    assert titles("user.admin") == [sign_out]
    assert titles("security.admin") == [sign_out, reset]
    assert titles("password.admin") == []


def test_list_of_jobs_is_paged(cast: Cast, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("bulk_jobs", "views.bulk"):
        monkeypatch.setattr(f"passwords.{module}.JOBS_A_PAGE", 2)
    jobs = [run(cast, ["adele.vance", "diego.siciliani"], act="sign_out").pk for _number in range(3)]

    first = admin.get(reverse("passwords:bulk-jobs"))
    second = admin.get(reverse("passwords:bulk-jobs") + first.context["next_url"])

    seen = [row.job.pk for page in (first, second) for row in page.context["rows"]]
    assert sorted(seen) == sorted(jobs)
    assert not second.context["next_url"]
    assert admin.get(reverse("passwords:bulk-jobs"), {"before": "x"}).status_code == 404


def test_paused_job_says_that_nothing_goes_on_and_a_second_preview_names_the_first(cast: Cast, admin: Client) -> None:
    job = run(cast, add_department(cast, 3), to_the_end=False)
    with within(cast.tenant):
        BulkJob.objects.filter(pk=job.pk).update(state=BulkState.PAUSED)

    page = body(admin.get(to("bulk", job)))
    second = body(admin.get(to("bulk", draft(cast, ["adele.vance"]))))

    assert "Nothing more happens until you resume it." in page and "the job goes on" not in page
    assert "Another job is under way." in second
