"""The help desk that a tenant leads people to: a page, which opens in a new tab, or an address."""

from __future__ import annotations

from dataclasses import dataclass

from sspr.rules import policy_of
from users.models import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpDesk:
    """Where the link leads; ``is_page`` is false for an address to write to."""

    url: str
    text: str
    is_page: bool


def help_desk_of(tenant: Tenant | None) -> HelpDesk | None:
    """Return the help desk of a tenant that has one of its own; nothing for names of no tenant; at most one query."""
    policy = policy_of(tenant) if tenant else None
    link = policy.helpdesk_link.strip() if policy and policy.customize_helpdesk else ""
    if link.startswith("https://"):
        return HelpDesk(url=link, text=link, is_page=True)
    return HelpDesk(url=f"mailto:{link}", text=link, is_page=False) if "@" in link else None
