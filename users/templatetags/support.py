"""The support links of public pages, and the way from one of them to another."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from users.support import home_domain, support_for, with_home

register = template.Library()


@register.inclusion_tag("components/support_links.html", takes_context=True)
def support_links(context: dict[str, Any]) -> dict[str, object]:
    """Draw whom strangers may turn to, where that is known; one query."""
    request = context.get("request")
    return {"support": support_for(home_domain(request)) if request is not None else None}


@register.simple_tag(takes_context=True)
def first_page(context: dict[str, Any], route: str, **query: str) -> str:
    """Return the address of a first page, for the pages of somebody who goes on; no query."""
    request = context.get("request")
    return with_home(request, reverse(route), **query) if request is not None else reverse(route)
