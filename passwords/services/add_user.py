"""Adds one person with a first password: judged and hashed before anything is written, then written as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from adminportal.sealing import Secret
from passwords.authority import CreatorAuthority
from passwords.models import PasswordReset
from passwords.orders import ResetEnd, ResetOptions, ResetOrder, ResetOutcome
from passwords.rules import policy_of
from passwords.services.issue import Job, Prepared, done, form_key, prepare, refusal, write
from users.access import Decision
from users.models import Tenant, User
from users.services.people import NamesTaken, NewPerson, create_people, draft_user, names_taken
from users.snapshots import target_of
from users.targets import TargetFacts, load_facts


@sensitive_variables()
def create_and_issue(
    *,
    tenant: Tenant,
    person: NewPerson,
    password: Secret | None,
    authority: CreatorAuthority,
    options: ResetOptions,
    now: datetime,
) -> ResetOutcome:
    """Create a person and issue a first password, generated where none is given; a second submit finds the first.

    One hash, one short transaction that holds person, contacts, roles, password, messages and audit rows; not inside
    a transaction, but inside the tenant's scope. A refusal changes nothing. The person is sent no notice: nobody
    uses the account yet.

    :raises HashingBusy: when no hash slot came free in time.
    """
    options = replace(options, notify=False)
    job = Job(tenant=tenant, authority=authority, options=options, policy=policy_of(tenant), now=now)
    user = draft_user(tenant, person, now=now)
    outcome = _repeated(job, user) or _create(job, person, user, password)
    if outcome.end is ResetEnd.REFUSED:
        _record_refused(job, user, outcome)
    return outcome


@sensitive_variables()
def _create(job: Job, person: NewPerson, draft: User, password: Secret | None) -> ResetOutcome:
    """Ask authority, then the name, then addresses and policy; only then hash, and only then write."""
    order = ResetOrder(user_id=draft.pk, password=password)
    decision = job.authority.reaches(_facts_of(draft, person), now=job.now)
    if not decision.allowed:
        return refusal(draft.pk, decision)
    if names_taken([draft.upn_folded]):
        return _repeated(job, draft) or _taken(draft)
    ready = prepare(job, order, draft)
    if not isinstance(ready, Prepared):
        return ready
    try:
        return _commit(job, person, draft, ready)
    except NamesTaken:
        return _repeated(job, draft) or _taken(draft)


@sensitive_variables()
def _commit(job: Job, person: NewPerson, draft: User, ready: Prepared) -> ResetOutcome:
    """Ask authority again, and write everything in one transaction."""
    with transaction.atomic():
        decision = job.authority.refreshed().reaches(_facts_of(draft, person), now=job.now)
        if not decision.allowed:
            return refusal(draft.pk, decision)
        by = job.authority.for_audit()
        (user,) = create_people(tenant=job.tenant, people=[person], by=by, now=job.now)
        order = ResetOrder(user_id=user.pk, password=ready.order.password)
        issued = Prepared(order=order, password=ready.password, hashed=ready.hashed)
        return write(job, [(issued, load_facts([user])[user.pk], decision)])[user.pk]


def _repeated(job: Job, draft: User) -> ResetOutcome | None:
    """Find the person whom an earlier submit of the same form has created."""
    row = PasswordReset.objects.filter(
        idempotency_key=form_key(job),
        starter_id=job.authority.starter_id,
        target__upn_folded=draft.upn_folded,
        outcome=PasswordReset.Outcome.DONE,
    ).first()
    return done(row, is_repeat=True) if row else None


def _facts_of(draft: User, person: NewPerson) -> TargetFacts:
    """Return what the authority is asked about: the person with the roles that shall be given."""
    return TargetFacts(user=draft, held=frozenset(person.roles))


def _taken(draft: User) -> ResetOutcome:
    values = {"name": draft.user_principal_name}
    return refusal(draft.pk, Decision(allowed=False, code="NAME_TAKEN", values=values))


def _record_refused(job: Job, draft: User, outcome: ResetOutcome) -> None:
    """Write one failure row, in a transaction of its own."""
    entry = Entry(
        tenant_id=job.tenant.pk,
        activity=Activity.ADD_USER,
        actor=job.authority.for_audit(),
        targets=(target_of(draft),),
        result=Result.FAILURE,
        reason=outcome.code,
        details={"RefusalCode": outcome.code, "Entrance": job.authority.entrance},
    )
    with transaction.atomic():
        record(entry, now=job.now)
