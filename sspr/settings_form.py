"""The forms of the blades: fields made from the table of settings; they validate shapes and save nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from adminportal.shell.forms import PortalFormHelper
from sspr.models import Gate, Reach, SsprPolicy
from sspr.policy_settings import CHANNEL_OF, OFFERED_GATES, SETTINGS, Blade, Kind, Setting, Value, columns_of
from sspr.settings_words import FAULTS, WORDS
from users.group_choice import LONGEST_NAME, find_group_by_name, offered_names

GROUP: Final = "group"
"""The field in which the name of the group is typed; its column holds an id."""
GROUP_SUGGESTIONS: Final = {
    "list": "group-names",
    "autocomplete": "off",
    "spellcheck": "false",
    "hx-get": reverse_lazy("sspr:settings-group-names"),
    "hx-trigger": "input changed delay:200ms",
    "hx-target": "#group-names",
    "hx-swap": "innerHTML",
    "hx-push-url": "false",
    "hx-sync": "this:replace",
}
"""What has names offered while one is typed."""
YES_NO: Final = (("yes", _("Yes")), ("no", _("No")))
ONLY_WITH: Final = {
    "group_id": "only-when-selected",
    "questions_to_register": "only-with-questions",
    "questions_to_reset": "only-with-questions",
    "reconfirm_days": "only-when-required",
    "helpdesk_link": "only-when-customized",
}
"""Fields that are drawn while another one is chosen, and the class by which the style sheet knows."""
QUESTIONED: Final = frozenset({"must_register", "notify_users", "notify_admins", "customize_helpdesk"})
"""Switches that are asked as a question with Yes and No."""


class BladeForm(forms.Form):
    """The settings of one blade; without the right to change them all are shown and none can be set.

    ``version`` is that of the settings which the page was drawn with.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(
        self, data: Any = None, *, blade: Blade, policy: SsprPolicy, channels: frozenset[str], may_change: bool
    ) -> None:
        self.blade, self.columns = blade, columns_of(blade)
        super().__init__(data, initial={"version": policy.version, **_initial(policy, self.columns)})
        self.helper = PortalFormHelper()
        self._hidden_gates = _hidden_gates(policy, channels)
        for column in self.columns:
            field = _field(SETTINGS[column], policy=policy, channels=channels)
            field.label, field.help_text = str(WORDS[column][0]), str(WORDS[column][1])
            field.disabled = not may_change
            self.fields[field_of(column)] = field

    def clean(self) -> dict[str, Any]:
        """Find the group that is typed, where one is asked for at all."""
        values = super().clean() or {}
        typed = values.get(GROUP, "") if values.get("reach") == Reach.SELECTED else ""
        group, problem = find_group_by_name(typed) if typed else (None, "")
        if problem:
            self.add_error(GROUP, problem)
        return {**values, GROUP: group.pk if group else None}

    def group_names(self) -> list[str]:
        """Return names to offer: those like what was typed where that is no group, else the first; one query."""
        if "group_id" not in self.columns:
            return []
        return offered_names((self[GROUP].value() or "") if GROUP in self.errors else "")

    def shown(self) -> Iterator[tuple[forms.BoundField, str]]:
        """Return each field with the class of what it depends on."""
        for column in self.columns:
            yield self[field_of(column)], ONLY_WITH.get(column, "")

    def hidden(self) -> Iterator[str]:
        """Return each field as hidden inputs, for a page that asks once more."""
        for column in self.columns:
            yield self[field_of(column)].as_hidden()

    def values(self) -> dict[str, Value]:
        """Return what was asked for, by column; a method that cannot be ticked here stays as it is."""
        return {column: self._value(column) for column in self.columns}

    def add_faults(self, faults: Mapping[str, str]) -> None:
        """Say of each column what is wrong with it; one of another blade is said above all fields."""
        for column, code in faults.items():
            field = field_of(column) if column in self.columns else None
            self.add_error(field, FAULTS[code])  # type: ignore[arg-type]  # the stubs know no lazy text

    def _value(self, column: str) -> Value:
        typed, setting = self.cleaned_data[field_of(column)], SETTINGS[column]
        if setting.kind is Kind.CODES:
            chosen = {*typed, *self._hidden_gates}
            return [gate.value for gate in Gate if gate.value in chosen]
        if setting.kind is Kind.COUNTRIES:
            return sorted({code.upper() for code in typed.replace(",", " ").split()})
        if column in QUESTIONED:
            return typed == "yes"
        return int(typed) if setting.kind is Kind.NUMBER else typed


def field_of(column: str) -> str:
    """Return the name of the field in which a setting is asked for."""
    return GROUP if column == "group_id" else column


def _initial(policy: SsprPolicy, columns: tuple[str, ...]) -> dict[str, Value]:
    stored = {column: getattr(policy, column) for column in columns}
    if "group_id" in stored:
        stored[GROUP] = policy.group.name if policy.group else ""
    if "sms_countries" in stored:
        stored["sms_countries"] = ", ".join(policy.sms_countries)
    questioned = {column: "yes" if stored[column] else "no" for column in columns if column in QUESTIONED}
    return {**stored, **questioned}


def _hidden_gates(policy: SsprPolicy, channels: frozenset[str]) -> list[str]:
    return [gate for gate in policy.gates if CHANNEL_OF.get(gate, "") not in channels | {""}]


def _field(setting: Setting, *, policy: SsprPolicy, channels: frozenset[str]) -> forms.Field:
    if setting.column == "gates_required":
        return forms.ChoiceField(choices=[(1, "1"), (2, "2")], widget=forms.RadioSelect)
    if setting.kind is Kind.CHOICE:
        return forms.ChoiceField(choices=Reach.choices, widget=forms.RadioSelect)
    if setting.kind is Kind.GROUP:
        return forms.CharField(max_length=LONGEST_NAME, required=False, widget=forms.TextInput(attrs=GROUP_SUGGESTIONS))
    if setting.kind is Kind.CODES:
        shown = [(gate.value, gate.label) for gate in OFFERED_GATES if CHANNEL_OF.get(gate, "") in channels | {""}]
        return forms.MultipleChoiceField(choices=shown, widget=forms.CheckboxSelectMultiple, required=False)
    if setting.kind is Kind.NUMBER:
        return forms.IntegerField(min_value=setting.least, max_value=setting.most)
    if setting.kind is Kind.COUNTRIES:
        return forms.CharField(max_length=1_000, required=False)
    if setting.kind is Kind.TEXT:
        return forms.CharField(max_length=setting.most, required=False)
    if setting.column in QUESTIONED:
        return forms.ChoiceField(choices=YES_NO, widget=forms.RadioSelect)
    return forms.BooleanField(required=False)
