"""Whom strangers may turn to: links of the operator or of a tenant, shown before anybody has signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Final
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from users.cookies import set_cookie
from users.models import Tenant
from users.tenancy import find_tenant_of_domain

LONGEST_DOMAIN: Final = 253
DOMAIN: Final = re.compile(r"[A-Za-z0-9.-]{1,253}")
REMEMBERED_SECONDS: Final = 3600
"""How long a browser keeps the domain that an address named: as long as somebody takes to get back in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A page and an address or a number; either may be empty. ``mail_url`` is set where the contact is an address."""

    page_url: str
    contact: str
    mail_url: str


def home_domain(request: HttpRequest) -> str:
    """Return the domain that the address names (``?whr=``) or that an earlier address of this browser named."""
    named = request.GET.get("whr", "") or request.COOKIES.get(settings.HOME_COOKIE_NAME, "")
    return named[:LONGEST_DOMAIN]


def remembers_home(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Have the browser keep the domain that the address of a public page names, for the pages that follow."""

    @wraps(view)
    def remembering(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        domain = request.GET.get("whr", "")
        if DOMAIN.fullmatch(domain):
            set_cookie(response, settings.HOME_COOKIE_NAME, domain, max_age=REMEMBERED_SECONDS)
        return response

    return remembering


def support_for(domain: str) -> Support | None:
    """Return the support of the tenant that is named, or of the only one there is, else the operator's; one query.

    What somebody types as a user name does not count: the page would tell which domains have a tenant here.
    """
    tenant = find_tenant_of_domain(domain[:LONGEST_DOMAIN]) if domain else _only_tenant()
    own = _support(tenant.support_url, tenant.support_contact) if tenant else None
    return own or _support(settings.SUPPORT_URL, settings.SUPPORT_CONTACT)


def _support(url: str, contact: str) -> Support | None:
    contact, page_url = contact.strip(), url if url.startswith("https://") else ""
    if not (contact or page_url):
        return None
    mail_url = f"mailto:{quote(contact, safe='@')}" if "@" in contact else ""
    return Support(page_url=page_url, contact=contact, mail_url=mail_url)


def _only_tenant() -> Tenant | None:
    some = list(Tenant.objects.order_by("pk")[:2])
    return some[0] if len(some) == 1 else None
