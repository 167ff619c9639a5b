"""The form of Settings › Password expiration policy; it validates, it never saves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from adminportal.shell.forms import PortalFormHelper
from passwords.services.expiration import DAYS, NOTICE_DAYS, SPREAD_DAYS, Expiration

OFFERED_DAYS: Final = 90
"""What stands in the field as long as nothing was ever set."""


def _days(label: Any, help_text: Any, limits: range) -> forms.IntegerField:
    """Return a field for a number of days; it is asked for only where passwords expire."""
    return forms.IntegerField(
        label=label, help_text=help_text, min_value=limits.start, max_value=limits.stop - 1, required=False
    )


class ExpirationForm(forms.Form):
    """For how long passwords are good; without the right to change it, all is shown and none can be set.

    ``shown`` carries what the page was drawn with, so that a newer change is not written over.
    """

    never = forms.BooleanField(
        label=_("Set passwords to never expire (recommended)"),
        help_text=_("What stands below counts only while this is off."),
        required=False,
    )
    days = _days(_("Days before passwords expire"), _("14 to 730, counted from the last change."), DAYS)
    notice_days = _days(
        _("Days before a user is notified"),
        _(
            "1 to 30. My account warns from then on. Mails go out 14, 7, 3 and 1 days before the end, as far as that "
            "is not earlier."
        ),
        NOTICE_DAYS,
    )
    spread_days = _days(
        _("Days over which passwords that are too old already expire"),
        _("0 to 14. Counts when passwords begin to expire, or to expire sooner: not everybody changes on one morning."),
        SPREAD_DAYS,
    )
    shown = forms.RegexField(r"^\d{1,3}-\d{1,2}-\d{1,2}$", widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, stored: Expiration, may_change: bool) -> None:
        initial = {
            "never": not stored.days,
            "days": stored.days or OFFERED_DAYS,
            "notice_days": stored.notice_days,
            "spread_days": stored.spread_days,
            "shown": f"{stored.days}-{stored.notice_days}-{stored.spread_days}",
        }
        super().__init__(data, initial=initial)
        self.helper = PortalFormHelper()
        self.stored = stored
        for field in self.fields.values():
            field.disabled = not may_change

    def sections(self) -> Iterator[tuple[str, str | Promise, list[forms.BoundField]]]:
        """Return the fields under their heading, with the code that an address can name."""
        names = ("never", "days", "notice_days", "spread_days")
        yield "expiration", _("Expiration"), [self[name] for name in names]

    def clean(self) -> None:
        """Ask for each number where passwords expire, and forget them where they do not."""
        if self.cleaned_data.get("never"):
            for name in ("days", "notice_days", "spread_days"):
                self.errors.pop(name, None)
            return
        for name in ("days", "notice_days", "spread_days"):
            if name not in self.errors and self.cleaned_data.get(name) is None:
                self.add_error(name, ValidationError(_("Give a number of days."), code="required"))

    def wanted(self) -> Expiration:
        """Return what was asked for; numbers that do not count stay as they are."""
        typed = self.cleaned_data
        if typed["never"]:
            return Expiration(notice_days=self.stored.notice_days, spread_days=self.stored.spread_days)
        return Expiration(**{name: typed[name] for name in ("days", "notice_days", "spread_days")})

    def before(self) -> Expiration:
        """Return what the page showed."""
        days, notice_days, spread_days = map(int, self.cleaned_data["shown"].split("-"))
        return Expiration(days=days, notice_days=notice_days, spread_days=spread_days)
