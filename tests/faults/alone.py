"""Processes of the portal on a cluster of their own, for tests that take the database away or change its tables."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from tests.services import postgres


def make_database(cluster: postgres.Cluster) -> None:
    """Make the empty database that the cluster's address names."""
    address: dict[str, Any] = {"host": "127.0.0.1", "port": cluster.port, "user": postgres.USER}
    with psycopg.connect(**address, dbname="postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE portal")


def run(command: Sequence[str | Path], cluster: postgres.Cluster, folder: Path) -> str:
    """Run a process with this database and this ``VAR_DIR``, and return what it printed; it has to end well."""
    environment = {**os.environ, "PORTAL_ENV": "test", "DJANGO_SETTINGS_MODULE": "adminportal.settings"}
    environment |= {"DATABASE_URL": cluster.url, "VAR_DIR": str(folder), "LOG_LEVEL": "ERROR"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{command}\n{ran.stdout[-2000:]}\n{ran.stderr[-4000:]}"
    return ran.stdout
