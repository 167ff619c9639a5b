"""Mails about requests: to the first tier of administrators that is not empty, and a digest when there are many."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import translation

from adminportal.outbox.enqueue import Draft, enqueue
from adminportal.throttle import Throttled, check
from passwords.models import PasswordRequest, RequestState
from passwords.services.reset_messages import language_of
from passwords.sspr_codes import explanation_of
from users.models import RoleAssignment, Tenant, User
from users.moments import tell_moment
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import across_tenants, within

TIERS: Final = (
    (Role.HELPDESK_ADMINISTRATOR, Role.PASSWORD_ADMINISTRATOR),
    (Role.USER_ADMINISTRATOR,),
    (Role.GLOBAL_ADMINISTRATOR,),
)
MOST_RECIPIENTS: Final = 100
MAIL_LIVES: Final = timedelta(hours=24)
TOLD_LATER: Final = timedelta(hours=24)
"""Requests that no mail told of are told in a digest within this time; older ones are left to the queue."""


def mail_request(request: PasswordRequest, tenant: Tenant, *, now: datetime) -> bool:
    """Tell the administrators of one request, unless the tenant has had its mails of this hour (L18).

    Inside the transaction that writes the request: a hit that it takes back belongs to a mail that was not sent.
    """
    try:
        check("L18", key=str(tenant.pk), now=now)
    except Throttled:
        return False
    person = request.user
    facts = {
        "display_name": person.display_name,
        "user_name": person.user_principal_name,
        "sspr_code": request.sspr_code,
        "source": request.source,
        "is_unwanted": "yes" if request.reported_unwanted else "",
    }
    enqueue(
        *(_draft(tenant, admin, "password_request", person, facts, now=now) for admin in list_tier(tenant)), now=now
    )
    PasswordRequest.objects.filter(pk=request.pk).update(mailed_at=now)
    request.mailed_at = now
    return True


def send_digests(now: datetime) -> int:
    """Sweep: tell the administrators of each tenant at once of the requests that no mail told of, when it may again."""
    with across_tenants():
        untold = PasswordRequest.objects.filter(
            mailed_at=None, is_mailed=True, state=RequestState.NEW, created_at__gt=now - TOLD_LATER
        )
        tenants = list(Tenant.objects.filter(Exists(untold.filter(tenant=OuterRef("pk")))).order_by("pk")[:50])
    return sum(_send_digest(tenant, now=now) for tenant in tenants)


def list_tier(tenant: Tenant) -> list[User]:
    """Return the administrators who are told: of the first tier that has any; at most 100, inside the scope."""
    for roles in TIERS:
        found = list(_holders(roles).order_by("sort_name", "pk")[:MOST_RECIPIENTS])
        if found:
            return found
    return []


def _holders(roles: tuple[Role, ...]) -> QuerySet[User]:
    assigned = RoleAssignment.objects.filter(
        role__in=[TEMPLATE_IDS[role] for role in roles], is_active=True, is_restricted_unit=False, unit=None
    )
    through_group = assigned.filter(group__is_role_assignable=True, group__memberships__user=OuterRef("pk"))
    holds = Exists(assigned.filter(user=OuterRef("pk"))) | Exists(through_group)
    return User.objects.filter(holds, account_enabled=True, deleted_at=None)


def _send_digest(tenant: Tenant, *, now: datetime) -> int:
    with within(tenant), transaction.atomic():
        untold = PasswordRequest.objects.filter(
            mailed_at=None, is_mailed=True, state=RequestState.NEW, created_at__gt=now - TOLD_LATER
        )
        try:
            check("L18", key=str(tenant.pk), now=now)
        except Throttled:
            return 0
        number = untold.update(mailed_at=now)
        facts = {"number": str(number), "user_name": ""}
        drafts = [
            _draft(tenant, admin, "password_requests_digest", admin, facts, now=now) for admin in list_tier(tenant)
        ]
        enqueue(*(drafts if number else ()), now=now)
    return number


def _draft(tenant: Tenant, admin: User, template: str, about: User, facts: dict[str, str], *, now: datetime) -> Draft:
    language = language_of(admin, tenant)
    with translation.override(language):
        explanation = explanation_of(facts.get("sspr_code", ""))
    told = {
        "explanation": explanation,
        "tenant_name": tenant.name,
        "created_at": tell_moment(now, tenant=tenant, language=language),
        "queue_address": f"{settings.PUBLIC_URL}/passwords/requests",
    }
    return Draft(
        tenant_id=tenant.pk,
        template=template,
        channel="email",
        to=admin.mail or admin.user_principal_name,
        language=language,
        about_user_id=about.pk,
        context={**told, **facts, "user_name": facts["user_name"] or admin.user_principal_name},
        not_after=now + MAIL_LIVES,
    )
