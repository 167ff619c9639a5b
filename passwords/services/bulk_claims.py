"""Who works on which people of a bulk job: claims of chunks, and ends that only the holder of a claim may write."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Value, When

from adminportal import clock
from adminportal.queries import execute, fetch, listed
from passwords.models import BulkChunk, BulkEnd, BulkItem, BulkJob, BulkState

MOST_TRIES: Final = 5
"""Claims of one chunk that came to no end, after which its people are given up as failed."""


NEXT_FREE: Final = """
    SELECT id, number, claim, tries FROM passwords_bulkchunk
    WHERE job_id = %s AND "left" > 0 AND (claim IS NULL OR claimed_until <= %s)
    ORDER BY tries, number LIMIT 1
"""
CLAIM: Final = """
    UPDATE passwords_bulkchunk SET claim = %s, claimed_until = %s, tries = tries + 1
    WHERE id = %s AND claim {holder} AND "left" > 0
    AND EXISTS (SELECT 1 FROM passwords_bulkjob j WHERE j.id = %s AND j.state = 'running')
"""
RENEW: Final = 'UPDATE passwords_bulkchunk SET claimed_until = %s WHERE id = %s AND claim = %s AND "left" > 0'
TOUCH: Final = "UPDATE passwords_bulkjob SET touched_at = %s WHERE id = %s"
LEFT: Final = """
    SELECT user_id, "position" FROM passwords_bulkitem WHERE job_id = %s AND chunk = %s AND "end" || '' = 'left'
"""
"""Neither sorted nor by the plain column: PostgreSQL, which takes a new job for a row or two until it has looked at the
table again, would read everybody of the job for each chunk, by an index that has the end or the place."""
SETTLE: Final = """
    UPDATE passwords_bulkchunk SET "left" = "left" - %s, tries = 0, settled_at = %s{added} WHERE id = %s AND claim = %s
"""


class ClaimLost(Exception):
    """Somebody else has taken the chunk over, or the job was ended: what was about to be written must not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One chunk in the hands of one worker."""

    job: BulkJob
    chunk_id: int
    number: int
    token: UUID
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one person of a chunk ended."""

    user_id: UUID
    end: BulkEnd
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    reset_id: UUID | None = None


def claim_chunk(job: BulkJob, *, now: datetime) -> Claim | None:
    """Take the next chunk of a running job that nobody holds; None when there is none. Of many who try, one gets it."""
    until = now + _lease()
    while found := fetch(NEXT_FREE, [job.pk, now], uuid_columns=(2,)):
        chunk_id, number, holder, tries = found[0]
        token = uuid4()
        asked = CLAIM.format(holder="= %s" if holder else "IS NULL")
        if execute(asked, [token, until, chunk_id, *([holder] if holder else []), job.pk]):
            return Claim(job=job, chunk_id=chunk_id, number=number, token=token, tries=tries + 1)
        if not BulkJob.objects.filter(pk=job.pk, state=BulkState.RUNNING).exists():
            return None
    return None


def renewer(claim: Claim, *, now: datetime) -> Callable[[], None]:
    """Return what a worker calls before each slow step: it renews the claim once a sixth of its time is over.

    The job is touched as well, so that no sweep wakes workers for it. Quick chunks cost no statement by it, and
    whoever hangs renews nothing. What is returned raises ``ClaimLost`` when the chunk is not this worker's any more.
    """
    renewed_at = now

    def renew() -> None:
        nonlocal renewed_at
        moment = clock.now()
        if moment - renewed_at < _lease() / 6:
            return
        if not execute(RENEW, [moment + _lease(), claim.chunk_id, claim.token]):
            raise ClaimLost
        execute(TOUCH, [moment, claim.job.pk])
        renewed_at = moment

    return renew


def _lease() -> timedelta:
    return timedelta(seconds=settings.BULK_LEASE_SECONDS)


def release(claim: Claim) -> None:
    """Give a chunk back untouched."""
    mine = BulkChunk.objects.filter(pk=claim.chunk_id, claim=claim.token)
    fewer = Case(When(tries__gt=0, then=F("tries") - 1), default=Value(0))
    mine.update(claim=None, claimed_until=None, tries=fewer)


def people_left(claim: Claim) -> dict[UUID, int]:
    """Return the people of the chunk who have no end yet, each with the number in the job."""
    return dict(sorted(fetch(LEFT, [claim.job.pk, claim.number], uuid_columns=(0,)), key=itemgetter(1)))


def settle(claim: Claim, ended: Sequence[Ended], *, now: datetime) -> None:
    """Write the ends of people and the counts of their chunk; inside the transaction that changes the people.

    :raises ClaimLost: when the chunk is not this worker's any more; the transaction must be taken back.
    """
    counts = Counter(each.end for each in ended)
    added = "".join(f", {end.value} = {end.value} + %s" for end in counts)
    if not execute(SETTLE.format(added=added), [len(ended), now, *counts.values(), claim.chunk_id, claim.token]):
        raise ClaimLost
    if _write_ends(claim, ended) != len(ended):
        raise ClaimLost


def give_up(claim: Claim, code: str, *, user_ids: Sequence[UUID], now: datetime) -> None:
    """Settle people of a chunk as failed, in a transaction of its own.

    :raises ClaimLost: when the chunk is not this worker's any more.
    """
    with transaction.atomic():
        settle(claim, [Ended(user_id=pk, end=BulkEnd.FAILED, code=code) for pk in user_ids], now=now)


def end_rest(job: BulkJob, end: BulkEnd, *, code: str = "") -> int:
    """Give everybody who was not begun this end and take every chunk from its worker; inside a transaction.

    Returns how many that were. The chunks come first, as they do for a worker that settles: the two never wait for
    each other.
    """
    waiting = BulkChunk.objects.filter(job=job, left__gt=0)
    waiting.update(**{end.value: F(end.value) + F("left")}, left=0, claim=None, claimed_until=None)
    return BulkItem.objects.filter(job=job, end=BulkEnd.LEFT).update(end=end, code=code)


REACHED = """
    UPDATE passwords_bulkitem
    SET "end" = %s, reset_id = fresh.column2
    FROM {people}
    WHERE job_id = %s AND chunk = %s AND user_id = fresh.column1 AND "end" || '' = %s
"""
"""By the chunk, as ``LEFT``."""


def _write_ends(claim: Claim, ended: Sequence[Ended]) -> int:
    """Write the ends of items that have none yet, by one statement for all with the same end; returns how many."""
    written = _write_resets(claim, ended)
    alike: dict[tuple[BulkEnd, str, tuple[tuple[str, str], ...]], list[UUID]] = defaultdict(list)
    for each in (each for each in ended if not each.reset_id):
        alike[each.end, each.code, tuple(sorted(each.values.items()))].append(each.user_id)
    for (end, code, values), user_ids in alike.items():
        items = BulkItem.objects.filter(job=claim.job, user__in=user_ids, end=BulkEnd.LEFT)
        written += items.update(end=end, code=code, values=dict(values))
    return written


def _write_resets(claim: Claim, ended: Sequence[Ended]) -> int:
    """Write which reset each person got; by keys, so that it costs the same wherever in a long job they stand."""
    reset_of = {each.user_id: each.reset_id for each in ended if each.reset_id}
    if not reset_of:
        return 0
    people, values = listed(reset_of.keys(), reset_of.values(), kinds=("uuid", "uuid"))
    mine = [claim.job.pk, claim.number, BulkEnd.LEFT.value]
    return execute(REACHED.format(people=people), [BulkEnd.DONE.value, *values, *mine])
