"""What counts as an e-mail address, wherever one is typed."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

LONGEST_ADDRESS: Final = 254
"""Characters of an address (RFC 5321)."""


def is_address(text: str) -> bool:
    """Tell whether a text is an e-mail address of a length that can be sent to."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST_ADDRESS
