"""One form for every moment: 2. nov 2026 14:05."""

from __future__ import annotations

DATE_FORMAT = SHORT_DATE_FORMAT = "j. b Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j. b Y H:i"
