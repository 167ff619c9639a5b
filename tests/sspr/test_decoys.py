"""Decoys: stable for a name, of the shape of real methods, and moved by nothing but the enabled methods."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from adminportal.sealing import Secret
from sspr.decoys import decoy_mask, decoy_preferred, decoy_questions, decoy_verdict, initial_of, mask, seed_of
from sspr.eligibility import ADMIN_GATES
from sspr.models import Gate, RecoveryAttempt, SsprPolicy
from sspr.questions import BUILT_IN
from users.names import check_upn

DRAWS_ROLE_HOLDERS = True
NAMES = [
    f"{first}.{number}@contoso.example" for number in range(2_000) for first in ("anna", "bo", "carl", "dana", "x")
]
PLACE = "0b0d1f0e-0000-4000-8000-000000000001"
SECRET = Secret("a-secret-of-the-installation")
EVERY_GATE = [gate.value for gate in Gate if gate is not Gate.RECOVERY_CODE]
ALL = frozenset(Gate)
MAIL_SHAPE, PHONE_SHAPE = re.compile(r"[a-z0-9]•{5}@•{5}"), re.compile(r"•{8}\d\d")


def shown(name: str, policy: SsprPolicy, *, place: str = PLACE) -> list[tuple[Gate, str]]:
    """Return what a name sees: its methods and their masked values."""
    folded = check_upn(name)
    seed = seed_of(folded, place=place, secret=SECRET)
    attempt = RecoveryAttempt(decoy_seed=seed, decoy_initial=initial_of(folded, seed))
    ways = decoy_verdict(seed, policy=policy, available=ALL).ways
    return [(way.gate, decoy_mask(way.gate, attempt)) for way in ways]


def policy(**values: Any) -> SsprPolicy:
    return SsprPolicy(**values)


def test_ten_thousand_names_see_the_same_whenever_they_ask() -> None:
    rules = policy(gates=EVERY_GATE)
    before = {name: shown(name, rules) for name in NAMES}

    newer = policy(gates=EVERY_GATE, version=7)
    after = {name: shown(name.upper(), newer) for name in NAMES}

    assert len(before) == 10_000
    assert before == after


def test_every_name_can_go_on_and_shows_only_enabled_methods() -> None:
    for rules in (policy(), policy(gates_required=2), policy(gates=EVERY_GATE, gates_required=2)):
        for name in NAMES:
            verdict = decoy_verdict(seed_of(name, place=PLACE, secret=SECRET), policy=rules, available=ALL)
            assert verdict.ways
            of_users = {Gate(gate) for gate in rules.gates} | {Gate.RECOVERY_CODE}
            assert {way.gate for way in verdict.ways} <= (ADMIN_GATES if verdict.by_kind else of_users)
            if verdict.required == 2:
                assert all(verdict.offered_after([way]) for way in verdict.ways if way.gate is Gate.EMAIL)
                assert any(verdict.offered_after([way]) for way in verdict.ways)


def test_some_names_open_with_another_method_as_people_with_a_default_do() -> None:
    """Somebody with a default is asked for it first: were no unknown name like that, it would tell that they exist."""
    rules = policy(gates=EVERY_GATE)
    wanted = Counter[Gate]()
    for name in NAMES:
        seed = seed_of(name, place=PLACE, secret=SECRET)
        ways = decoy_verdict(seed, policy=rules, available=ALL).ways
        preferred = decoy_preferred(seed, ways)
        assert preferred == decoy_preferred(seed, ways)
        assert set(preferred) <= {way.gate for way in ways}
        wanted.update(preferred)

    assert 0.04 < wanted.total() / len(NAMES) < 0.09
    assert set(wanted) == {Gate.EMAIL, Gate.MOBILE_SMS, Gate.OFFICE_VOICE, Gate.APP}


def test_method_that_the_tenant_left_out_tells_no_holder_of_a_role() -> None:
    """Holders of roles are offered all methods whatever is enabled: some names that nobody has look like that too."""
    rules = policy(gates=["email"])
    looks = [decoy_verdict(seed_of(name, place=PLACE, secret=SECRET), policy=rules, available=ALL) for name in NAMES]
    like_holders = [verdict for verdict in looks if {way.gate for way in verdict.ways} - {Gate.EMAIL}]

    assert 0.06 < len(like_holders) / len(looks) < 0.13
    for verdict in like_holders:
        assert (verdict.required, verdict.by_kind) == (2, True)
        assert {way.gate for way in verdict.ways} <= ADMIN_GATES
        assert all(verdict.offered_after([way]) for way in verdict.ways)
    assert {gate for verdict in like_holders for gate in [way.gate for way in verdict.ways]} == ADMIN_GATES


def test_no_decoy_of_a_role_holder_where_two_kinds_are_not_set_up() -> None:
    rules = policy()
    for name in NAMES[:1_000]:
        verdict = decoy_verdict(seed_of(name, place=PLACE, secret=SECRET), policy=rules, available={Gate.EMAIL})
        assert [way.gate for way in verdict.ways] == [Gate.EMAIL] and not verdict.by_kind


def test_app_is_never_alone_where_an_app_asks_for_two() -> None:
    rules = policy()
    for name in NAMES:
        gates = {gate for gate, _ in shown(name, rules)}
        assert gates != {Gate.APP}


def test_a_method_that_is_switched_off_leaves_the_others_as_they_were() -> None:
    wide, narrow = policy(gates=["email", "mobile_sms", "app"]), policy(gates=["email", "mobile_sms"])
    for name in NAMES[:2_000]:
        without_app = [line for line in shown(name, wide) if line[0] is not Gate.APP]
        if len(without_app) == len({gate for gate, _ in shown(name, narrow)}):
            assert without_app == shown(name, narrow)


def test_names_differ_from_each_other_and_from_themselves_elsewhere() -> None:
    rules = policy(gates=EVERY_GATE)
    looks = Counter(tuple(shown(name, rules)) for name in NAMES)

    assert len(looks) > 1_000
    assert shown(NAMES[0], rules) != shown(NAMES[0], rules, place="fabrikam.example") or shown(
        NAMES[1], rules
    ) != shown(NAMES[1], rules, place="fabrikam.example")


def test_text_and_call_show_one_number() -> None:
    for name in NAMES[:500]:
        lines = dict(shown(name, policy(gates=EVERY_GATE)))
        # To a holder of a role with both telephones and nothing else, a call to the mobile leads nowhere.
        if Gate.MOBILE_SMS in lines and set(lines) != {Gate.MOBILE_SMS, Gate.OFFICE_VOICE}:
            assert lines[Gate.MOBILE_SMS] == lines[Gate.MOBILE_VOICE]


@pytest.mark.parametrize(
    ("gate", "value"),
    [
        (Gate.EMAIL, "a@b.example"),
        (Gate.EMAIL, "somebody.with.a.long.name@a-long-domain.of.many.parts.example"),
        (Gate.EMAIL, "Zoe@mail.example"),
        (Gate.MOBILE_SMS, "+47 900 00 012"),
        (Gate.MOBILE_VOICE, "+1 202 555 0142"),
        (Gate.OFFICE_VOICE, "+44 7700 900123 x4567"),
    ],
)
def test_masks_of_real_values_have_the_shape_of_decoys(gate: Gate, value: str) -> None:
    shape = MAIL_SHAPE if gate is Gate.EMAIL else PHONE_SHAPE
    attempt = RecoveryAttempt(decoy_seed=seed_of("x@y.example", place=PLACE, secret=SECRET), decoy_initial="x")

    assert shape.fullmatch(mask(gate, value))
    assert shape.fullmatch(decoy_mask(gate, attempt))


def test_extension_is_no_part_of_the_mask() -> None:
    assert mask(Gate.OFFICE_VOICE, "+44 7700 900123 x4567").endswith("23")


def test_initials_mostly_follow_the_name_and_last_digits_are_spread() -> None:
    initials = [initial_of(name, seed_of(name, place=PLACE, secret=SECRET)) == name[0] for name in NAMES]
    rules = policy()
    digits = Counter(line[-2:] for name in NAMES for gate, line in shown(name, rules) if gate is Gate.MOBILE_SMS)

    assert 0.6 < sum(initials) / len(initials) < 0.9
    assert len(digits) == 100
    assert max(digits.values()) < 2 * min(digits.values())


def test_decoy_is_asked_the_same_questions_each_time() -> None:
    seed = seed_of(NAMES[0], place=PLACE, secret=SECRET)

    assert decoy_questions(seed, BUILT_IN, number=5) == decoy_questions(seed, BUILT_IN, number=5)
    assert len(set(decoy_questions(seed, BUILT_IN, number=5))) == 5
