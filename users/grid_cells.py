"""What stands in the columns of the list of people: read by the page, in a fixed number of queries a column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext, ngettext

from adminportal.outbox.masking import mask
from users.actors import Actor
from users.grid_columns import Column
from users.locks import Lock, find_locks
from users.models import Contact, ContactKind, GroupMember, LicenceAssignment, User
from users.panel_sections import PasswordState, Standing, password_states, self_service_standings
from users.password_expiry import ExpiryRules, is_password_of_ours, password_ends_at
from users.role_names import role_list
from users.roles import Role
from users.targets import TargetFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: a text, a moment, or a state with the colour of its pill; empty where there is nothing to say.

    ``breaks`` lets a long word go on in the next line, ``is_line`` keeps all words in one.
    """

    text: str = ""
    moment: datetime | None = None
    pill: str = ""
    breaks: bool = False
    is_line: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Who looks at whom: ``open_to`` are the people whose contact data this reader sees unmasked."""

    people: Sequence[User]
    facts: Mapping[UUID, TargetFacts]
    open_to: Collection[UUID]
    actor: Actor
    now: datetime


@dataclass(slots=True, kw_only=True)
class _Page:
    """What was read for the columns of one page."""

    sight: Sight
    contacts: dict[UUID, dict[str, str]] = field(default_factory=dict)
    groups: dict[UUID, int] = field(default_factory=dict)
    licences: dict[UUID, list[str]] = field(default_factory=dict)
    locks: dict[UUID, Lock] = field(default_factory=dict)
    states: dict[UUID, PasswordState] = field(default_factory=dict)
    standings: Mapping[UUID, Standing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The cells of each person in the order of the columns; ``opened`` are those whose contact data is unmasked."""

    of: Mapping[UUID, tuple[Cell, ...]]
    opened: frozenset[UUID]


def load_cells(sight: Sight, columns: Sequence[Column]) -> Cells:
    """Read the cells of these people; one query a column, two for temporary passwords, three for self-service."""
    page = _Page(sight=sight)
    for read in dict.fromkeys(_READS[column] for column in columns if column in _READS):
        read(page)
    return Cells(
        of={user.pk: tuple(_CELLS[column](user, page) for column in columns) for user in sight.people},
        opened=_opened(page, columns),
    )


def _opened(page: _Page, columns: Sequence[Column]) -> frozenset[UUID]:
    kinds = {_KINDS[column] for column in columns if column in _KINDS}
    shown = {user_id for user_id, held in page.contacts.items() if kinds & held.keys()}
    return frozenset(shown.intersection(page.sight.open_to))


def _read_contacts(page: _Page) -> None:
    page.contacts = defaultdict(dict)
    rows = Contact.objects.filter(user__in=page.sight.people, kind__in=_KINDS.values())
    for user_id, kind, value in rows.values_list("user_id", "kind", "value"):
        page.contacts[user_id][kind] = value


def _read_groups(page: _Page) -> None:
    rows = GroupMember.objects.filter(user__in=page.sight.people).values("user").annotate(groups=Count("pk"))
    page.groups = dict(rows.values_list("user", "groups"))


def _read_licences(page: _Page) -> None:
    page.licences = defaultdict(list)
    rows = LicenceAssignment.objects.filter(user__in=page.sight.people).order_by("product__name")
    for user_id, product in rows.values_list("user_id", "product__name"):
        page.licences[user_id].append(product)


def _read_locks(page: _Page) -> None:
    page.locks = find_locks(page.sight.people, tenant=page.sight.actor.tenant, now=page.sight.now)


def _read_states(page: _Page) -> None:
    page.states = password_states(page.sight.people, now=page.sight.now)


def _read_standings(page: _Page) -> None:
    people = {user.pk: page.sight.facts[user.pk] for user in page.sight.people}
    page.standings = self_service_standings(people, tenant=page.sight.actor.tenant)


def _text(name: str) -> Callable[[User, _Page], Cell]:
    return lambda user, page: Cell(text=getattr(user, name))


def _moment(name: str, *, otherwise: str = "") -> Callable[[User, _Page], Cell]:
    def cell(user: User, page: _Page) -> Cell:
        moment = getattr(user, name)
        return Cell(moment=moment) if moment else Cell(text=gettext("Never") if otherwise else "")

    return cell


