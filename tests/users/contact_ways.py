"""Contact data as somebody changes it."""

from __future__ import annotations

from datetime import datetime

from adminportal import clock
from tests.cast import Cast
from users.models import ContactKind
from users.services.contacts import Changed, Waiting, change_contact
from users.tenancy import within

NEW_ADDRESS = "new@mail.example"


def changes_address(
    cast: Cast,
    value: str = NEW_ADDRESS,
    *,
    name: str = "adele.vance",
    by: str = "",
    proof: bool = False,
    now: datetime | None = None,
) -> Changed | Waiting:
    """Let a person, or somebody else for them, change the alternate address; without proof it waits for a day."""
    with within(cast.tenant):
        return change_contact(
            tenant=cast.tenant,
            user=cast[name],
            kind=ContactKind.ALTERNATE_EMAIL,
            value=value,
            proof=proof,
            by=cast.actor(by or name).for_audit(),
            now=now or clock.now(),
        )
