"""What is said of a change of contact data that waits, and the button in it that stops the change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import get_language, gettext

from adminportal.audit.record import Actor as AuditActor
from adminportal.outbox import channels
from adminportal.outbox.enqueue import Draft, enqueue
from adminportal.outbox.masking import mask
from adminportal.outbox.models import OutboundMessage
from users.models import ContactChange, Tenant
from users.moments import tell_moment
from users.notices import Notice
from users.services.method_changes import TEXTED, MethodChange, draft_to, label_of
from users.services.reach import addresses_of, reach_of

STOP: Final = "contact-stop"
"""Purpose of the link that stops a waiting change."""
TEMPLATE: Final = "contact_change_waiting"
BEARER: Final = AuditActor(kind="user", id=None, display_name="Holder of the one-time link", user_principal_name="")


def tell_waiting(change: MethodChange, waiting: ContactChange) -> None:
    """Tell every old address at once, each with a stop button of its own; the new one is told when it counts."""
    reach = reach_of([change.user.pk])[change.user.pk]
    drafts = [_draft(change, waiting, "email", address) for address in addresses_of(change.user, reach, change.old)]
    known = {way.value for way in (reach.mobile,) if way}
    numbers = known | ({change.old} if change.kind in TEXTED and change.old else set())
    if channels.is_set_up("sms"):
        drafts += [_draft(change, waiting, "sms", number) for number in sorted(numbers)]
    enqueue(*drafts, now=change.now)


def _draft(change: MethodChange, waiting: ContactChange, channel: str, to: str) -> Draft:
    draft = draft_to(change, channel, to, template=TEMPLATE, link_purpose=STOP)
    due = tell_moment(waiting.due_at, tenant=change.tenant, language=draft.language)
    facts = {**draft.context, "due_at": due, "change_id": str(waiting.pk)}
    return replace(draft, context=facts, not_after=waiting.due_at)


class StopHandler:
    """Answers the links of waiting changes."""

    def show(self, message: OutboundMessage, tenant: Tenant, now: datetime) -> Notice:
        """Say what would change and when, or that it is over."""
        change = _change_of(message)
        if change is None or change.done_at or change.due_at <= now:
            return _over(tenant)
        if change.stopped_at:
            return _stopped(tenant)
        facts = {
            "user_name": message.context.get("user_name", ""),
            "method": label_of(change.kind),
            "moment": tell_moment(change.due_at, tenant=tenant, language=get_language() or message.language),
            "new": mask(change.new_value) if change.new_value else "",
        }
        return Notice(
            title=gettext("Stop this change?"),
            paragraphs=(
                (
                    gettext("%(method)s of %(user_name)s will be %(new)s from %(moment)s on.")
                    if change.new_value
                    else gettext("%(method)s of %(user_name)s will be removed on %(moment)s.")
                )
                % facts,
                gettext("You do not know why? Stop it: everything then stays as it is."),
            ),
            button=gettext("Stop the change"),
            tenant=tenant,
        )

    def act(self, message: OutboundMessage, tenant: Tenant, now: datetime) -> Notice:
        """Stop the change."""
        from users.services.contacts import stop

        change = _change_of(message)
        if change is None or not stop(change, by=BEARER, now=now):
            return self.show(message, tenant, now)
        return _stopped(tenant)


def _change_of(message: OutboundMessage) -> ContactChange | None:
    change_id = message.context.get("change_id", "")
    return ContactChange.objects.filter(pk=UUID(change_id), tenant_id=message.tenant_id).first() if change_id else None


def _over(tenant: Tenant) -> Notice:
    return Notice(
        title=gettext("The change was carried out"),
        paragraphs=(gettext("It cannot be stopped any more. If it was not you, tell an administrator now."),),
        tenant=tenant,
    )


def _stopped(tenant: Tenant) -> Notice:
    return Notice(
        title=gettext("The change was stopped"),
        paragraphs=(
            gettext("Everything stays as it was."),
            gettext("If it was not you who asked for it, change your password and tell an administrator."),
        ),
        tenant=tenant,
    )
