"""Written SQL answers what the ORM would answer, with the same kinds of values on every database."""

from __future__ import annotations

from uuid import UUID

import pytest

from adminportal.queries import execute, fetch, load, places
from passwords.models import BulkJob, PasswordPolicy
from tests.cast import Cast, make_cast
from users.models import Contact, Tenant, User
from users.tenancy import within


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def test_rows_hold_uuids_and_texts_as_python_knows_them(cast: Cast) -> None:
    person = cast["adele.vance"]

    rows = fetch(
        f"SELECT id, tenant_id, upn_folded FROM users_user WHERE id IN ({places(2)}) ORDER BY id",
        [person.pk, UUID(int=1)],
        uuid_columns=(0, 1),
    )

    assert rows == [(person.pk, person.tenant_id, person.upn_folded)]


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
