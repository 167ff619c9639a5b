"""In which order people are listed, and the place from which the next page goes on.

A sort is a row of parts that are read one after the other; inside a part one indexed column and the id decide, so
that a page far down costs what the first one costs, also where thousands share one value.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self, cast
from uuid import UUID

from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    F,
    Field,
    Func,
    Q,
    UUIDField,
    Value,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Concat

from users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """People that stand together in a sort: ``where`` picks them, the columns of their key order them, the id last.

    ``walked`` are the same columns where an index has them, and ``joins`` is what leads there.
    """

    columns: tuple[str, ...]
    where: Q = field(default_factory=Q)
    walked: tuple[str, ...]
    joins: Q = field(default_factory=Q)


def _part(*columns: str, where: Q | None = None) -> Part:
    """Return a part whose index is on the people themselves."""
    return Part(columns=columns, walked=columns, where=where or Q())


def _kept(**places: str) -> tuple[Part, ...]:
    """Return a sort whose index is on the keys that are kept beside the people; each place with its column there."""
    walked = tuple(f"sort_keys__{name}" for name in (*places.values(), "user_id"))
    # The tenant of both is one: so the planner knows the first column of the index.
    return (Part(columns=(*places, "id"), walked=walked, joins=Q(sort_keys__tenant=F("tenant"))),)


SORTS: Final[dict[str, tuple[Part, ...]]] = {
    "name": (_part("sort_name", "id"),),
    "username": (_part("upn_folded", "id"),),
    "changed": (
        _part("id", where=Q(password_changed_at=None)),
        _part("password_changed_at", "id", where=Q(password_changed_at__isnull=False)),
    ),
    "status": (
        _part("sort_name", "id", where=Q(account_enabled=True)),
        _part("sort_name", "id", where=Q(account_enabled=False)),
    ),
    "department": _kept(sort_department="department", sort_name="name"),
    "office": _kept(sort_office="office", sort_name="name"),
    "city": _kept(sort_city="city", sort_name="name"),
    "country": _kept(sort_country="country", sort_name="name"),
    "created": _kept(created_at="created_at"),
}
"""Every sort with its parts in ascending order: who never had a password first, who may sign in first."""

_WHOLE: Final[dict[str, tuple[tuple[str, bool], ...]]] = {
    "status": (("account_enabled", True), ("sort_name", False), ("id", False)),
    **{
        sort: tuple((column, False) for column in parts[-1].columns)
        for sort, parts in SORTS.items()
        if sort != "status"
    },
}
"""The same sorts as columns of one query; True where the column itself runs the other way."""
_EMPTY_FIRST: Final = ("password_changed_at",)
"""Columns that can be empty."""


_UNREADABLE = (binascii.Error, ValueError, TypeError, AttributeError, IndexError, OverflowError, RecursionError)


class BadPlace(ValueError):
    """A text is the place of no page in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A sort and its direction, written ``name`` or ``-name``."""

    sort: str = "name"
    descending: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an order.

        :raises ValueError: when there is no such sort.
        """
        sort = text.removeprefix("-") or "name"
        if sort not in SORTS:
            raise ValueError(sort)
        return cls(sort=sort, descending=text.startswith("-"))

    def __str__(self) -> str:
        return f"-{self.sort}" if self.descending else self.sort

    def parts(self, *, backwards: bool) -> tuple[Part, ...]:
        """Return the parts in the order in which they are read."""
        parts = SORTS[self.sort]
        return parts[::-1] if self.descending ^ backwards else parts

    def columns(self, *, backwards: bool) -> list[OrderBy]:
        """Return the order of all parts together, for people who were found already.

        Texts are sorted as expressions: an index of the order fits them no more, so that no planner walks it through
        everybody for hits that it expects everywhere and that lie at the end.
        """
        down = self.descending ^ backwards
        return [_ordered(column, down=down ^ flips) for column, flips in _WHOLE[self.sort]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The key of one row in one order; pages go on after it or end before it."""

    part: Part
    values: tuple[Any, ...]

    @classmethod
    def of(cls, user: User, order: Order) -> Self:
        """Return the place of a person."""
        part = SORTS[order.sort][_part_of(user, order.sort)]
        return cls(part=part, values=tuple(getattr(user, column) for column in part.columns))

    @classmethod
    def parse(cls, text: str, order: Order) -> Self:
        """Read what ``written`` wrote.

        :raises BadPlace: when it was not written for this order.
        """
        try:
            plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            sort, number, *values = json.loads(plain)
            part = SORTS[order.sort][int(number)] if sort == order.sort and int(number) >= 0 else None
            if part is None or len(values) != len(part.columns):
                raise BadPlace
            pairs = zip(part.columns, values, strict=True)
            return cls(part=part, values=tuple(_read(_field_of(column), value) for column, value in pairs))
        except _UNREADABLE as problem:
            raise BadPlace from problem

    def written(self, order: Order) -> str:
        """Return the place as it stands in an address."""
        number = SORTS[order.sort].index(self.part)
        values = [value.isoformat() if isinstance(value, datetime) else str(value) for value in self.values]
        plain = json.dumps([order.sort, number, *values], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    def beyond(self, *, down: bool, walking: bool) -> Q:
        """Return the condition of the rows of this part that come after this one, on the index or on the people."""
        return self._compared("<" if down else ">", walking=walking)

    def up_to(self, *, down: bool) -> Q:
        """Return the condition, on the index, of the rows of this part that do not come after this one."""
        return self._compared(">=" if down else "<=", walking=True)

    def _compared(self, operator: str, *, walking: bool) -> Q:
        part = self.part
        key = _Compare(operator, part.walked if walking else part.columns, part.columns, self.values)
        return part.where & (part.joins if walking else Q()) & Q(key)


def _part_of(user: User, sort: str) -> int:
    if sort == "changed":
        return 0 if user.password_changed_at is None else 1
    return 0 if sort != "status" or user.account_enabled else 1


def _field_of(column: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", User._meta.get_field(column))


def _ordered(column: str, *, down: bool) -> OrderBy:
    # Where a column can be empty, the empty ones come first upwards and last downwards, on every database.
    ends = {"nulls_last": True} if down else {"nulls_first": True}
    nulls = ends if column in _EMPTY_FIRST else {}
    value = Concat(F(column), Value("")) if isinstance(_field_of(column), CharField) else F(column)
    return value.desc(**nulls) if down else value.asc(**nulls)


def _read(field: Field[Any, Any], value: str) -> str | datetime | UUID:
    if isinstance(field, UUIDField):
        return UUID(value)
    if isinstance(field, DateTimeField):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise BadPlace
        return moment.astimezone(UTC)
    value.encode()  # half a surrogate pair is no text that a database takes
    if "\x00" in value:
        raise BadPlace
    return value


class _Key(Func):
    """A key of one or two columns or values, in brackets."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


class _Compare(Func):
    """Compares whole keys, ``(a, id) > (x, y)``: the one form that an index of both columns answers directly."""

    template = "%(expressions)s"
    output_field = BooleanField()

    def __init__(
        self, operator: str, names: tuple[str, ...], columns: tuple[str, ...], values: tuple[Any, ...]
    ) -> None:
        pairs = zip(columns, values, strict=True)
        wanted = (Value(value, output_field=_field_of(column)) for column, value in pairs)
        super().__init__(_Key(*map(F, names)), _Key(*wanted), arg_joiner=f" {operator} ")
