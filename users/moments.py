"""How a moment is told to somebody who reads it later: in their language and their organization's time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import get_supported_language_variant

from users.models import Tenant


def tell_moment(moment: datetime, *, tenant: Tenant, language: str) -> str:
    """Return a moment as a mail says it, such as ``2 November 2026 14:05 CET``; the zone is always named."""
    local = moment.astimezone(ZoneInfo(tenant.time_zone))
    with translation.override(_supported(language)):
        return f"{date_format(local, 'DATETIME_FORMAT')} {local:%Z}"


def _supported(language: str) -> str:
    try:
        return get_supported_language_variant(language)
    except LookupError:
        return settings.LANGUAGE_CODE
