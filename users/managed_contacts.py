"""Contact data that others look after: HR or IT for a whole organization, a directory for the people it holds."""

from __future__ import annotations

from users.models import ContactKind, Tenant, User


def managed_kinds(user: User, tenant: Tenant) -> frozenset[str]:
    """Return the kinds of contact data that this person sees locked."""
    return frozenset(ContactKind.values if user.on_premises_sync_enabled else tenant.managed_contacts)


def directory_of(user: User) -> str:
    """Return the name of the directory that looks after a person's contact data, or nothing."""
    return user.directory_name if user.on_premises_sync_enabled else ""
