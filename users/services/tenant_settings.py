"""The switches of an organisation that its Global Administrators set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from adminportal.audit.record import Entry, Target, record
from adminportal.audit.tags import Activity, Result
from users.access import Decision, has_fresh_proof
from users.actors import Actor, reload_actor
from users.models import Tenant
from users.permissions import Permission
from users.services.people import Refused


@dataclass(frozen=True, slots=True)
class Setting:
    """A column of the tenant; numbers lie between ``least`` and ``most``, a switch has neither."""

    column: str
    named: str
    least: int | None = None
    most: int | None = None

    @property
    def is_switch(self) -> bool:
        """Tell whether it is on or off."""
        return self.most is None


SETTINGS: Final = {
    setting.column: setting
    for setting in (
        Setting("password_in_mail", "delivery.password_in_mail"),
        Setting("notify_user_on_admin_reset", "notify.user_on_admin_reset"),
        Setting("fresh_contact_hours", "delivery.fresh_contact_hours", 0, 168),
        Setting("force_change_locked", "reset.force_change_locked"),
        Setting("reset_reason_required", "reset.reason_required"),
        Setting("show_full_contact_to_readers", "privacy.show_full_contact_to_readers"),
        Setting("admin_mfa_required", "security.admin_mfa_required"),
        Setting("trusted_device_days", "security.trusted_device_days", 0, 90),
        Setting("step_up_minutes", "security.step_up_minutes", 0, 60),
        Setting("lockout_threshold", "lockout.threshold", 1, 50),
        Setting("lockout_seconds", "lockout.seconds", 5, 18_000),
        Setting("lockout_hard_stop", "lockout.hard_stop", 10, 1_000),
    )
}
"""Every switch with the name that the specification and the audit log give it, and its limits."""


class NotBetween(ValueError):
    """A number is outside its limits; nothing was changed."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting.column)
        self.setting = setting


class ChangedMeanwhile(Exception):
    """Somebody else changed these columns since they were shown; nothing was changed."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(", ".join(columns))
        self.columns = columns


def change_settings(
    *, actor: Actor, values: Mapping[str, int | bool], shown: Mapping[str, int | bool] | None = None, now: datetime
) -> list[str]:
    """Write those switches that differ from what is stored, and return their columns.

    ``shown`` are the values that the actor had before them: what somebody else set meanwhile is not written over.

    :raises Refused: without the right, or without a fresh proof; nothing was changed.
    :raises ChangedMeanwhile: when switches are not as they were shown; nothing was changed.
    :raises NotBetween: when a number is outside its limits; nothing was changed.
    """
    for column, value in values.items():
        setting = SETTINGS[column]
        if setting.least is not None and setting.most is not None and not setting.least <= value <= setting.most:
            raise NotBetween(setting)
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update(no_key=True).get(pk=actor.tenant.pk)
        decision = _decide(reload_actor(actor), now=now)
        moved = [column for column, value in (shown or {}).items() if getattr(tenant, column) != value]
        if decision.allowed and moved:
            raise ChangedMeanwhile(moved)
        if decision.allowed:
            return _write(tenant, values, actor=actor, now=now)
    _record(actor, reason=decision.code, now=now)
    raise Refused(decision)


def _decide(actor: Actor, *, now: datetime) -> Decision:
    if not actor.may(Permission.ORG_SETTINGS_WRITE):
        return Decision(allowed=False, code="NO_RIGHT_ORG_SETTINGS_WRITE")
    if not has_fresh_proof(actor, now=now):
        return Decision(allowed=False, code="RESET_STEP_UP")
    return Decision(allowed=True)


def _write(tenant: Tenant, values: Mapping[str, int | bool], *, actor: Actor, now: datetime) -> list[str]:
    changed = {column: value for column, value in values.items() if getattr(tenant, column) != value}
    if not changed:
        return []
    modified = tuple(
        (SETTINGS[column].named, str(getattr(tenant, column)), str(value)) for column, value in changed.items()
    )
    for column, value in changed.items():
        setattr(tenant, column, value)
    tenant.save(update_fields=list(changed))
    _record(actor, modified=modified, now=now)
    return list(changed)


def _record(actor: Actor, *, now: datetime, modified: tuple[tuple[str, str, str], ...] = (), reason: str = "") -> None:
    target = Target(id=actor.tenant.pk, display_name=actor.tenant.name, type="Tenant", modified=modified)
    entry = Entry(
        tenant_id=actor.tenant.pk,
        activity=Activity.UPDATE_COMPANY,
        actor=actor.for_audit(),
        targets=(target,),
        result=Result.FAILURE if reason else Result.SUCCESS,
        reason=reason,
        details={"RefusalCode": reason} if reason else {},
    )
    with transaction.atomic():
        record(entry, now=now)
