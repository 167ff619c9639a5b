"""The same address or number held twice: as a method and as contact data, either of which resets a password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from users.actors import Actor
from users.managed_contacts import managed_kinds
from users.models import AuthenticationMethod, Contact, ContactKind
from users.names import fold_upn
from users.services.method_changes import label_of

CHANGED_BY_OWNER: Final = frozenset({ContactKind.ALTERNATE_EMAIL.value, ContactKind.MOBILE_PHONE.value})
"""Contact data that people change themselves, unless the organization looks after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Kinds of contact data that hold a value: those that go with it, and those that its owner cannot remove."""

    going: tuple[ContactKind, ...] = ()
    staying: tuple[ContactKind, ...] = ()

    @property
    def removed(self) -> str:
        """Name what goes, in the active language."""
        return _named(self.going)

    @property
    def kept(self) -> str:
        """Name what stays, in the active language."""
        return _named(self.staying)


def twins_of(actor: Actor, value: str) -> Twins:
    """Find the contact data of somebody that hold this value too; one query, none for an empty one."""
    if not value:
        return Twins()
    contacts = Contact.objects.filter(user=actor.user).order_by("kind")
    kinds = [ContactKind(contact.kind) for contact in contacts if _folded(contact.value) == _folded(value)]
    own = CHANGED_BY_OWNER.difference(managed_kinds(actor.user, actor.tenant))
    return Twins(
        going=tuple(kind for kind in kinds if kind in own), staying=tuple(kind for kind in kinds if kind not in own)
    )


def is_method(actor: Actor, value: str) -> bool:
    """Tell whether somebody registered this value as a method; one query."""
    methods = AuthenticationMethod.objects.filter(user=actor.user).exclude(value="")
    return bool(value) and any(_folded(method.value) == _folded(value) for method in methods)


def _named(kinds: tuple[ContactKind, ...]) -> str:
    return ", ".join(label_of(kind) for kind in kinds)


def _folded(value: str) -> str:
    """Return an address without its case, a number without its blanks."""
    return fold_upn(value) if "@" in value else "".join(sign for sign in value if sign.isalnum())
