"""Who deals with which question of a stranger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sspr.models import AskKind
from sspr.services.asks import Handler, settle_asks
from sspr.services.contact_admin import settle_help
from sspr.services.forgotten_name import settle_names

HANDLERS: Final[Mapping[str, Handler]] = {AskKind.HELP: settle_help, AskKind.USER_NAME: settle_names}


def settle_public_asks(now: datetime) -> int:
    """Sweep: deal with the questions that wait."""
    return settle_asks(HANDLERS, now)
