"""A group that is chosen by typing its name: which one is meant, and which names are offered while it is typed."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext

from users.directory_lists import find_groups
from users.models import Group

LONGEST_NAME: Final = 256
OFFERED: Final = 100
"""Names that are offered for what was typed so far; every further letter leads on to others."""
NAMED: Final = 5
"""Names that a sentence tells of groups which may have been meant."""


def find_group_by_name(typed: str) -> tuple[Group | None, str]:
    """Return the group that is called so, or a sentence with those that may be meant; two queries, in the scope.

    A name in other letters, large or small, is enough where one group alone is called so.
    """
    alike = list(Group.objects.filter(name__iexact=typed).order_by("name"))
    exact = [group for group in alike if group.name == typed]
    found = exact or alike
    if len(found) == 1:
        return found[0], ""
    if alike:
        text = gettext("Several groups are called that: %(names)s. Nothing was saved. Type one of them exactly so.")
        return None, text % {"names": _listed([group.name for group in alike])}
    return None, _unknown(typed)


def offered_names(typed: str) -> list[str]:
    """Return the first names of groups that have what was typed in them; one query, in the scope."""
    return [group.name for group in find_groups(typed, rows=OFFERED)]


def _unknown(typed: str) -> str:
    close = [group.name for group in find_groups(typed, rows=NAMED)]
    if not close:
        return gettext("There is no group called “%(name)s”. Nothing was saved. Type the name of a group.") % {
            "name": typed
        }
    text = gettext("There is no group called “%(name)s”. Nothing was saved. Some names with that in them: %(names)s.")
    return text % {"name": typed, "names": _listed(close)}


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
