"""An upload from its preview through the confirmation to its result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from adminportal import clock
from adminportal.outbox.waking import Call, call_workers
from users.access import Permission
from users.actors import OPERATOR, Actor, load_actor
from users.csv_layout import COLUMNS, CsvRow, shorten
from users.csv_rules import CheckedRow, Fault
from users.models import ImportBatch, LicenceAssignment, LicenceProduct, User
from users.services.import_users import (
    CHUNK,
    Added,
    add_chunk,
    counts_of,
    default_product,
    judge_rows,
    record_import,
)
from users.services.statistics import MANY, refresh_statistics
from users.tenancy import across_tenants, within

BATCH_LIVES: Final = timedelta(hours=24)
"""How long the rows of an upload are kept after its last change."""
LEFT_ALONE: Final = timedelta(minutes=1)
"""After how long without progress the sweeper goes on with a batch whose run has died or never began."""
MOST_AT_ONCE: Final = 250
"""Most people whom the request itself adds, well within a second; a worker adds more."""
RUN_TASK: Final = "users.tasks.run_import"
QUEUE: Final = "default"


class NotConfirmed(Exception):
    """The batch was not started: ``code`` is ``faulty``, ``nobody``, ``started`` or ``seats``. Nobody was added."""

    def __init__(self, code: str, *, free: int = 0, needed: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.free = free
        self.needed = needed


def store_batch(*, actor: Actor, rows: Iterable[CsvRow], source: str, now: datetime) -> ImportBatch:
    """Judge the rows of an upload and keep them for the preview; nobody is created.

    :raises CsvRefused: when the file cannot be read; nothing is kept then.
    """
    checked = judge_rows(tenant=actor.tenant, rows=rows)
    stored = [pack_row(row) for row in checked]
    return ImportBatch.objects.create(
        tenant=actor.tenant,
        starter=actor.user,
        source=shorten(source, 128),
        rows=stored,
        created_at=now,
        touched_at=now,
    )


def confirm_batch(
    *, batch: ImportBatch, actor: Actor, leave_out_faulty: bool, gives_licence: bool, now: datetime
) -> None:
    """Add the good rows of a preview; a second confirmation of the same batch adds nobody.

    One transaction per 500 people; not inside a transaction. Above 250 rows a worker does it, or the request
    where no worker can be asked.

    :raises NotConfirmed: when rows are faulty and shall not be left out, no row is good, seats are missing, or it
        was confirmed already.
    """
    good = [row for row in batch.rows if not row["f"]]
    if not good:
        raise NotConfirmed("nobody")
    if len(good) < len(batch.rows) and not leave_out_faulty:
        raise NotConfirmed("faulty")
    if gives_licence:
        _check_seats(needed=len(good))
    waiting = ImportBatch.objects.filter(pk=batch.pk, starter=actor.user, state=ImportBatch.State.PREVIEW)
    if not waiting.update(state=ImportBatch.State.ADDING, gives_licence=gives_licence, touched_at=now):
        raise NotConfirmed("started")
    if len(good) <= MOST_AT_ONCE or not _hand_over(batch):
        run_batch(batch.pk, now=now)


def run_batch(batch_id: UUID, *, now: datetime) -> None:
    """Add chunk after chunk until the batch is done; inside the scope, safe to run twice and at the same time."""
    chunks = 1
    while _run_chunk(batch_id, now=now):
        chunks += 1
    if chunks * CHUNK >= MANY:
        refresh_statistics()


def resume_batches(now: datetime) -> int:
    """Go on with the one batch that waits longest for a run that died; returns how many it took up."""
    with across_tenants():
        left = ImportBatch.objects.filter(state=ImportBatch.State.ADDING, touched_at__lt=now - LEFT_ALONE)
        batch = left.select_related("tenant").defer("rows").order_by("touched_at").first()
    if batch is None:
        return 0
    with within(batch.tenant):
        run_batch(batch.pk, now=now)
    return 1


def stop_batches(*, now: datetime) -> int:
    """Add nobody more of the uploads of a tenant, as after a backup was put back; returns how many were under way.

    Inside the scope and a transaction.
    """
    adding = ImportBatch.objects.select_for_update(of=("self",)).select_related("tenant")
    batches = list(adding.filter(state=ImportBatch.State.ADDING).order_by("pk"))
    for batch in batches:
        batch.state, batch.touched_at = ImportBatch.State.STOPPED, now
        batch.save(update_fields=["state", "touched_at"])
        counts = counts_of(total=len(batch.rows), created=batch.created_count)
        record_import(batch.tenant, by=OPERATOR, counts=counts, now=now)
    return len(batches)


def purge_batches(now: datetime) -> int:
    """Delete the uploads whose time is over."""
    with across_tenants():
        return ImportBatch.objects.filter(touched_at__lt=now - BATCH_LIVES).delete()[0]


def pack_row(row: CheckedRow) -> dict[str, object]:
    """Return a checked row as the batch keeps it."""
    return {
        "n": row.number,
        "v": [row.values.get(column, "") for column in COLUMNS],
        "f": [[fault.column, fault.code, dict(fault.values)] for fault in row.faults],
    }


def unpack_row(stored: dict[str, object]) -> CheckedRow:
    """Return a row of a batch as it was checked."""
    number, values, faults = stored["n"], stored["v"], stored["f"]
    assert isinstance(number, int) and isinstance(values, list) and isinstance(faults, list)
    return CheckedRow(
        number=number,
        values=dict(zip(COLUMNS, values, strict=True)),
        faults=tuple(Fault(column=column, code=code, values=details) for column, code, details in faults),
    )


def _hand_over(batch: ImportBatch) -> bool:
    """Ask a worker to add the people of a batch; false when the broker did not take it."""
    names = {"batch_id": str(batch.pk), "tenant_id": str(batch.tenant_id)}
    return call_workers([Call(task=RUN_TASK, queue=QUEUE, names=names)])


def _run_chunk(batch_id: UUID, *, now: datetime) -> bool:
    """Add the next chunk under the lock of the batch; false when there is nothing more to do."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update(of=("self",)).filter(pk=batch_id)
        batch = locked.select_related("tenant", "starter").first()
        if batch is None or batch.state != ImportBatch.State.ADDING:
            return False
        starter = User.objects.get(pk=batch.starter_id)
        actor = load_actor(starter, tenant=batch.tenant)
        may_create = starter.account_enabled and starter.deleted_at is None and actor.may(Permission.USER_CREATE)
        good = [row for row in batch.rows if not row["f"]]
        chunk = [unpack_row(row) for row in good[batch.position : batch.position + CHUNK]]
        if may_create and chunk:
            _note(batch, chunk, _add(batch, chunk, actor=actor, now=now))
        is_over = batch.position >= len(good)
        if is_over or not may_create:
            batch.state = ImportBatch.State.DONE if is_over else ImportBatch.State.STOPPED
            counts = counts_of(total=len(batch.rows), created=batch.created_count)
            record_import(batch.tenant, by=actor.for_audit(), counts=counts, now=now)
        batch.touched_at = max(now, clock.now())
        batch.save(update_fields=["state", "position", "created_count", "taken", "unlicensed", "touched_at"])
        return batch.state == ImportBatch.State.ADDING


def _add(batch: ImportBatch, chunk: Sequence[CheckedRow], *, actor: Actor, now: datetime) -> Added:
    product = default_product() if batch.gives_licence else None
    return add_chunk(tenant=batch.tenant, rows=chunk, by=actor.for_audit(), product=product, now=now)


def _note(batch: ImportBatch, chunk: Sequence[CheckedRow], added: Added) -> None:
    batch.position += len(chunk)
    batch.created_count += len(added.users)
    batch.taken = [*batch.taken, *added.taken]
    batch.unlicensed = [*batch.unlicensed, *added.unlicensed]


def free_seats(product: LicenceProduct) -> int | None:
    """Return how many seats are left; None where there is no end to them."""
    if product.seats is None:
        return None
    return max(0, product.seats - LicenceAssignment.objects.filter(product=product).count())


def _check_seats(*, needed: int) -> None:
    product = default_product()
    free = free_seats(product) if product else 0
    if free is not None and free < needed:
        raise NotConfirmed("seats", free=free, needed=needed)
