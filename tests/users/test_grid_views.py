"""Standard views of Active users: whom each picks, for whom it is there, and what a bulk job freezes of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from adminportal import clock
from passwords.models import BulkAct, BulkJob
from passwords.services.bulk_selection import draft_from_filter, people_of
from tests.cast import Cast, make_cast, make_tenant, part, signed_in
from users.grid import Wanted
from users.grid import people_of as everyone_of
from users.grid_links import FIRST_VIEWS
from users.grid_views import LABELS, Reading, View, condition_of
from users.models import (
    AdministrativeUnit,
    Contact,
    Group,
    GroupMember,
    LicenceAssignment,
    LicenceProduct,
    RoleAssignment,
    SignInGuard,
    UnitMember,
    User,
)
from users.roles import TEMPLATE_IDS, Role
from users.services.lockout import LockoutRules, reserve
from users.tenancy import within

pytestmark = pytest.mark.django_db
LIST = "/users/active"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def admin(cast: Cast) -> Client:
    return signed_in(cast["global.admin"])


def names(client: Client, **query: str) -> set[str]:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return {row.user.user_principal_name.partition("@")[0] for row in response.context["rows"]}


def test_every_view_has_a_label_and_is_in_sight_or_in_the_menu(cast: Cast, admin: Client) -> None:
    page = admin.get(LIST)

    assert set(LABELS) == set(View)
    shown = [str(tab.label) for tab in (*page.context["tabs"], *page.context["more_tabs"])]
    assert shown == [str(LABELS[view]) for view in View if view is not View.MY_UNITS]
    assert len(page.context["tabs"]) == len(FIRST_VIEWS) - 1


def test_view_of_the_menu_stands_in_sight_while_it_is_shown(cast: Cast, admin: Client) -> None:
    page = admin.get(LIST, {"view": "guests"})

    current = [str(tab.label) for tab in page.context["tabs"] if tab.is_current]
    assert current == ["Guest users"]
    assert "Guest users" not in [str(tab.label) for tab in page.context["more_tabs"]]


def test_licensed_and_unlicensed_are_everybody_together(cast: Cast, admin: Client) -> None:
    with within(cast.tenant):
        product = LicenceProduct.objects.create(tenant=cast.tenant, name="Portal, all features")
        for name in ("adele.vance", "diego.siciliani"):
            LicenceAssignment.objects.create(tenant=cast.tenant, product=product, user=cast[name])

    assert names(admin, view="licensed") == {"adele.vance", "diego.siciliani"}
    assert names(admin, view="unlicensed") == set(cast.people) - {"adele.vance", "diego.siciliani"}


def test_guests_blocked_and_allowed(cast: Cast, admin: Client) -> None:
    assert names(admin, view="guests") == {"guest.person"}
    assert names(admin, view="blocked") == {"isaiah.langer"}
    assert names(admin, view="allowed") == set(cast.people) - {"isaiah.langer"}


def test_admins_are_found_by_name_by_group_and_over_a_unit(cast: Cast, admin: Client) -> None:
    with within(cast.tenant):
        now = clock.now()
        group = Group.objects.create(tenant=cast.tenant, name="Desk", is_role_assignable=True, created_at=now)
        GroupMember.objects.create(tenant=cast.tenant, group=group, user=cast["adele.vance"])
        unit = AdministrativeUnit.objects.create(tenant=cast.tenant, name="Bergen", created_at=now)
        given = {"tenant": cast.tenant, "role": TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR], "created_at": now}
        RoleAssignment.objects.create(group=group, **given)
        RoleAssignment.objects.create(user=cast["diego.siciliani"], unit=unit, **given)

    assert names(admin, view="helpdesk_admins") == {"helpdesk.admin", "adele.vance", "diego.siciliani"}
    assert names(admin, view="global_admins") == {"global.admin"}
    assert names(admin, view="user_admins") == {"user.admin"}
    assert names(admin, view="billing_admins") == {"billing.admin"}
    services = {"billing", "security", "exchange", "application", "domain.name", "hybrid.identity"}
    assert names(admin, view="service_admins") == {f"{service}.admin" for service in services}


def test_locked_are_those_whose_lock_lasts_and_those_who_are_stopped(cast: Cast, admin: Client) -> None:
    now, rules = clock.now(), LockoutRules(threshold=1, first_seconds=90)
    adele, diego = cast["adele.vance"], cast["diego.siciliani"]
    reserve(folded_name=adele.upn_folded, is_familiar=True, rules=rules, now=now, user_id=adele.pk)
    reserve(folded_name="nobody@contoso.example", is_familiar=True, rules=rules, now=now)
    for _ in range(2):
        reserve(folded_name=diego.upn_folded, is_familiar=False, rules=LockoutRules(threshold=999), now=now)
    SignInGuard.objects.filter(is_familiar=False).update(failures_in_a_row=100)
    reserve(folded_name=diego.upn_folded, is_familiar=False, rules=LockoutRules(), now=now, user_id=diego.pk)

    assert names(admin, view="locked") == {"adele.vance", "diego.siciliani"}
    with clock.travel(timedelta(minutes=2)):
        assert names(admin, view="locked") == {"diego.siciliani"}


def test_sign_in_notes_whose_name_is_guessed_and_keeps_unknown_names_to_itself(cast: Cast) -> None:
    for name in ("adele.vance@contoso.example", "nobody@contoso.example"):
        Client().post("/signin", {"user_name": name, "password": "wrong"})

    assert set(SignInGuard.objects.values_list("user_id", flat=True)) == {cast["adele.vance"].pk, None}


def test_expired_temporary_passwords(cast: Cast, admin: Client) -> None:
    now = clock.now()
    with within(cast.tenant):
        temporary = {"is_temporary": True, "must_change": True}
        User.objects.filter(pk=cast["adele.vance"].pk).update(temporary_expires_at=now, **temporary)
        later = now + timedelta(hours=1)
        User.objects.filter(pk=cast["diego.siciliani"].pk).update(temporary_expires_at=later, **temporary)

    assert names(admin, view="temporary_expired") == {"adele.vance"}


@pytest.mark.postgres
def test_expired_temporary_passwords_are_found_without_a_look_at_the_others(cast: Cast) -> None:
    now, waiting = clock.now(), [f"person.{number:03d}" for number in range(300)]
    cast.add_all(*(part(name, has_password=False) for name in waiting))
    wanted = Wanted(words=(), view=View.TEMPORARY_EXPIRED, reading=Reading(at=now))
    with within(cast.tenant), connection.cursor() as cursor:
        people = User.objects.filter(pk__in=[cast[name].pk for name in waiting])
        people.update(is_temporary=True, must_change=True, temporary_expires_at=now + timedelta(hours=1))
        User.objects.filter(pk=cast[waiting[7]].pk).update(temporary_expires_at=now)
        cursor.execute("ANALYZE users_user")
        cursor.execute("SET LOCAL enable_seqscan = off")
        plans = [
            each.explain(analyze=True)
            for each in (everyone_of(wanted), everyone_of(wanted).order_by("sort_name", "pk"))
        ]

    for plan in plans:
        assert "user_must_change" in plan and "Rows Removed by Filter" not in plan, plan


def test_whoever_has_a_mobile_or_an_alternate_address_can_recover(cast: Cast, admin: Client) -> None:
    with within(cast.tenant):
        Contact.objects.create(
            tenant=cast.tenant,
            user=cast["diego.siciliani"],
            kind="office_phone",
            value="+47 55 55 01 01",
            changed_at=clock.now(),
        )

    assert names(admin, view="no_recovery") == set(cast.people) - {"adele.vance"}


@pytest.fixture
def unit_helper(cast: Cast) -> User:
    """Somebody who is Helpdesk Administrator of a unit of two, and nothing else."""
    helper = cast.add("unit.helper")
    with within(cast.tenant):
        now = clock.now()
        unit = AdministrativeUnit.objects.create(tenant=cast.tenant, name="Bergen", created_at=now)
        for name in ("adele.vance", "diego.siciliani"):
            UnitMember.objects.create(tenant=cast.tenant, unit=unit, user=cast[name])
        RoleAssignment.objects.create(
            tenant=cast.tenant,
            user=helper,
            role=TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR],
            unit=unit,
            created_at=now,
        )
    return helper


def test_own_units_come_first_for_whoever_helps_units_alone(cast: Cast, unit_helper: User) -> None:
    client = signed_in(unit_helper)

    assert names(client) == {"adele.vance", "diego.siciliani"}
    assert names(client, view="all") == set(cast.people)
    assert names(client, search="nobody") == set()
    assert 'name="view" value="my_units"' in client.get(LIST).content.decode()


def test_nobody_else_has_own_units(cast: Cast, admin: Client) -> None:
    response = admin.get(LIST, {"view": "my_units"})

    assert response.status_code == 422
    assert response.context["problem"] == "There is no such view or order. All users are shown."


def test_whoever_helps_a_unit_beside_the_tenant_starts_with_everybody(cast: Cast, unit_helper: User) -> None:
    with within(cast.tenant):
        RoleAssignment.objects.create(
            tenant=cast.tenant,
            user=unit_helper,
            role=TEMPLATE_IDS[Role.PASSWORD_ADMINISTRATOR],
            created_at=clock.now(),
        )
    client = signed_in(unit_helper)

    assert names(client) == set(cast.people)
    assert names(client, view="my_units") == {"adele.vance", "diego.siciliani"}


def test_broken_address_shows_a_unit_helper_everybody_and_leads_on_there(cast: Cast, unit_helper: User) -> None:
    response = signed_in(unit_helper).get(LIST, {"sort": "shoe-size"})

    assert response.status_code == 422
    assert response.context["view"] == "all"
    assert "view=all" in response.context["everyone_url"]


def test_everyone_of_own_units_becomes_a_job_on_these_units(cast: Cast, unit_helper: User) -> None:
    client = signed_in(unit_helper)

    client.post("/passwords/bulk/new", {"act": "reset", "select": "all"})

    with within(cast.tenant):
        job = BulkJob.objects.get()
        assert {user.pk for user in people_of(job)} == {cast["adele.vance"].pk, cast["diego.siciliani"].pk}
        UnitMember.objects.filter(user=cast["diego.siciliani"]).delete()
        assert [user.pk for user in people_of(job)] == [cast["adele.vance"].pk]


def test_job_reads_its_view_at_the_moment_it_was_drafted(cast: Cast) -> None:
    now = clock.now()

    def draft(view: str, moment: datetime) -> BulkJob:
        return draft_from_filter(
            actor=cast.actor("global.admin"),
            act=BulkAct.RESET,
            search="",
            view=view,
            in_contacts=False,
            now=moment,
        )

    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(
            is_temporary=True, must_change=True, temporary_expires_at=now
        )
        drafts = [draft("temporary_expired", moment) for moment in (now, now - timedelta(seconds=1))]

        assert [people_of(job).count() for job in drafts] == [1, 0]
        with pytest.raises(ValueError, match="my_units"):
            draft("my_units", now)


def test_view_that_depends_on_the_reader_is_never_guessed() -> None:
    with pytest.raises(ValueError, match="locked"):
        condition_of(View.LOCKED, reading=None)


def test_views_of_two_tenants_do_not_mix(cast: Cast, admin: Client) -> None:
    other = make_tenant("fabrikam.example", "Fabrikam")
    stranger = other.add("boss", roles=(Role.GLOBAL_ADMINISTRATOR,))
    reading = Reading(at=clock.now(), hard_stop=100)
    now, rules = clock.now(), LockoutRules(threshold=1)
    reserve(folded_name=stranger.upn_folded, is_familiar=True, rules=rules, now=now, user_id=stranger.pk)

    with within(cast.tenant):
        for view in View:
            found = User.objects.filter(condition_of(view, reading=reading))
            assert not found.filter(pk=stranger.pk).exists(), view
