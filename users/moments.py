"""How a moment is told to somebody who reads it later: in their language and their organization's time zone."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import get_supported_language_variant

from users.models import Tenant

ZONES: Final = frozenset(available_timezones())
"""The names of the time zone database, such as ``Europe/Oslo``."""


def tell_moment(moment: datetime, *, tenant: Tenant, language: str) -> str:
    """Return a moment as a mail says it, such as ``2 Nov 2026 14:05 CET``; the zone is always named."""
    return _told(moment, tenant.time_zone, _supported(language))


@lru_cache(maxsize=256)
def _told(moment: datetime, zone: str, language: str) -> str:
    """Keep the last ones: the mails of a batch all tell of the same moments."""
    local = moment.astimezone(ZoneInfo(zone))
    with translation.override(language):
        return f"{date_format(local, 'DATETIME_FORMAT')} {local:%Z}"


@lru_cache(maxsize=64)
def _supported(language: str) -> str:
    try:
        return get_supported_language_variant(language)
    except LookupError:
        return settings.LANGUAGE_CODE
