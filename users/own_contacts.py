"""Contact data of whoever is signed in, as My account shows it: editable, waiting, or looked after by others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from adminportal.outbox import channels
from users.actors import Actor
from users.managed_contacts import directory_of, managed_kinds
from users.models import Contact, ContactKind
from users.names import fold_upn
from users.roles import Role
from users.services.contacts import list_waiting
from users.services.method_changes import label_of
from users.services.people import count_other_global_admins
from users.services.reach import Reach, reach_of
from users.services.sending_limits import is_reached

ROUTES: Final = {
    ContactKind.ALTERNATE_EMAIL: "users:my-alternate-email",
    ContactKind.MOBILE_PHONE: "users:my-mobile-phone",
}
GATES_OF_ADMINS: Final = 2
"""Proofs that a role holder needs to get back in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnContact:
    """One kind of contact data; ``waiting_value`` is None while no change waits, and empty where one removes.

    ``directory`` names the one that looks after it, where the organization itself does not.
    """

    label: str
    value: str
    is_proven: bool
    is_managed: bool
    route: str
    directory: str = ""
    waiting_id: UUID | None = None
    waiting_value: str = ""
    due_at: datetime | None = None


def own_contacts(actor: Actor) -> list[OwnContact]:
    """List the contact data that people change themselves; two queries."""
    contacts = {contact.kind: contact for contact in Contact.objects.filter(user=actor.user)}
    waiting = {change.kind: change for change in list_waiting(actor.user)}
    found = []
    for kind, route in ROUTES.items():
        contact, change = contacts.get(kind), waiting.get(kind)
        line = OwnContact(
            label=label_of(kind),
            value=contact.value if contact else "",
            is_proven=bool(contact and contact.proven_at),
            is_managed=kind in managed_kinds(actor.user, actor.tenant),
            directory=directory_of(actor.user),
            route=route,
            waiting_id=change.pk if change else None,
            waiting_value=change.new_value if change else "",
            due_at=change.due_at if change else None,
        )
        found.append(line)
    return found


def is_alone_and_stuck(actor: Actor, reach: Reach) -> bool:
    """Tell whether the only Global Administrator could not get back in: nobody else would be able to help."""
    if Role.GLOBAL_ADMINISTRATOR not in actor.roles or usable_ways(actor, reach) >= GATES_OF_ADMINS:
        return False
    return count_other_global_admins(actor.user) == 0


def usable_ways(actor: Actor, reach: Reach) -> int:
    """Count the kinds of proof that work without the password; the account's own mailbox is none."""
    own = {fold_upn(actor.user.user_principal_name), fold_upn(actor.user.mail)}
    has_email = any(fold_upn(address) not in own for address in reach.all_emails)
    has_channel = channels.is_set_up("sms") or channels.is_set_up("voice")
    has_phone = reach.mobile is not None and has_channel and is_reached(reach.mobile.value, tenant_id=actor.tenant.pk)
    return has_email + has_phone + reach.has_app


def own_reach(actor: Actor) -> Reach:
    """Read what the person can prove themselves with; one query."""
    return reach_of([actor.id])[actor.id]
