"""Registry of the left navigation: features register entries at start-up, the frame draws what fits the person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Section(StrEnum):
    """The headings of the navigation, in the order in which they stand."""

    HOME = "home"
    USERS = "users"
    GROUPS = "groups"
    ROLES = "roles"
    BILLING = "billing"
    SETTINGS = "settings"
    REPORTS = "reports"
    HEALTH = "health"
    HELP = "help"


@dataclass(frozen=True, slots=True, kw_only=True)
class NavEntry:
    """One link that a feature offers; an empty permission means everyone who is signed in.

    ``count_url_name`` answers the number that stands beside it.
    """

    section: Section
    label: str | Promise
    url_name: str
    icon: str
    order: int = 100
    permission: str = ""
    count_url_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NavLink:
    """An entry as it is drawn for one person on one page; its count is fetched after the page is there."""

    label: str | Promise
    url: str
    icon: str
    current: bool
    count_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NavGroup:
    """A heading with its links; one without heading draws its links by themselves."""

    code: str
    label: str | Promise
    icon: str
    links: tuple[NavLink, ...]
    current: bool


HEADINGS: dict[Section, tuple[str | Promise, str]] = {
    Section.USERS: (_("Users"), "people"),
    Section.GROUPS: (_("Groups"), "group"),
    Section.ROLES: (_("Roles"), "role"),
    Section.BILLING: (_("Billing"), "licence"),
    Section.SETTINGS: (_("Settings"), "settings"),
    Section.REPORTS: (_("Reports"), "report"),
    Section.HEALTH: (_("Health"), "shield"),
}

_entries: dict[str, NavEntry] = {}


def register(entry: NavEntry) -> None:
    """Offer an entry to the navigation; the same entry twice counts once.

    :raises ValueError: when another entry already leads to the same URL name.
    """
    known = _entries.setdefault(entry.url_name, entry)
    if known != entry:
        raise ValueError(f"Two different navigation entries lead to {entry.url_name}.")


def registered() -> tuple[NavEntry, ...]:
    """Return every entry there is, in drawing order."""
    places = list(Section)
    return tuple(
        sorted(_entries.values(), key=lambda entry: (places.index(entry.section), entry.order, entry.url_name))
    )


def entries_for(request: HttpRequest) -> tuple[NavGroup, ...]:
    """Return the navigation of the person who asks: without what is not allowed or not built; no query is made."""
    actor = getattr(request, "actor", None)
    if actor is None:
        return ()
    allowed = [entry for entry in registered() if not entry.permission or entry.permission in actor.permissions]
    urls = {entry.url_name: address_of(entry.url_name) for entry in allowed}
    present = [entry for entry in allowed if urls[entry.url_name]]
    here = _closest(request.path, urls.values())
    groups = (_group(section, present, urls, here) for section in Section)
    return tuple(group for group in groups if group.links)


def address_of(url_name: str) -> str:
    """Return the address of a URL name without arguments, or "" while nothing answers to it."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _closest(path: str, urls: Iterable[str]) -> str:
    fitting = [url for url in urls if url and (path == url or (url != "/" and path.startswith(url.rstrip("/") + "/")))]
    return max(fitting, key=len, default="")


def _group(section: Section, entries: list[NavEntry], urls: dict[str, str], here: str) -> NavGroup:
    links = tuple(
        NavLink(
            label=entry.label,
            url=urls[entry.url_name],
            icon=entry.icon,
            current=urls[entry.url_name] == here,
            count_url=address_of(entry.count_url_name) if entry.count_url_name else "",
        )
        for entry in entries
        if entry.section == section
    )
    label, icon = HEADINGS.get(section, ("", ""))
    return NavGroup(code=section, label=label, icon=icon, links=links, current=any(link.current for link in links))
