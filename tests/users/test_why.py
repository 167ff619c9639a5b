"""Why, or why not: the pages must say what the rules decide, for any two people."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.urls import reverse

from adminportal import clock
from tests.budgets import within_budget
from tests.cast import Cast, make_cast, signed_in
from tests.contracts.matrix import (
    RESET_ROWS,
    SENSITIVE_ROWS,
    give,
    give_group,
    join,
    make_group,
    make_matrix_cast,
    name_of_actor,
    name_of_target,
)
from tests.passwords.reset_cast import text_of
from users.access import can_reset
from users.actors import load_actor
from users.models import AdministrativeUnit, Domain, RoleAssignment, UnitMember, User
from users.permissions import HOLDERS, Permission
from users.resetters import list_resetters
from users.role_catalogue import CATALOGUE, CATEGORY_NAMES, PRIVILEGED, UNIT_ROLES
from users.role_duties import PERMISSION_WORDS, list_duties
from users.role_matrix import Kind, draw_matrix
from users.role_names import role_name
from users.roles import COVERS, COVERS_IN_UNIT, SENSITIVE_ROLES, TEMPLATE_IDS, Role, Standing
from users.targets import load_facts
from users.tenancy import within
from users.why import OF_A_THIRD, RULES, Explained, explain

pytestmark = pytest.mark.django_db
HELPDESK = TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR]


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_cast()
    with within(made.tenant):
        yield made


def explained(cast: Cast, actor: str, target: str) -> Explained:
    with within(cast.tenant):
        asked = load_actor(User.objects.get(pk=cast[actor].pk), tenant=cast.tenant)
        user = User.objects.get(pk=cast[target].pk)
        return explain(asked=asked, target=load_facts([user])[user.pk])


def answers(cast: Cast, actor: str, target: str) -> dict[str, tuple[bool, str]]:
    return {answer.question: (answer.allowed, answer.code) for answer in explained(cast, actor, target).answers}


def sentence(cast: Cast, actor: str, target: str) -> str:
    return explained(cast, actor, target).answers[0].text


def ask(cast: Cast, reader: str, **query: Any) -> HttpResponse:
    return signed_in(cast[reader]).get(reverse("users:role-why"), query)


def test_every_pair_of_the_matrix_is_explained_as_it_is_decided() -> None:
    cast = make_matrix_cast()
    reset, block = ({(actor, held): allowed for actor, held, allowed in rows} for rows in (RESET_ROWS, SENSITIVE_ROWS))

    for actor, held in reset:
        said = answers(cast, name_of_actor(actor), name_of_target(held))
        assert said["Reset the password"][0] is reset[actor, held], (actor, held)
        assert said["Block or unblock sign-in"][0] is block.get((actor, held), False), (actor, held)


def test_matrix_page_is_the_independent_table() -> None:
    names = {"none": "No administrator role"}
    for kind, rows in ((Kind.RESET, RESET_ROWS), (Kind.BLOCK, SENSITIVE_ROWS)):
        drawn = {(role, row.label): covered for row in draw_matrix(kind).rows for role, covered in row.cells}
        literal = {(actor, names.get(held, held)): allowed for actor, held, allowed in rows}
        assert drawn == {pair: allowed for pair, allowed in literal.items() if pair[0] in {one for one, _ in drawn}}
        assert not any(allowed for pair, allowed in literal.items() if pair not in drawn)


def test_matrix_of_units_is_the_smaller_table() -> None:
    drawn = {(role, row.label) for row in draw_matrix(Kind.UNIT).rows for role, covered in row.cells if covered}

    assert ("Helpdesk Administrator", "No administrator role") in drawn
    assert ("Helpdesk Administrator", "Directory Readers") not in drawn
    assert len(drawn) == sum(len(covered) for covered in COVERS_IN_UNIT.values())


@pytest.mark.parametrize("kind", [*Kind, "shoes"])
def test_every_table_is_shown(cast: Cast, kind: str) -> None:
    response = signed_in(cast["helpdesk.admin"]).get(reverse("users:role-matrix"), {"kind": kind})

    assert response.status_code == 200
    assert "The other person holds" in text_of(response)


def test_sentences_count_the_roles_as_the_tables_do() -> None:
    """The rules are told with numbers: whoever changes a table changes the sentence."""
    assert (len(COVERS), len(SENSITIVE_ROLES), len(HOLDERS[Permission.SESSION_END])) == (6, 4, 5)
    assert "six" in str(RULES["RESET_NO_ROLE"]) and "four" in str(RULES["NO_RIGHT_USER_BLOCK"])
    assert "five" in str(RULES["NO_RIGHT_SESSION_END"])


def test_catalogue_tells_of_every_role_and_every_right() -> None:
    assert set(CATALOGUE) == set(Role)
    assert {facts.category for facts in CATALOGUE.values()} == set(CATEGORY_NAMES)
    assert set(PERMISSION_WORDS) == set(Permission), "A new right needs its words in users/role_duties.py."
    assert COVERS_IN_UNIT.keys() <= UNIT_ROLES and COVERS.keys() <= PRIVILEGED
    given = {duty.label for duty in list_duties(Role.GLOBAL_READER) if duty.is_given}
    assert given == {str(PERMISSION_WORDS[right]) for right, roles in HOLDERS.items() if Role.GLOBAL_READER in roles}


def test_refusal_is_told_of_the_one_who_asks_about(cast: Cast) -> None:
    cast.add("half", roles=(Role.HELPDESK_ADMINISTRATOR, Role.AUTHENTICATION_ADMINISTRATOR))
    cast.add("both", roles=(Role.HELPDESK_ADMINISTRATOR, Role.AUTHENTICATION_ADMINISTRATOR))

    assert sentence(cast, "helpdesk.admin", "user.admin") == (
        "User Admin holds User Administrator, "
        "and the role Helpdesk Administrator of Helpdesk Admin does not cover that."
    )
    assert "no single role of Half covers all" in sentence(cast, "half", "both")
    assert sentence(cast, "adele.vance", "diego.siciliani") == "No role of Adele Vance may reset passwords."
    assert "role-assignable group Break glass" in sentence(cast, "helpdesk.admin", "grady.archie")
    assert "writeback is off" in sentence(cast, "global.admin", "lee.gu")
    assert sentence(cast, "global.admin", "global.admin").startswith("Global Admin uses My account")


def test_role_over_a_unit_is_named_with_the_unit(cast: Cast) -> None:
    unit = AdministrativeUnit.objects.create(tenant=cast.tenant, name="Sales", created_at=clock.now())
    UnitMember.objects.create(tenant=cast.tenant, unit=unit, user=cast["diego.siciliani"])
    RoleAssignment.objects.filter(pk=give(cast, cast["adele.vance"], HELPDESK).pk).update(unit=unit)

    inside = explained(cast, "adele.vance", "diego.siciliani")

    assert inside.answers[0].text == "Adele Vance may, as Helpdesk Administrator over the administrative unit Sales."
    assert [row.label for row in inside.covers] == ["Helpdesk Administrator (Sales)"]
    assert "outside the administrative units" in sentence(cast, "adele.vance", "never.issued")
    assert explained(cast, "adele.vance", "never.issued").covers == ()


def test_smallest_role_that_would_do_and_its_holders_are_named(cast: Cast) -> None:
    refused = explained(cast, "helpdesk.admin", "user.admin")

    assert refused.smallest == "User Administrator"
    assert refused.resetters is not None
    named = {role.label: [person.name for person in role.people] for role in refused.resetters.roles}
    assert named == {
        "User Administrator": [],  # the only one is the person in question
        "Privileged Authentication Administrator": ["Privileged Authentication Admin"],
        "Global Administrator": ["Global Admin"],
    }
    assert explained(cast, "global.admin", "lee.gu").smallest == ""


def test_each_role_is_held_against_each_thing_that_is_held(cast: Cast) -> None:
    cast.add("half", roles=(Role.HELPDESK_ADMINISTRATOR, Role.AUTHENTICATION_ADMINISTRATOR))
    cast.add("both", roles=(Role.HELPDESK_ADMINISTRATOR, Role.AUTHENTICATION_ADMINISTRATOR))

    both = explained(cast, "half", "both")

    assert both.held == ("Authentication Administrator", "Helpdesk Administrator")
    assert [(row.label, row.cells) for row in both.covers] == [
        ("Helpdesk Administrator", (False, True)),
        ("Authentication Administrator", (True, False)),
    ]


def test_blocked_actor_has_no_role_in_force_and_the_page_says_so(cast: Cast) -> None:
    give(cast, cast["isaiah.langer"], HELPDESK)

    assert explained(cast, "isaiah.langer", "adele.vance").is_actor_out
    assert answers(cast, "isaiah.langer", "adele.vance")["Reset the password"] == (False, "RESET_NO_ROLE")


def test_every_sentence_takes_the_values_of_its_decision(cast: Cast) -> None:
    values = dict.fromkeys(("actor", "user", "role", "best", "list", "group", "units"), "x")

    assert all("%" not in str(words) % values for words in OF_A_THIRD.values())


def test_page_begins_with_oneself_and_explains_two_who_are_chosen(cast: Cast) -> None:
    start = ask(cast, "helpdesk.admin")
    verdict = ask(cast, "helpdesk.admin", actor=str(cast["password.admin"].pk), target=str(cast["helpdesk.admin"].pk))

    assert start.context["actor"].chosen == cast["helpdesk.admin"]  # type: ignore[attr-defined]
    assert start.context["explained"] is None  # type: ignore[attr-defined]
    assert "Password Admin and Helpdesk Admin" in text_of(verdict)
    assert "RESET_TARGET_ROLE" in text_of(verdict)


def test_search_offers_people_beside_the_one_who_is_chosen(cast: Cast) -> None:
    response = ask(cast, "global.admin", target=str(cast["adele.vance"].pk), target_search="diego")

    people = [user.display_name for user in response.context["target"].people]  # type: ignore[attr-defined]
    assert people == ["Adele Vance", "Diego Siciliani"]


def test_stranger_is_no_person_here(cast: Cast) -> None:
    foreign = make_cast("fabrikam.example", "Fabrikam")

    for typed in (str(foreign["adele.vance"].pk), str(uuid4()), "x"):
        response = ask(cast, "global.admin", target=typed)
        assert (response.status_code, response.context["explained"]) == (422, None)  # type: ignore[attr-defined]
        assert "There is no such person." in text_of(response)


def resetters_of(cast: Cast, name: str) -> dict[str, list[tuple[str, str]]]:
    found = list_resetters(User.objects.get(pk=cast[name].pk))
    return {role.label: [(person.name, person.unit) for person in role.people] for role in found.roles}


def test_those_who_are_named_are_exactly_those_who_can(cast: Cast) -> None:
    """Asked from the other side, the same rules must give the same people."""
    unit = AdministrativeUnit.objects.create(tenant=cast.tenant, name="Sales", created_at=clock.now())
    desk = make_group(cast, "Desk", is_role_assignable=True)
    join(cast, desk, cast["never.issued"])
    give_group(cast, desk, TEMPLATE_IDS[Role.USER_ADMINISTRATOR])
    give(cast, cast["isaiah.langer"], TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])
    give(cast, cast["lee.gu"], TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR], is_active=False)
    RoleAssignment.objects.filter(pk=give(cast, cast["guest.person"], HELPDESK).pk).update(unit=unit)
    for name in ("adele.vance", "helpdesk.admin"):
        UnitMember.objects.create(tenant=cast.tenant, unit=unit, user=cast[name])
    everybody = [load_actor(user, tenant=cast.tenant) for user in User.objects.all()]

    for name in ("adele.vance", "diego.siciliani", "helpdesk.admin", "grady.archie", "global.admin", "guest.inviter"):
        facts = load_facts([User.objects.get(pk=cast[name].pk)])[cast[name].pk]
        can = {actor.display_name for actor in everybody if can_reset(actor, facts).allowed}
        assert {person for people in resetters_of(cast, name).values() for person, _unit in people} == can, name
    assert ("Guest Person", "Sales") in resetters_of(cast, "adele.vance")["Helpdesk Administrator"]


def test_smallest_role_is_named_first_and_few_people_of_each(cast: Cast) -> None:
    for number in range(7):
        cast.add(f"desk{number}", roles=(Role.PASSWORD_ADMINISTRATOR,))

    found = resetters_of(cast, "adele.vance")

    assert list(found) == [role_name(role) for role in COVERS]
    assert len(found["Password Administrator"]) == 5


def test_my_account_names_who_can_help_with_their_work_address(cast: Cast) -> None:
    page = unescape(signed_in(cast["diego.siciliani"]).get(reverse("users:account")).content.decode())

    assert "Who can reset me?" in page
    assert 'href="mailto:helpdesk.admin@contoso.example"' in page


def test_my_account_of_a_global_administrator_names_the_others_only(cast: Cast) -> None:
    page = text_of(signed_in(cast["global.admin"]).get(reverse("users:account")))

    assert "privileged.authentication.admin@contoso.example" in page
    assert "helpdesk.admin@contoso.example" not in page


@pytest.mark.parametrize(
    ("name", "reason"), [("lee.gu", "password writeback is off"), ("guest.person", "another organization")]
)
def test_my_account_says_where_the_password_is_kept_instead(cast: Cast, name: str, reason: str) -> None:
    page = text_of(signed_in(cast[name]).get(reverse("users:account")))

    assert reason in page and "mailto:" not in page


def test_my_account_of_a_federated_domain_says_so(cast: Cast) -> None:
    Domain.objects.update(is_federated=True)

    assert "contoso.example is federated" in text_of(signed_in(cast["adele.vance"]).get(reverse("users:account")))


def test_alone_with_every_right_one_is_told_of_emergency_access(cast: Cast) -> None:
    RoleAssignment.objects.exclude(user=cast["global.admin"]).delete()

    assert "has emergency access" in text_of(signed_in(cast["global.admin"]).get(reverse("users:account")))


def test_my_account_stays_within_its_budget(cast: Cast) -> None:
    client = signed_in(cast["adele.vance"])

    with within_budget("users:account"):
        client.get(reverse("users:account"))


def test_standing_of_every_kind_has_a_row() -> None:
    assert len(draw_matrix(Kind.RESET).rows) == len(Role) + len(Standing)
