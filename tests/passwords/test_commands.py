"""Commands of the operator: 0 done, 1 refused in a sentence, 2 wrong use; never a password in argv."""

from __future__ import annotations

import getpass
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import execute_from_command_line, get_commands, load_command_class
from pytest_django import Settings

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.sealing import Secret
from tests.cast import Cast, make_tenant
from users.models import Tenant, User
from users.services.sign_in import Outcome, sign_in
from users.tenancy import across_tenants, within

pytestmark = pytest.mark.django_db(transaction=True)

TYPED = "Quiet-Harbour-5937"
BOSS = ("create_admin", "boss@contoso.example", "--role", "Global Administrator", "--reason", "first start")
OWN_COMMANDS = (
    *("bulk_reset", "create_admin", "create_tenant", "force_change", "reset_password", "seed_demo", "set_licensing"),
)


@dataclass
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command as the shell does, with what is piped into it."""

    def run_one(*arguments: str, piped: str = "") -> Answer:
        monkeypatch.setattr(sys, "stdin", io.StringIO(piped))
        capsys.readouterr()
        try:
            execute_from_command_line(["manage.py", *arguments])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        seen = capsys.readouterr()
        return Answer(code, seen.out, seen.err)

    return run_one


@pytest.fixture
def contoso() -> Cast:
    cast = make_tenant("contoso.example", "Contoso")
    cast.add("adele.vance")
    cast.add("lee.gu", details={"on_premises_sync_enabled": True, "directory_name": "corp.example"})
    return cast


def knock(user_name: str, password: str) -> Outcome:
    return sign_in(
        user_name=user_name, password=Secret(password), source="192.0.2.1", device_cookie="", now=clock.now()
    ).outcome


def snapshot() -> list[tuple[object, ...]]:
    with across_tenants():
        people = list(User.objects.order_by("pk").values_list("pk", "password", "account_enabled", "display_name"))
    return people + list(Tenant.objects.order_by("pk").values_list("pk", "name"))


def test_tenant_and_first_administrator_come_from_nothing(run: Any) -> None:
    made = run("create_tenant", "contoso.example", "--name", "Contoso", "--json")
    boss = run(*BOSS, "--json")

    assert (made.code, boss.code) == (0, 0)
    assert json.loads(made.out)["domain"] == "contoso.example"
    said = json.loads(boss.out)
    assert (said["account"], said["valid_hours"]) == ("created", 1)
    assert knock("boss@contoso.example", said["temporary_password"]) is Outcome.RIGHT


def test_plain_answers_are_lines_for_people(run: Any, contoso: Cast) -> None:
    answer = run("reset_password", "adele.vance@contoso.example")

    assert answer.out.splitlines()[:2] == ["user name: adele.vance@contoso.example", "must change: True"]
    assert knock("adele.vance@contoso.example", answer.out.split("temporary password: ")[1].strip()) is Outcome.RIGHT


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create_tenant", "contoso.example", "--name", "Again"), "belongs to a tenant already"),
        (("create_tenant", "CONTOSO.example", "--name", "Again"), "belongs to a tenant already"),
        (("create_tenant", "no domain", "--name", "Odd"), "is not a domain name"),
        (("create_tenant", "new.example", "--name", "  "), "needs a name"),
        (("create_tenant", "new.example", "--name", "n" * 257), "at most 256 characters"),
        (("create_admin", "boss@contoso.example", "--role", "Global Administrator"), "Give --reason"),
        (("create_admin", "boss@nowhere.example", "--role", "Global Reader", "--reason", "x"), "No tenant owns"),
        (("create_admin", "boss", "--role", "Global Reader", "--reason", "x"), "is not a user name"),
        (("create_admin", "lee.gu@contoso.example", "--role", "Global Reader", "--reason", "x"), "directory"),
        (("reset_password", "nobody@contoso.example"), "No such user"),
        (("reset_password", "lee.gu@contoso.example"), "comes from the directory"),
    ],
)
def test_refusal_is_one_sentence_on_standard_error_and_code_1(
    run: Any, contoso: Cast, arguments: tuple[str, ...], words: str
) -> None:
    before = snapshot()

    answer = run(*arguments)

    assert (answer.code, answer.out) == (1, "")
    assert words in answer.err and "Traceback" not in answer.err
    assert snapshot() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("create_tenant",),
        ("create_tenant", "contoso.example"),
        ("create_admin", "boss@contoso.example"),
        ("create_admin", "boss@contoso.example", "--role", "King", "--reason", "x"),
        (*BOSS, "--password", TYPED),
        ("reset_password",),
        ("reset_password", "adele.vance@contoso.example", "--password", TYPED),
        ("reset_password", "adele.vance@contoso.example", TYPED),
        ("reset_password", "adele.vance@contoso.example", "--generate", "--stdin"),
        ("seed_demo", "--users", "many"),
    ],
)
def test_wrong_use_is_code_2_and_changes_nothing(run: Any, contoso: Cast, arguments: tuple[str, ...]) -> None:
    before = snapshot()

    answer = run(*arguments)

    assert (answer.code, answer.out) == (2, "")
    assert "usage:" in answer.err
    assert snapshot() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("seed_demo", "--users", "-1"), "nothing was changed"),
        (("seed_demo", "--users", "1000001"), "nothing was changed"),
        (("bulk_reset", "--tenant", "contoso.example", "--results", "x", "--dry-run"), "give one of them"),
        (("bulk_reset", "--tenant", "contoso.example", "--all", "--reason", "r" * 257), "at most 256 characters"),
        (("reset_password", "adele.vance@contoso.example", "--reason", "r" * 257), "at most 256 characters"),
    ],
)
def test_arguments_that_cannot_be_are_code_2_and_one_sentence(
    run: Any, contoso: Cast, arguments: tuple[str, ...], words: str
) -> None:
    before = snapshot()

    answer = run(*arguments)

    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err and "Traceback" not in answer.err
    assert snapshot() == before


@pytest.mark.parametrize("name", OWN_COMMANDS)
def test_no_command_has_an_argument_for_a_password(name: str) -> None:
    command = load_command_class(get_commands()[name], name)
    options = {word for action in command.create_parser("manage.py", name)._actions for word in action.option_strings}

    assert not {word for word in options if "password" in word or "secret" in word}
    assert "--json" in options


def test_password_from_standard_input_is_taken_as_it_stands(run: Any, contoso: Cast) -> None:
    answer = run(
        "reset_password", "adele.vance@contoso.example", "--stdin", "--no-force-change", piped=f" {TYPED} \r\nnext\n"
    )

    assert answer.code == 0 and TYPED not in answer.out + answer.err
    assert knock("adele.vance@contoso.example", f" {TYPED} ") is Outcome.RIGHT


@pytest.mark.parametrize("piped", ["", "\n", "short\n", "a" * 300 + "\n"])
def test_password_from_standard_input_obeys_the_rules(run: Any, contoso: Cast, piped: str) -> None:
    before = snapshot()

    answer = run("reset_password", "adele.vance@contoso.example", "--stdin", piped=piped)

    assert (answer.code, answer.out) == (1, "")
    assert "Nothing was changed." in answer.err
    assert snapshot() == before


def test_password_from_the_prompt_is_not_printed(run: Any, contoso: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda prompt: TYPED)

    answer = run(*BOSS, "--prompt")

    assert answer.code == 0 and TYPED not in answer.out + answer.err
    assert knock("boss@contoso.example", TYPED) is Outcome.RIGHT


def test_operators_reset_is_in_the_audit_log_as_such(run: Any, contoso: Cast) -> None:
    run("reset_password", "adele.vance@contoso.example", "--reason", "called at the desk")

    row = AuditEvent.objects.get(activity="Reset user password")
    assert (row.actor_kind, row.details["Entrance"], row.details["Reason"]) == ("operator", "cli", "called at the desk")


def test_reset_at_the_shell_is_bound_by_no_role(run: Any, contoso: Cast) -> None:
    run(*BOSS)

    assert run("reset_password", "boss@contoso.example").code == 0


@pytest.fixture
def small_demo(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> Path:
    from adminportal.centre.demo import seed

    sizes = (("contoso.example", "Contoso", 34), ("fabrikam.example", "Fabrikam", 32))
    monkeypatch.setattr(seed, "TENANTS", sizes)
    monkeypatch.setattr("adminportal.centre.demo.sheet.TENANTS", sizes)
    settings.VAR_DIR, settings.DEMO, settings.DEMO_PASSWORD = tmp_path, True, ""
    return tmp_path / "demo.json"


def test_demo_is_seeded_once_and_a_second_time_changes_nothing(run: Any, small_demo: Path) -> None:
    first = run("seed_demo")
    sheet, before, rows = small_demo.read_text(), snapshot(), AuditEvent.objects.count()

    second = run("seed_demo", "--json")

    assert (first.code, second.code) == (0, 0)
    assert json.loads(second.out) == {"tenants": 2, "sheet": str(small_demo)}
    assert (snapshot(), AuditEvent.objects.count(), small_demo.read_text()) == (before, rows, sheet)
    assert small_demo.stat().st_mode & 0o777 == 0o600


def test_demo_touches_nothing_that_people_changed(run: Any, small_demo: Path) -> None:
    run("seed_demo")
    tenant = Tenant.objects.get(name="Contoso")
    with within(tenant):
        boss = User.objects.get(upn_folded="global.admin@contoso.example")
        User.objects.filter(pk=boss.pk).update(display_name="Renamed", account_enabled=False, password="!changed")
    before = snapshot()

    assert run("seed_demo", "--users", "3").code == 0

    assert [row for row in snapshot() if row in before] == before
    assert len(snapshot()) == len(before) + 3


def test_demo_password_of_the_sheet_signs_in(run: Any, small_demo: Path) -> None:
    run("seed_demo")
    for tenant in json.loads(small_demo.read_text())["tenants"]:
        can = {account["upn"].partition("@")[0]: account for account in tenant["accounts"]}
        assert knock(can["global.admin"]["upn"], can["global.admin"]["password"]) is Outcome.RIGHT
        assert knock(can["adele.vance"]["upn"], can["adele.vance"]["password"]) is Outcome.RIGHT
        assert can["lee.gu"]["password"] == ""


def test_demo_is_refused_outside_of_a_trial(run: Any, settings: Settings, small_demo: Path) -> None:
    settings.DEMO = False

    answer = run("seed_demo")

    assert answer.code == 1 and "nothing was changed" in answer.err
    assert not Tenant.objects.exists() and not small_demo.exists()


def test_demo_password_that_breaks_the_rules_is_refused_and_leaves_nothing(
    run: Any, small_demo: Path, settings: Settings
) -> None:
    settings.DEMO_PASSWORD = "tooweak"

    answer = run("seed_demo")

    assert answer.code == 1 and "breaks the password rules" in answer.err and "tooweak" not in answer.err
    assert snapshot() == [] and not small_demo.exists()
    settings.DEMO_PASSWORD = TYPED
    assert run("seed_demo").code == 0
    assert knock("global.admin@contoso.example", TYPED) is Outcome.RIGHT
