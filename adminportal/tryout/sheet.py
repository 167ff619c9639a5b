"""What a trial run prints when it is up: the address and who can sign in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SHOWN_PER_TENANT = 12
"""Accounts listed for each tenant; the others are in the file."""


def sign_in_sheet(demo_file: Path, *, url: str) -> str:
    """Return address, accounts and passwords as text; only the address where there is no demo."""
    lines = ["", f"The portal is at {url}", "Press Ctrl-C to stop it."]
    if not demo_file.exists():
        return "\n".join([*lines, ""])
    demo = json.loads(demo_file.read_text(encoding="utf-8"))
    lines.append(f"Mails and text messages are at {demo.get('inbox', url + '/dev/inbox')}")
    for tenant in demo.get("tenants", []):
        lines += ["", *_tenant(tenant)]
    lines += ["", f"All of this is also in {demo_file}"]
    return "\n".join([*lines, ""])


def _tenant(tenant: dict[str, Any]) -> list[str]:
    accounts = tenant.get("accounts", [])
    shown = accounts[:SHOWN_PER_TENANT]
    width = max([len(account["upn"]) for account in shown], default=0)
    rows = [
        f"  {account['upn']:<{width}}  {account['password']}  {account.get('role') or ''}".rstrip() for account in shown
    ]
    more = len(accounts) - len(shown)
    return [tenant["domain"], *rows, *([f"  and {more} more"] if more > 0 else [])]
