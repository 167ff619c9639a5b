"""Who may reset whom beyond the matrix: several roles, groups, scopes, oneself, where a password is kept."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.utils import translation

from adminportal import clock
from tests.cast import Cast, make_tenant
from tests.contracts.matrix import CUSTOM_ROLE, give, give_group, join, make_group, own
from users.access import Decision, can_block, can_end_sessions, can_reset, needs_fresh_proof
from users.models import Domain, RoleAssignment, User
from users.permissions import HOLDERS, Permission
from users.refusals import SENTENCES, sentence
from users.roles import ROLE_OF_TEMPLATE, TEMPLATE_IDS, Role
from users.targets import TargetFacts, load_facts
from users.tenancy import within

pytestmark = pytest.mark.django_db

HELPDESK, AUTHENTICATION = Role.HELPDESK_ADMINISTRATOR, Role.AUTHENTICATION_ADMINISTRATOR
PASSWORD, GLOBAL = Role.PASSWORD_ADMINISTRATOR, Role.GLOBAL_ADMINISTRATOR
POLICY = "Authentication Policy Administrator"
PRIVILEGED = Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR


@pytest.fixture
def cast() -> Iterator[Cast]:
    made = make_tenant("contoso.example", "Contoso")
    made.add("helpdesk", roles=(HELPDESK,))
    made.add("global", roles=(GLOBAL,))
    made.add("privileged", roles=(PRIVILEGED,))
    made.add("adele.vance")
    with within(made.tenant):
        yield made


def facts_of(user: User) -> TargetFacts:
    return load_facts([User.objects.get(pk=user.pk)])[user.pk]


def ask(cast: Cast, actor: str, target: str) -> Decision:
    return can_reset(cast.actor(actor), facts_of(cast[target]))


def assert_only_the_two_privileged_roles_reach(cast: Cast, target: str) -> None:
    assert not ask(cast, "helpdesk", target).allowed
    assert ask(cast, "global", target).allowed
    assert ask(cast, "privileged", target).allowed


def test_two_half_covering_roles_do_not_add_up(cast: Cast) -> None:
    cast.add("both", roles=(HELPDESK, AUTHENTICATION))
    cast.add("target", roles=(HELPDESK, AUTHENTICATION))

    decision = ask(cast, "both", "target")

    assert (decision.allowed, decision.code) == (False, "RESET_TARGET_SPLIT")
    assert decision.values["list"] == "Authentication Administrator, Helpdesk Administrator"
    assert ask(cast, "global", "target").allowed


def test_each_half_alone_is_covered_by_the_one_role_that_fits(cast: Cast) -> None:
    cast.add("both", roles=(HELPDESK, AUTHENTICATION))
    cast.add("desk", roles=(HELPDESK,))
    cast.add("methods", roles=(AUTHENTICATION,))

    assert ask(cast, "both", "desk").acting_role == HELPDESK
    assert ask(cast, "both", "methods").acting_role == AUTHENTICATION


def test_nobody_resets_himself(cast: Cast) -> None:
    assert ask(cast, "global", "global").code == "RESET_SELF"
    assert can_block(cast.actor("global"), facts_of(cast["global"])).code == "BLOCK_SELF"
    assert can_end_sessions(cast.actor("global"), facts_of(cast["global"])).code == "SIGN_OUT_SELF"


def test_custom_role_is_covered_by_the_two_privileged_roles_only(cast: Cast) -> None:
    cast.add("target")
    give(cast, cast["target"], CUSTOM_ROLE)

    assert_only_the_two_privileged_roles_reach(cast, "target")
    assert ask(cast, "helpdesk", "target").code == "RESET_TARGET_UNKNOWN_ROLE"


def test_custom_role_gives_its_holder_nothing(cast: Cast) -> None:
    cast.add("acting")
    give(cast, cast["acting"], CUSTOM_ROLE)

    assert cast.actor("acting").roles == frozenset()
    assert not cast.actor("acting").is_admin
    assert ask(cast, "acting", "adele.vance").code == "RESET_NO_ROLE"


def test_role_through_a_role_assignable_group_gives_rights_to_its_members(cast: Cast) -> None:
    cast.add("member")
    cast.add("owner")
    group = make_group(cast, "Desk", is_role_assignable=True)
    give_group(cast, group, TEMPLATE_IDS[HELPDESK])
    join(cast, group, cast["member"])
    own(cast, group, cast["owner"])

    assert ask(cast, "member", "adele.vance").allowed
    assert ask(cast, "owner", "adele.vance").code == "RESET_NO_ROLE"
    for protected in ("member", "owner"):
        assert_only_the_two_privileged_roles_reach(cast, protected)
        assert ask(cast, "helpdesk", protected).code == "RESET_TARGET_RA_GROUP"
        assert ask(cast, "helpdesk", protected).values["group"] == "Desk"


def test_role_through_an_ordinary_group_counts_for_the_target_and_gives_nothing(cast: Cast) -> None:
    cast.add("member")
    group = make_group(cast, "Staff", is_role_assignable=False)
    give_group(cast, group, TEMPLATE_IDS[GLOBAL])
    join(cast, group, cast["member"])

    assert cast.actor("member").roles == frozenset()
    assert ask(cast, "helpdesk", "member").code == "RESET_TARGET_ROLE"


def test_ordinary_group_without_a_role_protects_nobody(cast: Cast) -> None:
    group = make_group(cast, "Everybody", is_role_assignable=False)
    join(cast, group, cast["adele.vance"])
    own(cast, group, cast["adele.vance"])

    assert ask(cast, "helpdesk", "adele.vance").allowed


def test_eligible_role_counts_for_the_target_and_gives_nothing_to_the_actor(cast: Cast) -> None:
    cast.add("eligible")
    give(cast, cast["eligible"], TEMPLATE_IDS[GLOBAL], is_active=False)

    assert ask(cast, "helpdesk", "eligible").code == "RESET_TARGET_ROLE"
    assert cast.actor("eligible").roles == frozenset()
    assert ask(cast, "eligible", "adele.vance").code == "RESET_NO_ROLE"


def test_eligible_role_of_a_group_counts_for_its_members(cast: Cast) -> None:
    cast.add("member")
    group = make_group(cast, "Staff", is_role_assignable=False)
    give_group(cast, group, TEMPLATE_IDS[GLOBAL], is_active=False)
    join(cast, group, cast["member"])

    assert ask(cast, "helpdesk", "member").code == "RESET_TARGET_ROLE"


def test_role_scoped_to_a_restricted_unit_protects_its_holder(cast: Cast) -> None:
    cast.add("target")
    give(cast, cast["target"], TEMPLATE_IDS[Role.DIRECTORY_READERS], is_restricted_unit=True)

    assert_only_the_two_privileged_roles_reach(cast, "target")


def test_role_of_a_group_scoped_to_a_restricted_unit_protects_the_members(cast: Cast) -> None:
    cast.add("target")
    group = make_group(cast, "Staff", is_role_assignable=False)
    give_group(cast, group, TEMPLATE_IDS[Role.DIRECTORY_READERS], is_restricted_unit=True)
    join(cast, group, cast["target"])

    assert_only_the_two_privileged_roles_reach(cast, "target")


def test_role_scoped_to_a_unit_gives_no_right_over_the_whole_tenant(cast: Cast) -> None:
    cast.add("scoped")
    give(cast, cast["scoped"], TEMPLATE_IDS[GLOBAL], is_restricted_unit=True)
    cast.add("member")
    group = make_group(cast, "Unit desk", is_role_assignable=True)
    give_group(cast, group, TEMPLATE_IDS[GLOBAL], is_restricted_unit=True)
    join(cast, group, cast["member"])

    for scoped in ("scoped", "member"):
        assert cast.actor(scoped).roles == frozenset()
        assert ask(cast, scoped, "adele.vance").code == "RESET_NO_ROLE"


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"user_type": "guest"}, "RESET_GUEST"),
        ({"on_premises_sync_enabled": True, "directory_name": "corp.example"}, "RESET_SYNCED_NO_WRITEBACK"),
    ],
)
def test_password_that_is_kept_elsewhere_is_not_reset(cast: Cast, details: dict[str, str], code: str) -> None:
    cast.add("target", details=details)

    assert ask(cast, "global", "target").code == code


def test_federated_domain_refuses_a_reset(cast: Cast) -> None:
    Domain.objects.create(tenant=cast.tenant, name="fed.example", is_federated=True)
    cast.domain = "fed.example"
    cast.add("target")

    decision = ask(cast, "global", "target")

    assert (decision.code, decision.values["domain"]) == ("RESET_FEDERATED", "fed.example")


def test_deleted_person_is_named_as_deleted(cast: Cast) -> None:
    User.objects.filter(pk=cast["adele.vance"].pk).update(deleted_at=clock.now())

    assert ask(cast, "global", "adele.vance").code == "RESET_DELETED"


def test_person_of_another_tenant_does_not_exist(cast: Cast) -> None:
    stranger = make_tenant("fabrikam.example", "Fabrikam").add("stranger")
    with within(stranger.tenant):
        facts = facts_of(stranger)

    for rule in (can_reset, can_block, can_end_sessions):
        assert rule(cast.actor("global"), facts).code == "NOT_FOUND"


def test_first_rule_that_hits_is_the_one_reported(cast: Cast) -> None:
    """Peel the reasons off one by one, in the order of the specification."""
    Domain.objects.create(tenant=cast.tenant, name="fed.example", is_federated=True)
    cast.domain = "fed.example"
    target = cast.add(
        "target",
        roles=(HELPDESK,),
        details={"user_type": "guest", "on_premises_sync_enabled": True, "deleted_at": clock.now()},
    )
    cast.add("plain")
    facts = facts_of(target)
    itself = cast.actor("plain")
    itself = type(itself)(user=facts.user, tenant=cast.tenant, roles=itself.roles, permissions=itself.permissions)

    assert can_reset(itself, facts).code == "RESET_DELETED"
    facts.user.deleted_at = None
    assert can_reset(itself, facts).code == "RESET_SELF"
    assert can_reset(cast.actor("plain"), facts).code == "RESET_NO_ROLE"
    cast.add("small", roles=(PASSWORD,))
    assert can_reset(cast.actor("small"), facts).code == "RESET_TARGET_ROLE"
    assert can_reset(cast.actor("helpdesk"), facts).code == "RESET_GUEST"
    facts.user.user_type = "member"
    assert can_reset(cast.actor("helpdesk"), facts).code == "RESET_FEDERATED"
    facts.user.upn_folded = "target@contoso.example"
    facts = load_facts([facts.user])[facts.user.pk]
    assert can_reset(cast.actor("helpdesk"), facts).code == "RESET_SYNCED_NO_WRITEBACK"
    facts.user.on_premises_sync_enabled = False
    assert can_reset(cast.actor("helpdesk"), facts).allowed


def test_password_administrator_cannot_sign_people_out_but_resets_them(cast: Cast) -> None:
    cast.add("small", roles=(PASSWORD,))

    assert ask(cast, "small", "adele.vance").allowed
    refused = can_end_sessions(cast.actor("small"), facts_of(cast["adele.vance"]))
    assert (refused.allowed, refused.code) == (False, "NO_RIGHT_SESSION_END")
    assert can_end_sessions(cast.actor("helpdesk"), facts_of(cast["adele.vance"])).allowed


def test_any_held_role_or_protection_asks_for_fresh_proof(cast: Cast) -> None:
    stale = cast.actor("global")
    stale = type(stale)(user=stale.user, tenant=cast.tenant, roles=stale.roles, permissions=stale.permissions)
    cast.add("eligible")
    give(cast, cast["eligible"], CUSTOM_ROLE, is_active=False)

    assert needs_fresh_proof(stale, facts_of(cast["eligible"]), now=clock.now())
    assert not needs_fresh_proof(stale, facts_of(cast["adele.vance"]), now=clock.now())
    assert not needs_fresh_proof(cast.actor("global"), facts_of(cast["eligible"]), now=clock.now())


@pytest.mark.parametrize("language", ["en", "nb", "sv", "da"])
def test_every_refusal_is_a_whole_sentence_with_its_values_filled_in(cast: Cast, language: str) -> None:
    values = {
        name: f"<{name}>"
        for name in (
            "user",
            "role",
            "best",
            "enough",
            "list",
            "group",
            "domain",
            "name",
            "rules",
            "address",
            "unit",
            "units",
            "minutes",
        )
    }

    with translation.override(language):
        for code in SENTENCES:
            said = sentence(Decision(allowed=False, code=code, values=values))
            assert said.endswith(".") and "%" not in said, code


def test_every_catalogue_role_has_one_template_id() -> None:
    assert set(TEMPLATE_IDS) == set(Role)
    assert len(ROLE_OF_TEMPLATE) == len(Role) == 24
    assert all(isinstance(template, UUID) for template in ROLE_OF_TEMPLATE)


def test_every_permission_has_a_holder_and_the_global_administrator_holds_all() -> None:
    assert set(HOLDERS) == set(Permission)
    assert all(GLOBAL in holders for holders in HOLDERS.values())


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        ("passwords:policy:read", [POLICY, "Global Reader", "Security Reader", "Security Administrator"]),
        ("passwords:policy:write", [POLICY]),
        ("portal:settings:read", ["Global Reader", "Security Reader", "Security Administrator"]),
        ("portal:settings:write", []),
        ("passwords:bulk:cancel", ["Security Administrator"]),
        ("users:role:assign", ["Privileged Role Administrator"]),
        ("users:unit:read", ["Global Reader", "Privileged Role Administrator"]),
    ],
)
def test_rights_beside_the_matrix_are_held_by_these_and_the_global_administrator(
    permission: str, roles: list[str]
) -> None:
    assert {role.value for role in HOLDERS[Permission(permission)]} == {*roles, "Global Administrator"}


def test_global_reader_holds_no_right_but_to_read_and_enter() -> None:
    held = {str(right) for right, roles in HOLDERS.items() if Role.GLOBAL_READER in roles}
    assert {right for right in held if not right.endswith(":read")} == {"portal:admin:enter"}
    assert {"passwords:bulk:read", "users:unit:read"} <= held


def test_unknown_permission_raises() -> None:
    with pytest.raises(ValueError, match="users:user:fly"):
        Permission("users:user:fly")


def test_facts_cost_the_same_for_one_and_for_many(cast: Cast, django_assert_num_queries) -> None:
    people = [cast.add(f"person{number}", roles=(HELPDESK,)) for number in range(5)]

    for batch in (people[:1], people):
        with django_assert_num_queries(1):
            load_facts(batch)


def test_role_of_another_tenant_counts_nowhere(cast: Cast) -> None:
    other = make_tenant("fabrikam.example", "Fabrikam")
    with within(other.tenant):
        RoleAssignment.objects.create(
            tenant=other.tenant, user=cast["adele.vance"], role=TEMPLATE_IDS[GLOBAL], created_at=clock.now()
        )

    assert cast.actor("adele.vance").roles == frozenset()
