"""Fresh statistics for the planner after many people came at once; PostgreSQL only."""

from __future__ import annotations

from django.db import connection

MANY = 1_000
"""People added at once from which PostgreSQL's own statistics are too old to plan the grid by."""


def refresh_statistics() -> None:
    """Have PostgreSQL count the people anew, so that Active users stays flat until autovacuum comes by."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE users_user")
