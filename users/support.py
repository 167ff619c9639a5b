"""Whom strangers may turn to: links that a tenant has set, shown before anybody has signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from users.models import Tenant
from users.tenancy import find_tenant_of_domain

LONGEST_DOMAIN: Final = 253


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A page and an address or a number; either may be empty. ``mail_url`` is set where the contact is an address."""

    page_url: str
    contact: str
    mail_url: str


def support_for(domain: str) -> Support | None:
    """Return the support of the tenant that an address names (``?whr=``), or of the only tenant there is; one query.

    What somebody types as a user name does not count: the page would tell which domains have a tenant here.
    """
    tenant = find_tenant_of_domain(domain[:LONGEST_DOMAIN]) if domain else _only_tenant()
    if tenant is None:
        return None
    contact = tenant.support_contact.strip()
    page_url = tenant.support_url if tenant.support_url.startswith("https://") else ""
    if not (contact or page_url):
        return None
    return Support(
        page_url=page_url, contact=contact, mail_url=f"mailto:{quote(contact, safe='@')}" if "@" in contact else ""
    )


def _only_tenant() -> Tenant | None:
    some = list(Tenant.objects.order_by("pk")[:2])
    return some[0] if len(some) == 1 else None
