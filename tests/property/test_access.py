"""The question about one target and the query over all people give the same answer, for any population."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adminportal import clock
from tests.cast import Cast, make_tenant
from tests.contracts.matrix import CUSTOM_ROLE, give, give_group, join, make_group, make_unit, own
from users.access import can_reset, resettable_users
from users.actors import Actor, load_actor
from users.models import AdministrativeUnit, UnitMember, User
from users.roles import COVERS, COVERS_IN_UNIT, TEMPLATE_IDS, Role, Standing, judge_reset
from users.targets import load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db

ROLES = [*TEMPLATE_IDS.values(), CUSTOM_ROLE]
SOURCE_CODES = {"RESET_GUEST", "RESET_FEDERATED", "RESET_SYNCED_NO_WRITEBACK"}
"""Refusals that say where a password is kept: the query is about roles alone."""

assignments = st.tuples(st.sampled_from(ROLES), st.booleans(), st.booleans(), st.sampled_from([None, 0, 1]))
people = st.fixed_dictionaries(
    {
        "roles": st.lists(assignments, max_size=3, unique_by=lambda assignment: assignment[0]),
        "member_of": st.sets(st.integers(0, 2), max_size=2),
        "owner_of": st.sets(st.integers(0, 2), max_size=1),
        "units": st.sets(st.integers(0, 1), max_size=2),
        "deleted": st.booleans(),
        "guest": st.booleans(),
        "synced": st.booleans(),
    }
)
groups = st.fixed_dictionaries(
    {"assignable": st.booleans(), "roles": st.lists(assignments, max_size=2, unique_by=lambda assigned: assigned[0])}
)


def populate(crowd: list[dict], teams: list[dict]) -> Cast:
    cast = make_tenant("contoso.example", "Contoso")
    with within(cast.tenant):
        made = [make_group(cast, f"Team {n}", is_role_assignable=team["assignable"]) for n, team in enumerate(teams)]
        units = {None: None, 0: make_unit(cast, "North"), 1: make_unit(cast, "South")}
        for group, team in zip(made, teams, strict=True):
            for role, is_active, is_restricted, unit in team["roles"]:
                facts = {"is_active": is_active, "is_restricted_unit": is_restricted, "unit": units[unit]}
                give_group(cast, group, role, **facts)
        for number, person in enumerate(crowd):
            details = {
                "user_type": "guest" if person["guest"] else "member",
                "on_premises_sync_enabled": person["synced"],
                "deleted_at": clock.now() if person["deleted"] else None,
            }
            user = cast.add(f"person{number}", has_password=False, details=details)
            for role, is_active, is_restricted, unit in person["roles"]:
                facts = {"is_active": is_active, "is_restricted_unit": is_restricted, "unit": units[unit]}
                give(cast, user, role, **facts)
            for place in person["units"]:
                UnitMember.objects.create(tenant=cast.tenant, unit=units[place], user=user)
            for place in person["member_of"]:
                join(cast, made[place], user)
            for place in person["owner_of"]:
                own(cast, made[place], user)
    return cast


def reached_one_by_one(actor: Actor, everybody: list[User]) -> set[UUID]:
    facts = load_facts(everybody)
    answers = {pk: can_reset(actor, target) for pk, target in facts.items()}
    return {pk for pk, answer in answers.items() if answer.allowed or answer.code in SOURCE_CODES}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(crowd=st.lists(people, min_size=2, max_size=7), teams=st.lists(groups, min_size=3, max_size=3))
def test_query_over_people_agrees_with_the_question_about_each(crowd: list[dict], teams: list[dict]) -> None:
    with transaction.atomic():
        assert_both_agree(populate(crowd, teams))
        transaction.set_rollback(True)


def assert_both_agree(cast: Cast) -> None:
    with within(cast.tenant):
        everybody = list(User.objects.all())
        for user in everybody:
            actor = load_actor(user, tenant=cast.tenant)
            assert set(resettable_users(actor).values_list("pk", flat=True)) == reached_one_by_one(actor, everybody)
        for role, unit in itertools.product(COVERS_IN_UNIT, AdministrativeUnit.objects.all()):
            scoped = Actor(
                user=everybody[0],
                tenant=cast.tenant,
                roles=frozenset(),
                permissions=frozenset(),
                unit_roles={unit.pk: frozenset({role})},
                unit_names={unit.pk: unit.name},
            )
            assert set(resettable_users(scoped).values_list("pk", flat=True)) == reached_one_by_one(scoped, everybody)
        for role in COVERS:
            lone = Actor(user=everybody[0], tenant=cast.tenant, roles=frozenset({role}), permissions=frozenset())
            assert set(resettable_users(lone).values_list("pk", flat=True)) == reached_one_by_one(lone, everybody)


@settings(max_examples=200, deadline=None)
@given(
    actor=st.frozensets(st.sampled_from(list(Role)), max_size=4),
    held=st.frozensets(st.sampled_from([*Role, *Standing]), max_size=4),
)
def test_more_roles_of_the_target_never_make_a_reset_easier(actor: frozenset[Role], held: frozenset) -> None:
    for kept in held:
        smaller = held - {kept}
        if smaller and judge_reset(actor, held).allowed:
            assert judge_reset(actor, smaller).allowed


@settings(max_examples=200, deadline=None)
@given(
    actor=st.frozensets(st.sampled_from(list(Role)), max_size=4),
    held=st.frozensets(st.sampled_from([*Role, *Standing]), max_size=4),
)
def test_several_roles_reach_exactly_whom_one_of_them_reaches(actor: frozenset[Role], held: frozenset) -> None:
    alone = any(judge_reset(frozenset({role}), held).allowed for role in actor)
    assert judge_reset(actor, held).allowed is alone
