"""Recovery readiness: who could not get back in tomorrow, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import translation

from adminportal.audit.export import BYTE_ORDER_MARK, csv_line
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from sspr.crowd import PAGE_ROWS, Chosen, Crowd, Stance, load_crowd, own_mailboxes_of, stance_of
from sspr.facts import available_gates, load_known
from sspr.models import Reach, SsprPolicy
from sspr.reasons import NOT_MEANT_TO, WORDS, Reason, reason_of
from sspr.rules import policy_of
from users.actors import Actor
from users.models import Tenant, User
from users.tenancy import within

CHUNK: Final = 500
"""People that are read and sent at once."""
LANGUAGE: Final = "en"
"""Of headings and reasons in the file, whatever the reader's: programs read them."""

Why = Callable[[Stance], "Reason | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How many people there are who should be able to get back in, how many of them can, and what stops the others.

    ``is_off``: reset is enabled for nobody, and all of this is how it would be if it were enabled for all.
    """

    total: int
    ready: int
    reasons: dict[Reason, int]
    is_off: bool

    @property
    def unready(self) -> int:
        """Return how many could not get back in."""
        return self.total - self.ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Unready:
    """Somebody who could not get back in, and why."""

    user: User
    reason: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadyPage:
    """One page of them by name; ``next_after`` is empty where it is the last."""

    rows: list[Unready]
    next_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Everybody, the settings that are asked about, and the reason of each stance."""

    crowd: Crowd
    policy: SsprPolicy
    why: Why
    is_off: bool


def look_ahead(tenant: Tenant) -> Outlook:
    """Load everybody and the settings; a fixed number of queries, inside the scope."""
    policy = policy_of(tenant)
    is_off = policy.reach == Reach.NONE
    if is_off:
        policy.reach = Reach.ALL.value
    available = available_gates(policy)

    def why(stance: Stance) -> Reason | None:
        return reason_of(stance, policy=policy, tenant=tenant, available=available)

    return Outlook(crowd=load_crowd(tenant, policy=policy), policy=policy, why=why, is_off=is_off)


def count_readiness(outlook: Outlook) -> Readiness:
    """Sum everybody up; no query."""
    counts = Counter[Reason | None]()
    for stance, number in outlook.crowd.stances():
        counts[outlook.why(stance)] += number
    ready = counts.pop(None, 0)
    reasons = {reason: counts[reason] for reason in Reason if counts[reason]}
    total = ready + sum(number for reason, number in reasons.items() if reason not in NOT_MEANT_TO)
    return Readiness(total=total, ready=ready, reasons=reasons, is_off=outlook.is_off)


def list_unready(outlook: Outlook, *, reason: Reason | None = None, after: User | None = None) -> UnreadyPage:
    """Return a page of those who could not get back in, of one reason or of all who should be able to; few queries."""
    found = _chosen(outlook, reason).read(after=after, rows=PAGE_ROWS + 1)
    shown = found[:PAGE_ROWS]
    more = str(shown[-1].pk) if len(found) > PAGE_ROWS else ""
    return UnreadyPage(rows=_with_reasons(outlook, shown), next_after=more)


def export_unready(*, actor: Actor, reason: Reason | None, now: datetime) -> Iterator[str]:
    """Record that the list was exported, then return it as pieces of one CSV file; memory stays flat."""
    details = {"Format": "csv", "Report": "Recovery readiness", "Reason": reason or "all"}
    entry = Entry(tenant_id=actor.tenant.pk, activity=Activity.EXPORTED_USERS, actor=actor.for_audit(), details=details)
    record(entry, now=now)
    return _pieces(look_ahead(actor.tenant), reason)


def _pieces(outlook: Outlook, reason: Reason | None) -> Iterator[str]:
    """Read piece by piece, each inside the scope: what is sent between them is sent outside of it."""
    chosen, last = _chosen(outlook, reason), None
    yield BYTE_ORDER_MARK + csv_line(["Display name", "Username", "Department", "Reason", "Explanation"])
    while True:
        with within(outlook.crowd.tenant), translation.override(LANGUAGE):
            people = chosen.read(after=last, rows=CHUNK)
            lines = [_cells(row) for row in _with_reasons(outlook, people)]
        if not people:
            return
        yield "".join(map(csv_line, lines))
        last = people[-1]


def _cells(row: Unready) -> list[str]:
    words = [str(text) for text in WORDS[row.reason]] if row.reason else ["", ""]
    user = row.user
    return [user.display_name, user.user_principal_name, user.department, *words]


def _chosen(outlook: Outlook, reason: Reason | None) -> Chosen:
    def is_wanted(stance: Stance) -> bool:
        found = outlook.why(stance)
        return found is reason if reason else found is not None and found not in NOT_MEANT_TO

    return outlook.crowd.chosen(is_wanted)


def _with_reasons(outlook: Outlook, people: Sequence[User]) -> list[Unready]:
    """Ask for the reason of each person as they are loaded alone."""
    if not people:
        return []
    known, own = load_known(people, policy=outlook.policy), own_mailboxes_of(people)
    return [Unready(user=user, reason=outlook.why(stance_of(known[user.pk], own_mailboxes=own))) for user in people]
