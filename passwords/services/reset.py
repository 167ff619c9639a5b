"""THE reset: the one function by which every caller gives people a new password.

Callers differ in their authority alone. A batch of one and a bulk of many run the same lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model
from django.views.decorators.debug import sensitive_variables

from adminportal import clock
from adminportal.queries import Question, ahead, fetch, load, one_of, to_load
from passwords.authority import Authority
from passwords.models import PasswordPolicy
from passwords.orders import ResetEnd, ResetOptions, ResetOrder, ResetOutcome
from passwords.rules import policy_of, policy_question
from passwords.services.issue import Chosen, Job, Prepared, choose, form_key, hash_chosen, refusal, write
from passwords.services.reset_messages import alternates_of, alternates_question, usable_alternate
from passwords.services.reset_records import record_refused
from users.access import Decision
from users.actors import roles_question
from users.models import Tenant, User
from users.services.reach import emails_question
from users.targets import TargetFacts, facts_question, load_facts

REPEATED = """
    SELECT target_id, id, tenant_id, starter_id FROM passwords_passwordreset
    WHERE target_id {people} AND idempotency_key || '' = %s AND outcome = 'done'
"""
"""By the person alone: a bulk job has one key, one starter and one tenant for all of its people, and by an index of one
of these PostgreSQL would read all of them for every chunk.
"""
PEOPLE = "SELECT {columns} FROM users_user u WHERE u.tenant_id = %s AND u.id {people} ORDER BY u.id"  # noqa: S608
MODELS: Final[dict[str, type[Model]]] = {"u": User}
LOCK = " FOR NO KEY UPDATE OF u"
"""As weak as a change of passwords allows: whoever writes a row that names the person goes on."""

Settle = Callable[[Sequence[ResetOutcome]], None]
Pulse = Callable[[], None]


@sensitive_variables()
def reset_passwords(
    *,
    tenant: Tenant,
    orders: Sequence[ResetOrder],
    authority: Authority,
    options: ResetOptions,
    now: datetime,
    settle: Settle | None = None,
    pulse: Pulse | None = None,
) -> list[ResetOutcome]:
    """Give each person of the batch a new password and answer for each of them, in the order asked.

    One hash a person (two where a password was chosen and history counts), two short transactions at most; not
    inside a transaction, but inside the tenant's scope. One refusal never stops the others. ``settle`` is called
    inside each transaction with the outcomes that it writes; what it raises takes that transaction back. ``pulse`` is
    called before each hash; what it raises ends the batch before anybody is changed.

    :raises HashingBusy: when no hash slot came free in time; people before it in the batch are not changed either.
    """
    ids = [order.user_id for order in orders]
    job = Job(tenant=tenant, authority=authority, options=options, policy=PasswordPolicy(tenant=tenant), now=now)
    with ahead([policy_question(tenant), *_questions(job, ids, locked=False)]):
        job = replace(job, policy=policy_of(tenant))
        outcomes = _repeated(job, orders)
        facts = _facts(job, ids, locked=False)
    alternates = _alternates(job, facts)
    chosen: list[Chosen] = []
    for order in (order for order in orders if order.user_id not in outcomes):
        if pulse and order.password is not None:
            pulse()
        ready = _choose(job, order, facts.get(order.user_id), alternates)
        if isinstance(ready, Chosen):
            chosen.append(ready)
        else:
            outcomes[order.user_id] = ready
    outcomes |= _commit(job, _hash_all(chosen, pulse), settle)
    rest = [outcome for outcome in outcomes.values() if outcome.end is not ResetEnd.DONE or outcome.is_repeat]
    _write_rest(job, rest, facts, settle)
    return [outcomes[order.user_id] for order in orders]


def _repeated(job: Job, orders: Sequence[ResetOrder]) -> dict[UUID, ResetOutcome]:
    """Find what an earlier submit of the same form has done already."""
    ids = [order.user_id for order in orders]
    if not ids:
        return {}
    rows = fetch(*_repeated_question(job, ids), uuid_columns=(0, 1, 2, 3))
    mine = (job.tenant.pk, job.authority.starter_id)
    return {
        user_id: ResetOutcome(user_id=user_id, end=ResetEnd.DONE, reset_id=reset_id, is_repeat=True)
        for user_id, reset_id, *whose in rows
        if tuple(whose) == mine
    }


def _facts(job: Job, user_ids: Sequence[UUID], *, locked: bool) -> dict[UUID, TargetFacts]:
    """Read people of the tenant and what decides about them; ``locked`` takes their rows, in one order for all."""
    if not user_ids:
        return {}
    asked, values = _people(job, user_ids, locked=locked)
    return load_facts(user for (user,) in load(asked, values, models=MODELS, seen=job.seen))


def _people(job: Job, user_ids: Sequence[UUID], *, locked: bool) -> tuple[str, list[object]]:
    lock = LOCK if locked and connection.features.has_select_for_update else ""
    of_people, values = one_of(user_ids)
    return PEOPLE.format(columns="{columns}", people=of_people) + lock, [job.tenant.pk, *values]


def _repeated_question(job: Job, user_ids: Sequence[UUID]) -> Question:
    of_people, values = one_of(user_ids)
    return REPEATED.format(people=of_people), (*values, form_key(job))


def _questions(job: Job, user_ids: Sequence[UUID], *, locked: bool) -> list[Question]:
    """Return what is asked of people before the hash and again under their locks, which come first."""
    if not user_ids:
        return []
    people = to_load(*_people(job, user_ids, locked=locked), models=MODELS)
    return [people, facts_question(sorted(set(user_ids)), [job.tenant.pk]), _repeated_question(job, user_ids)]


def _questions_under_lock(job: Job, user_ids: Sequence[UUID]) -> list[Question]:
    """Add the roles of whoever acts, and the addresses of people."""
    starter = [roles_question(job.authority.starter_id)] if job.authority.starter_id else []
    alternates = [alternates_question(user_ids)] if job.options.blind else []
    return [*_questions(job, user_ids, locked=True), *starter, *alternates, emails_question(user_ids)]


def _alternates(job: Job, facts: Mapping[UUID, TargetFacts]) -> dict[UUID, str]:
    """Read the alternate addresses, where the reset depends on them."""
    return alternates_of(facts) if job.options.blind else {}


def _decide(job: Job, target: TargetFacts | None, alternates: Mapping[UUID, str]) -> Decision:
    """Ask the authority, and then whether a link for the person alone has somewhere to go."""
    if target is None:
        return Decision(allowed=False, code="NOT_FOUND")
    decision = job.authority.reaches(target, now=job.now)
    if decision.allowed and job.options.blind and not usable_alternate(target.user, alternates):
        values = {"user": target.user.display_name}
        return Decision(allowed=False, code="RESET_NO_DELIVERY", values=values)
    return decision


@sensitive_variables()
def _choose(
    job: Job, order: ResetOrder, target: TargetFacts | None, alternates: Mapping[UUID, str]
) -> Chosen | ResetOutcome:
    """Ask authority, then addresses and policy."""
    decision = _decide(job, target, alternates)
    if target is None or not decision.allowed:
        return refusal(order.user_id, decision)
    return choose(job, order, target.user)


@sensitive_variables()
def _hash_all(chosen: Sequence[Chosen], pulse: Pulse | None) -> list[Prepared]:
    """Make the hashes one after the other, once everybody of the batch is judged.

    A hash sweeps its 19 MiB through the caches of the core: what is computed between two hashes takes three times as
    long as what is computed for the whole batch before them.
    """
    prepared = []
    for each in chosen:
        if pulse:
            pulse()
        prepared.append(hash_chosen(each))
    return prepared


@sensitive_variables()
def _commit(job: Job, prepared: list[Prepared], settle: Settle | None) -> dict[UUID, ResetOutcome]:
    """Ask authority again under the row locks, and change everything of the batch in one transaction."""
    if not prepared:
        return {}
    ids = [ready.order.user_id for ready in prepared]
    with transaction.atomic(), ahead(_questions_under_lock(job, ids)):
        facts = _facts(job, ids, locked=True)
        alternates = _alternates(job, facts)
        asked = replace(job, authority=job.authority.refreshed())
        outcomes = _repeated(job, [ready.order for ready in prepared])
        changed: list[tuple[Prepared, TargetFacts, Decision]] = []
        for ready in (ready for ready in prepared if ready.order.user_id not in outcomes):
            target = facts.get(ready.order.user_id)
            decision = _decide(asked, target, alternates)
            if target is None or not decision.allowed:
                outcomes[ready.order.user_id] = refusal(ready.order.user_id, decision)
                continue
            changed.append((ready, target, decision))
        # What somebody began while the hashes were made, or the locks were waited for, is older than the reset.
        written = write(replace(job, now=max(job.now, clock.now())), changed)
        if settle and written:
            settle(list(written.values()))
        return outcomes | written


def _write_rest(
    job: Job, rest: Sequence[ResetOutcome], facts: Mapping[UUID, TargetFacts], settle: Settle | None
) -> None:
    """Record refusals in a transaction of their own, so that no rollback erases them, and settle them there."""
    if not rest:
        return
    with transaction.atomic():
        refused = [outcome for outcome in rest if outcome.end is ResetEnd.REFUSED]
        record_refused(job.tenant, refused, facts, authority=job.authority, options=job.options, now=job.now)
        if settle:
            settle(rest)
