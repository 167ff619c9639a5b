"""How the audit log learns which tenant a domain means: the app that holds tenants registers a look-up at start-up."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

_lookup: Callable[[str], UUID | None] | None = None


class UnknownTenant(LookupError):
    """A text is neither the id of a tenant nor one of its domains."""


def register_tenant_lookup(lookup: Callable[[str], UUID | None]) -> None:
    """Use ``lookup`` to turn a domain into the id of its tenant."""
    global _lookup
    _lookup = lookup


def tenant_id_of(text: str) -> UUID:
    """Return the tenant that an id or a domain means.

    :raises UnknownTenant: when there is none.
    """
    try:
        return UUID(text)
    except ValueError:
        found = _lookup(text) if _lookup else None
    if found is None:
        raise UnknownTenant(text)
    return found
