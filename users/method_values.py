"""Addresses and numbers as they are stored: checked, and in one form. Pure but for the person's own names."""

from __future__ import annotations

from typing import Final

from users.addresses import is_address
from users.csv_rules import normal_phone
from users.models import ContactKind, MethodKind, User
from users.names import fold_upn

EMAIL_KINDS: Final = frozenset(
    {MethodKind.EMAIL.value, MethodKind.EXTRA_EMAIL.value, ContactKind.ALTERNATE_EMAIL.value}
)
LONGEST_PHONE: Final = 64


class ValueRefused(ValueError):
    """The value cannot be used; ``code`` is ``email``, ``phone``, ``own_mailbox`` or ``out_of_reach``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def normal_value(kind: str, typed: str, *, user: User) -> str:
    """Return an address or an international number in the form that is stored.

    :raises ValueRefused: when it is none, or the mailbox that the person cannot open without the password.
    """
    value = typed.strip()
    if kind not in EMAIL_KINDS:
        number = normal_phone(value) if len(value) <= LONGEST_PHONE else ""
        if not number:
            raise ValueRefused("phone")
        return number
    if not is_address(value):
        raise ValueRefused("email")
    if fold_upn(value) in {fold_upn(user.user_principal_name), fold_upn(user.mail)}:
        raise ValueRefused("own_mailbox")
    return value
