"""Reads a log of SQL statements: what is a query, and what was committed."""

from __future__ import annotations


def is_transaction(sql: str) -> bool:
    """Tell whether a statement only opens or closes a transaction."""
    return sql.split(maxsplit=1)[0] in ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def count_commits(statements: list[str]) -> int:
    """Count what PostgreSQL commits as changed: closed transactions, and each writing statement outside of one."""
    commits, inside = 0, False
    for sql in statements:
        word = sql.split(maxsplit=1)[0]
        if word == "BEGIN":
            inside = True
        elif word in ("COMMIT", "ROLLBACK"):
            inside, commits = False, commits + (word == "COMMIT")
        elif word in ("INSERT", "UPDATE", "DELETE") and not inside:
            commits += 1
    return commits
