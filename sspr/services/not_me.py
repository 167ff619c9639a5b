"""This was not me: the button in a notice, which shuts out whoever did it and calls an administrator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from adminportal import correlation
from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from adminportal.outbox.models import OutboundMessage
from adminportal.throttle.meter import source_of
from passwords.services.expire import end_password
from passwords.services.request import HelpCall, ask
from sspr import locks, not_me_words
from sspr.flow import State
from sspr.models import RecoveryAttempt
from sspr.services.cancel import end_all_of
from sspr.services.notices import RESET, WAITS, WAITS_OF_ADMIN
from sspr.subjects import subjects_of
from users import trusted_devices
from users.models import Tenant, User
from users.moments import tell_moment
from users.notices import Notice
from users.services.contacts import stop_all
from users.services.directory_changes import lock_people
from users.services.method_changes import NOT_ME_LIVES
from users.sessions import end_all_sessions
from users.snapshots import target_of

PURPOSE: Final = "not-me"
CLOSED_FOR: Final = timedelta(hours=24)
BEARER: Final = AuditActor(kind="user", id=None, display_name="Holder of a notice's link", user_principal_name="")
"""Whoever presses the button has the mailbox; more is not known of them."""


class NotMe:
    """Answers the links of notices about resets."""

    def show(self, message: OutboundMessage, tenant: Tenant, now: datetime) -> Notice:
        """Say what the button does, or that it was pressed or is over."""
        person = _person_of(message)
        if message.opened_at:
            has_ended = person is not None and person.temporary_expires_at == message.opened_at
            return not_me_words.done(message.template, has_ended_password=has_ended, tenant=tenant)
        if person is None or message.link_closed_at or now >= message.created_at + NOT_ME_LIVES:
            return not_me_words.over(tenant=tenant)
        facts = {
            "user_name": person.user_principal_name,
            "moment": tell_moment(message.created_at, tenant=tenant, language=message.language),
        }
        return not_me_words.asked(message.template, facts, ends_password=_is_in_force(message, person), tenant=tenant)

    def act(self, message: OutboundMessage, tenant: Tenant, now: datetime) -> Notice:
        """Shut everybody out, close self-service for a day and call an administrator."""
        known = _person_of(message)
        if known is None:
            return not_me_words.over(tenant=tenant)
        # The person before their sessions, in the order of a reset: the two may meet.
        (person,) = lock_people([known.pk])
        ends_password = _is_in_force(message, person)
        if ends_password:
            end_password(person, now=now)
        _shut_out(person, now=now)
        reported = Entry(
            tenant_id=tenant.pk,
            activity=Activity.REPORTED_RESET_AS_UNWANTED,
            actor=BEARER,
            targets=(target_of(person),),
            details={"Notice": message.template, "PasswordEnded": str(ends_password)},
            correlation_id=message.correlation_id,
        )
        record(reported, now=now)
        ask(_call(message, person, tenant), now=now)
        return not_me_words.done(message.template, has_ended_password=ends_password, tenant=tenant)


def _shut_out(person: User, *, now: datetime) -> None:
    end_all_sessions([person.pk], now=now)
    trusted_devices.revoke([person.pk], now=now)
    # Under every key: an attempt that began before the newest one came reads the locks of its own.
    for subject in subjects_of(person.upn_folded):
        locks.close(subject, until=now + CLOSED_FOR, limit=PURPOSE, user_id=person.pk)
    end_all_of(person, now=now)
    stop_all(person, by=BEARER, now=now)


def _is_in_force(message: OutboundMessage, person: User) -> bool:
    """Tell whether what was reported gave the password of now: nobody has reset it since.

    What was changed after it, once or more, is the same thief's. What an administrator gave stays: the person may only
    have missed that it was asked for.
    """
    issued = person.password_issued_at
    if message.template == not_me_words.CHANGED:
        return issued is None or issued <= message.created_at
    if issued is None or message.template not in (RESET, WAITS, WAITS_OF_ADMIN):
        return False
    if message.template == RESET:
        return issued <= message.created_at
    # Pressed too late: what waited has set a password meanwhile.
    return RecoveryAttempt.objects.filter(pk=message.correlation_id, state=State.DONE, ended_at__gte=issued).exists()


def _call(message: OutboundMessage, person: User, tenant: Tenant) -> HelpCall:
    return HelpCall(
        tenant=tenant,
        user=person,
        source=source_of(correlation.current().ip_address),
        correlation_id=message.correlation_id,
        reported_unwanted=True,
    )


def _person_of(message: OutboundMessage) -> User | None:
    if message.about_user_id is None:
        return None
    return User.objects.filter(pk=message.about_user_id, deleted_at=None).first()
