"""The operator's way in: the first administrator of a tenant, and the way back when everybody is locked out.

Works without broker, mail and directory; needs a shell on the server and a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from adminportal.audit.record import Entry, Target, record
from adminportal.audit.tags import Activity, Result
from adminportal.outbox.enqueue import Draft, enqueue
from adminportal.sealing import Secret
from passwords.authority import OperatorAuthority
from passwords.orders import ResetEnd, ResetOptions, ResetOrder, ResetOutcome
from passwords.reveal import show_to_operator
from passwords.services.reset import reset_passwords
from passwords.services.reset_messages import NOTICE_LIVES, language_of
from passwords.validators import sentence as rule_sentence
from users.access import Decision
from users.actors import OPERATOR
from users.models import RoleAssignment, Tenant, User
from users.moments import tell_moment
from users.names import NameFault, check_upn
from users.refusals import sentence
from users.roles import TEMPLATE_IDS, Role
from users.services.people import NamesTaken, NewPerson, create_people, list_global_admins
from users.services.second_factor import require_set_up
from users.snapshots import target_of
from users.tenancy import find_person_to_sign_in, find_tenant_of_domain, within

LIFETIME_HOURS = 1
"""Life of a break-glass password in hours."""
LONGEST_REASON = 256
"""Characters of a reason that the reset keeps; the audit log has all of it."""
BANNER_DAYS = timedelta(days=7)
"""How long Home says that break-glass was used."""


class BreakGlassRefused(Exception):
    """Nothing was changed; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassResult:
    """The account and its temporary password; the password is None where it was typed."""

    user: User
    is_new: bool
    password: Secret | None


@sensitive_variables()
def open_with_break_glass(
    *, user_name: str, role: Role, reason: str, password: Secret | None, now: datetime
) -> BreakGlassResult:
    """Create or repair an administrator's account, give it a temporary password of one hour, and tell everybody.

    :raises BreakGlassRefused: when the name or its domain is wrong, or the password is refused; nothing is changed.
    """
    if not reason.strip():
        raise BreakGlassRefused("Give a reason; nothing was changed.")
    tenant = _tenant_of(user_name)
    with within(tenant):
        try:
            with transaction.atomic():
                return _open(tenant, user_name, role, reason=reason, password=password, now=now)
        except BreakGlassRefused:
            record(_used(tenant, role, reason=reason, result=Result.FAILURE), now=now)
            raise


@sensitive_variables()
def _open(
    tenant: Tenant, user_name: str, role: Role, *, reason: str, password: Secret | None, now: datetime
) -> BreakGlassResult:
    user, is_new = _account(tenant, user_name, role, now=now)
    (outcome,) = reset_passwords(
        tenant=tenant,
        orders=[ResetOrder(user_id=user.pk, password=password)],
        authority=OperatorAuthority(),
        options=ResetOptions(
            lifetime_hours=LIFETIME_HOURS, reason=reason[:LONGEST_REASON], notify=not is_new, tells_admins=False
        ),
        now=now,
    )
    if outcome.end is not ResetEnd.DONE or outcome.reset_id is None:
        raise BreakGlassRefused(_why(outcome))
    # The app may be what was lost: a new one is set up at the first sign-in. Shell access could do all of this anyway.
    require_set_up(user, tenant=tenant, by=OPERATOR, now=now)
    shown = show_to_operator(outcome.reset_id, now=now)
    record(_used(tenant, role, reason=reason, targets=(target_of(user),)), now=now)
    _tell(tenant, user, reason=reason, now=now)
    return BreakGlassResult(user=user, is_new=is_new, password=None if password else shown)


def _used(
    tenant: Tenant, role: Role, *, reason: str, targets: tuple[Target, ...] = (), result: Result = Result.SUCCESS
) -> Entry:
    return Entry(
        tenant_id=tenant.pk,
        activity=Activity.BREAK_GLASS_USED,
        actor=OPERATOR,
        targets=targets,
        result=result,
        details={"Reason": reason, "Role": role.value, "Entrance": "cli"},
    )


def _tenant_of(user_name: str) -> Tenant:
    try:
        folded = check_upn(user_name)
    except NameFault as fault:
        raise BreakGlassRefused(f"{user_name} is not a user name such as anna@contoso.example.") from fault
    tenant = find_tenant_of_domain(folded.partition("@")[2])
    if tenant is None:
        raise BreakGlassRefused(f"No tenant owns the domain of {user_name}; create_tenant makes one.")
    return tenant


def _account(tenant: Tenant, user_name: str, role: Role, *, now: datetime) -> tuple[User, bool]:
    found = find_person_to_sign_in(check_upn(user_name))
    if found is None:
        return _new_account(tenant, user_name, role, now=now), True
    # Whoever holds a role needs a strong password, whatever was allowed before.
    as_needed = {"account_enabled": True, "block_reason": "", "strong_password_required": True}
    User.objects.filter(pk=found.pk).update(**as_needed)
    given = {"tenant": tenant, "created_at": now}
    # A role that was only eligible, or held for one unit, would leave the operator outside.
    in_force = {"is_active": True, "is_restricted_unit": False}
    whole_tenant = {"user": found, "role": TEMPLATE_IDS[role], "unit": None}
    if not RoleAssignment.objects.filter(**whole_tenant, **in_force).exists():
        RoleAssignment.objects.update_or_create(**whole_tenant, defaults=in_force, create_defaults=given | in_force)
        added = Entry(
            tenant_id=tenant.pk,
            activity=Activity.ADD_MEMBER_TO_ROLE,
            actor=OPERATOR,
            targets=(target_of(found),),
            details={"Role": role.value},
        )
        record(added, now=now)
    return found, False


def _new_account(tenant: Tenant, user_name: str, role: Role, *, now: datetime) -> User:
    person = NewPerson(user_principal_name=user_name, display_name=user_name.partition("@")[0], roles=(role,))
    try:
        (user,) = create_people(tenant=tenant, people=[person], by=OPERATOR, now=now)
    except NamesTaken as problem:
        raise BreakGlassRefused(
            f"{user_name} belongs to a deleted account. Restore it, or name another one; nothing was changed."
        ) from problem
    return user


def _tell(tenant: Tenant, user: User, *, reason: str, now: datetime) -> None:
    drafts = [
        Draft(
            tenant_id=tenant.pk,
            template="break_glass_used",
            channel="email",
            to=admin.mail or admin.user_principal_name,
            language=language_of(admin, tenant),
            about_user_id=user.pk,
            context={
                "tenant_name": tenant.name,
                "user_name": user.user_principal_name,
                "reason": " ".join(reason.split())[:256],
                "created_at": tell_moment(now, tenant=tenant, language=language_of(admin, tenant)),
            },
            not_after=now + NOTICE_LIVES,
        )
        for admin in list_global_admins()
    ]
    enqueue(*drafts, now=now)


def _why(outcome: ResetOutcome) -> str:
    if outcome.violations:
        rules = " ".join(rule_sentence(violation) for violation in outcome.violations)
        return f"The password was refused and nothing was changed. {rules}"
    return f"{sentence(Decision(allowed=False, code=outcome.code, values=outcome.values))} Nothing was changed."
