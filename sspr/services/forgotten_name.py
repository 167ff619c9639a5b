"""Forgot your user name: who asks with an alternate address is sent the names that use it, by a worker."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from adminportal import correlation, sealing
from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity, Result
from adminportal.outbox.enqueue import Draft, enqueue
from adminportal.sealing import Secret
from adminportal.throttle import Throttled, check
from sspr.models import AskKind, PublicAsk
from sspr.services.asks import leave
from users.models import AuthenticationMethod, Contact, ContactKind, MethodKind, Tenant, User
from users.moments import tell_moment
from users.snapshots import target_of
from users.tenancy import across_tenants

MAIL_LIVES: Final = timedelta(hours=1)
MOST_NAMES: Final = 50
"""User names in one mail."""
OWN_KINDS: Final = (MethodKind.EMAIL, MethodKind.EXTRA_EMAIL)


def ask_for_names(address: str, *, source: str, language: str, now: datetime) -> None:
    """Keep the question for a worker, unless this address or this source has asked too often (L19).

    Nobody is told which of the two happened.
    """
    typed = address.strip()
    with contextlib.suppress(Throttled):
        check("L19_SOURCE", key=source, now=now)
        check("L19_ADDRESS", key=typed.casefold(), now=now)
        leave(
            AskKind.USER_NAME,
            Secret(typed),
            language=language,
            now=now,
            correlation_id=correlation.current().correlation_id,
        )


def settle_names(question: PublicAsk, typed: Secret, now: datetime) -> None:
    """Send each stored address that is the typed one the user names that use it; never the typed one itself."""
    found = _people_of(typed.expose())
    for (tenant, address), people in found.items():
        _send(tenant, address, people, language=question.language, now=now)
    if not found:
        digest = sealing.keyed_digest("forgotten-name", typed.expose().casefold())[:16]
        who = AuditActor(kind="user", id=None, display_name="", user_principal_name=f"unknown:{digest}")
        asked = Entry(
            tenant_id=None,
            activity=Activity.REQUESTED_USER_NAME,
            actor=who,
            result=Result.FAILURE,
            reason="unknown address",
        )
        record(asked, now=now)


def _people_of(address: str) -> dict[tuple[Tenant, str], list[User]]:
    """Find people by an address that they proved or an administrator set; one mail for each tenant and address."""
    # Letters of other scripts that fold to ASCII ones would find somebody else's mailbox (CVE-2019-19844).
    if not address.isascii() or "@" not in address:
        return {}
    with across_tenants():
        set_by_admins = Contact.objects.filter(kind=ContactKind.ALTERNATE_EMAIL, value__iexact=address)
        proven = AuthenticationMethod.objects.filter(kind__in=OWN_KINDS, value__iexact=address, proven_at__isnull=False)
        pairs = [(row.value.casefold(), row.user) for row in set_by_admins.select_related("user__tenant")]
        pairs += [(row.value.casefold(), row.user) for row in proven.select_related("user__tenant")]
    found: dict[tuple[Tenant, str], dict[str, User]] = defaultdict(dict)
    for stored, person in pairs:
        if person.deleted_at is None and stored.isascii() and stored == address.casefold():
            found[person.tenant, stored][person.user_principal_name] = person
    return {key: [people[name] for name in sorted(people)][:MOST_NAMES] for key, people in found.items()}


def _send(tenant: Tenant, address: str, people: list[User], *, language: str, now: datetime) -> None:
    names = ", ".join(person.user_principal_name for person in people)
    draft = Draft(
        tenant_id=tenant.pk,
        template="user_names",
        channel="email",
        to=address,
        language=language,
        about_user_id=people[0].pk,
        context={
            "tenant_name": tenant.name,
            "user_name": names,
            "created_at": tell_moment(now, tenant=tenant, language=language),
        },
        not_after=now + MAIL_LIVES,
    )
    enqueue(draft, now=now)
    who = AuditActor(kind="user", id=None, display_name="", user_principal_name="")
    targets = tuple(target_of(person) for person in people)
    record(Entry(tenant_id=tenant.pk, activity=Activity.REQUESTED_USER_NAME, actor=who, targets=targets), now=now)
