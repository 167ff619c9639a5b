"""One migration of each app back, with a person in it, and forward again: sign-in, session and search go on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.alone import make_database, run
from tests.services import postgres

pytestmark = [pytest.mark.full, pytest.mark.postgres]


@pytest.fixture
def cluster() -> Iterator[postgres.Cluster]:
    """Give a cluster of its own with an empty database."""
    started = postgres.start_cluster()
    make_database(started)
    yield started
    started.stop()


def test_people_of_the_state_before_sign_in_after_the_newest_migrations(
    cluster: postgres.Cluster, tmp_path: Path
) -> None:
    child = [sys.executable, "-m", "tests.faults.upgrade"]

    before = json.loads(run([*child, "before"], cluster, tmp_path))
    run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cluster, tmp_path)
    after = json.loads(run([*child, "after"], cluster, tmp_path))

    assert before["waiting"], "nothing was migrated forward"
    assert after == {"page": 200, "named": True, "right": "right", "wrong": "wrong", "found": 1}
