"""What people are told of their own resets, locks and unlocks, and Global Administrators of each other's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from django.utils import translation

from adminportal import correlation
from adminportal.outbox.enqueue import Draft, enqueue
from sspr.facts import NOBODY
from sspr.models import Gate
from sspr.situation import Situation
from users.models import Tenant, User
from users.moments import tell_moment
from users.services.method_changes import NOT_ME, NOTICE_LIVES
from users.services.people import list_global_admins
from users.services.reach import addresses_of, reach_of

RESET: Final = "password_was_reset_by_owner"
UNLOCKED: Final = "account_was_unlocked"
LOCKED: Final = "self_service_locked"
OPENED: Final = "self_service_opened"
TOLD_ADMINS: Final = "role_holder_reset_own"
WAITS: Final = "own_reset_waits"
WAITS_OF_ADMIN: Final = "role_holder_reset_waits"
DECOYS: Final = 2
"""Rows written where there is nobody to tell: as many as most people have addresses."""


def tell_reset(situation: Situation, user: User, *, now: datetime) -> None:
    """Tell the person at every address, and Global Administrators where the person holds any role."""
    drafts = _to_person(situation, user, RESET, now=now) if situation.policy.notify_users else []
    if situation.policy.notify_admins and situation.known.facts.held:
        drafts += _to_admins(situation, user, TOLD_ADMINS, now=now)
    enqueue(*drafts, now=now)


def tell_waiting(situation: Situation, user: User, *, until: datetime, now: datetime) -> None:
    """Tell the person at every address and all Global Administrators until when they can stop a reset.

    Whatever the settings of notices say: who is not told cannot stop it.
    """
    drafts = _to_person(situation, user, WAITS, now=now, until=until)
    enqueue(*drafts, *_to_admins(situation, user, WAITS_OF_ADMIN, now=now, until=until), now=now)


def tell_unlocked(situation: Situation, user: User, *, now: datetime) -> None:
    """Tell the person at every address that the account was unlocked."""
    enqueue(*_to_person(situation, user, UNLOCKED, now=now), now=now)


def tell_locked(situation: Situation, *, until: datetime, now: datetime) -> None:
    """Tell the person that self-service is closed for a day; the same work where there is nobody to tell."""
    user = situation.user
    if user is not None:
        enqueue(*_to_person(situation, user, LOCKED, now=now, until=until), now=now)
        return
    reach_of([NOBODY])
    enqueue(*(_decoy(situation, now=now) for _ in range(DECOYS)), now=now)


def tell_opened(tenant: Tenant, user: User, *, by_name: str, now: datetime) -> None:
    """Tell the person at every address who opened self-service again, with the button that closes it."""
    language = user.preferred_language or tenant.language
    facts = {
        "tenant_name": tenant.name,
        "display_name": user.display_name,
        "user_name": user.user_principal_name,
        "by_name": by_name,
        "created_at": tell_moment(now, tenant=tenant, language=language),
    }
    drafts = [
        Draft(
            tenant_id=tenant.pk,
            template=OPENED,
            channel="email",
            to=address,
            language=language,
            about_user_id=user.pk,
            context=facts,
            not_after=now + NOTICE_LIVES,
            link_purpose=NOT_ME,
        )
        for address in addresses_of(user, reach_of([user.pk])[user.pk])
    ]
    enqueue(*drafts, now=now)


def _decoy(situation: Situation, *, now: datetime) -> Draft:
    return Draft(
        tenant_id=situation.tenant.pk,
        template=LOCKED,
        channel="email",
        to="",
        language=situation.attempt.language,
        about_user_id=None,
        context={},
        not_after=now + NOTICE_LIVES,
        link_purpose=NOT_ME,
        correlation_id=situation.attempt.pk,
    )


def _to_person(
    situation: Situation, user: User, template: str, *, now: datetime, until: datetime | None = None
) -> list[Draft]:
    language = user.preferred_language or situation.tenant.language
    context = _context(situation, user, language=language, now=now, until=until)
    addresses = addresses_of(user, reach_of([user.pk])[user.pk])
    return [
        _draft(situation, user, template, to=address, language=language, context=context, now=now, link=NOT_ME)
        for address in addresses
    ]


def _to_admins(
    situation: Situation, user: User, template: str, *, now: datetime, until: datetime | None = None
) -> Iterable[Draft]:
    for admin in list_global_admins():
        if admin.pk == user.pk:
            continue
        language = admin.preferred_language or situation.tenant.language
        context = _context(situation, user, language=language, now=now, until=until)
        to, link = admin.mail or admin.user_principal_name, NOT_ME if until else ""
        yield _draft(situation, user, template, to=to, language=language, context=context, now=now, link=link)


def _draft(
    situation: Situation,
    user: User,
    template: str,
    *,
    to: str,
    language: str,
    context: Mapping[str, str],
    now: datetime,
    link: str = "",
) -> Draft:
    return Draft(
        tenant_id=situation.tenant.pk,
        template=template,
        channel="email",
        to=to,
        language=language,
        about_user_id=user.pk,
        context=dict(context),
        not_after=now + NOTICE_LIVES,
        link_purpose=link,
        correlation_id=situation.attempt.pk,
    )


def _context(
    situation: Situation, user: User, *, language: str, now: datetime, until: datetime | None = None
) -> dict[str, str]:
    tenant: Tenant = situation.tenant
    with translation.override(language):
        methods = ", ".join(str(Gate(gate).label) for gate in situation.attempt.proven_gates)
    return {
        "tenant_name": tenant.name,
        "display_name": user.display_name,
        "user_name": user.user_principal_name,
        "methods": methods,
        "source": correlation.current().ip_address,
        "created_at": tell_moment(now, tenant=tenant, language=language),
        **({"until": tell_moment(until, tenant=tenant, language=language)} if until else {}),
    }
