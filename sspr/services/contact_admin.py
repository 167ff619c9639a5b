"""Contact your administrator: a call for help from the wizard, dealt with by a worker."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from adminportal import correlation
from adminportal.audit.record import record
from adminportal.audit.tags import Activity, Result
from adminportal.sealing import Secret
from adminportal.throttle.meter import source_of
from passwords.services.request import HelpCall
from passwords.services.request import ask as ask_administrators
from sspr.facts import judge_many
from sspr.models import AskKind, Gate, PublicAsk, RecoveryAttempt, SsprPolicy
from sspr.rules import policy_of
from sspr.services.asks import leave
from sspr.trail import METHOD_NAMES
from users.models import User
from users.names import fold_upn
from users.services.sign_in_records import entry_of_try, own_entry
from users.tenancy import find_person_to_sign_in, find_tenant_of_domain, within


def call_for_help(user_name: str, *, attempt: RecoveryAttempt | None, language: str, now: datetime) -> None:
    """Keep a call for help, the same for every name; an attempt has its name and calls once."""
    with transaction.atomic():
        if attempt is not None and not _is_first_call(attempt, now=now):
            return
        leave(
            AskKind.HELP,
            Secret("" if attempt else user_name),
            language=language,
            now=now,
            correlation_id=attempt.pk if attempt else correlation.current().correlation_id,
            attempt_id=attempt.pk if attempt else None,
        )


def settle_help(question: PublicAsk, typed: Secret, now: datetime) -> None:
    """Put the call of a known person into the queue; of a name that nobody has only the audit log learns."""
    attempt = _attempt_of(question)
    folded = fold_upn(typed.expose())
    person = _person_of(attempt) if attempt else find_person_to_sign_in(folded)
    if person is None:
        if attempt is None:
            tenant = find_tenant_of_domain(folded.partition("@")[2])
            record(
                entry_of_try(
                    Activity.CONTACTED_ADMINISTRATOR,
                    None,
                    folded=folded,
                    tenant=tenant,
                    result=Result.FAILURE,
                    reason="unknown user name",
                ),
                now=now,
            )
        return
    with within(person.tenant):
        _ask(person, attempt, question, now=now)


def _ask(person: User, attempt: RecoveryAttempt | None, question: PublicAsk, *, now: datetime) -> None:
    tenant, policy = person.tenant, policy_of(person.tenant)
    code = attempt.sspr_code if attempt else judge_many([person], policy=policy, tenant=tenant, now=now)[person.pk].code
    if attempt is not None and attempt.chosen_gate:
        tried = METHOD_NAMES[Gate(attempt.chosen_gate)]
        reason = f"User contacted an admin after trying the {tried} verification option"
        record(own_entry(Activity.SELF_SERVICE_PASSWORD_RESET_FLOW_ACTIVITY_PROGRESS, person, reason=reason), now=now)
    call = HelpCall(
        tenant=tenant,
        user=person,
        sspr_code=code,
        source=source_of(question.ip_address),
        correlation_id=question.correlation_id,
        is_mailed=not has_own_help_desk(policy),
    )
    ask_administrators(call, now=now)


def _is_first_call(attempt: RecoveryAttempt, *, now: datetime) -> bool:
    """Spend the one call of an attempt, together with the row that the caller writes."""
    return RecoveryAttempt.objects.filter(pk=attempt.pk, contacted_at=None).update(contacted_at=now) == 1


def has_own_help_desk(policy: SsprPolicy) -> bool:
    """Tell whether the tenant leads people to a help desk of its own."""
    return policy.customize_helpdesk and bool(policy.helpdesk_link)


def _attempt_of(question: PublicAsk) -> RecoveryAttempt | None:
    if question.attempt_id is None:
        return None
    return RecoveryAttempt.objects.select_related("tenant").filter(pk=question.attempt_id).first()


def _person_of(attempt: RecoveryAttempt) -> User | None:
    if attempt.user_id is None or attempt.tenant is None:
        return None
    with within(attempt.tenant):
        found = User.objects.filter(pk=attempt.user_id, deleted_at=None).first()
    if found is not None:
        found.tenant = attempt.tenant
    return found
