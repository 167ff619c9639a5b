"""The operator's commands for many people."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from passwords.models import BulkJob, BulkState, PasswordReset
from passwords.services.bulk import AT_ONCE
from tests.cast import PASSWORD, Cast
from tests.contracts.matrix import join, make_group
from tests.passwords.bulk_crowd import crowd_of, make_crowd, worked_off
from users.models import User
from users.tenancy import across_tenants, within

pytestmark = pytest.mark.django_db

Run = Callable[..., tuple[Any, str]]


@pytest.fixture
def cast() -> Cast:
    return make_crowd(4)


def run(*arguments: str) -> tuple[dict[str, Any], str]:
    """Run a command with ``--json``; return what it printed and the sentence of its refusal."""
    out = io.StringIO()
    try:
        call_command(*arguments, "--json", stdout=out)
    except CommandError as refusal:
        return json.loads(out.getvalue() or "{}"), str(refusal)
    return json.loads(out.getvalue()), ""


def person(cast: Cast, name: str) -> User:
    with within(cast.tenant):
        return User.objects.get(pk=cast[name].pk)


def test_everybody_gets_a_password_that_is_printed(cast: Cast) -> None:
    answer, refusal = run("bulk_reset", "--tenant", "contoso.example", "--all", "--wait")

    assert refusal == "" and answer["state"] == "finished" and answer["counts"]["done"] == 6
    printed = {row["user_name"]: row["temporary_password"] for row in answer["results"]}
    assert len(printed) == 6
    for name in ("p0", "helpdesk", "global"):
        assert person(cast, name).check_password(printed[f"{name}@contoso.example"])
    row = AuditEvent.objects.filter(activity="Reset user password").first()
    assert row is not None and (row.actor_kind, row.details["Entrance"]) == ("operator", "cli")


def test_dry_run_changes_nothing_and_says_who_is_refused(cast: Cast) -> None:
    cast.add("guest", details={"user_type": "guest"})

    answer, refusal = run("bulk_reset", "--tenant", "contoso.example", "--all", "--dry-run")

    assert refusal == "" and (answer["requested"], answer["reachable"]) == (7, 6)
    assert [each["code"] for each in answer["refused"]] == ["RESET_GUEST"]
    assert person(cast, "p0").check_password(PASSWORD)
    with across_tenants():
        assert not BulkJob.objects.exists() and not PasswordReset.objects.exists()


def test_file_names_who_is_meant_and_unknown_names_end_with_a_refusal(cast: Cast, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("User Name;Department\np0@contoso.example;Sales\nnobody@contoso.example;Sales\n")

    answer, refusal = run("bulk_reset", "--tenant", "contoso.example", "--file", str(names), "--wait")

    assert [row["user_name"] for row in answer["results"]] == ["p0@contoso.example"]
    assert answer["unknown"] == [{"line": 3, "user_name": "nobody@contoso.example"}]
    assert refusal.startswith("1 users reset, 1 not")
    assert person(cast, "p1").check_password(PASSWORD)


def test_group_is_found_by_its_name(cast: Cast) -> None:
    with within(cast.tenant):
        join(cast, make_group(cast, "Sales", is_role_assignable=False), cast["p2"])

    answer, refusal = run("force_change", "--tenant", "contoso.example", "--group", "Sales")

    assert refusal == "" and answer["counts"]["done"] == 1
    assert person(cast, "p2").must_change and not person(cast, "p1").must_change
    assert person(cast, "p2").check_password(PASSWORD)


def test_force_change_reaches_everybody_who_has_a_password(cast: Cast) -> None:
    cast.add("newcomer", has_password=False)

    answer, refusal = run("force_change", "--tenant", "contoso.example", "--all")

    assert answer["counts"]["done"] == 6 and "1 not" in refusal
    assert [(row["user_name"], row["outcome"]) for row in answer["results"]] == [
        ("newcomer@contoso.example", "refused")
    ]
    assert "No password was ever issued" in answer["results"][0]["reason"]


def test_without_wait_workers_do_it_and_results_prints_it_later() -> None:
    cast = make_crowd(AT_ONCE + 1)
    answer, refusal = run("bulk_reset", "--tenant", "contoso.example", "--all")
    assert refusal == "" and answer["state"] == "running" and answer["results"] == []

    with within(cast.tenant):
        job = BulkJob.objects.select_related("tenant").get()
    assert worked_off(cast, job).state == BulkState.FINISHED
    answer, refusal = run("bulk_reset", "--tenant", "contoso.example", "--results", str(job.pk))

    assert refusal == "" and answer["counts"]["done"] == AT_ONCE + 3
    printed = {row["user_name"]: row["temporary_password"] for row in answer["results"]}
    assert person(cast, "p7").check_password(printed["p7@contoso.example"])


def test_trial_of_what_is_over_is_refused_and_takes_nothing_away(cast: Cast) -> None:
    run("bulk_reset", "--tenant", "contoso.example", "--all", "--wait")
    with within(cast.tenant):
        job = BulkJob.objects.get()

    _answer, refusal = run("bulk_reset", "--tenant", "contoso.example", "--results", str(job.pk), "--dry-run")

    assert "give one of them" in refusal
    with within(cast.tenant):
        assert BulkJob.objects.filter(pk=job.pk).exists()


def test_blind_prints_no_password(cast: Cast) -> None:
    cast.add("reachable", alternate_email="home@mail.example")

    answer, _refusal = run("bulk_reset", "--tenant", "contoso.example", "--all", "--wait", "--blind")

    assert answer["counts"]["done"] == 1
    assert not any(row["temporary_password"] for row in answer["results"])
    assert OutboundMessage.objects.filter(link_purpose="reveal").get().to == "home@mail.example"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--tenant", "nowhere.example", "--all"), "no tenant"),
        (("--tenant", "contoso.example", "--group", "Nobody"), "no group"),
        (("--tenant", "contoso.example", "--file", "/nowhere/names.csv"), "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(cast: Cast, arguments: tuple[str, ...], sentence: str) -> None:
    for command in ("bulk_reset", "force_change"):
        _answer, refusal = run(command, *arguments)
        assert sentence in refusal and "Nothing was changed" in refusal


def test_results_of_an_administrators_job_are_not_printed(cast: Cast) -> None:
    from tests.passwords.bulk_crowd import drafted, started

    job = started(cast, drafted(cast, people=crowd_of(cast)))

    _answer, refusal = run("bulk_reset", "--tenant", "contoso.example", "--results", str(job.pk))
    assert "no job" in refusal