def _contact(kind: str) -> Callable[[User, _Page], Cell]:
    def cell(user: User, page: _Page) -> Cell:
        value = page.contacts.get(user.pk, {}).get(kind, "")
        return Cell(text=value if not value or user.pk in page.sight.open_to else mask(value), breaks=True)

    return cell


def _licences(user: User, page: _Page) -> Cell:
    return Cell(text=", ".join(page.licences.get(user.pk, ())) or gettext("Unlicensed"), is_line=True)


def _status(user: User, page: _Page) -> Cell:
    if user.account_enabled:
        return Cell(pill="good", text=gettext("Sign-in allowed"))
    return Cell(pill="bad", text=gettext("Sign-in blocked"))


def _roles(user: User, page: _Page) -> Cell:
    held = page.sight.facts[user.pk].held
    return Cell(text=", ".join(role_list(one for one in held if isinstance(one, Role))), breaks=True)


def _groups(user: User, page: _Page) -> Cell:
    number = page.groups.get(user.pk, 0)
    return Cell(text=ngettext("%(number)s group", "%(number)s groups", number) % {"number": number})


def _synced(user: User, page: _Page) -> Cell:
    if not user.on_premises_sync_enabled:
        return Cell(text=gettext("No"))
    return Cell(text=user.directory_name or gettext("Yes"))


def _expires(user: User, page: _Page) -> Cell:
    is_federated = page.sight.facts[user.pk].is_federated
    end = password_ends_at(user, rules=ExpiryRules.of(page.sight.actor.tenant), is_federated=is_federated)
    if end is None:
        return Cell(text=gettext("Never") if is_password_of_ours(user, is_federated=is_federated) else "")
    return Cell(moment=end) if end > page.sight.now else Cell(pill="bad", text=gettext("Expired"))


def _must_change(user: User, page: _Page) -> Cell:
    return Cell(text=gettext("Yes") if user.must_change else gettext("No"))


def _locked(user: User, page: _Page) -> Cell:
    lock = page.locks.get(user.pk)
    if lock is None:
        return Cell()
    return Cell(moment=lock.until) if lock.until else Cell(pill="bad", text=gettext("Until somebody unlocks it"))


def _temporary(user: User, page: _Page) -> Cell:
    state = page.states.get(user.pk)
    return Cell(pill=state.kind, text=state.text) if state else Cell()


def _self_service(user: User, page: _Page) -> Cell:
    standing = page.standings.get(user.pk)
    return Cell(pill=standing.kind, text=standing.text) if standing else Cell()


_KINDS: Final = {
    Column.ALTERNATE_EMAIL: ContactKind.ALTERNATE_EMAIL.value,
    Column.MOBILE_PHONE: ContactKind.MOBILE_PHONE.value,
}
_READS: Final[dict[Column, Callable[[_Page], None]]] = {
    Column.LICENCES: _read_licences,
    Column.ALTERNATE_EMAIL: _read_contacts,
    Column.MOBILE_PHONE: _read_contacts,
    Column.GROUPS: _read_groups,
    Column.LOCKED_UNTIL: _read_locks,
    Column.TEMPORARY: _read_states,
    Column.SELF_SERVICE: _read_standings,
}
_CELLS: Final[dict[Column, Callable[[User, _Page], Cell]]] = {
    Column.USERNAME: lambda user, page: Cell(text=user.user_principal_name, breaks=True),
    Column.LICENCES: _licences,
    Column.STATUS: _status,
    Column.CHANGED: _moment("password_changed_at", otherwise="never"),
    Column.DEPARTMENT: _text("department"),
    Column.JOB_TITLE: _text("job_title"),
    Column.OFFICE: _text("office"),
    Column.CITY: _text("city"),
    Column.STATE: _text("state"),
    Column.COUNTRY: _text("country"),
    Column.ALTERNATE_EMAIL: _contact(ContactKind.ALTERNATE_EMAIL.value),
    Column.MOBILE_PHONE: _contact(ContactKind.MOBILE_PHONE.value),
    Column.ROLES: _roles,
    Column.GROUPS: _groups,
    Column.SYNCED: _synced,
    Column.EXPIRES: _expires,
    Column.MUST_CHANGE: _must_change,
    Column.TEMPORARY: _temporary,
    Column.LOCKED_UNTIL: _locked,
    Column.SELF_SERVICE: _self_service,
    Column.LAST_SIGN_IN: _moment("last_sign_in_at", otherwise="never"),
    Column.CREATED: _moment("created_at"),
}
