"""How far the temporary password of a person has come, for the user panel."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext

from adminportal.outbox.models import OutboundMessage
from passwords.models import PasswordReset
from users.models import User
from users.panel_sections import PasswordState


def temporary_password_state(user: User, now: datetime) -> PasswordState:
    """Say whether one was never issued, or where it is: issued, delivered, opened, used or expired; two queries."""
    if user.password_issued_at is None:
        return PasswordState(kind="warn", text=gettext("Never issued"))
    if not user.is_temporary:
        return PasswordState(kind="none", text=gettext("No temporary password"))
    row = (
        PasswordReset.objects.filter(target=user, outcome=PasswordReset.Outcome.DONE, replaced_at=None)
        .order_by("-created_at")
        .first()
    )
    if user.temporary_expires_at is not None and user.temporary_expires_at <= now:
        return PasswordState(kind="bad", text=gettext("Expired"), at=user.temporary_expires_at)
    if row is None:
        return _state(user, "info", gettext("Issued"), user.password_issued_at)
    return _living(user, row)


def _living(user: User, row: PasswordReset) -> PasswordState:
    if row.first_used_at:
        return _state(user, "good", gettext("Used"), row.first_used_at)
    sent, opened = _moments(row)
    if row.shown_at:
        opened.append(row.shown_at)
    if opened:
        return _state(user, "info", gettext("Opened"), min(opened))
    if sent:
        return _state(user, "info", gettext("Delivered"), min(sent))
    return _state(user, "info", gettext("Issued"), row.created_at)


def _moments(row: PasswordReset) -> tuple[list[datetime], list[datetime]]:
    links = OutboundMessage.objects.filter(
        tenant_id=row.tenant_id, about_user_id=row.target_id, correlation_id=row.correlation_id
    ).exclude(link_purpose="")
    rows = list(links.values_list("sent_at", "opened_at"))
    return [sent for sent, _ in rows if sent], [opened for _, opened in rows if opened]


def _state(user: User, kind: str, text: str, at: datetime) -> PasswordState:
    return PasswordState(kind=kind, text=text, at=at, ends_at=user.temporary_expires_at)
