"""The filter of the audit page: turns what was typed into what the selectors take."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from adminportal.audit.selectors import SHORTEST_FRAGMENT, Filter
from adminportal.audit.tags import Activity, Category, Result, Service, UnknownActivity, activity_named

LONGEST_SEARCH = 200
"""Characters of a searched text."""

STATUS_WORDS = {Result.SUCCESS: _("Success"), Result.FAILURE: _("Failure"), Result.TIMEOUT: _("Timed out")}
"""How a result reads."""


def _fragment(label: object) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]  # the stubs know no lazy text
        required=False,
        min_length=SHORTEST_FRAGMENT,
        max_length=LONGEST_SEARCH,
    )


def _date(label: object) -> forms.DateField:
    return forms.DateField(
        label=label,  # type: ignore[arg-type]  # the stubs know no lazy text
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )


class AuditFilterForm(forms.Form):
    """What narrows the list; nothing is required."""

    since = _date(_("From date"))
    until = _date(_("To date"))
    service = forms.ChoiceField(
        label=_("Service"), required=False, choices=[("", _("All")), *((name, name) for name in sorted(Service))]
    )
    category = forms.ChoiceField(
        label=_("Category"), required=False, choices=[("", _("All")), *((name, name) for name in sorted(Category))]
    )
    activity = forms.CharField(
        label=_("Activity"),
        required=False,
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"list": "audit-activities"}),
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *STATUS_WORDS.items()])
    target = _fragment(_("Target"))
    initiated_by = _fragment(_("Initiated by"))
    correlation_id = forms.UUIDField(
        label=_("Correlation ID"),
        required=False,
        error_messages={"invalid": _("This is not a correlation ID. It has 32 letters a to f and digits.")},
    )
    text = _fragment(_("Search in all texts"))

    activity_names = tuple(sorted(Activity, key=str.casefold))

    def clean_activity(self) -> str:
        """Take a name or an alias, in any case."""
        name = str(self.cleaned_data["activity"]).strip()
        if not name:
            return ""
        try:
            return activity_named(name)
        except UnknownActivity:
            raise ValidationError(_("No activity has this name. Choose one of the list.")) from None

    def clean(self) -> dict[str, object]:
        """Refuse a span that ends before it begins."""
        found = self.cleaned_data
        since, until = found.get("since"), found.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one. Choose a later day."))
        return found

    def wanted(self) -> Filter:
        """Return the filter that was asked for; the last day counts wholly, in the zone of the screen."""
        found = self.cleaned_data
        until = found["until"]
        return Filter(
            since=_midnight(found["since"]),
            until=_midnight(until + timedelta(days=1)) if until and until < date.max else None,
            service=found["service"],
            category=found["category"],
            activities=(Activity(found["activity"]),) if found["activity"] else (),
            result=found["status"],
            target=found["target"],
            initiated_by=found["initiated_by"],
            correlation_id=found["correlation_id"],
            text=found["text"],
        )


def _midnight(day: date | None) -> datetime | None:
    # Year 1 and year 9999 leave the range of dates when they are turned into UTC.
    if day is None or not 2 <= day.year <= 9998:
        return None
    return timezone.make_aware(datetime.combine(day, time.min))
