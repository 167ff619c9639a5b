"""This was not me: the button in a notice of a reset, which shuts out whoever did it and calls an administrator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext

from adminportal import correlation
from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry, record
from adminportal.audit.tags import Activity
from adminportal.outbox.models import OutboundMessage
from adminportal.throttle.meter import source_of
from passwords.services.request import HelpCall, ask
from passwords.services.reset_records import target_of
from sspr import locks
from sspr.rules import policy_of
from sspr.services.contact_admin import has_own_help_desk
from sspr.subjects import subject_of
from users import trusted_devices
from users.models import Tenant, User
from users.moments import tell_moment
from users.notices import Notice
from users.services.contacts import stop_all
from users.services.directory_changes import lock_people
from users.sessions import end_all_sessions

PURPOSE: Final = "not-me"
CLOSED_FOR: Final = timedelta(hours=24)
LIVES: Final = timedelta(days=7)
"""How long the button works; later the news is old, and an administrator decides."""
BEARER: Final = AuditActor(kind="user", id=None, display_name="Holder of a notice's link", user_principal_name="")
"""Whoever presses the button has the mailbox; more is not known of them."""


class NotMe:
    """Answers the links of notices about resets."""

    def show(self, message: OutboundMessage, tenant: Tenant, now: datetime) -> Notice:
        """Say what the button does, or that it was pressed or is over."""
        person = _person_of(message)
        if message.opened_at:
            return _done(tenant)
        if person is None or message.link_closed_at or now >= message.created_at + LIVES:
            return _over(tenant)
        facts = {
            "user_name": person.user_principal_name,
            "moment": tell_moment(message.created_at, tenant=tenant, language=message.language),
        }
        return Notice(
            title=gettext("Was this reset not you?"),
            paragraphs=(
                gettext("The password of %(user_name)s was reset on %(moment)s.") % facts,
                gettext(
                    "If that was somebody else, press the button: every session ends, nobody can reset this password "
                    "by themselves for 24 hours, and the administrators are told."
                ),
            ),
            button=gettext("This was not me"),
            tenant=tenant,
        )

    def act(self, message: OutboundMessage, tenant: Tenant, now: datetime) -> Notice:
        """Shut everybody out, close self-service for a day and call an administrator."""
        person = _person_of(message)
        if person is None:
            return _over(tenant)
        # The person before their sessions, in the order of a reset: the two may meet.
        lock_people([person.pk])
        end_all_sessions([person.pk], now=now)
        trusted_devices.revoke([person.pk], now=now)
        subject = subject_of(person.upn_folded)
        locks.close(subject, until=now + CLOSED_FOR, limit=PURPOSE, user_id=person.pk)
        stop_all(person, by=BEARER, now=now)
        reported = Entry(
            tenant_id=tenant.pk,
            activity=Activity.REPORTED_RESET_AS_UNWANTED,
            actor=BEARER,
            targets=(target_of(person),),
            correlation_id=message.correlation_id,
        )
        record(reported, now=now)
        ask(_call(message, person, tenant), now=now)
        return _done(tenant)


def _call(message: OutboundMessage, person: User, tenant: Tenant) -> HelpCall:
    return HelpCall(
        tenant=tenant,
        user=person,
        source=source_of(correlation.current().ip_address),
        correlation_id=message.correlation_id,
        is_mailed=not has_own_help_desk(policy_of(tenant)),
        reported_unwanted=True,
    )


def _person_of(message: OutboundMessage) -> User | None:
    if message.about_user_id is None:
        return None
    return User.objects.filter(pk=message.about_user_id, deleted_at=None).first()


def _done(tenant: Tenant) -> Notice:
    return Notice(
        title=gettext("Thank you, the account is closed to others"),
        paragraphs=(
            gettext(
                "Every session of the account was ended, and nobody can reset its password by themselves for 24 h."
            ),
            gettext("The administrators know. They get in touch with you; you can also ask them."),
        ),
        tenant=tenant,
    )


def _over(tenant: Tenant) -> Notice:
    return Notice(
        title=gettext("This button is over"),
        paragraphs=(gettext("Nothing was changed. If something is wrong with your account, ask an administrator."),),
        tenant=tenant,
    )
