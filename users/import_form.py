"""Forms of an import: what is uploaded or pasted, and what is confirmed."""

from __future__ import annotations

import io
from typing import IO, Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from adminportal.shell.forms import PortalFormHelper

REFUSALS: Final[dict[str, str | Promise]] = {
    "faulty": _("Some rows are faulty. Tick that they are left out, or upload a corrected file. Nobody was added."),
    "nobody": _("No row can be added. Correct the file and upload it again. Nobody was added."),
    "seats": _("The license has %(free)s free seats and %(needed)s are needed. Nobody was added."),
}


class ImportForm(forms.Form):
    """A file or pasted rows."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV with commas, semicolons or tabs, as UTF-8 or UTF-16. At most 5,000 rows and 64 MB."),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"}),
    )
    text = forms.CharField(
        label=_("Or paste the rows"),
        help_text=_("With the header as the first row, as copied from a spreadsheet or a text file."),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, refusal: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = PortalFormHelper()
        self.refusal = refusal

    def clean(self) -> dict[str, Any]:
        """Ask for exactly one of the two."""
        values = super().clean() or {}
        has_file, has_text = values.get("file") is not None, bool(values.get("text", "").strip())
        if self.refusal:
            self.add_error(None, self.refusal)
        elif has_file and has_text:
            self.add_error(None, _("Choose a file or paste the rows, not both. Nobody was added."))
        elif not has_file and not has_text and "file" not in self.errors:
            self.add_error(None, _("Choose a file or paste the rows. Nobody was added."))
        return values

    def source(self) -> tuple[IO[bytes], str, str]:
        """Return the bytes to read, their encoding where it is known, and the name of the file."""
        upload = self.cleaned_data["file"]
        if upload is not None:
            return upload.file, "", upload.name or ""
        return io.BytesIO(self.cleaned_data["text"].lstrip("\ufeff").encode(errors="replace")), "utf-8", ""


class ConfirmForm(forms.Form):
    """What shall happen to a previewed file."""

    leave_out_faulty = forms.BooleanField(required=False)
    gives_licence = forms.BooleanField(required=False)

    def order(self) -> dict[str, bool]:
        """Return what the service takes."""
        self.is_valid()
        return {
            "leave_out_faulty": self.cleaned_data["leave_out_faulty"],
            "gives_licence": self.cleaned_data["gives_licence"],
        }

    def say_refused(self, code: str, *, free: int, needed: int) -> None:
        """Say why nobody was added."""
        self.add_error(None, str(REFUSALS[code]) % {"free": free, "needed": needed})
