"""What ``docs/permissions.md`` must say, read from the URLconf and the table of permissions.

``python -m tests.contracts.permission_tables`` writes both tables anew after a route or a right was added.
"""

from __future__ import annotations

import os
from pathlib import Path

FILE = Path(__file__).parents[2] / "docs" / "permissions.md"
Rows = list[tuple[str, ...]]


def route_rows() -> Rows:
    """List every route with its name and whom it lets in, in the order of the addresses."""
    from tests.contracts.routes import ROUTES

    return sorted((f"`{route.pattern}`", f"`{route.name}`", _guard(route)) for route in ROUTES)


def permission_rows() -> Rows:
    """List every permission with the roles that hold it."""
    from users.permissions import HOLDERS
    from users.roles import Role

    def told(holders: frozenset[Role]) -> str:
        return "every role" if holders == frozenset(Role) else ", ".join(sorted(holders))

    return sorted((f"`{permission}`", told(holders)) for permission, holders in HOLDERS.items())


def _guard(route: object) -> str:
    if getattr(route, "is_public", False):
        return "everybody"
    also = ", also with a temporary password" if getattr(route, "is_open_to_must_change", False) else ""
    permission = getattr(route, "permission", None)
    return (f"`{permission}`" if permission else "whoever is signed in") + also


def as_table(rows: Rows, *, heads: tuple[str, ...]) -> str:
    """Return a table in Markdown."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def written_anew(document: str) -> str:
    """Return the document with both tables as they are now; its words stay."""
    words, _, _ = document.partition("| Address |")
    routes = as_table(route_rows(), heads=("Address", "Route", "Who may enter"))
    permissions = as_table(permission_rows(), heads=("Permission", "Roles"))
    return f"{words}{routes}\n\n## Permissions\n\n{permissions}\n"


if __name__ == "__main__":
    os.environ["PORTAL_ENV"], os.environ["DJANGO_SETTINGS_MODULE"] = "test", "adminportal.settings"
    import django

    django.setup()
    FILE.write_text(written_anew(FILE.read_text(encoding="utf-8")), encoding="utf-8")
