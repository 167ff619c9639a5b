"""Sort keys: the database keeps them in step with the people, whoever writes them."""

from __future__ import annotations

import pytest
from django.db import connection

from adminportal import clock
from tests.cast import Cast, make_cast, make_tenant
from users.models import SortKeys, User
from users.sort_triggers import install_triggers
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_tenant("contoso.example", "Contoso")
    cast.add("oda", display_name="Øda Lund", details={"department": "Økonomi", "office": "Å 7", "country": "Norge"})
    return cast


def keys_of(cast: Cast, name: str) -> tuple[str, ...]:
    with within(cast.tenant):
        keys = SortKeys.objects.get(user=cast[name])
    return keys.department, keys.office, keys.city, keys.country, keys.name


def test_new_person_has_folded_keys_of_the_same_tenant(cast: Cast) -> None:
    assert keys_of(cast, "oda") == ("okonomi", "a 7", "", "norge", "oda lund")

    with within(make_cast("fabrikam.example", "Fabrikam").tenant):
        assert not SortKeys.objects.filter(user=cast["oda"]).exists()


def test_keys_follow_a_change_of_the_person(cast: Cast) -> None:
    person = cast["oda"]
    with within(cast.tenant):
        person.department, person.display_name = "Salg", "Åse Lund"
        person.fold()
        person.save(update_fields=["department", "display_name", "sort_department", "sort_name"])

    assert keys_of(cast, "oda") == ("salg", "a 7", "", "norge", "ase lund")


def test_a_change_of_the_password_columns_leaves_the_keys_untouched(cast: Cast) -> None:
    with within(cast.tenant):
        SortKeys.objects.filter(user=cast["oda"]).update(department="a mark")
        User.objects.filter(pk=cast["oda"].pk).update(password_changed_at=clock.now(), must_change=True)

    assert keys_of(cast, "oda")[0] == "a mark"


def test_triggers_are_put_back_where_a_migration_lost_them(cast: Cast) -> None:
    names = ["users_sort_keys"] if connection.vendor == "postgresql" else ["users_sort_keys_new"]
    on_table = " ON users_user" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TRIGGER {name}{on_table}")

    install_triggers(connection)
    install_triggers(connection)
    cast.add("later", display_name="Later Lund")

    assert keys_of(cast, "later")[-1] == "later lund"


def test_deleting_a_person_deletes_the_keys(cast: Cast) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["oda"].pk).delete()
        assert not SortKeys.objects.exists()
