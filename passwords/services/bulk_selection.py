"""Who is meant: ticked people, everyone of a filter, a list of names, a group. Each becomes a draft of a bulk job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from adminportal.insertion import insert_rows
from passwords.bulk_starters import Operator, Starter
from passwords.models import BulkAct, BulkItem, BulkJob
from users.actors import Actor
from users.csv_layout import shorten
from users.grid import View, matching_people
from users.grid_views import Reading
from users.models import Group, User
from users.names import MAX_UPN, fold_upn
from users.password_expiry import ExpiryRules
from users.search import words_of

CHUNK_SIZE: Final[int] = settings.BULK_CHUNK_SIZE
"""People that a worker takes at once: what a chunk costs besides its people is little for each of so many."""
LAST_SIZE: Final = max(1, CHUNK_SIZE // 4)
LAST: Final = 2 * CHUNK_SIZE
"""The last people of a large job are in smaller chunks, so that no worker stands idle while another ends its own."""
LARGE: Final = 2 * LAST
NAMES_AT_ONCE: Final = 1_000
"""User names that are looked up by one query."""

NAMES_KEPT: Final = 500
"""Names that led to nobody, and repeated ones, that are kept with a draft; the others are counted."""

Kind = BulkJob.SourceKind


class NobodyChosen(Exception):
    """Nobody of this tenant was chosen; no draft was made."""


def draft_from_ids(*, actor: Starter, act: str, user_ids: Sequence[UUID], now: datetime) -> BulkJob:
    """Make a draft for ticked people; the starter is left out, and so are ids that are nobody's here.

    :raises NobodyChosen: when nobody else was ticked.
    """
    ids = list(dict.fromkeys(user_ids))
    found = list(User.objects.filter(pk__in=ids).order_by("sort_name", "pk").values_list("pk", flat=True))
    others = [pk for pk in found if pk != actor.id]
    if not found:
        raise NobodyChosen
    known = set(found)
    unknown = [(0, str(each)) for each in ids if each not in known]
    source = {"includes_self": len(others) < len(found), **_kept("unknown", unknown)}
    with transaction.atomic():
        job = _draft(actor, act, Kind.TICKED, source, requested=len(others), now=now)
        add_items(job, others)
    return job


def draft_from_filter(*, actor: Starter, act: str, search: str, view: str, in_contacts: bool, now: datetime) -> BulkJob:
    """Make a draft for everyone of a search and a view; the condition is frozen, who that is only at the start.

    Frozen with it are the units of the starter, which one of the views depends on.

    :raises ValueError: when there is no such view, or it is not for this starter.
    :raises SearchTooLong: when more was typed than is ever searched for.
    """
    words_of(search)
    source: dict[str, object] = {
        "search": search,
        "view": View(view or View.ALL).value,
        "in_contacts": in_contacts,
    }
    if source["view"] == View.MY_UNITS:
        if not isinstance(actor, Actor) or not actor.unit_roles:
            raise ValueError(view)
        source["units"] = [str(unit_id) for unit_id in sorted(actor.unit_roles)]
    is_everybody = not search.strip() and source["view"] == View.ALL
    return _draft(actor, act, Kind.ALL if is_everybody else Kind.FILTER, source, now=now)


def draft_from_group(*, actor: Starter, act: str, group_id: UUID, now: datetime) -> BulkJob:
    """Make a draft for the members of a group, whoever they are at the start.

    :raises Group.DoesNotExist: when there is no such group in this tenant.
    """
    group = Group.objects.get(pk=group_id)
    return _draft(actor, act, Kind.GROUP, {"group": str(group.pk), "name": group.name}, now=now)


def draft_from_names(*, actor: Starter, act: str, names: Iterable[tuple[int, str]], now: datetime) -> BulkJob:
    """Make a draft for a list of user names; unknown ones and repetitions are kept with their lines for the preview.

    :raises NobodyChosen: when the list holds no name at all.
    """
    lines: dict[str, int] = {}
    duplicates: list[tuple[int, str]] = []
    for line, name in names:
        folded = fold_upn(name)
        if folded in lines:
            duplicates.append((line, _shown(name)))
        else:
            lines[folded] = line
    if not lines:
        raise NobodyChosen
    known: dict[str, UUID] = {}
    for some in _batched(name for name in lines if _can_be(name)):
        known |= dict(User.objects.filter(upn_folded__in=some, deleted_at=None).values_list("upn_folded", "pk"))
    unknown = [(line, _shown(name)) for name, line in lines.items() if name not in known]
    people = [known[name] for name in lines if name in known and known[name] != actor.id]
    names_kept = _kept("unknown", unknown) | _kept("duplicates", duplicates)
    source = {**names_kept, "includes_self": len(people) < len(known)}
    with transaction.atomic():
        job = _draft(actor, act, Kind.LIST, source, requested=len(people), now=now)
        add_items(job, people)
    return job


def people_of(job: BulkJob) -> QuerySet[User]:
    """Return the people of a job as one condition, without its starter; inside the scope."""
    source = job.source
    if job.started_at is None and job.source_kind in (Kind.FILTER, Kind.ALL):
        words = words_of(source["search"])
        found = matching_people(
            words=words if words or not source["search"].strip() else None,
            view=View(source["view"]),
            in_contacts=source["in_contacts"],
            reading=_reading_of(job),
        )
    elif job.started_at is None and job.source_kind == Kind.GROUP:
        found = User.objects.filter(memberships__group=source["group"], deleted_at=None)
    else:
        found = User.objects.filter(pk__in=BulkItem.objects.filter(job=job).values("user"))
    return found.exclude(pk=job.starter_id) if job.starter_id else found


def _reading_of(job: BulkJob) -> Reading:
    """Return the moment and the units that the filter was frozen with."""
    return Reading(
        at=job.created_at,
        unit_ids=tuple(UUID(unit_id) for unit_id in job.source.get("units", ())),
        hard_stop=job.tenant.lockout_hard_stop,
        expiry=ExpiryRules.of(job.tenant),
    )


def list_chosen(job: BulkJob, *, most: int) -> list[User]:
    """List the first so many people of a job by name, reached or left out."""
    return list(people_of(job).order_by("sort_name", "pk")[:most])


def includes_starter(job: BulkJob) -> bool:
    """Tell whether the starter was among the chosen, and was left out."""
    if "includes_self" in job.source:
        return bool(job.source["includes_self"])
    if job.starter_id is None:
        return False
    everybody = BulkJob(tenant=job.tenant, source_kind=job.source_kind, source=job.source, created_at=job.created_at)
    return people_of(everybody).filter(pk=job.starter_id).exists()


def chunk_of(position: int, *, total: int) -> int:
    """Return in which chunk the person with this number is, of so many; both count from zero on."""
    head = head_of(total)
    if position < head:
        return position // CHUNK_SIZE
    return head // CHUNK_SIZE + (position - head) // LAST_SIZE


def chunk_sql(position: str, *, total: int) -> str:
    """Return :func:`chunk_of` in SQL; ``position`` is an expression."""
    head = head_of(total)
    last = f"{head // CHUNK_SIZE} + ({position} - {head}) / {LAST_SIZE}"
    return f"CASE WHEN {position} < {head} THEN {position} / {CHUNK_SIZE} ELSE {last} END"


def head_of(total: int) -> int:
    """Return how many people of a job are in chunks of full size: everybody, unless it is large."""
    return (total - LAST) // CHUNK_SIZE * CHUNK_SIZE if total > LARGE else max(total, 1)


def add_items(job: BulkJob, user_ids: Sequence[UUID]) -> None:
    """Give the job one item for each of these people, in this order; inside a transaction."""
    insert_rows(
        BulkItem,
        (
            {
                "tenant_id": job.tenant_id,
                "job_id": job.pk,
                "user_id": user_id,
                "position": position,
                "chunk": chunk_of(position, total=len(user_ids)),
            }
            for position, user_id in enumerate(user_ids)
        ),
    )


def _batched(names: Iterable[str]) -> Iterable[list[str]]:
    pending: list[str] = []
    for name in names:
        pending.append(name)
        if len(pending) == NAMES_AT_ONCE:
            yield pending
            pending = []
    if pending:
        yield pending


def _can_be(folded: str) -> bool:
    """Tell whether a database can be asked for the name: it holds no NUL and no half of a surrogate pair."""
    try:
        folded.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in folded and len(folded) <= MAX_UPN


def _kept(what: str, names: Sequence[tuple[int, str]]) -> dict[str, object]:
    """Return the first names and how many there are: every page of the job reads what is kept."""
    return {what: names[:NAMES_KEPT], f"{what}_count": len(names)}


def _shown(name: str) -> str:
    return shorten(name, MAX_UPN)


def _draft(
    actor: Starter, act: str, kind: Kind, source: Mapping[str, object], *, requested: int = 0, now: datetime
) -> BulkJob:
    is_operator = isinstance(actor, Operator)
    return BulkJob.objects.create(
        tenant=actor.tenant,
        starter_id=actor.id,
        starter_name=actor.display_name,
        entrance="cli" if is_operator else "csv" if kind == Kind.LIST else "bulk",
        act=BulkAct(act).value,
        source_kind=kind.value,
        source=source,
        requested=requested,
        created_at=now,
    )
