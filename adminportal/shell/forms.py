"""The one look of every form."""

from __future__ import annotations

from crispy_forms.helper import FormHelper


class PortalFormHelper(FormHelper):  # type: ignore[misc]  # crispy-forms ships no types
    """Draws fields only: the template owns the form tag and its CSRF token."""

    form_tag = False
    disable_csrf = True
