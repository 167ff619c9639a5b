"""The support links of public pages."""

from __future__ import annotations

from typing import Any

from django import template

from users.support import home_domain, support_for

register = template.Library()


@register.inclusion_tag("components/support_links.html", takes_context=True)
def support_links(context: dict[str, Any]) -> dict[str, object]:
    """Draw whom strangers may turn to, where that is known; one query."""
    request = context.get("request")
    return {"support": support_for(home_domain(request)) if request is not None else None}
