"""``manage.py import_users``."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.cast import Cast, make_cast
from tests.users.people_csv import csv_file, people, person
from users.models import User
from users.tenancy import across_tenants

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def _run(file: Path, *options: str, tenant: str = "contoso.example") -> str:
    out = io.StringIO()
    call_command("import_users", str(file), "--tenant", tenant, *options, stdout=out)
    return out.getvalue()


def _refused(file: Path, *options: str, **tenant: str) -> tuple[str, str]:
    out = io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command(
            "import_users", str(file), "--tenant", tenant.get("tenant", "contoso.example"), *options, stdout=out
        )
    assert refusal.value.returncode == 1
    return str(refusal.value), out.getvalue()


def _count_people() -> int:
    with across_tenants():
        return User.objects.filter(upn_folded__startswith="person.").count()


def test_every_row_gets_an_outcome_and_everybody_is_created(cast: Cast, file: Path) -> None:
    file.write_bytes(csv_file(people(2), separator=";", encoding="utf-16"))

    lines = _run(file).splitlines()

    assert lines == [
        "row 2: created: person.1@contoso.example",
        "row 3: created: person.2@contoso.example",
        "2 created, 0 faulty",
    ]
    assert _count_people() == 2


def test_dry_run_creates_nobody(cast: Cast, file: Path) -> None:
    file.write_bytes(csv_file(people(2)))

    assert "2 would be created, 0 faulty" in _run(file, "--dry-run")
    assert _count_people() == 0


def test_faulty_rows_are_left_out_named_and_end_with_one(cast: Cast, file: Path) -> None:
    file.write_bytes(csv_file([person(1), person(2, Mobile_Phone="x")]))

    message, out = _refused(file)

    assert "1 of 2 rows are faulty" in message
    assert "row 3: faulty" in out and "Mobile Phone: “x” is not a telephone number." in out
    assert _count_people() == 1


def test_json_tells_each_row(cast: Cast, file: Path) -> None:
    file.write_bytes(csv_file([person(1), person(2, Display_Name="")]))

    _message, out = _refused(file, "--json", "--dry-run")

    answer = json.loads(out)
    assert answer["counts"] == {"would_create": 1, "faulty": 1}
    assert [(row["row"], row["outcome"]) for row in answer["rows"]] == [(2, "would_create"), (3, "faulty")]
    assert [fault["column"] for fault in answer["rows"][1]["faults"]] == ["Display Name"]


@pytest.mark.parametrize("content", [b"", b"User Name;x\n", csv_file([]), b"\xff\xfe\x00", csv_file(people(1)) + b'"'])
def test_file_that_cannot_be_read_ends_with_a_sentence(cast: Cast, file: Path, content: bytes) -> None:
    file.write_bytes(content)

    assert _refused(file)[0].endswith((".", "again.", "template.", "twice."))
    assert _count_people() == 0


def test_missing_file_and_unknown_tenant_end_with_a_sentence(cast: Cast, file: Path) -> None:
    assert "cannot be read" in _refused(file)[0]
    assert "There is no tenant" in _refused(file, tenant="nowhere.example")[0]


def test_wrong_use_is_told_apart(cast: Cast, file: Path) -> None:
    with pytest.raises(CommandError, match="--tenant"):
        call_command("import_users", str(file))
