"""What follows from every change of a method or of contact data: the audit row, ended sessions, mail, listeners."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.utils import translation

from adminportal import correlation
from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry, masked_contact, record
from adminportal.audit.tags import Activity
from adminportal.outbox import channels
from adminportal.outbox.enqueue import Draft, enqueue
from adminportal.outbox.masking import mask
from users import trusted_devices
from users.models import ContactKind, MethodKind, Session, Tenant, User
from users.moments import tell_moment
from users.names import fold_upn
from users.services.own_sessions import require_own_session
from users.services.reach import addresses_of, reach_of
from users.sessions import end_all_sessions
from users.snapshots import target_of

NOT_ME: Final = "not-me"
"""Purpose of the link in a notice by which somebody says that it was not them."""
NOT_ME_LIVES: Final = timedelta(days=7)
"""How long that button works; later the news is old, and an administrator decides."""
NOTICE_LIVES: Final = timedelta(days=3)
"""How late a notice may still go out."""
RECOVERY_CODES: Final = "recovery_codes"
"""The kind of recovery codes, which are no rows of methods."""
SECURITY_QUESTIONS: Final = "questions"
"""The kind of answers to security questions, which are no rows of methods either."""
TEXTED: Final = frozenset({MethodKind.MOBILE_PHONE.value, MethodKind.ALTERNATE_PHONE.value})
"""Kinds whose numbers are told by text message; an office telephone is not."""


class Event(StrEnum):
    """What happened to a method."""

    ADDED = "added"
    CHANGED = "changed"
    REGISTER_AGAIN = "again"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodChange:
    """One change of one method or contact of a person; ``keep`` is the session that goes on."""

    tenant: Tenant
    user: User
    event: Event
    kind: str
    by: AuditActor
    now: datetime
    old: str = ""
    new: str = ""
    label: str = ""
    entrance: str = ""
    acting_role: str = ""
    keep: Session | None = None

    @property
    def is_own(self) -> bool:
        """Tell whether the person did it themself."""
        return self.by.id == self.user.pk


Listener = Callable[[User, str, datetime], None]
_listeners: list[Listener] = []
EndListener = Callable[[Collection[UUID], datetime], None]
_end_listeners: list[EndListener] = []

_OWN: Final = {
    Event.ADDED: Activity.USER_REGISTERED_SECURITY_INFO,
    Event.CHANGED: Activity.USER_UPDATED_SECURITY_INFO,
    Event.REMOVED: Activity.USER_DELETED_SECURITY_INFO,
}
_BY_ADMIN: Final = {
    Event.ADDED: Activity.ADMIN_REGISTERED_SECURITY_INFO,
    Event.CHANGED: Activity.ADMIN_UPDATED_SECURITY_INFO,
    Event.REMOVED: Activity.ADMIN_DELETED_SECURITY_INFO,
    Event.REGISTER_AGAIN: Activity.ADMIN_DELETED_SECURITY_INFO,
}


def on_method_change(listener: Listener) -> None:
    """Call ``listener(user, kind, now)`` inside the transaction of every change of a method or contact; once.

    ``kind`` is a value of MethodKind or ContactKind, or :data:`RECOVERY_CODES`.
    """
    if listener not in _listeners:
        _listeners.append(listener)


def on_factor_change(listener: EndListener) -> None:
    """Call ``listener(user_ids, now)`` inside the transaction of every change of a method: to end what was open; once.

    A change of contact data alone ends nothing.
    """
    if listener not in _end_listeners:
        _end_listeners.append(listener)


def follow_method_change(change: MethodChange) -> None:
    """Write the audit row, end other sessions, trusted browsers and links, tell the person; inside the transaction.

    The person's row is locked by the caller, so that a reset that was quicker has ended the session by now.

    :raises users.services.people.Refused: when the session that is to go on is over.
    """
    require_own_session(change.keep)
    activity = (_OWN if change.is_own else _BY_ADMIN)[change.event]
    record(entry_of(change, activity), now=change.now)
    end_all_sessions([change.user.pk], now=change.now, keep=change.keep)
    trusted_devices.revoke([change.user.pk], now=change.now)
    for listener in _end_listeners:
        listener([change.user.pk], change.now)
    tell(change)
    call_listeners(change)


def call_listeners(change: MethodChange) -> None:
    """Let the layers above know; inside the transaction."""
    for listener in _listeners:
        listener(change.user, change.kind, change.now)


def entry_of(change: MethodChange, activity: Activity) -> Entry:
    """Return the audit row of a change: addresses and numbers as mask and digest."""
    old, new = (masked_contact(value) if value else "" for value in (change.old, change.new))
    details = {"Method": change.kind, "Entrance": change.entrance, "ActingRole": change.acting_role}
    target = target_of(change.user, ((change.kind, old, new),))
    return Entry(
        tenant_id=change.tenant.pk,
        activity=activity,
        actor=change.by,
        targets=(target,),
        details={key: value for key, value in details.items() if value},
    )


def tell(change: MethodChange, *, template: str = "method_changed", link_purpose: str = NOT_ME) -> None:
    """Tell the person at every address, the old and the new value among them; inside the transaction.

    The new one gets no button: it may be a stranger's by a slip of the hand, or a thief's.
    """
    reach = reach_of([change.user.pk])[change.user.pk]
    drafts = [
        draft_to(change, "email", address, template=template, link_purpose=_unless_new(change, address, link_purpose))
        for address in addresses_of(change.user, reach, change.old, change.new)
    ]
    if change.kind in TEXTED and channels.is_set_up("sms"):
        drafts += [draft_to(change, "sms", number, template=template) for number in _numbers(change)]
    enqueue(*drafts, now=change.now)


def draft_to(change: MethodChange, channel: str, to: str, *, template: str, link_purpose: str = "") -> Draft:
    """Return the notice to one address or number."""
    language = change.user.preferred_language or change.tenant.language
    return Draft(
        tenant_id=change.tenant.pk,
        template=template,
        channel=channel,
        to=to,
        language=language,
        about_user_id=change.user.pk,
        context=_context(change, language=language),
        not_after=change.now + NOTICE_LIVES,
        link_purpose=link_purpose,
    )


def _unless_new(change: MethodChange, address: str, link_purpose: str) -> str:
    is_new = fold_upn(address) == fold_upn(change.new) != fold_upn(change.old)
    return "" if is_new else link_purpose


def _numbers(change: MethodChange) -> Iterable[str]:
    return dict.fromkeys(value for value in (change.old, change.new) if value and "@" not in value)


def _context(change: MethodChange, *, language: str) -> dict[str, str]:
    with translation.override(language):
        method = label_of(change.kind)
    return {
        "tenant_name": change.tenant.name,
        "display_name": change.user.display_name,
        "user_name": change.user.user_principal_name,
        "method": f"{method} ({change.label})" if change.label else method,
        "event": change.event.value,
        "old_value": mask(change.old) if change.old else "",
        "new_value": mask(change.new) if change.new else "",
        "by_name": "" if change.is_own else change.by.display_name,
        "source": correlation.current().ip_address if change.is_own else "",
        "created_at": tell_moment(change.now, tenant=change.tenant, language=language),
    }


def label_of(kind: str) -> str:
    """Return what a method or contact is called, in the active language."""
    if kind in MethodKind.values:
        return str(MethodKind(kind).label)
    if kind in ContactKind.values:
        return str(ContactKind(kind).label)
    if kind == SECURITY_QUESTIONS:
        return translation.gettext("Security questions")
    return translation.gettext("Recovery codes") if kind == RECOVERY_CODES else ""
