"""``VAR_DIR/demo.json``: addresses and accounts of the demo, readable by its owner alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from adminportal.centre.demo.seed import TENANTS, contacts_of, parts
from adminportal.sealing import Secret
from users.models import Tenant, User
from users.tenancy import within

FILE_NAME = "demo.json"


def known_password(folder: Path) -> Secret | None:
    """Return the password that an earlier seeding chose, so that a second start keeps it."""
    try:
        sheet = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        return Secret(sheet["tenants"][0]["accounts"][0]["password"])
    except (OSError, ValueError, KeyError, IndexError):
        return None


@sensitive_variables()
def write_sheet(folder: Path, *, tenants: list[Tenant], password: Secret) -> Path:
    """Write the sheet with mode 600 and return its path."""
    sheet = {
        "url": settings.PUBLIC_URL,
        "inbox": f"{settings.PUBLIC_URL}/dev/inbox",
        "tenants": [
            _tenant(tenant, domain, password) for tenant, (domain, _n, _s) in zip(tenants, TENANTS, strict=True)
        ],
    }
    path = folder / FILE_NAME
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(sheet, file, indent=1)
    os.chmod(path, 0o600)
    return path


@sensitive_variables()
def _tenant(tenant: Tenant, domain: str, password: Secret) -> dict[str, Any]:
    roles = {f"{part.local_part}@{domain}": part.role.value if part.role else "" for part in parts()}
    with within(tenant):
        users = {user.upn_folded: user for user in User.objects.filter(upn_folded__in=list(roles))}
        accounts = [
            {
                "id": str(users[name].pk),
                "upn": name,
                "role": role,
                "password": password.expose() if users[name].has_usable_password() else "",
                **contacts_of(users[name]),
            }
            for name, role in roles.items()
            if name in users
        ]
    return {"domain": domain, "id": str(tenant.pk), "accounts": accounts}
