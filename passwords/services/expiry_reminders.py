"""Mails before a password expires: one for each step and password, and none once it was changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, cast

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from adminportal.outbox.enqueue import Draft, enqueue
from adminportal.outbox.models import Failure, Lane, OutboundMessage, State
from passwords.models import PasswordReminder
from passwords.services.reset_messages import NOTICE_LIVES, language_of
from users.models import Domain, Tenant, User
from users.moments import tell_moment
from users.password_expiry import ExpiryRules, password_ends_at, password_ends_between
from users.tenancy import find_tenant, within

STEPS: Final = (1, 3, 7, 14)
"""Days before the end at which people are told, where they lie within the days that the organization has set."""
TEMPLATE: Final = "password_expires"
PURPOSE: Final = "password-expires"
AGAIN_AFTER: Final = timedelta(hours=1)
"""How long nobody is looked for again in an organization where everybody has been told."""
MOST_AT_ONCE: Final = 500
"""Mails that one run writes for one organization."""
TENANTS_AT_ONCE: Final = 20
NOT_REACHED: Final = (State.FAILED, State.EXPIRED)


def send_reminders(now: datetime) -> int:
    """Write the reminders that are due, in a few organizations where passwords expire; returns how many."""
    is_due = Q(password_reminded_at=None) | Q(password_reminded_at__lte=now - AGAIN_AFTER)
    tenants = Tenant.objects.filter(is_due, password_days__gt=0).order_by(
        F("password_reminded_at").asc(nulls_first=True)
    )
    return sum(_remind(tenant, now=now) for tenant in tenants[:TENANTS_AT_ONCE])


def open_reminder(message: OutboundMessage, now: datetime) -> dict[str, object] | None:
    """Return nothing secret, or None where the password was changed or expires no more: the mail must not go then."""
    tenant = find_tenant(message.tenant_id) if message.tenant_id else None
    if tenant is None or message.about_user_id is None:
        return None
    with within(tenant):
        user = User.objects.filter(pk=message.about_user_id, deleted_at=None, account_enabled=True).first()
        is_same = user is not None and _stamp(user) == message.context.get("password_of")
        ends = password_ends_at(user, rules=ExpiryRules.of(tenant), is_federated=_is_federated(user)) if user else None
    return {} if is_same and ends is not None and ends > now else None


def count_unreached(tenant: Tenant) -> int:
    """Return how many people have a password whose last reminder did not go out; one query, inside the scope."""
    lost = OutboundMessage.objects.filter(pk=OuterRef("message_id"), state__in=NOT_REACHED)
    asked = PasswordReminder.objects.filter(
        Exists(lost.exclude(failure=Failure.SECRET_GONE)),
        password_days=tenant.password_days,
        password_changed_at=F("user__password_changed_at"),
        user__deleted_at=None,
    )
    return asked.count()


def _remind(tenant: Tenant, *, now: datetime) -> int:
    with within(tenant), transaction.atomic():
        # Whoever holds the row of the organization writes; a second sweep finds what is left then.
        held = Tenant.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=tenant.pk).first()
        if held is None:
            return 0
        told = 0
        before = now
        for step in (each for each in STEPS if each <= held.password_notice_days):
            until = now + timedelta(days=step)
            people = _list_due(held, after=before, until=until, step=step, most=MOST_AT_ONCE - told)
            _tell(held, people, step=step, now=now)
            told, before = told + len(people), until
        if told < MOST_AT_ONCE:
            Tenant.objects.filter(pk=held.pk).update(password_reminded_at=now)
    return told


def _list_due(tenant: Tenant, *, after: datetime, until: datetime, step: int, most: int) -> list[User]:
    """List people whose password ends between two moments and who were not told at this step or a later one."""
    known = PasswordReminder.objects.filter(
        user=OuterRef("pk"),
        password_changed_at=OuterRef("password_changed_at"),
        password_days=tenant.password_days,
        step__lte=step,
    )
    due = User.objects.filter(password_ends_between(ExpiryRules.of(tenant), after, until), ~Exists(known))
    people = due.filter(deleted_at=None, account_enabled=True, must_change=False).order_by("password_changed_at", "pk")
    return list(people[:most])


def _tell(tenant: Tenant, people: Sequence[User], *, step: int, now: datetime) -> None:
    drafts = [_draft(tenant, user, now=now) for user in people]
    enqueue(*drafts, now=now)
    rows = [
        PasswordReminder(
            user=user,
            tenant=tenant,
            password_changed_at=cast(datetime, user.password_changed_at),
            password_days=tenant.password_days,
            step=step,
            message_id=draft.id,
        )
        for user, draft in zip(people, drafts, strict=True)
    ]
    PasswordReminder.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["password_changed_at", "password_days", "step", "message_id"],
    )


def _draft(tenant: Tenant, user: User, *, now: datetime) -> Draft:
    ends = password_ends_at(user, rules=ExpiryRules.of(tenant), is_federated=False)
    assert ends is not None  # the query found it
    language = language_of(user, tenant)
    return Draft(
        tenant_id=tenant.pk,
        template=TEMPLATE,
        channel="email",
        to=user.mail or user.user_principal_name,
        language=language,
        about_user_id=user.pk,
        context={
            "tenant_name": tenant.name,
            "display_name": user.display_name,
            "user_name": user.user_principal_name,
            "ends_at": tell_moment(ends, tenant=tenant, language=language),
            "password_of": _stamp(user),
        },
        not_after=min(ends, now + NOTICE_LIVES),
        lane=Lane.BULK,
        secret_purpose=PURPOSE,
    )


def _stamp(user: User) -> str:
    return user.password_changed_at.isoformat() if user.password_changed_at else ""


def _is_federated(user: User) -> bool:
    return Domain.objects.filter(name=user.upn_folded.partition("@")[2], is_federated=True).exists()
