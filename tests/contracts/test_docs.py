"""Documents in step: every variable, command, limit and sweeper of the code stands in docs/operations.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adminportal.outbox.registry import list_sweepers
from adminportal.throttle import LIMITS

ROOT = Path(__file__).resolve().parent.parent.parent
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
READERS = re.compile(r"env\.(?:text|integer|words|choice)\(\s*\"([A-Z_]+)\"")


def _variables() -> list[str]:
    files = (ROOT / "adminportal").rglob("*.py")
    return sorted({name for file in files for name in READERS.findall(file.read_text(encoding="utf-8"))})


def _commands() -> list[str]:
    apps = ("adminportal", "users", "passwords", "sspr")
    files = [path for app in apps for path in (ROOT / app).rglob("commands/*.py")]
    return sorted(path.stem for path in files if path.stem != "__init__")


def test_variables_and_commands_are_found_at_all() -> None:
    assert "SEALING_KEYS" in _variables()
    assert {"create_admin", "set_licensing"} <= {*_commands()}


@pytest.mark.parametrize("name", _variables())
def test_variable_is_explained(name: str) -> None:
    assert re.search(rf"`{name}`", OPERATIONS)


@pytest.mark.parametrize("name", _commands())
def test_command_is_explained(name: str) -> None:
    assert re.search(rf"`{name}[ `]", OPERATIONS)


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_limit_is_explained_with_its_number(name: str) -> None:
    row = re.search(rf"^\| `{name}` .*$", OPERATIONS, re.MULTILINE)

    assert row is not None
    assert str(LIMITS[name].number) in row.group(0)


def test_every_sweeper_is_told() -> None:
    told = re.findall(r"^\| `sweep`: (.*?) \|", OPERATIONS, re.MULTILINE)

    assert {name for row in told for name in re.findall(r"`([a-z-]+)`", row)} == set(list_sweepers())
