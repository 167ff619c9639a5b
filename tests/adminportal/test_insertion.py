"""Rows written past the ORM are the rows that the ORM would have written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from adminportal.insertion import Row, insert_rows
from adminportal.outbox.models import Channel, OutboundMessage, State
from adminportal.throttle.models import Counter

pytestmark = pytest.mark.django_db

LATER = datetime(2026, 11, 2, 14, 5, tzinfo=UTC)


def row(digest: str, **values: object) -> Row:
    return {"limit": "L1", "key_digest": digest, "expires_at": LATER, **values}


@pytest.mark.parametrize(
    "text", ["a\tb", "a\nb\r", "back\\slash", r"\N", r"\.", 'O\'Brien "x"', "ærlig 😀", "", "NULL", "{}", "%s"]
)
def test_text_arrives_as_it_was_whatever_the_format_between_makes_of_it(text: str) -> None:
    insert_rows(Counter, [row("first", limit=text, hits=[text, {"key": text}]), row("second")])

    stored = Counter.objects.get(key_digest="first")
    assert (stored.limit, stored.hits) == (text, [text, {"key": text}])


def test_what_a_row_leaves_out_gets_the_default_of_its_field() -> None:
    insert_rows(Counter, [row("one"), row("two", version=7)])

    one, two = Counter.objects.order_by("key_digest")
    assert (one.hits, one.version, one.expires_at) == ([], 0, LATER)
    assert two.version == 7


def test_values_of_every_kind_come_back_equal_to_those_that_the_orm_writes() -> None:
    values = {
        "tenant_id": OutboundMessage._meta.pk.get_default(),
        "template": "note",
        "channel": Channel.EMAIL,
        "to": "ada@mail.example",
        "language": "nb",
        "context": {"name": "Åse", "empty": ""},
        "key_id": "0a1b2c3d",
        "next_attempt_at": LATER,
        "not_after": LATER,
        "created_at": LATER,
        "issued_at": LATER,
        "correlation_id": OutboundMessage._meta.pk.get_default(),
    }
    insert_rows(OutboundMessage, [values])
    by_orm = OutboundMessage.objects.create(**values)

    (written,) = OutboundMessage.objects.exclude(pk=by_orm.pk)
    by_orm.refresh_from_db()
    assert written.state == State.QUEUED
    for field in OutboundMessage._meta.concrete_fields:
        if field.name != "id":
            assert getattr(written, field.attname) == getattr(by_orm, field.attname), field.name


def test_many_rows_cost_one_statement_and_none_costs_nothing() -> None:
    with CaptureQueriesContext(connection) as captured:
        insert_rows(Counter, [row(str(number)) for number in range(30)])
        insert_rows(Counter, [])

    written = [query["sql"] for query in captured if query["sql"].startswith(("INSERT", "COPY"))]
    assert len(written) == 1
    assert Counter.objects.count() == 30


def test_a_column_that_is_not_there_is_named_and_nothing_is_written() -> None:
    with pytest.raises(TypeError, match="flavour"):
        insert_rows(Counter, [row("one"), row("two", flavour="sweet")])

    assert not Counter.objects.exists()


def test_a_broken_constraint_raises_what_the_orm_raises_and_nothing_is_written() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Counter, [row("one"), row("two"), row("one")])

    assert not Counter.objects.exists()
