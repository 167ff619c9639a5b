"""What a process holds beside its database: who registered for what. A test that leaves it changed breaks others."""

from __future__ import annotations

import sys
from typing import Any, Final

PACKAGES: Final = ("adminportal", "users", "passwords", "sspr")
REGISTRY_NAMES: Final = ("_listeners", "_end_listeners", "_handlers", "_gates", "_providers", "_lock_providers")
"""Lists and tables that modules keep of callables that others gave them."""
MORE: Final = (
    ("adminportal.audit.tenants", "_lookup"),
    ("adminportal.outbox.links", "_paths"),
    ("adminportal.outbox.messenger", "_messenger"),
    ("adminportal.outbox.messenger", "_is_on"),
    ("adminportal.outbox.registry", "_sweepers"),
    ("adminportal.outbox.registry", "_openers"),
    ("adminportal.outbox.registry", "_gone"),
    ("adminportal.clock", "_offset"),
    ("adminportal.clock", "_frozen"),
    ("passwords.banned", "_more_blocklists"),
    ("users.services.sending_limits", "_rules_of"),
)


def registered() -> dict[str, Any]:
    """Return what each registry holds now, by the name of module and registry; lists and tables as copies."""
    places = [
        (module, name)
        for module in list(sys.modules)
        if module.split(".")[0] in PACKAGES
        for name in REGISTRY_NAMES
        if hasattr(sys.modules[module], name)
    ]
    found = {f"{module}.{name}": getattr(sys.modules[module], name) for module, name in (*places, *MORE)}
    return {name: value.copy() if isinstance(value, (list, dict)) else value for name, value in found.items()}
