"""Forms by which people are chosen for a bulk job; they validate, they never save."""

from __future__ import annotations

import io
from typing import IO, Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from adminportal.shell.forms import PortalFormHelper
from users.actors import Actor
from users.grid_selection import LABELS, refusal_of
from users.models import Group


def act_field(actor: Actor) -> forms.ChoiceField:
    """Return the field that asks what to do, with what some role of the actor allows."""
    allowed = [(act, label) for act, label in LABELS.items() if not refusal_of(act, actor)]
    return forms.ChoiceField(label=_("What to do"), choices=allowed)


class ListForm(forms.Form):
    """A file or pasted user names."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("One user name a line, or CSV with a column User Name. At most 100,000 rows and 64 MB."),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"}),
    )
    text = forms.CharField(
        label=_("Or paste user names"),
        help_text=_("One a line."),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, actor: Actor, refusal: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = PortalFormHelper()
        self.fields["act"] = act_field(actor)
        self.order_fields(["act", "file", "text"])
        self.refusal = refusal

    def clean(self) -> dict[str, Any]:
        """Ask for exactly one of the two."""
        values = super().clean() or {}
        has_file, has_text = values.get("file") is not None, bool(values.get("text", "").strip())
        if self.refusal:
            self.add_error(None, self.refusal)
        elif has_file and has_text:
            self.add_error(None, _("Choose a file or paste user names, not both. Nothing was changed."))
        elif not has_file and not has_text and "file" not in self.errors:
            self.add_error(None, _("Choose a file or paste user names. Nothing was changed."))
        return values

    def source(self) -> tuple[IO[bytes], str]:
        """Return the bytes to read and their encoding where it is known."""
        upload = self.cleaned_data["file"]
        if upload is not None:
            return upload.file, ""
        return io.BytesIO(self.cleaned_data["text"].lstrip("\ufeff").encode(errors="replace")), "utf-8"


class GroupForm(forms.Form):
    """A group of the organization."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = PortalFormHelper()
        groups = [(str(pk), name) for pk, name in Group.objects.order_by("name").values_list("pk", "name")]
        self.has_groups = bool(groups)
        self.fields["act"] = act_field(actor)
        self.fields["group"] = forms.ChoiceField(
            label=_("Group"),
            # None is chosen beforehand: one press must not change whoever comes first in the alphabet.
            choices=[("", _("Choose a group")), *groups],
            help_text=_("Everyone who belongs to it at this moment."),
            error_messages={"required": _("Choose a group."), "invalid_choice": _("There is no such group.")},
        )

    def group_id(self) -> UUID:
        """Return the chosen group."""
        return UUID(self.cleaned_data["group"])
