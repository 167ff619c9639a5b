"""Whatever dies or is emptied under a bulk job: nobody is lost, nobody is done twice, and the totals add up."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.full, pytest.mark.postgres, pytest.mark.valkey]


def lay_siege(*arguments: str) -> str:
    """Run a siege in processes of its own and return what the checker printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.faults.siege", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    print(ran.stdout)
    return ran.stdout


def test_killed_workers_and_an_emptied_broker_lose_nobody() -> None:
    told = lay_siege("--people", "200", "--kills", "3", "--flush")

    assert "3 x SIGKILL" in told and "1 x broker emptied" in told
    assert "200 outcomes, 0 lost, 0 twice, every shown password signs in" in told


def test_ten_kills_a_flush_and_a_restart_lose_nobody_of_two_thousand() -> None:
    told = lay_siege("--people", "2000", "--kills", "10", "--flush", "--restart")

    assert "10 x SIGKILL" in told and "1 x broker emptied" in told and "1 x database restarted" in told
    assert "2000 outcomes, 0 lost, 0 twice, every shown password signs in" in told
