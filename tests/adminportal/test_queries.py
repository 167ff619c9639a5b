"""Written SQL answers what the ORM would answer, with the same kinds of values on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from adminportal.insertion import insert_rows
from adminportal.queries import ahead, execute, fetch, listed, load, one_of, places, to_load, together, write
from adminportal.throttle.models import Counter
from passwords.models import BulkJob, PasswordPolicy
from tests.cast import Cast, make_cast
from users.models import Contact, Tenant, User
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_rows_hold_uuids_and_texts_as_python_knows_them(cast: Cast) -> None:
    person = cast["adele.vance"]

    rows = fetch(
        f"SELECT id, tenant_id, upn_folded FROM users_user WHERE id IN ({places(2)}) ORDER BY id",
        [person.pk, UUID(int=1)],
        uuid_columns=(0, 1),
    )

    assert rows == [(person.pk, person.tenant_id, person.upn_folded)]


ODD = ["", "a,b", 'say "no"', "{x}", "back\\slash\\", "NULL", "null", "Ærø % s", " "]


def test_texts_and_ids_are_found_by_a_list_of_them_whatever_signs_they_hold(cast: Cast) -> None:
    people = [cast["adele.vance"], cast["never.issued"]]
    condition, values = one_of([person.pk for person in people])
    other, none = one_of([UUID(int=1)])

    found = fetch(f"SELECT id FROM users_user WHERE id {condition}", values, uuid_columns=(0,))

    assert {key for (key,) in found} == {person.pk for person in people}
    assert fetch(f"SELECT id FROM users_user WHERE id {other}", none, uuid_columns=(0,)) == []
    for text in ODD:
        execute("UPDATE users_user SET office = %s WHERE id = %s", [text, people[0].pk])
        condition, values = one_of([*ODD[:3], text], kind="text")
        asked = f"SELECT office FROM users_user WHERE id = %s AND office {condition}"
        assert fetch(asked, [people[0].pk, *values], uuid_columns=()) == [(text,)]
        without, rest = one_of([each for each in ODD if each != text], kind="text")
        assert (
            fetch(
                f"SELECT 1 FROM users_user WHERE id = %s AND office {without}", [people[0].pk, *rest], uuid_columns=()
            )
            == []
        )


def test_forty_thousand_ids_fit_into_one_statement(cast: Cast) -> None:
    person = cast["adele.vance"].pk
    many = [*(UUID(int=number) for number in range(1, 40_001)), person]
    condition, values = one_of(many)
    table, rows = listed(many, [str(key) for key in many], kinds=("uuid", "text"))

    found = fetch(f"SELECT id FROM users_user WHERE id {condition}", values, uuid_columns=(0,))
    joined = fetch(
        f"SELECT u.id, fresh.column2 FROM users_user u JOIN {table} ON fresh.column1 = u.id", rows, uuid_columns=(0,)
    )

    assert found == [(person,)]
    assert joined == [(person, str(person))]


def test_rows_of_a_list_stand_side_by_side(cast: Cast) -> None:
    ids = [UUID(int=number) for number in range(len(ODD))]
    table, values = listed(ids, ODD, kinds=("uuid", "text"))

    assert sorted(fetch(f"SELECT column1, column2 FROM {table}", values, uuid_columns=(0,))) == list(
        zip(ids, ODD, strict=True)
    )


def test_statement_says_how_many_rows_it_touched(cast: Cast) -> None:
    person = cast["adele.vance"]

    touched = execute("UPDATE users_user SET office = %s WHERE id = %s", ["Malmö", person.pk])

    person.refresh_from_db()
    assert (touched, person.office) == (1, "Malmö")
    assert execute("UPDATE users_user SET office = '' WHERE id = %s", [UUID(int=1)]) == 0


def test_loaded_instances_equal_those_of_the_orm_in_every_column(cast: Cast) -> None:
    tenant = cast["adele.vance"].tenant
    with within(tenant):
        PasswordPolicy.objects.create(tenant=tenant, custom_terms=["fjordhaven"], history_depth=3)
        rows = load(
            "SELECT {columns} FROM users_user u JOIN users_tenant t ON t.id = u.tenant_id "
            "JOIN passwords_passwordpolicy p ON p.tenant_id = t.id WHERE u.id = %s",
            [cast["adele.vance"].pk],
            models={"u": User, "t": Tenant, "p": PasswordPolicy},
        )
        ((person, home, policy),) = rows

        for loaded in (person, home, policy):
            known = type(loaded)._base_manager.get(pk=loaded.pk)
            for field in loaded._meta.concrete_fields:
                assert getattr(loaded, field.attname) == getattr(known, field.attname), field.name
        assert policy.custom_terms == ["fjordhaven"]


def test_outer_join_that_finds_nothing_gives_none(cast: Cast) -> None:
    person = cast["never.issued"]
    with within(person.tenant):
        Contact.objects.filter(user=person).delete()

    ((found, contact),) = load(
        "SELECT {columns} FROM users_user u LEFT JOIN users_contact c ON c.user_id = u.id WHERE u.id = %s",
        [person.pk],
        models={"u": User, "c": Contact},
    )

    assert found == person
    assert contact is None


def test_nothing_found_is_an_empty_list(cast: Cast) -> None:
    assert load("SELECT {columns} FROM passwords_bulkjob j WHERE j.id = %s", [UUID(int=1)], models={"j": BulkJob}) == []


def _office(person: User, office: str) -> tuple[str, list[object]]:
    return "UPDATE users_user SET office = %s WHERE id = %s", [office, person.pk]


def _counter(digest: str) -> dict[str, object]:
    return {
        "limit": "L1",
        "key_digest": digest,
        "expires_at": datetime(2026, 11, 2, tzinfo=UTC),
        "hits": [digest, "%s"],
    }


@pytest.mark.postgres
def test_writes_of_a_block_travel_in_one_message_and_in_order(cast: Cast) -> None:
    person = cast["adele.vance"]

    with CaptureQueriesContext(connection) as asked, transaction.atomic(), together():
        write(*_office(person, "100 %; Malmö's"))
        insert_rows(Counter, [_counter("a;b"), _counter("c'd")])
        write("UPDATE users_user SET city = office WHERE id = %s", [person.pk])

    person.refresh_from_db()
    assert person.city == "100 %; Malmö's"
    assert [each.hits for each in Counter.objects.order_by("key_digest")] == [["a;b", "%s"], ["c'd", "%s"]]
    assert sum("UPDATE" in query["sql"] for query in asked) == 1


def test_whatever_is_asked_inside_a_block_comes_after_the_writes_before_it(cast: Cast) -> None:
    person = cast["adele.vance"]

    with transaction.atomic(), together():
        write(*_office(person, "Malmö"))
        with within(person.tenant):
            assert User.objects.get(pk=person.pk).office == "Malmö"
        write(*_office(person, "Bergen"))
        assert fetch("SELECT office FROM users_user WHERE id = %s", [person.pk], uuid_columns=()) == [("Bergen",)]
        write(*_office(person, "Odense"))
        insert_rows(Counter, [_counter(str(number)) for number in range(20)])
        write("UPDATE throttle_counter SET version = 7", [])

    person.refresh_from_db()
    assert person.office == "Odense"
    assert Counter.objects.filter(version=7).count() == 20


def test_block_that_fails_writes_nothing_and_leaves_nothing_waiting(cast: Cast) -> None:
    person = cast["adele.vance"]

    with pytest.raises(RuntimeError), transaction.atomic(), together():
        write(*_office(person, "Malmö"))
        raise RuntimeError
    with pytest.raises(IntegrityError), transaction.atomic(), together():
        write(*_office(person, "Malmö"))
        insert_rows(Counter, [_counter("twice"), _counter("twice")])
    write(*_office(cast["diego.siciliani"], "Umeå"))

    person.refresh_from_db()
    assert person.office != "Malmö"
    with within(person.tenant):
        assert User.objects.filter(office="Umeå").count() == 1


def test_answers_asked_ahead_are_those_of_asking_one_by_one_and_given_once(cast: Cast) -> None:
    person, other = cast["adele.vance"], cast["diego.siciliani"]
    whole = to_load("SELECT {columns} FROM users_user u WHERE u.id = %s", [person.pk], models={"u": User})
    office = ("SELECT office FROM users_user WHERE id = %s", (person.pk,))
    nobody = ("SELECT office FROM users_user WHERE id = %s", (UUID(int=1),))

    with ahead([whole, office, nobody, ("SELECT 1 WHERE 1 = 0", ())]):
        execute("UPDATE users_user SET office = 'Later' WHERE id IN (%s, %s)", [person.pk, other.pk])
        ((loaded,),) = load("SELECT {columns} FROM users_user u WHERE u.id = %s", [person.pk], models={"u": User})
        first = fetch(*office, uuid_columns=())
        again = fetch(*office, uuid_columns=())
        missing = fetch(*nobody, uuid_columns=())
        another = fetch(office[0], [other.pk], uuid_columns=())

    assert loaded == person
    assert first in ([(person.office,)], [("Later",)])
    assert (again, missing, another) == ([("Later",)], [], [("Later",)])


@pytest.mark.postgres
def test_questions_asked_ahead_travel_in_one_message(cast: Cast) -> None:
    ids = [cast["adele.vance"].pk, cast["diego.siciliani"].pk]
    questions = [("SELECT upn_folded FROM users_user WHERE id = %s", (each,)) for each in ids]

    with CaptureQueriesContext(connection) as asked, ahead(questions):
        found = [fetch(*question, uuid_columns=())[0][0] for question in questions]

    assert found == [cast["adele.vance"].upn_folded, cast["diego.siciliani"].upn_folded]
    assert len(asked) == 1


def test_row_that_was_seen_is_the_same_instance_until_it_changes(cast: Cast) -> None:
    person, seen = cast["adele.vance"], dict[tuple[object, ...], tuple[object, ...]]()
    asked = "SELECT {columns} FROM users_user u WHERE u.id = %s"

    ((first,),) = load(asked, [person.pk], models={"u": User}, seen=seen)
    ((again,),) = load(asked, [person.pk], models={"u": User}, seen=seen)
    write(*_office(person, "Malmö"))
    ((changed,),) = load(asked, [person.pk], models={"u": User}, seen=seen)

    assert again is first
    assert changed is not first
    assert (changed.pk, changed.office) == (person.pk, "Malmö")
