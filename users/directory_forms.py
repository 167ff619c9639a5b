"""Forms of groups and administrative units: names, departments, pasted user names, ticked people."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from adminportal.shell.forms import PortalFormHelper
from users.csv_layout import CsvRefused
from users.csv_names import read_names
from users.csv_names_refusals import list_refusal
from users.services.groups import Part

LONGEST_LIST = 2_000_000
"""Characters of pasted names that are looked at: a hundred thousand of them fit."""


class NothingChosen(Exception):
    """Nobody was ticked, or what was ticked is nobody; its text is the sentence that says so."""


class GroupForm(forms.Form):
    """What a group is called, and once, when it is made, whether roles can be given to it."""

    name = forms.CharField(label=_("Name"), max_length=256)
    is_role_assignable = forms.BooleanField(
        label=_("Roles can be assigned to this group"),
        required=False,
        help_text=_(
            "Settled for good when the group is made. Its members and owners can then be reset by Global and "
            "Privileged Authentication Administrators only."
        ),
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = PortalFormHelper()
        if not is_new:
            del self.fields["is_role_assignable"]


class UnitForm(forms.Form):
    """What an administrative unit is called and meant for."""

    name = forms.CharField(label=_("Name"), max_length=128)
    description = forms.CharField(label=_("Description"), max_length=512, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = PortalFormHelper()


class DepartmentForm(forms.Form):
    """Which department shall come in."""

    department = forms.ChoiceField(label=_("Department"))

    def __init__(self, *args: Any, departments: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = PortalFormHelper()
        choice = self.fields["department"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", _("Choose a department")), *((name, name) for name in departments)]


class NamesForm(forms.Form):
    """User names, one a line."""

    names = forms.CharField(
        label=_("User names"),
        help_text=_("One a line, or a table with a column called User Name."),
        max_length=LONGEST_LIST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = PortalFormHelper()

    def clean_names(self) -> list[tuple[int, str]]:
        """Read the names with the numbers of their lines."""
        try:
            return list(read_names(io.BytesIO(self.cleaned_data["names"].encode(errors="replace")), encoding="utf-8"))
        except CsvRefused as refusal:
            raise ValidationError(list_refusal(refusal)) from None


def read_ticked(form: QueryDict) -> list[UUID]:
    """Return the ids of the people who were ticked.

    :raises NothingChosen: when nobody was, or it is no id.
    """
    try:
        ids = [UUID(typed) for typed in form.getlist("user")]
    except ValueError:
        raise NothingChosen(gettext("There is no such person. Nothing was changed.")) from None
    if not ids:
        raise NothingChosen(gettext("Tick at least one person. Nothing was changed."))
    return ids


def read_part(query: QueryDict) -> Part:
    """Return whether members or owners are meant; anything else is members."""
    return Part.OWNER if query.get("part") == Part.OWNER else Part.MEMBER
