"""What came of a bulk job: how far it is, and how each of its people ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum

from adminportal.audit.tags import Activity
from adminportal.outbox.models import OutboundMessage, State
from passwords.bulk_options import BulkOptions
from passwords.bulk_sentences import sentence_of
from passwords.models import BulkChunk, BulkEnd, BulkItem, BulkJob, BulkState, PasswordReset, RevealLink
from passwords.services.bulk_records import counts_of, record_job
from passwords.services.bulk_reveal import NotShown, asks_proof, purge_bulk, reveal_items
from users.actors import Actor
from users.models import User
from users.search import matching, words_of

__all__ = [
    "BulkRow",
    "NotShown",
    "Progress",
    "adds_up",
    "asks_proof",
    "each_result",
    "export_outcomes",
    "list_results",
    "progress_of",
    "purge_bulk",
    "reveal_items",
]

SPEED_WINDOW: Final = timedelta(seconds=30)
"""The last stretch of time of which the speed is told."""
ROWS_AT_ONCE: Final = 500
"""Results that are read together where all of them are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is; the counts always add up to ``requested``. ``seconds_left`` None is not known."""

    requested: int
    done: int
    refused: int
    failed: int
    unknown: int
    canceled: int
    left: int
    per_second: float
    seconds_left: int | None

    @property
    def over(self) -> int:
        """Return how many have come to an end."""
        return self.requested - self.left

    @property
    def percent(self) -> int:
        """Return the share that has come to an end, whole percents rounded down."""
        return 100 * self.over // self.requested if self.requested else 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRow:
    """One line of the results; ``delivery`` says how far a mailed link is: waiting, delivered, failed, opened, changed.

    It is ``no_address`` for who was to get one and has no address, and empty where no links are mailed.
    """

    item_id: int
    position: int
    user_id: UUID
    display_name: str
    user_name: str
    end: str
    code: str
    sentence: str
    state: str
    delivery: str


def progress_of(job: BulkJob, *, now: datetime) -> Progress:
    """Read how far a job is, from its chunks: as quick for a hundred thousand people as for a hundred."""
    counts = counts_of(job)
    left = counts[BulkEnd.LEFT]
    speed = _per_second(job, now=now) if job.state == BulkState.RUNNING else 0.0
    return Progress(
        requested=sum(counts.values()),
        **counts,
        per_second=speed,
        seconds_left=int(left / speed) + 1 if speed and left else None,
    )


def adds_up(job: BulkJob) -> bool:
    """Tell whether items, chunks and the number requested agree; for checks, as it reads every item."""
    by_items = {end.value: 0 for end in BulkEnd}
    for (end,) in BulkItem.objects.filter(job=job).values_list("end"):
        by_items[end] += 1
    return by_items == counts_of(job) and sum(by_items.values()) == job.requested


def list_results(
    job: BulkJob, *, search: str = "", end: str = "", after: int | None = None, rows: int = 50, now: datetime
) -> list[BulkRow]:
    """List results in the order of the job, from the one after the position ``after``.

    :raises SearchTooLong: when more was typed than is ever searched for.
    """
    items = _items_of(job, search=search, end=end)
    if after is not None:
        items = items.filter(position__gt=after)
    # Whom they are about is read for the page alone: joined, the planner might look everybody up before it sorts.
    found = list(items.order_by("position").prefetch_related("user", "reset")[:rows])
    options = BulkOptions.read(job.options)
    mails_links = options.blind or (options.deliver_to_alternate and not job.tenant.password_in_mail)
    deliveries = _deliveries(found) if mails_links else {}
    unreached = "no_address" if mails_links and not options.blind else ""
    return [_row(item, deliveries.get(item.pk, unreached if item.reset_id else ""), now=now) for item in found]


def each_result(job: BulkJob, *, search: str = "", end: str = "", now: datetime) -> Iterator[BulkRow]:
    """Go through results in the order of the job, so that memory stays flat."""
    after: int | None = None
    while rows := list_results(job, search=search, end=end, after=after, rows=ROWS_AT_ONCE, now=now):
        yield from rows
        after = rows[-1].position


def export_outcomes(job: BulkJob, *, actor: Actor, search: str = "", end: str = "", now: datetime) -> Iterator[BulkRow]:
    """Record that outcomes leave as a file, and return them; there is no password among them.

    :raises SearchTooLong: when more was typed than is ever searched for.
    """
    details = {"Content": "outcomes", "Count": str(_items_of(job, search=search, end=end).count())}
    with transaction.atomic():
        record_job(job, Activity.EXPORTED_BULK_RESULTS, by=actor.for_audit(), details=details, now=now)
    return each_result(job, search=search, end=end, now=now)


def _items_of(job: BulkJob, *, search: str, end: str) -> QuerySet[BulkItem]:
    items = BulkItem.objects.filter(job=job)
    words = words_of(search)
    if words:
        items = items.filter(user__in=_people_called(words))
    return items.filter(end=end) if end else items


def _per_second(job: BulkJob, *, now: datetime) -> float:
    """Return how many people a second came to an end lately."""
    since = max(now - SPEED_WINDOW, job.started_at or now)
    seconds = (now - since).total_seconds()
    settled = BulkChunk.objects.filter(job=job, settled_at__gt=since, left=0)
    ends = (BulkEnd.DONE, BulkEnd.REFUSED, BulkEnd.FAILED, BulkEnd.UNKNOWN)
    sums = settled.aggregate(**{f"n_{end}": Sum(end.value) for end in ends})
    return sum(number or 0 for number in sums.values()) / seconds if seconds >= 1 else 0.0


def _people_called(words: tuple[str, ...]) -> QuerySet[Any, Any]:
    return User.objects.filter(matching(words, in_contacts=False)).values("pk")


def _row(item: BulkItem, delivery: str, *, now: datetime) -> BulkRow:
    reset = item.reset
    return BulkRow(
        item_id=item.pk,
        position=item.position,
        user_id=item.user_id,
        display_name=item.user.display_name,
        user_name=item.user.user_principal_name,
        end=item.end,
        code=item.code,
        sentence=sentence_of(item.code, item.values),
        state=_life(reset, now=now) if reset else "",
        delivery=delivery,
    )


def _life(reset: PasswordReset, *, now: datetime) -> str:
    """Say where the password is on its way: changed, replaced, used, expired, shown, sealed or purged."""
    steps = {
        "changed": reset.changed_at is not None,
        "replaced": reset.replaced_at is not None,
        "used": reset.first_used_at is not None,
        "expired": reset.temporary_expires_at is not None and reset.temporary_expires_at <= now,
        "purged": not reset.sealed_password,
        "shown": reset.shown_at is not None,
    }
    return next((step for step, reached in steps.items() if reached), "sealed")


def _deliveries(items: Sequence[BulkItem]) -> dict[int, str]:
    """Say of each item how far the person's own link is; two queries."""
    resets = {item.reset_id: item for item in items if item.reset_id}
    links = dict(RevealLink.objects.filter(reset__in=resets.keys()).values_list("pk", "reset_id"))
    found: dict[int, str] = {}
    for message in OutboundMessage.objects.filter(pk__in=links.keys()):
        item = resets[links[message.pk]]
        assert item.reset is not None
        is_used = item.reset.first_used_at is not None
        # Where no change is asked for, the first sign-in is the end of the way.
        is_changed = item.reset.changed_at is not None or (is_used and not item.reset.must_change)
        over = {State.SENT: "delivered", State.QUEUED: "waiting", State.SENDING: "waiting"}
        word = "opened" if message.opened_at or is_used else over.get(State(message.state), "failed")
        found[item.pk] = "changed" if is_changed else word
    return found
