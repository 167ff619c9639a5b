"""People from rows of the CSV layout: judged all at once, added in chunks; imported people have no password."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry, Target, record
from adminportal.audit.tags import Activity
from users.csv_layout import CsvRow
from users.csv_rules import CheckedRow, check_row, taken
from users.models import Domain, LicenceAssignment, LicenceProduct, Tenant, User
from users.names import fold_upn
from users.services.people import NamesTaken, NewPerson, create_people, names_taken
from users.services.tenants import DEFAULT_PRODUCT
from users.snapshots import target_of

CHUNK: Final = 500
"""Most people that one transaction creates."""
MOST_ROUNDS: Final = 5
"""How often a chunk is tried again because somebody else took names of it meanwhile."""
DETAIL_COLUMNS: Final = {
    "job_title": "Job Title",
    "department": "Department",
    "office": "Office Number",
    "fax": "Fax",
    "street_address": "Address",
    "city": "City",
    "state": "State or Province",
    "postal_code": "ZIP or Postal Code",
    "country": "Country or Region",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """How one chunk ended: the people created by row number, and the rows whose names somebody else took."""

    users: dict[int, User]
    taken: tuple[int, ...]
    unlicensed: tuple[int, ...] = ()


def judge_rows(*, tenant: Tenant, rows: Iterable[CsvRow]) -> list[CheckedRow]:
    """Check every row against the layout, the other rows and the names that exist; a query per chunk, no change.

    :raises CsvRefused: when the rows come from a file that cannot be read to its end.
    """
    domains = frozenset(Domain.objects.filter(tenant=tenant).values_list("name", flat=True))
    checked = [check_row(row, domains=domains) for row in rows]
    existing: set[str] = set()
    for chunk in in_chunks([row for row in checked if not row.faults]):
        existing.update(names_taken([_folded(row) for row in chunk]))
    return [_first_wins(row, existing) for row in checked]


def import_rows(*, tenant: Tenant, rows: Sequence[CheckedRow], by: AuditActor, now: datetime) -> list[CheckedRow]:
    """Create everybody whose row has no fault, a transaction per chunk, and return the rows as they came out.

    Inside the tenant's scope. A name that was taken meanwhile is the fault of its row, the others are created.
    """
    good = [row for row in rows if not row.faults]
    lost: set[int] = set()
    created = 0
    for chunk in in_chunks(good):
        with transaction.atomic():
            added = add_chunk(tenant=tenant, rows=chunk, by=by, product=None, now=now)
        created += len(added.users)
        lost.update(added.taken)
    with transaction.atomic():
        record_import(tenant, by=by, counts=counts_of(total=len(rows), created=created), now=now)
    return [taken(row) if row.number in lost else row for row in rows]


def add_chunk(
    *, tenant: Tenant, rows: Sequence[CheckedRow], by: AuditActor, product: LicenceProduct | None, now: datetime
) -> Added:
    """Create the people of one chunk, with a licence while seats last; inside a transaction."""
    # In the order of the names: two imports that meet wait for each other in one direction only.
    waiting = {_folded(row): row for row in sorted(rows, key=_folded)}
    lost: list[int] = []
    users: list[User] = []
    for _round in range(MOST_ROUNDS):
        people = [person_of(row) for row in waiting.values()]
        try:
            users = create_people(tenant=tenant, people=people, by=by, now=now) if people else []
            break
        except NamesTaken:
            lost.extend(waiting.pop(name).number for name in names_taken(list(waiting)))
    else:
        lost.extend(row.number for row in waiting.values())
        waiting = {}
    by_row = {row.number: user for row, user in zip(waiting.values(), users, strict=True)}
    unlicensed = _give_licences(tenant, by_row, product, by=by, now=now) if product else ()
    return Added(users=by_row, taken=tuple(lost), unlicensed=unlicensed)


def default_product() -> LicenceProduct | None:
    """Return the product that a new tenant has; None where it was removed."""
    return LicenceProduct.objects.filter(name=DEFAULT_PRODUCT).first()


def person_of(row: CheckedRow) -> NewPerson:
    """Return the person whom a row without fault describes."""
    values = row.values
    return NewPerson(
        user_principal_name=values["User Name"],
        display_name=values["Display Name"],
        given_name=values["First Name"],
        surname=values["Last Name"],
        alternate_email=values["Alternate email address"],
        mobile_phone=values["Mobile Phone"],
        office_phone=values["Office Phone"],
        details={name: values[column] for name, column in DETAIL_COLUMNS.items()},
    )


def record_import(tenant: Tenant, *, by: AuditActor, counts: dict[str, str], now: datetime) -> None:
    """Write the one row that tells of the whole import; inside a transaction."""
    target = Target(id=tenant.pk, display_name=tenant.name, type="Tenant")
    entry = Entry(tenant_id=tenant.pk, activity=Activity.IMPORTED_USERS, actor=by, targets=(target,), details=counts)
    record(entry, now=now)


def counts_of(*, total: int, created: int) -> dict[str, str]:
    """Return the counts as the audit log keeps them."""
    return {"Entrance": "csv", "Rows": str(total), "Created": str(created), "Faulty": str(total - created)}


def in_chunks(rows: Sequence[CheckedRow]) -> Iterator[Sequence[CheckedRow]]:
    """Cut the rows into what one transaction takes."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _first_wins(row: CheckedRow, seen: set[str]) -> CheckedRow:
    """Leave a good row as it is if its name is new, and remember the name."""
    if row.faults:
        return row
    name = _folded(row)
    if name in seen:
        return taken(row)
    seen.add(name)
    return row


def _give_licences(
    tenant: Tenant, by_row: dict[int, User], product: LicenceProduct, *, by: AuditActor, now: datetime
) -> tuple[int, ...]:
    """Give a seat to each person while there are any, and return the rows that got none."""
    locked = LicenceProduct.objects.select_for_update().get(pk=product.pk)
    free = len(by_row)
    if locked.seats is not None:
        free = max(0, locked.seats - LicenceAssignment.objects.filter(product=locked).count())
    numbers = sorted(by_row)
    holders = [by_row[number] for number in numbers[:free]]
    LicenceAssignment.objects.bulk_create(
        LicenceAssignment(tenant=tenant, product=locked, user=user) for user in holders
    )
    record(*(_licence_entry(tenant, user, locked, by=by) for user in holders), now=now)
    return tuple(numbers[free:])


def _licence_entry(tenant: Tenant, user: User, product: LicenceProduct, *, by: AuditActor) -> Entry:
    target = target_of(user, (("AssignedLicense", "", product.name),))
    return Entry(tenant_id=tenant.pk, activity=Activity.CHANGE_USER_LICENSE, actor=by, targets=(target,))


def _folded(row: CheckedRow) -> str:
    return fold_upn(row.values["User Name"])
