"""Hygiene of roles: too many, too few and too powerful assignments, told where somebody can do something about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext, ngettext

from users.models import RoleAssignment
from users.role_catalogue import PRIVILEGED
from users.role_holders import ALIVE
from users.roles import TEMPLATE_IDS
from users.services.people import list_global_admins

MANY_GLOBAL: Final = 5
"""From so many Global Administrators on there are too many; recommended are two to four."""
MANY_PRIVILEGED: Final = 10
"""From so many assignments of privileged roles on somebody should look whether all are needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleWarning:
    """One thing to mend: what is, and what is recommended."""

    title: str
    text: str


def list_warnings() -> list[RoleWarning]:
    """Return what is worth mending about the roles of the tenant; two queries, inside the scope."""
    found = []
    bosses = len(list_global_admins())
    if bosses < 2:  # a second one is the way back in
        found.append(_too_few(bosses))
    if bosses >= MANY_GLOBAL:
        found.append(_too_many(bosses))
    privileged = RoleAssignment.objects.filter(ALIVE, role__in=[TEMPLATE_IDS[role] for role in PRIVILEGED]).count()
    if privileged >= MANY_PRIVILEGED:
        found.append(_too_powerful(privileged))
    return found


def _too_few(number: int) -> RoleWarning:
    title = gettext("Only one Global Administrator can sign in.")
    if not number:
        title = gettext("No Global Administrator can sign in.")
    text = gettext("Who loses that account has no colleague who could help. Two to four are recommended.")
    return RoleWarning(title=title, text=text)


def _too_many(number: int) -> RoleWarning:
    title = gettext("%(number)s people are Global Administrators.") % {"number": number}
    text = gettext("Each of them can do everything. Two to four are recommended; smaller roles do most of the work.")
    return RoleWarning(title=title, text=text)


def _too_powerful(number: int) -> RoleWarning:
    title = ngettext("%(number)s privileged role is assigned.", "%(number)s privileged roles are assigned.", number) % {
        "number": number
    }
    text = gettext("Fewer than ten are recommended. See who still needs theirs, and take the others away.")
    return RoleWarning(title=title, text=text)
