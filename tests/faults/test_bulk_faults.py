"""Whatever dies or is emptied under a bulk job: nobody is lost, nobody is done twice, and the totals add up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

pytestmark = [pytest.mark.full, pytest.mark.postgres, pytest.mark.valkey]

LaySiege = Callable[..., str]


@pytest.fixture
def lay_siege(capsys: pytest.CaptureFixture[str]) -> LaySiege:
    """Give what runs a siege in processes of its own, shows what its checker found, and returns it."""

    def run(*arguments: str) -> str:
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
        with capsys.disabled():
            print(f"\nsiege {' '.join(arguments)}\n{ran.stdout}", flush=True)
        return ran.stdout

    return run


def test_killed_workers_and_an_emptied_broker_lose_nobody(lay_siege: LaySiege) -> None:
    told = lay_siege("--people", "600", "--kills", "3", "--flush")

    assert "3 x SIGKILL" in told and "1 x broker emptied" in told
    assert "600 outcomes, 600 done, 0 lost, 0 twice, every shown password signs in" in told


def test_ten_kills_a_flush_and_a_restart_lose_nobody_of_two_thousand(lay_siege: LaySiege) -> None:
    told = lay_siege("--people", "2000", "--kills", "10", "--flush", "--restart")

    assert "10 x SIGKILL" in told and "1 x broker emptied" in told and "1 x database restarted" in told
    assert "2000 outcomes, 2000 done, 0 lost, 0 twice, every shown password signs in" in told
