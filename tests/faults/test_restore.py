"""Backup, wipe, restore: what was open in the backup is dead after ``after_restore``, whatever became of it since."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import IN_CI
from tests.faults.alone import make_database, run
from tests.services import postgres

pytestmark = [pytest.mark.full, pytest.mark.postgres]

OPEN = {"session", "browser", "link", "attempt", "code", "job"}
Start = Callable[[], postgres.Cluster]


@pytest.fixture
def start() -> Iterator[Start]:
    """Give what starts a cluster of its own with an empty database."""
    clusters: list[postgres.Cluster] = []

    def start_one() -> postgres.Cluster:
        cluster = postgres.start_cluster()
        clusters.append(cluster)
        make_database(cluster)
        return cluster

    yield start_one
    for cluster in clusters:
        cluster.stop()


def _program(cluster: postgres.Cluster, name: str) -> Path:
    """Return a program that belongs to the server; without it CI fails and others skip."""
    found = Path(cluster.command[0]).parent / name
    if not found.exists():
        missing = f"BACKUP AND RESTORE ARE NOT TESTED: there is no {name} beside {cluster.command[0]}."
        if IN_CI:
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    return found


def test_what_a_backup_brings_back_open_is_refused_and_passwords_still_work(start: Start, tmp_path: Path) -> None:
    kept, dump = tmp_path / "kept.json", tmp_path / "portal.dump"
    child = [sys.executable, "-m", "tests.faults.restore"]
    first = start()
    pg_dump, pg_restore = (_program(first, name) for name in ("pg_dump", "pg_restore"))
    run([*child, "open", kept], first, tmp_path)
    run([pg_dump, "--format=custom", "--file", dump, first.url], first, tmp_path)
    used = json.loads(run([*child, "try", kept], first, tmp_path))
    first.stop()

    second = start()
    run([pg_restore, "--no-owner", "--exit-on-error", "--dbname", second.url, dump], second, tmp_path)
    back = json.loads(run([*child, "tell", kept], second, tmp_path))
    manage = [sys.executable, "manage.py"]
    ended = json.loads(run([*manage, "after_restore", "--yes", "--json"], second, tmp_path))
    after = json.loads(run([*child, "tell", kept], second, tmp_path))
    tried = json.loads(run([*child, "try", kept], second, tmp_path))
    verified = json.loads(run([*manage, "verify_audit", "--all", "--json"], second, tmp_path))
    again = json.loads(run([*manage, "after_restore", "--yes", "--json"], second, tmp_path))

    # All of it was used before the database was lost, and would have worked once more.
    assert all(used[name] for name in ("session", "browser", "link", "attempt", "job"))
    assert back == dict.fromkeys(OPEN, True)
    assert (ended["bulk_jobs"], ended["attempts"], ended["trusted_browsers"]) == (1, 1, 1)
    assert after == dict.fromkeys(OPEN, False)
    assert not any(tried[name] for name in ("session", "browser", "link", "attempt", "job"))
    assert used["old_password"] == tried["old_password"] == "right"
    assert tried["mailed"] == ["helpdesk.admin@contoso.example"], "the starter is told; link and code stay"
    assert len(verified["chains"]) == ended["audit_chains"] == ended["audit_intact"] == 2
    assert all(
        chain["is_intact"] and chain["checkpoints"] and not chain["missing_guards"] for chain in verified["chains"]
    )
    assert (again["bulk_jobs"], again["links"], again["trusted_browsers"]) == (0, 0, 0)
