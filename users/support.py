"""Whom strangers may turn to: links of the operator or of a tenant, shown before anybody has signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Final
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from users.cookies import set_cookie
from users.models import Tenant
from users.tenancy import find_tenant_of_domain

DOMAIN: Final = re.compile(r"[A-Za-z0-9.-]{1,253}")
REMEMBERED_SECONDS: Final = 3600
"""How long a browser keeps the domain that an address named, at most: as long as somebody takes to get back in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A page and an address or a number; either may be empty. ``mail_url`` is set where the contact is an address.

    ``owner`` is the organization whose it is, where the address named it; empty for the only one and the operator.
    """

    page_url: str
    contact: str
    mail_url: str
    owner: str = ""


def home_domain(request: HttpRequest) -> str:
    """Return the domain that the address names (``?whr=``) or that the first page of this way back in named.

    Empty for what cannot be one: a cookie may hold any character, also those that the database takes from nobody.
    """
    named = request.GET.get("whr", "") or request.COOKIES.get(settings.HOME_COOKIE_NAME, "")
    return named if DOMAIN.fullmatch(named) else ""


def with_home(request: HttpRequest, address: str, **query: str) -> str:
    """Return the address of a first page with these values, naming the domain again that this way began with."""
    domain = home_domain(request)
    values = query | {"whr": domain}
    asked = urlencode({name: value for name, value in values.items() if value})
    return f"{address}?{asked}" if asked else address


def remembers_home(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Have the browser keep the domain that the address of a first page names, for the pages that follow.

    Whoever comes in anew without one is told nothing of an earlier one: anybody can send a link that names an
    organization, and its support must not stand on the next visit of somebody else's people.
    """

    @wraps(view)
    def remembering(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        domain, name = request.GET.get("whr", ""), settings.HOME_COOKIE_NAME
        is_named = DOMAIN.fullmatch(domain) is not None
        forgets = not is_named and request.method in ("GET", "HEAD") and name in request.COOKIES
        if forgets:
            del request.COOKIES[name]
        response = view(request, *args, **kwargs)
        if is_named:
            set_cookie(response, name, domain, max_age=REMEMBERED_SECONDS)
        elif forgets:
            set_cookie(response, name, "", max_age=0)
        return response

    return remembering


def support_for(domain: str) -> Support | None:
    """Return the support of the tenant that is named, or of the only one there is, else the operator's; one query.

    What somebody types as a user name does not count: the page would tell which domains have a tenant here.
    """
    tenant = find_tenant_of_domain(domain) if domain else _only_tenant()
    owner = tenant.name if tenant and domain else ""
    own = _support(tenant.support_url, tenant.support_contact, owner=owner) if tenant else None
    return own or _support(settings.SUPPORT_URL, settings.SUPPORT_CONTACT)


def _support(url: str, contact: str, *, owner: str = "") -> Support | None:
    contact, page_url = contact.strip(), url if url.startswith("https://") else ""
    if not (contact or page_url):
        return None
    mail_url = f"mailto:{quote(contact, safe='@')}" if "@" in contact else ""
    return Support(page_url=page_url, contact=contact, mail_url=mail_url, owner=owner)


def _only_tenant() -> Tenant | None:
    some = list(Tenant.objects.order_by("pk")[:2])
    return some[0] if len(some) == 1 else None
