"""A change of somebody's rights ends what others hold of their password: open links and sealed results."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from adminportal.outbox import links
from passwords.models import PasswordReset, RevealLink


def wipe_on_role_change(user_ids: Collection[UUID], now: datetime) -> None:
    """Kill the unopened links and wipe the seals of these people; inside the transaction of the change.

    Whoever started the reset, or an address it was sent to, would otherwise keep a key to an account that can do more
    now than when it was handed out. A password that was opened already stays as it is.
    """
    living = PasswordReset.objects.filter(target__in=list(user_ids), replaced_at=None)
    link_ids = list(RevealLink.objects.filter(reset__in=living).values_list("pk", flat=True))
    # The reset before its messages, as in open_link: two that lock them the other way round would wait forever.
    living.exclude(sealed_password="").update(sealed_password="")  # noqa: S106  # an empty column
    if link_ids:
        links.close(*link_ids, now=now)
