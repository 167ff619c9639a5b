"""One page of people out of any number: view, search, order, and a count that stops at a thousand.

Everybody is read by walking the index of the order. Whoever is picked by a view or a search is read in one of three
ways, because the planner cannot know how hits lie in the order:

* up to a thousand hits: their ids are read first (they are the count too), then sorted;
* more: the index of the order is walked for ``WALK`` people, which fills a page where hits lie close;
* where that did not fill it: all hits are gathered and sorted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q, QuerySet

from users.grid_order import Order, Part, Place
from users.grid_views import Reading, View, condition_of
from users.models import User, UserType
from users.search import matching
from users.standing import standing_ids

__all__ = ["COUNTED", "PAGE_ROWS", "Page", "View", "Wanted", "matching_people", "people_of", "read_on", "read_page"]

PAGE_ROWS = 50
"""People on one page."""
COUNTED = 1_000
"""Up to here a count is exact; above, it reads "1,000+" until it is asked for."""
WALK = 2_000
"""How many people are looked at in order before all hits are gathered instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: at most one of ``after`` and ``before``; ``words`` None finds nobody."""

    words: tuple[str, ...] | None = ()
    view: View = View.ALL
    order: Order = field(default_factory=Order)
    after: Place | None = None
    before: Place | None = None
    exact: bool = False
    rows: int = PAGE_ROWS
    in_contacts: bool = False
    reading: Reading | None = None

    @property
    def is_narrowed(self) -> bool:
        """Tell whether some people are left out."""
        return self.words != () or self.view is not View.ALL

    @property
    def place(self) -> Place | None:
        """Return where the page begins or ends."""
        return self.after or self.before

    @property
    def backwards(self) -> bool:
        """Tell whether the page is read from its end."""
        return self.before is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """People of one page; ``count`` is at most ``COUNTED`` unless an exact one was asked for."""

    people: list[User]
    count: int
    has_more: bool
    previous: str
    next: str


def matching_people(
    *, words: tuple[str, ...] | None, view: View, in_contacts: bool, reading: Reading | None = None
) -> QuerySet[User]:
    """Return everyone of a search and a view, as one condition; ``words`` None finds nobody.

    :raises ValueError: when the view depends on a reading and none is given.
    """
    if words is None:
        return User.objects.none()
    in_view = condition_of(view, reading=reading)
    found = User.objects.filter(in_view, matching(words, in_contacts=in_contacts), deleted_at=None)
    return found.filter(_seen_so(words)) if words and in_contacts else found


def _seen_so(words: tuple[str, ...]) -> Q:
    """Leave out whom only an alternate address would find that is masked for many who reset people.

    Those are whoever has any standing or has the password elsewhere: searched letter by letter it would be told.
    """
    plain = Q(user_type=UserType.MEMBER, on_premises_sync_enabled=False) & ~Q(pk__in=standing_ids())
    return matching(words, in_contacts=False) | plain


def people_of(wanted: Wanted) -> QuerySet[User]:
    """Return everyone of what is asked for, whatever the page."""
    return matching_people(words=wanted.words, view=wanted.view, in_contacts=wanted.in_contacts, reading=wanted.reading)


def read_on(wanted: Wanted) -> list[User]:
    """Read the next people along the order, as many as one page has, without a count: whoever wants them all."""
    return _walk(wanted, people_of(wanted))[: wanted.rows] if wanted.words is not None else []


def read_page(wanted: Wanted) -> Page:
    """Read one page; at most four queries, however many people there are."""
    if wanted.words is None:
        return Page(people=[], count=0, has_more=False, previous="", next="")
    people = people_of(wanted)
    if wanted.is_narrowed:
        ids = list(people.values_list("pk", flat=True)[: COUNTED + 1])
        count, found = len(ids), _pick(wanted, people, ids)
    else:
        count, found = people[: COUNTED + 1].count(), _walk(wanted, people)
    has_more = count > COUNTED and not wanted.exact
    return _page(wanted, found, count=people.count() if wanted.exact else min(count, COUNTED), has_more=has_more)


def _pick(wanted: Wanted, people: QuerySet[User], ids: list[UUID]) -> list[User]:
    if len(ids) <= COUNTED:
        return _gather(wanted, User.objects.filter(pk__in=ids))
    rows = _walk_a_little(wanted, people)
    if len(rows) > wanted.rows:
        return rows
    return _gather(wanted, people)


def _walk(wanted: Wanted, people: QuerySet[User]) -> list[User]:
    """Read along the index, part by part, until the page and one more row are there."""
    rows: list[User] = []
    for part in _parts_from_place(wanted):
        rows += _in_order(people.filter(_in_part(wanted, part)), wanted, part)[: wanted.rows + 1 - len(rows)]
        if len(rows) > wanted.rows:
            break
    return rows


def _walk_a_little(wanted: Wanted, people: QuerySet[User]) -> list[User]:
    """Read hits among the next ``WALK`` people of the part where the page begins; an empty list when they run out."""
    part = _parts_from_place(wanted)[0]
    stretch = _in_order(User.objects.filter(_in_part(wanted, part)), wanted, part)
    edge = list(stretch.values_list(*part.walked)[WALK - 1 : WALK])
    if edge:
        down = wanted.order.descending ^ wanted.backwards
        people = people.filter(Place(part=part, values=edge[0]).up_to(down=down))
    return list(_in_order(people.filter(_in_part(wanted, part)), wanted, part)[: wanted.rows + 1])


def _gather(wanted: Wanted, people: QuerySet[User]) -> list[User]:
    """Sort these people, whatever index there is, and read the page."""
    reached = Q()
    for part in _parts_from_place(wanted):
        reached |= _in_part(wanted, part, walking=False)
    rows = people.filter(reached).order_by(*wanted.order.columns(backwards=wanted.backwards))
    return list(rows[: wanted.rows + 1])


def _parts_from_place(wanted: Wanted) -> tuple[Part, ...]:
    parts = wanted.order.parts(backwards=wanted.backwards)
    return parts[parts.index(wanted.place.part) :] if wanted.place else parts


def _in_part(wanted: Wanted, part: Part, *, walking: bool = True) -> Q:
    if wanted.place and wanted.place.part == part:
        return wanted.place.beyond(down=wanted.order.descending ^ wanted.backwards, walking=walking)
    return part.where & part.joins if walking else part.where


def _in_order(people: QuerySet[User], wanted: Wanted, part: Part) -> QuerySet[User]:
    sign = "-" if wanted.order.descending ^ wanted.backwards else ""
    return people.order_by(*(f"{sign}{column}" for column in part.walked))


def _page(wanted: Wanted, found: list[User], *, count: int, has_more: bool) -> Page:
    is_full = len(found) > wanted.rows
    people = found[: wanted.rows]
    if wanted.backwards:
        people = people[::-1]
    has_previous = is_full if wanted.backwards else wanted.after is not None
    has_next = wanted.backwards or is_full
    return Page(
        people=people,
        count=count,
        has_more=has_more,
        previous=Place.of(people[0], wanted.order).written(wanted.order) if people and has_previous else "",
        next=Place.of(people[-1], wanted.order).written(wanted.order) if people and has_next else "",
    )
