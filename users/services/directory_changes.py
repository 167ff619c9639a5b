"""What changes of groups and of administrative units have in common: one transaction, its audit rows, its refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from adminportal.audit.record import Entry, Target, record
from adminportal.audit.tags import Activity, Result
from users.access import Decision
from users.actors import Actor
from users.models import AdministrativeUnit, Group, Tenant, User
from users.services.people import Refused
from users.snapshots import target_of

Modified = tuple[tuple[str, str, str], ...]


class Stopped(Exception):
    """What was begun must not stay; carries the decision and rolls the transaction back."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.decision = Decision(allowed=False, code=code, values=values)


@dataclass(slots=True, kw_only=True)
class Change:
    """One change of one thing by somebody; ``decision`` is what gave the right to it."""

    actor: Actor
    thing: Group | AdministrativeUnit
    activity: Activity
    now: datetime
    decision: Decision = field(default_factory=lambda: Decision(allowed=False))

    def allow(self, decision: Decision) -> None:
        """Go on with this decision.

        :raises Stopped: when it is a refusal.
        """
        self.decision = decision
        if not decision.allowed:
            raise Stopped(decision.code, **decision.values)

    def record(self, *, modified: Modified = (), **details: str) -> None:
        """Write that the thing itself was changed; inside the transaction."""
        record(self._entry((self._thing(modified),), details), now=self.now)

    def record_people(self, people: Iterable[User], *, is_added: bool) -> None:
        """Write for each of these people that they came or went; inside the transaction."""
        old, new = ("", self.thing.name) if is_added else (self.thing.name, "")
        kind = _kind_of(self.thing)
        modified = ((f"{kind}.DisplayName", old, new), (f"{kind}.ObjectID", old and self._id, new and self._id))
        record(
            *(self._entry((target_of(user, modified), self._thing(())), {}) for user in people),
            now=self.now,
        )

    def record_refused(self, decision: Decision) -> None:
        """Write that it was refused."""
        details = {"RefusalCode": decision.code}
        entry = self._entry((self._thing(()),), details, result=Result.FAILURE, reason=decision.code)
        record(entry, now=self.now)

    @property
    def _id(self) -> str:
        return str(self.thing.pk)

    def _thing(self, modified: Modified) -> Target:
        return Target(id=self.thing.pk, display_name=self.thing.name, type=_kind_of(self.thing), modified=modified)

    def _entry(
        self,
        targets: tuple[Target, ...],
        details: Mapping[str, str],
        *,
        result: Result = Result.SUCCESS,
        reason: str = "",
    ) -> Entry:
        said = {"Entrance": "panel", "ActingRole": self.decision.acting_role or "", **details}
        return Entry(
            tenant_id=self.actor.tenant.pk,
            activity=self.activity,
            actor=self.actor.for_audit(),
            targets=targets,
            result=result,
            reason=reason,
            details={key: value for key, value in said.items() if value},
        )


@contextmanager
def changing(change: Change) -> Iterator[Change]:
    """Run the block in one transaction; a refusal inside takes everything back and is recorded by itself.

    :raises Refused: when the block was stopped.
    """
    try:
        with transaction.atomic():
            yield change
    except Stopped as stop:
        with transaction.atomic():
            change.record_refused(stop.decision)
        raise Refused(stop.decision) from None


def save_named(thing: Group | AdministrativeUnit, *, taken: str, **columns: str) -> None:
    """Insert a thing, or update these columns of one; names differ by more than case within a tenant.

    :raises Stopped: with the code ``taken`` when another one is called so.
    """
    others = type(thing).objects.exclude(pk=thing.pk).filter(name__iexact=columns.get("name", thing.name))
    try:
        with transaction.atomic():
            if others.exists():
                raise Stopped(taken, name=columns.get("name", thing.name))
            if columns:
                for column, value in columns.items():
                    setattr(thing, column, value)
                thing.save(update_fields=list(columns))
            else:
                thing.save(force_insert=True)
    except IntegrityError:
        raise Stopped(taken, name=thing.name) from None


def lock_tenant(tenant: Tenant) -> None:
    """Let changes of rights in a tenant go one after the other; inside a transaction."""
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)


def lock_people(user_ids: Iterable[UUID]) -> list[User]:
    """Lock the rows of these people in the order of their ids, which every change of rights does; deleted ones too."""
    rows = User.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(user_ids))
    return list(rows.order_by("pk"))


def _kind_of(thing: Group | AdministrativeUnit) -> str:
    return "Group" if isinstance(thing, Group) else "AdministrativeUnit"
