"""The columns that the list of people can show beside the name, which of them sort, and which somebody has chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from users.models import GridChoice, User


class Column(StrEnum):
    """Every column, in the order in which they stand; the codes are stored."""

    USERNAME = "username"
    LICENCES = "licenses"
    STATUS = "status"
    CHANGED = "changed"
    DEPARTMENT = "department"
    JOB_TITLE = "job_title"
    OFFICE = "office"
    CITY = "city"
    STATE = "state"
    COUNTRY = "country"
    ALTERNATE_EMAIL = "alternate_email"
    MOBILE_PHONE = "mobile_phone"
    ROLES = "roles"
    GROUPS = "groups"
    SYNCED = "synced"
    EXPIRES = "expires"
    MUST_CHANGE = "must_change"
    TEMPORARY = "temporary"
    LOCKED_UNTIL = "locked_until"
    SELF_SERVICE = "self_service"
    LAST_SIGN_IN = "last_sign_in"
    CREATED = "created"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """What a column is called, and by which sort of ``users/grid_order.py`` it sorts, if it does."""

    label: str | Promise
    sort: str = ""


COLUMNS: Final[dict[Column, ColumnFacts]] = {
    Column.USERNAME: ColumnFacts(label=_("Username"), sort="username"),
    Column.LICENCES: ColumnFacts(label=_("Licenses")),
    Column.STATUS: ColumnFacts(label=_("Sign-in status"), sort="status"),
    Column.CHANGED: ColumnFacts(label=_("Last password change"), sort="changed"),
    Column.DEPARTMENT: ColumnFacts(label=_("Department"), sort="department"),
    Column.JOB_TITLE: ColumnFacts(label=_("Job title")),
    Column.OFFICE: ColumnFacts(label=_("Office"), sort="office"),
    Column.CITY: ColumnFacts(label=_("City"), sort="city"),
    Column.STATE: ColumnFacts(label=_("State or province")),
    Column.COUNTRY: ColumnFacts(label=_("Country or region"), sort="country"),
    Column.ALTERNATE_EMAIL: ColumnFacts(label=_("Alternate email")),
    Column.MOBILE_PHONE: ColumnFacts(label=_("Mobile phone")),
    Column.ROLES: ColumnFacts(label=_("Roles")),
    Column.GROUPS: ColumnFacts(label=_("Groups")),
    Column.SYNCED: ColumnFacts(label=_("Synced from directory")),
    Column.EXPIRES: ColumnFacts(label=_("Password expires")),
    Column.MUST_CHANGE: ColumnFacts(label=_("Must change password")),
    Column.TEMPORARY: ColumnFacts(label=_("Temporary password")),
    Column.LOCKED_UNTIL: ColumnFacts(label=_("Locked until")),
    Column.SELF_SERVICE: ColumnFacts(label=_("Self-service password reset")),
    Column.LAST_SIGN_IN: ColumnFacts(label=_("Last sign-in")),
    Column.CREATED: ColumnFacts(label=_("Created"), sort="created"),
}

USUAL: Final = (Column.USERNAME, Column.LICENCES, Column.STATUS, Column.CHANGED)
"""What somebody sees who has chosen nothing."""

SECTIONS: Final[tuple[tuple[str | Promise, tuple[Column, ...]], ...]] = (
    (
        _("Account"),
        (Column.USERNAME, Column.LICENCES, Column.ROLES, Column.GROUPS, Column.SYNCED, Column.CREATED),
    ),
    (
        _("Work"),
        (
            Column.DEPARTMENT,
            Column.JOB_TITLE,
            Column.OFFICE,
            Column.CITY,
            Column.STATE,
            Column.COUNTRY,
        ),
    ),
    (
        _("Password and sign-in"),
        (
            Column.STATUS,
            Column.CHANGED,
            Column.EXPIRES,
            Column.MUST_CHANGE,
            Column.TEMPORARY,
            Column.LOCKED_UNTIL,
            Column.SELF_SERVICE,
            Column.LAST_SIGN_IN,
        ),
    ),
    (_("Contact"), (Column.ALTERNATE_EMAIL, Column.MOBILE_PHONE)),
)
"""How the columns stand together where they are chosen."""


def in_order(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return columns as they stand in the list, each once."""
    wanted = set(columns)
    return tuple(column for column in Column if column in wanted)


def columns_of(user: User) -> tuple[Column, ...]:
    """Return what a person has chosen for the list, or the usual columns; one query, inside the scope."""
    choice = GridChoice.objects.filter(user=user).first()
    if choice is None:
        return USUAL
    return in_order(Column(code) for code in choice.columns if code in list(Column))
