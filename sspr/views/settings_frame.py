"""What the pages of Settings › Password reset share: the list of blades beside them, and where a list goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from adminportal.audit.tags import Service
from sspr.policy_settings import Blade
from sspr.settings_words import BLADE_NAMES
from users.actors import Actor
from users.models import User
from users.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class BladeLink:
    """One line of the list."""

    label: str | Promise
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BladeGroup:
    """A heading of the list with its lines."""

    label: str | Promise
    links: tuple[BladeLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    label: str | Promise
    route: str
    permission: Permission
    query: str = ""


_SELF_SERVICE_ROWS: Final = f"?{urlencode({'service': Service.SELF_SERVICE_PASSWORD_MANAGEMENT})}"
_PLACES: Final[tuple[tuple[str | Promise, tuple[_Place, ...]], ...]] = (
    (
        _("Manage"),
        tuple(
            _Place(label=name, route=f"sspr:settings-{blade}", permission=Permission.SSPR_SETTINGS_READ)
            for blade, name in BLADE_NAMES.items()
        ),
    ),
    (
        _("Activity"),
        (
            _Place(
                label=_("Audit logs"),
                route="centre:audit",
                permission=Permission.AUDIT_READ,
                query=_SELF_SERVICE_ROWS,
            ),
            _Place(label=_("Usage & insights"), route="sspr:insights", permission=Permission.SSPR_TOTALS_READ),
        ),
    ),
    (
        _("Troubleshooting"),
        (
            _Place(label=_("Recovery readiness"), route="sspr:readiness", permission=Permission.SSPR_REPORT_READ),
            _Place(label=_("Try it"), route="sspr:try-it", permission=Permission.SSPR_SETTINGS_READ),
        ),
    ),
)


def blade_groups(actor: Actor, *, route: str) -> list[BladeGroup]:
    """Return the list of blades for one reader; ``route`` names the page that is open."""
    groups = (
        BladeGroup(
            label=label,
            links=tuple(
                BladeLink(label=place.label, url=reverse(place.route) + place.query, is_current=place.route == route)
                for place in places
                if actor.may(place.permission)
            ),
        )
        for label, places in _PLACES
    )
    return [group for group in groups if group.links]


def route_of(blade: Blade) -> str:
    """Return the name of the route that leads to a blade."""
    return f"sspr:settings-{blade}"


def find_place(typed: str) -> tuple[User | None, str]:
    """Return the person after whom a page of a list begins, or a sentence where there is none; inside the scope."""
    if not typed:
        return None, ""
    try:
        user = User.objects.filter(pk=UUID(typed)).first()
    except ValueError:
        user = None
    return user, "" if user else gettext("No page begins there. The first page is shown.")
