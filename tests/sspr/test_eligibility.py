"""Who may reset their own password and how: a literal table of its own beside the rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sspr.eligibility import PersonFacts, Verdict, Way, judge
from sspr.models import Gate, Reach, SsprPolicy
from users.models import Tenant
from users.roles import Role, Standing

EMAIL = Way(gate=Gate.EMAIL, key="adele@mail.example")
SMS = Way(gate=Gate.MOBILE_SMS, key="20255501x")
CALL = Way(gate=Gate.MOBILE_VOICE, key="20255501x")
OFFICE = Way(gate=Gate.OFFICE_VOICE, key="20255577x")
SAME_OFFICE = Way(gate=Gate.OFFICE_VOICE, key="20255501x")
APP = Way(gate=Gate.APP, key="app")
EVERY_GATE = [gate.value for gate in Gate if gate is not Gate.RECOVERY_CODE]
ADMIN = frozenset({Role.HELPDESK_ADMINISTRATOR})


def policy(**values: Any) -> SsprPolicy:
    return SsprPolicy(**{"reach": Reach.ALL, "gates": EVERY_GATE, **values})


def asked(facts: PersonFacts, settings: SsprPolicy | None = None, **more: Any) -> Verdict:
    tenant = Tenant(licensing_mode=more.pop("licensing", "portal"))
    return judge(facts, policy=settings or policy(), tenant=tenant, **more)


def gates(verdict: Verdict) -> set[Gate]:
    return {way.gate for way in verdict.ways}


PLAIN = PersonFacts(ways=(EMAIL, SMS))

CODES: list[tuple[str, PersonFacts, dict[str, Any], str]] = [
    ("good", PLAIN, {}, ""),
    ("off", PLAIN, {"reach": Reach.NONE}, "SSPR_0009"),
    ("selected, outside", PLAIN, {"reach": Reach.SELECTED}, "SSPR_0013"),
    ("selected, member", replace(PLAIN, in_group=True), {"reach": Reach.SELECTED}, ""),
    ("blocked", replace(PLAIN, is_enabled=False), {}, "SSPR_X102"),
    ("deleted", replace(PLAIN, is_deleted=True), {}, "SSPR_X103"),
    ("guest", replace(PLAIN, is_guest=True), {}, "SSPR_X104"),
    ("federated", replace(PLAIN, is_federated=True), {}, "SSPR_X105"),
    ("synced", replace(PLAIN, is_synced=True), {}, "SSPR_0010"),
    ("no data", replace(PLAIN, ways=()), {}, "SSPR_0014"),
    ("one of two", replace(PLAIN, ways=(EMAIL,)), {"gates_required": 2}, "SSPR_0014"),
    ("two of two", PLAIN, {"gates_required": 2}, ""),
    ("one number twice", replace(PLAIN, ways=(SMS, CALL, SAME_OFFICE)), {"gates_required": 2}, "SSPR_0014"),
    ("two numbers", replace(PLAIN, ways=(SMS, OFFICE)), {"gates_required": 2}, ""),
    ("method not enabled", replace(PLAIN, ways=(SMS,)), {"gates": ["email"]}, "SSPR_0014"),
    ("app asks for two", replace(PLAIN, ways=(APP,)), {}, "SSPR_0014"),
    ("app and e-mail", replace(PLAIN, ways=(APP, EMAIL)), {}, ""),
    ("app alone, switch off", replace(PLAIN, ways=(APP,)), {"two_gates_with_second_factor": False}, ""),
    ("questions alone", replace(PLAIN, ways=(), answers=5), {}, "SSPR_0014"),
    ("questions alone, switch", replace(PLAIN, ways=(), answers=5), {"questions_alone": True}, ""),
    ("questions and e-mail", replace(PLAIN, ways=(EMAIL,), answers=3), {"gates_required": 2}, ""),
    ("too few answers", replace(PLAIN, ways=(EMAIL,), answers=2), {"gates_required": 2}, "SSPR_0014"),
    ("recovery code alone", replace(PLAIN, ways=(), recovery_codes=9), {}, "SSPR_0014"),
    ("recovery code and e-mail", replace(PLAIN, ways=(EMAIL,), recovery_codes=1), {"gates_required": 2}, ""),
    ("disabled by failures", replace(PLAIN, ways=(SMS,), disabled=frozenset({Gate.MOBILE_SMS})), {}, "SSPR_0014"),
    ("blocked while off", replace(PLAIN, is_enabled=False), {"reach": Reach.NONE}, "SSPR_0009"),
    ("synced without data", replace(PLAIN, is_synced=True, ways=()), {}, "SSPR_0014"),
    ("admin while off", replace(PLAIN, held=ADMIN), {"reach": Reach.NONE}, ""),
    ("admin outside the group", replace(PLAIN, held=ADMIN), {"reach": Reach.SELECTED}, ""),
    ("admin with one", replace(PLAIN, held=ADMIN, ways=(EMAIL,)), {}, "SSPR_0014"),
    ("admin, methods of users are others", replace(PLAIN, held=ADMIN), {"gates": ["questions"]}, ""),
    ("admin with questions", replace(PLAIN, held=ADMIN, ways=(EMAIL,), answers=5), {}, "SSPR_0014"),
    ("admin with a recovery code", replace(PLAIN, held=ADMIN, ways=(EMAIL,), recovery_codes=5), {}, "SSPR_0014"),
    ("admin, two calls", replace(PLAIN, held=ADMIN, ways=(CALL, OFFICE)), {}, "SSPR_0014"),
    ("admin, text and office call", replace(PLAIN, held=ADMIN, ways=(SMS, OFFICE)), {}, ""),
    ("admins may not", replace(PLAIN, held=ADMIN), {"admins_may_use": False}, "SSPR_0011"),
    ("blocked admin", replace(PLAIN, held=ADMIN, is_enabled=False), {}, "SSPR_X102"),
    ("custom role", replace(PLAIN, held=frozenset({Standing.OTHER})), {"reach": Reach.NONE}, ""),
    ("restricted unit", replace(PLAIN, held=frozenset({Standing.RESTRICTED_UNIT}), ways=(EMAIL,)), {}, "SSPR_0014"),
    (
        "role group, outside",
        replace(PLAIN, held=frozenset({Standing.ROLE_ASSIGNABLE_GROUP})),
        {"reach": "none"},
        "SSPR_0009",
    ),
    ("role group, one", replace(PLAIN, held=frozenset({Standing.ROLE_ASSIGNABLE_GROUP}), ways=(SMS,)), {}, "SSPR_0014"),
]


@pytest.mark.parametrize(("facts", "settings", "code"), [row[1:] for row in CODES], ids=[row[0] for row in CODES])
def test_code_of_each_kind_of_person(facts: PersonFacts, settings: dict[str, Any], code: str) -> None:
    verdict = asked(facts, policy(**settings))

    assert verdict.code == code
    assert bool(verdict.ways) is (code == "")


def test_privileged_authentication_administrators_keep_self_service() -> None:
    keeper = replace(PLAIN, held=frozenset({Role.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR}))

    assert asked(keeper, policy(admins_may_use=False)).code == ""


READING_ROLES = (
    "Directory Readers",
    "Guest Inviter",
    "Message Center Reader",
    "Reports Reader",
    "Usage Summary Reports Reader",
    "User Experience Success Manager",
    "Global Reader",
    "Security Reader",
)


@pytest.mark.parametrize("role", READING_ROLES)
def test_holders_of_reading_roles_fall_under_the_policy_of_users(role: str) -> None:
    reader = replace(PLAIN, held=frozenset({Role(role)}), answers=5)

    assert asked(reader, policy(reach=Reach.NONE)).code == "SSPR_0009"
    assert asked(reader).required == 1
    assert Gate.QUESTIONS not in gates(asked(reader, policy(gates_required=2)))


@pytest.mark.parametrize("role", sorted(set(Role) - {Role(name) for name in READING_ROLES}))
def test_every_other_role_needs_two_kinds_whatever_the_settings(role: Role) -> None:
    holder = replace(PLAIN, held=frozenset({role, Role.GLOBAL_READER}), answers=5, recovery_codes=10)

    verdict = asked(holder, policy(reach=Reach.NONE, gates=["questions"], gates_required=1, questions_alone=True))

    assert (verdict.required, verdict.by_kind, gates(verdict)) == (2, True, {Gate.EMAIL, Gate.MOBILE_SMS})


def test_licence_counts_only_where_licensing_is_on_and_not_for_administrators() -> None:
    assert asked(PLAIN, licensing="microsoft").code == "SSPR_0012"
    assert asked(replace(PLAIN, is_licensed=True), licensing="microsoft").code == ""
    assert asked(replace(PLAIN, held=ADMIN), licensing="microsoft").code == ""
    assert asked(PLAIN, licensing="portal").code == ""


def test_method_without_a_channel_is_no_method() -> None:
    assert asked(replace(PLAIN, ways=(SMS,)), available=frozenset(Gate) - {Gate.MOBILE_SMS}).code == "SSPR_0014"


def test_second_step_offers_neither_the_method_nor_the_place_of_the_first() -> None:
    verdict = asked(replace(PLAIN, ways=(EMAIL, SMS, CALL, OFFICE)), policy(gates_required=2))

    assert {way.gate for way in verdict.offered_after([SMS])} == {Gate.EMAIL, Gate.OFFICE_VOICE}
    assert not verdict.is_enough([SMS])
    assert not verdict.is_enough([SMS, CALL])
    assert not verdict.is_enough([SMS, SMS])
    assert verdict.is_enough([SMS, OFFICE])


def test_first_step_leads_nobody_into_a_dead_end() -> None:
    verdict = asked(replace(PLAIN, ways=(EMAIL, SMS, CALL), held=ADMIN))

    assert all(verdict.offered_after([way]) for way in verdict.ways)


def test_proof_that_is_no_way_any_more_counts_for_nothing() -> None:
    verdict = asked(PLAIN)

    assert verdict.is_enough([EMAIL])
    assert not verdict.is_enough([Way(gate=Gate.EMAIL, key="old@mail.example")])
    assert not asked(replace(PLAIN, is_enabled=False)).is_enough([EMAIL])
