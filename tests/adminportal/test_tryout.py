"""A trial run: keys made once, one run for each folder, nothing left behind."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from adminportal.tryout import bootstrap, catalogues, keys, plan, processes, sheet, supervisor

ROOT = Path(__file__).resolve().parent.parent.parent
UP_SECONDS = 120


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    first = keys.key_files(tmp_path, environment={})
    texts = [Path(path).read_text() for path in first.values()]

    again = keys.key_files(tmp_path, environment={})

    assert set(first) == {"SECRET_KEY_FILE", "SEALING_KEYS_FILE"}
    assert [Path(path).read_text() for path in again.values()] == texts
    assert all(Path(path).stat().st_mode & 0o777 == 0o600 for path in first.values())
    assert len({text.strip() for text in texts}) == 2
    assert all(len(text.strip()) >= 50 for text in texts)


def test_given_keys_are_not_made(tmp_path: Path) -> None:
    assert keys.key_files(tmp_path, environment={"SECRET_KEY": "x", "SEALING_KEYS_FILE": "/run/keys"}) == {}
    assert list(tmp_path.iterdir()) == []


def test_catalogue_is_compiled_once_and_again_when_it_changes(tmp_path: Path) -> None:
    folder = tmp_path / "nb" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Users"\nmsgstr "Brukere"\n'
    )

    assert catalogues.compile_catalogues(tmp_path) == [folder / "django.mo"]
    assert b"Brukere" in (folder / "django.mo").read_bytes()
    assert catalogues.compile_catalogues(tmp_path) == []

    later = source.stat().st_mtime + 10
    os.utime(source, (later, later))
    assert catalogues.compile_catalogues(tmp_path) == [folder / "django.mo"]


def test_lock_blocks_carry_their_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    part = bootstrap.blocks(lock, ("cffi", "setuptools"))

    assert part.startswith("cffi==")
    assert "\nsetuptools==" in part
    assert "setuptools-scm==" not in part
    assert "argon2-cffi" not in "".join(line for line in part.splitlines() if "==" in line)
    assert part.count("--hash=sha256:") > 2


def test_every_build_tool_is_locked() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    for name in (*bootstrap.BUILD_TOOLS, bootstrap.ARGON2):
        assert bootstrap.blocks(lock, (name,)).startswith(f"{name}=="), name


def test_set_up_names_the_module_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())

    assert bootstrap.main([]) == 1
    assert "lacks the module ensurepip" in capsys.readouterr().err


def test_set_up_refuses_an_old_python(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 10, 12))

    assert bootstrap.main([]) == 1
    assert "Python 3.11 or newer is needed" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "65536", "eight", "-1"])
def test_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    with pytest.raises(plan.CannotStart, match="not a port"):
        plan.make_plan({"VAR_DIR": str(tmp_path), "PORT": port})


def test_taken_port_is_refused_with_another_to_try(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(plan.CannotStart, match=f"Port {port} is taken.*PORT={port + 1}"):
            plan.make_plan({"VAR_DIR": str(tmp_path), "PORT": str(port)})


def test_given_redis_is_used_instead_of_a_private_one(tmp_path: Path) -> None:
    port = str(processes.free_port())
    private = plan.make_plan({"VAR_DIR": str(tmp_path), "PORT": port})
    given = plan.make_plan({"VAR_DIR": str(tmp_path), "PORT": port, "REDIS_URL": "redis://127.0.0.1:1/0"})

    assert private.broker is not None
    assert private.environment["REDIS_URL"].startswith("redis://127.0.0.1:")
    assert given.broker is None
    assert given.environment["REDIS_URL"] == "redis://127.0.0.1:1/0"


def test_sheet_names_address_and_accounts(tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    file.write_text(
        '{"url": "u", "inbox": "http://127.0.0.1:8000/dev/inbox", "tenants": [{"domain": "contoso.example", "accounts":'
        '[{"upn": "global.admin@contoso.example", "role": "Global Administrator", "password": "Lamp-7431"}]}]}'
    )

    text = sheet.sign_in_sheet(file, url="http://127.0.0.1:8000")

    assert "http://127.0.0.1:8000/dev/inbox" in text
    assert "global.admin@contoso.example  Lamp-7431  Global Administrator" in text
    assert "http://127.0.0.1:8000" in sheet.sign_in_sheet(tmp_path / "none.json", url="http://127.0.0.1:8000")


@pytest.fixture
def small_plan(tmp_path: Path) -> plan.Plan:
    (tmp_path / "log").mkdir()
    return plan.Plan(folder=tmp_path, port=1, url="", environment=dict(os.environ), broker=None, services=())


def sleeper(name: str = "sleeper") -> plan.Service:
    return plan.Service(name=name, command=(sys.executable, "-c", "import time; time.sleep(600)"), grace_seconds=10)


def test_service_that_dies_is_started_again_after_a_growing_pause(
    small_plan: plan.Plan, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moment = [1000.0]
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: moment[0])
    keeper = supervisor.Supervisor(small_plan)
    running = keeper.start(sleeper())
    try:
        for pause in (1, 2, 4):
            first = running.child
            first.kill()
            first.wait()
            keeper.tend()
            moment[0] += pause - 0.5
            keeper.tend()
            assert running.child is first
            moment[0] += 0.5
            keeper.tend()
            assert running.child is not first
    finally:
        keeper.stop()

    assert running.child.poll() is not None
    assert "sleeper ended with code -9" in capsys.readouterr().out
    assert not (small_plan.folder / "sleeper.pid").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux tells the children")
def test_children_end_when_their_starter_is_killed() -> None:
    code = (
        "import sys, time; from adminportal.tryout import processes;"
        "print(processes.start([sys.executable, '-c', 'import time; time.sleep(600)']).pid, flush=True);"
        "time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert starter.stdout is not None
    child = psutil.Process(int(starter.stdout.readline()))

    starter.kill()
    starter.wait()
    starter.stdout.close()

    _gone, alive = psutil.wait_procs([child], timeout=30)
    assert alive == []


def test_watchdog_ends_what_it_guards_when_the_pipe_closes() -> None:
    child = processes.start([sys.executable, "-c", "import time; time.sleep(600)"])
    dog = subprocess.Popen([sys.executable, "-m", "adminportal.tryout.watchdog"], cwd=ROOT, stdin=subprocess.PIPE)

    dog.communicate(f"{child.pid}\n".encode(), timeout=60)

    assert child.wait(timeout=60) == -signal.SIGTERM


@dataclass(slots=True)
class TrialRun:
    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    output: Path

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_until_up(self) -> None:
        for _ in range(UP_SECONDS * 5):
            assert self.process.poll() is None, self.output.read_text()
            if "Press Ctrl-C" in self.output.read_text():
                return
            time.sleep(0.2)
        raise AssertionError(self.output.read_text())


@pytest.fixture
def start_trial(tmp_path: Path) -> Iterator[object]:
    started: list[TrialRun] = []

    def start() -> TrialRun:
        port, output = processes.free_port(), tmp_path / f"output-{len(started)}"
        environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path / "var"), "PORT": str(port)}
        with output.open("wb") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "adminportal.tryout"], cwd=ROOT, env=environment, stdout=sink, stderr=sink
            )
        started.append(TrialRun(process=process, port=port, folder=tmp_path / "var", output=output))
        return started[-1]

    yield start
    for run in started:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(timeout=60)


def accounts(run: TrialRun) -> dict[str, tuple[str, str]]:
    demo = json.loads((run.folder / "demo.json").read_text())
    assert demo["url"] == f"http://127.0.0.1:{run.port}"
    return {
        account["upn"]: (account["id"], account["password"])
        for tenant in demo["tenants"]
        for account in tenant["accounts"]
    }


def read(address: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.status, answer.read()


@pytest.mark.valkey
def test_trial_run_comes_up_keeps_its_data_and_leaves_nothing(start_trial) -> None:  # type: ignore[no-untyped-def]
    first = start_trial()
    first.wait_until_up()
    assert read(f"http://127.0.0.1:{first.port}/health/ready")[0] == 200
    assert "global.admin@contoso.example" in first.output.read_text()
    assert (first.folder / "demo.json").stat().st_mode & 0o777 == 0o600
    assert (first.folder / "portal.sqlite3").stat().st_mode & 0o077 == 0
    before = accounts(first)
    assert "global.admin@contoso.example" in before
    family = first.family()
    assert len(family) >= 4  # valkey, web, worker, beat and their children

    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(timeout=60) == 0
    assert psutil.wait_procs(family, timeout=10)[1] == []

    second = start_trial()
    second.wait_until_up()
    assert accounts(second) == before
    family = second.family()
    second.process.send_signal(signal.SIGKILL)
    second.process.wait(timeout=60)
    if sys.platform == "linux":
        assert psutil.wait_procs(family, timeout=60)[1] == []


def test_second_run_in_one_folder_is_refused(tmp_path: Path, start_trial) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "var").mkdir()
    with (tmp_path / "var" / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = start_trial()

        assert run.process.wait(timeout=60) == 1

    assert "Another run uses" in run.output.read_text()
