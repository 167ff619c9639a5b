"""What an error report may tell: even with DEBUG on, no form field, no session and no address that holds a password."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class PortalReportFilter(SafeExceptionReporterFilter):
    """Hides like Django's filter, which switches itself off with DEBUG, and more."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|URL|DATABASE|COOKIE|CACHE|BROKER", re.IGNORECASE
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        """Tell that secrets are hidden, whatever DEBUG says."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return the names of the fields alone."""
        return {} if request is None else dict.fromkeys(request.POST, self.cleansed_substitute)
