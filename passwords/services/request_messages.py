"""Mails about requests: one to each administrator who is told of it, and a digest when there are many."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import translation

from adminportal.outbox.enqueue import Draft, enqueue
from adminportal.throttle import Throttled, check
from passwords.models import PasswordRequest, RequestState
from passwords.services.request_tiers import Tiers
from passwords.services.reset_messages import language_of
from passwords.sspr_codes import explanation_of
from users.models import Tenant, User
from users.moments import tell_moment
from users.targets import load_facts
from users.tenancy import across_tenants, within

MAIL_LIVES: Final = timedelta(hours=24)
TOLD_LATER: Final = timedelta(hours=24)
"""Requests that no mail told of are told in a digest within this time; older ones are left to the queue."""
MOST_IN_DIGEST: Final = 1_000
"""Requests of one digest; what is left is told of in the next one."""


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
    told = Tiers().list_told(load_facts([person])[person.pk])
    enqueue(*(_draft(tenant, admin, "password_request", person, facts, now=now) for admin in told), now=now)
    PasswordRequest.objects.filter(pk=request.pk).update(mailed_at=now)
    request.mailed_at = now
    return True


def send_digests(now: datetime) -> int:
    """Sweep: tell the administrators of each tenant at once of the requests that no mail told of, when it may again."""
    with across_tenants():
        untold = _untold(now).filter(tenant=OuterRef("pk"))
        tenants = list(Tenant.objects.filter(Exists(untold)).order_by("pk")[:50])
    return sum(_send_digest(tenant, now=now) for tenant in tenants)


def _send_digest(tenant: Tenant, *, now: datetime) -> int:
    with within(tenant), transaction.atomic():
        try:
            check("L18", key=str(tenant.pk), now=now)
        except Throttled:
            return 0
        waiting = list(_untold(now).select_related("user").order_by("created_at", "pk")[:MOST_IN_DIGEST])
        PasswordRequest.objects.filter(pk__in=[request.pk for request in waiting]).update(mailed_at=now)
        enqueue(*_digests(tenant, waiting, now=now), now=now)
    return len(waiting)


def _untold(now: datetime) -> QuerySet[PasswordRequest]:
    """Return the requests that no mail told of: nobody has taken them, or what they report is worse than a call."""
    untold = PasswordRequest.objects.filter(mailed_at=None, is_mailed=True, last_asked_at__gt=now - TOLD_LATER)
    return untold.filter(Q(state=RequestState.NEW) | Q(state=RequestState.TAKEN, reported_unwanted=True))


def _digests(tenant: Tenant, waiting: list[PasswordRequest], *, now: datetime) -> list[Draft]:
    """Tell each administrator how many of these requests are theirs."""
    known, tiers = load_facts([request.user for request in waiting]), Tiers()
    numbers: Counter[UUID] = Counter()
    admins: dict[UUID, User] = {}
    for facts in known.values():
        told = {admin.pk: admin for admin in tiers.list_told(facts)}
        numbers.update(told.keys())
        admins |= told
    return [
        _draft(tenant, admin, "password_requests_digest", admin, {"number": str(numbers[pk]), "user_name": ""}, now=now)
        for pk, admin in admins.items()
    ]


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
