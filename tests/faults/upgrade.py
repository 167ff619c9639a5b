"""What a process does around an upgrade of the database. Called by ``test_upgrade.py``.

``python -m tests.faults.upgrade before`` migrates to the state before the newest migration of each app and writes a
tenant with a person and a session as that state knows them; ``after FILE`` uses them with the code of today.
"""

from __future__ import annotations

import json
import sys
from typing import Any

OWN = ("audit", "outbox", "passwords", "sspr", "throttle", "users")
USER_NAME, PASSWORD, SESSION_KEY = "kari.nordmann@contoso.example", "Correct-Horse-77-Battery", "key-of-a-session"


def main() -> int:
    """Do one of the two."""
    import django
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment()
    print(json.dumps(_before() if sys.argv[1] == "before" else _after()))
    return 0


def _before() -> dict[str, Any]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    targets = [_one_before(executor.loader, app) for app in OWN]
    executor.migrate(targets)
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    _write(executor.loader.project_state(targets).apps)
    return {"waiting": sorted(f"{migration.app_label} {migration.name}" for migration, _ in waiting)}


def _one_before(loader: Any, app: str) -> tuple[str, str]:
    """Return the migration before the newest one of an app, or the only one that there is."""
    names = sorted(name for label, name in loader.disk_migrations if label == app)
    return app, names[-2] if len(names) > 1 else names[-1]


def _write(apps: Any) -> None:
    """Write rows by the models of that state, which know nothing of newer columns."""
    import hashlib

    from django.contrib.auth.hashers import make_password

    from adminportal import clock

    now = clock.now()
    tenant = apps.get_model("users", "Tenant").objects.create(name="Contoso", created_at=now)
    apps.get_model("users", "Domain").objects.create(tenant=tenant, name="contoso.example", is_default=True)
    user = apps.get_model("users", "User").objects.create(
        tenant=tenant,
        user_principal_name=USER_NAME,
        upn_folded=USER_NAME,
        display_name="Kari Nordmann",
        sort_name="kari nordmann",
        search_names=f" kari nordmann {USER_NAME}",
        search_text=f" kari nordmann {USER_NAME}",
        created_at=now,
        password=make_password(PASSWORD),
        password_issued_at=now,
        password_changed_at=now,
    )
    apps.get_model("users", "Session").objects.create(
        key_digest=hashlib.sha256(SESSION_KEY.encode()).hexdigest(),
        tenant=tenant,
        user=user,
        created_at=now,
        last_seen_at=now,
        registration_asked_at=now,
    )


def _after() -> dict[str, Any]:
    """Go on with the session, sign in, and be found by name."""
    from django.conf import settings
    from django.test import Client

    from tests.passwords.reset_cast import try_sign_in
    from users.models import User
    from users.search import matching, words_of
    from users.tenancy import across_tenants

    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = SESSION_KEY
    page = client.get("/account")
    with across_tenants():
        found = User.objects.filter(matching(words_of("nordm"), in_contacts=False)).count()
    return {
        "page": page.status_code,
        "named": "Kari Nordmann" in page.content.decode(),
        "right": try_sign_in(USER_NAME, PASSWORD).outcome.value,
        "wrong": try_sign_in(USER_NAME, f"{PASSWORD}.").outcome.value,
        "found": found,
    }


if __name__ == "__main__":
    sys.exit(main())
