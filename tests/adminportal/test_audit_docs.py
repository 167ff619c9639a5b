"""Tests that the documentation of the audit log says what the code does."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from adminportal.audit.management.commands.verify_audit import Command
from adminportal.audit.tags import ACTIVITY_FACTS, ALIASES, PASSWORD_RELATED, SERVICE_PREFIXES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "audit-events.md").read_text(encoding="utf-8")


def test_table_of_activities_is_in_step_with_the_catalogue() -> None:
    table = DOCUMENT.partition("## Activities")[2].partition("## What a record holds")[0]
    told = {tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table.splitlines() if "| `" in line}

    assert told == {
        (
            activity,
            facts.service,
            facts.category,
            facts.operation or "–",
            f"`{SERVICE_PREFIXES[facts.service]}`",
            "●" if activity in PASSWORD_RELATED else "",
        )
        for activity, facts in ACTIVITY_FACTS.items()
    }


def test_every_alias_and_every_option_of_the_command_is_told() -> None:
    parser = ArgumentParser()
    Command().add_arguments(parser)
    options = {word for action in parser._actions for word in action.option_strings if word.startswith("--")}

    assert all(f"`{alias}`" in DOCUMENT for alias in ALIASES)
    assert all(f" {option}" in DOCUMENT for option in options - {"--help"})
