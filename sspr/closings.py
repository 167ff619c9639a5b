"""Until when self-service is closed for somebody, and why, in words for administrators; it decides nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sspr.models import RecoveryLock
from sspr.subjects import subjects_of
from users.models import User
from users.panel_sections import SelfServiceLock
from users.services.method_changes import NOT_ME

REPORTED: Final[Promise] = _("Somebody answered a notice with This was not me.")
TOO_MANY: Final[Promise] = _("Too many proofs were wrong, or too many codes were asked for.")


def closing_of(user: User, now: datetime) -> SelfServiceLock | None:
    """Say until when self-service, or some of its methods, is closed for a person, and why; one query."""
    subjects = subjects_of(user.upn_folded)
    rows = list(RecoveryLock.objects.filter(subject__in=subjects, until__gt=now).order_by("-until"))
    whole = [row for row in rows if not row.gate]
    if not rows:
        return None
    longest = (whole or rows)[0]
    text = REPORTED if any(row.limit == NOT_ME for row in whole) else TOO_MANY
    return SelfServiceLock(until=longest.until, is_whole=bool(whole), text=str(text))
