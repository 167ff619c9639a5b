"""Tests of reading the audit log: filters in every combination, own tenant only, paging by key."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from adminportal.audit.models import AuditEvent
from adminportal.audit.record import Actor, Target
from adminportal.audit.seal import seal_waiting_rows
from adminportal.audit.selectors import (
    ALL_TEXTS,
    Filter,
    contains,
    get_event,
    list_events,
    list_events_about,
    page_of,
)
from adminportal.audit.tags import Activity, Result
from tests.adminportal.audit_cast import ADA, CONTOSO, FABRIKAM, KARI, KARI_ID, NOON, write

pytestmark = pytest.mark.django_db
BO = Actor(kind="user", id=uuid.UUID(int=0xB0), display_name="Bo Åkesson", user_principal_name="bo@contoso.example")
LARS = Target(id=uuid.UUID(int=0x1A), display_name="Lars Øst", user_principal_name="lars@contoso.example")
ATTEMPT = uuid.UUID(int=0xA77)

ROWS = [
    {"actor": actor, "targets": (target,), "activity": activity, "result": result, "now": NOON + timedelta(days=day)}
    for day, (actor, target, activity, result) in enumerate(
        itertools.product(
            (ADA, BO),
            (KARI, LARS),
            (Activity.RESET_USER_PASSWORD, Activity.SIGNED_IN),
            (Result.SUCCESS, Result.FAILURE),
        )
    )
]
PARTS: dict[str, tuple[dict[str, object], set[int]]] = {
    "since": ({"since": NOON + timedelta(days=3)}, set(range(3, 16))),
    "until": ({"until": NOON + timedelta(days=13)}, set(range(13))),
    "service": ({"service": "Password Portal"}, {2, 3, 6, 7, 10, 11, 14, 15}),
    "category": ({"category": "UserManagement"}, {0, 1, 4, 5, 8, 9, 12, 13}),
    "activity": ({"activities": (Activity.RESET_USER_PASSWORD,)}, {0, 1, 4, 5, 8, 9, 12, 13}),
    "status": ({"result": "failure"}, set(range(1, 16, 2))),
    "target": ({"target": "Lars OST"}, {4, 5, 6, 7, 12, 13, 14, 15}),
    "actor": ({"initiated_by": "åkes"}, set(range(8, 16))),
    "text": ({"text": "kari@CONTOSO"}, {0, 1, 2, 3, 8, 9, 10, 11}),
}


def _write_all() -> list[uuid.UUID]:
    for parts in ROWS:
        write(**parts)  # type: ignore[arg-type]
        write(tenant_id=FABRIKAM, **parts)  # type: ignore[arg-type]
    return list(AuditEvent.objects.filter(tenant_id=CONTOSO).order_by("occurred_at").values_list("uid", flat=True))


def test_filters_narrow_together_in_every_combination() -> None:
    uids = _write_all()

    for size in range(4):
        for names in itertools.combinations(PARTS, size):
            wanted = Filter(**{key: value for name in names for key, value in PARTS[name][0].items()})  # type: ignore[arg-type]
            expected = set(range(16)).intersection(*(PARTS[name][1] for name in names))
            found = [row.uid for row in list_events(tenant_id=CONTOSO, matching=wanted)]
            assert found == [uids[place] for place in sorted(expected, reverse=True)], names


def test_correlation_id_finds_the_rows_of_one_attempt() -> None:
    write()
    write(2, correlation_id=ATTEMPT)
    write(tenant_id=FABRIKAM, correlation_id=ATTEMPT)

    assert list_events(tenant_id=CONTOSO, matching=Filter(correlation_id=ATTEMPT)).count() == 2


def test_free_text_is_taken_literally() -> None:
    write(reason="100% sure")
    write(reason="1000 sure")

    assert list_events(tenant_id=CONTOSO, matching=Filter(text="100%")).count() == 1
    assert list_events(tenant_id=CONTOSO, matching=Filter(text="a_a")).count() == 0


def test_own_actions_only() -> None:
    _write_all()

    own = list_events(tenant_id=CONTOSO, only_actor_id=BO.id)

    assert own.count() == 8
    assert {row.actor_id for row in own} == {BO.id}


def test_history_of_a_person_holds_what_was_done_to_them() -> None:
    _write_all()
    group = Target(id=uuid.uuid4(), display_name="Night shift", type="Group")
    write(targets=(group, KARI), activity=Activity.ADD_MEMBER_TO_GROUP)

    assert list_events_about(tenant_id=CONTOSO, user_id=KARI_ID).count() == 9
    related = list_events_about(tenant_id=CONTOSO, user_id=KARI_ID, password_related_only=True)
    assert {row.activity for row in related} == {"Reset user password"}
    assert related.count() == 4


def test_event_of_another_tenant_does_not_exist() -> None:
    write(tenant_id=FABRIKAM)
    uid = AuditEvent.objects.get().uid

    assert get_event(tenant_id=CONTOSO, uid=uid) is None
    assert get_event(tenant_id=FABRIKAM, uid=uid) is not None
    assert get_event(tenant_id=FABRIKAM, uid=uid, only_actor_id=BO.id) is None


def test_pages_hold_every_row_once_also_where_times_are_equal(django_assert_num_queries: object) -> None:
    write(5)
    write(6, now=NOON + timedelta(microseconds=1))
    seen, after = [], ""

    for _ in range(4):
        with django_assert_num_queries(1):  # type: ignore[operator]
            page = page_of(list_events(tenant_id=CONTOSO), after=after, rows=3)
        seen += [row.pk for row in page.rows]
        after = page.next_after

    assert after == ""
    assert seen == sorted(AuditEvent.objects.values_list("pk", flat=True), reverse=True)


@pytest.mark.parametrize("key", ["x", "é", "MTIz", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTkuMQ", "MS4tMQ"])
def test_forged_key_of_a_page_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="No page begins here"):
        page_of(list_events(tenant_id=CONTOSO), after=key)


TEXTS = ({"target": "Lars OST"}, {"initiated_by": "åkes"}, {"text": "kari@CONTOSO"}, {"target": "lars", "text": "åkes"})


@pytest.mark.parametrize("wanted", TEXTS, ids=lambda parts: " and ".join(parts))
def test_texts_are_found_in_rows_that_are_sealed_and_in_others(wanted: dict[str, str]) -> None:
    _write_all()
    matching = Filter(**wanted)  # type: ignore[arg-type]
    before = list_events(tenant_id=CONTOSO, matching=matching).count()
    seal_waiting_rows()
    _write_all()

    events = list_events(tenant_id=CONTOSO, matching=matching)

    assert events.filter(seq=None).count() == events.exclude(seq=None).count() == before > 0


@pytest.mark.postgres
def test_search_is_answered_from_the_index_of_sealed_rows_and_the_rows_that_are_not() -> None:
    asked = [AuditEvent.objects.filter(contains("lars", columns=each)) for each in (["target_text"], ALL_TEXTS)]
    with connection.cursor() as cursor:
        # So few rows are otherwise read from front to back, whatever indexes there are.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        # Of fifty rows the sealed ones are as quickly listed as searched; of a million they are not.
        cursor.execute("ALTER TABLE audit_auditevent DROP CONSTRAINT audit_one_row_per_seq")
        plans = [events.explain() for events in asked]

    for plan in plans:
        assert "audit_search_sealed" in plan, plan
        assert "audit_not_sealed" in plan, plan
