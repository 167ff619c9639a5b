"""Everybody sorted into classes: what the classes say is what is known of each person when they are loaded alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from adminportal import clock
from sspr.crowd import Chosen, Stance, load_crowd
from sspr.crowd_sql import FACT_NAMES
from sspr.eligibility import PersonFacts, judge
from sspr.facts import L11_FAILURES, load_known
from sspr.models import Gate, GateFailures, Reach, SecurityAnswer, SsprPolicy
from sspr.subjects import subject_of
from tests.cast import Cast, make_cast, part
from tests.sspr.self_service import knows, policy_for, registers
from users.models import (
    Contact,
    ContactKind,
    Domain,
    Group,
    GroupMember,
    LicenceAssignment,
    LicenceProduct,
    MethodKind,
    RecoveryCode,
    User,
)
from users.tenancy import within

pytestmark = pytest.mark.django_db
CROWD = 120
PHONES = [Gate.MOBILE_SMS.value, Gate.OFFICE_VOICE.value]
EMAILS = (
    "",
    "{name}@mail.example",
    "{name}@contoso.example",
    "{name}+home@contoso.example",
    "{name}.mail@firm.example",
)
COSTLY = "+44 909 879 0142"
MOBILES = ("", "+46 70 174 06 05", "+47 912 34 567", "+1 202 555 0142", COSTLY)
OFFICES = ("", "+46 70 174 06 05", "+46 8 123 456 78", "+46 70 174 06 05 x12", "+47 912 34 567", COSTLY)


@pytest.fixture(scope="module")
def chance() -> random.Random:
    return random.Random(20261122)


@pytest.fixture
def cast(chance: random.Random) -> Cast:
    cast = make_cast()
    names = [f"person.{number}" for number in range(CROWD)]
    cast.add_all(*(part(name, has_password=False) for name in names))
    for name in names:
        _give(cast, name, chance)
    cast.add("partner.one")
    with within(cast.tenant):
        Domain.objects.create(tenant=cast.tenant, name="partner.example", is_federated=True)
        User.objects.filter(pk=cast["partner.one"].pk).update(upn_folded="partner.one@partner.example")
    return cast


def _give(cast: Cast, name: str, chance: random.Random) -> None:
    user = cast[name]
    mail = chance.choice(("", f"{name}.mail@firm.example"))
    with within(cast.tenant):
        User.objects.filter(pk=user.pk).update(
            account_enabled=chance.random() > 0.1,
            on_premises_sync_enabled=chance.random() < 0.1,
            user_type="guest" if chance.random() < 0.1 else "member",
            mail=mail,
        )
    knows(
        cast,
        name,
        email=chance.choice(EMAILS).format(name=name),
        mobile=chance.choice(MOBILES),
        office=chance.choice(OFFICES),
    )
    for kind, value in (
        (MethodKind.EMAIL, chance.choice(EMAILS).format(name=name)),
        (MethodKind.EXTRA_EMAIL, chance.choice(EMAILS).format(name=name)),
        (MethodKind.MOBILE_PHONE, chance.choice(MOBILES)),
        (MethodKind.ALTERNATE_PHONE, chance.choice(MOBILES)),
        (MethodKind.AUTHENTICATOR, ""),
    ):
        if chance.random() < 0.3 and (value or kind is MethodKind.AUTHENTICATOR):
            registers(cast, name, kind, value)
    _give_more(cast, user, chance)


def _give_more(cast: Cast, user: User, chance: random.Random) -> None:
    now = clock.now()
    with within(cast.tenant):
        for number in range(chance.choice((0, 0, 3, 7))):
            SecurityAnswer.objects.create(
                tenant=cast.tenant, user=user, question=f"q{number}", answer="x", created_at=now
            )
        if chance.random() < 0.2:
            RecoveryCode.objects.create(tenant=cast.tenant, user=user, digest=user.pk.hex, key_id="x", created_at=now)
        if chance.random() < 0.5:
            product, _ = LicenceProduct.objects.get_or_create(tenant=cast.tenant, name="Paid")
            LicenceAssignment.objects.create(tenant=cast.tenant, product=product, user=user)
        if chance.random() < 0.3:
            group, _ = Group.objects.get_or_create(tenant=cast.tenant, name="Pilot", defaults={"created_at": now})
            GroupMember.objects.create(tenant=cast.tenant, group=group, user=user)
        if chance.random() < 0.05:
            digest = subject_of(user.upn_folded)
            GateFailures.objects.create(subject=digest, gate=Gate.EMAIL, in_a_row=L11_FAILURES, user_id=user.pk)


def _settings(cast: Cast) -> list[SsprPolicy]:
    with within(cast.tenant):
        pilot = Group.objects.get(name="Pilot")
    every = [gate.value for gate in Gate if gate is not Gate.RECOVERY_CODE]
    given: list[dict[str, object]] = [
        {"reach": Reach.ALL},
        {"reach": Reach.ALL, "gates_required": 2, "gates": every},
        {"reach": Reach.SELECTED, "group": pilot, "gates": [Gate.EMAIL.value]},
        {"reach": Reach.ALL, "gates_required": 2, "gates": [Gate.MOBILE_SMS.value, Gate.OFFICE_VOICE.value]},
        {"reach": Reach.ALL, "gates": [Gate.QUESTIONS.value, Gate.APP.value], "questions_alone": True},
        {"reach": Reach.ALL, "gates": [Gate.MOBILE_SMS.value], "sms_countries": ["SE"]},
        {"reach": Reach.ALL, "gates": PHONES, "gates_required": 2, "sms_countries": ["NO", "US"]},
        {"reach": Reach.SELECTED, "group": pilot, "gates": PHONES, "sms_countries": ["DK"]},
    ]
    return [SsprPolicy(tenant=cast.tenant, **values) for values in given]


def _code(policy: SsprPolicy, cast: Cast) -> Callable[[PersonFacts], str]:
    return lambda facts: judge(facts, policy=policy, tenant=cast.tenant).code


def _has(code: Callable[[PersonFacts], str], wanted: str, stance: Stance) -> bool:
    return code(stance.facts) == wanted


Codes = tuple[Callable[[PersonFacts], str], Callable[[PersonFacts], str]]


def _has_both(codes: Codes, wanted: tuple[str, str], stance: Stance) -> bool:
    return (codes[0](stance.facts), codes[1](stance.under_other())) == wanted


@pytest.mark.parametrize("licensing", ["portal", "microsoft"])
def test_classes_give_everybody_the_verdict_that_they_get_alone(cast: Cast, licensing: str) -> None:
    cast.tenant.licensing_mode = licensing
    cast.tenant.save(update_fields=["licensing_mode"])
    for policy in _settings(cast):
        with within(cast.tenant):
            people = list(User.objects.filter(deleted_at=None))
            alone = load_known(people, policy=policy)
            crowd = load_crowd(cast.tenant, policy=policy)
        code = _code(policy, cast)

        counted = Counter[str]()
        for stance, number in crowd.stances():
            counted[code(stance.facts)] += number

        assert counted == Counter(code(known.facts) for known in alone.values())
        for wanted in counted:
            with within(cast.tenant):
                chosen = crowd.chosen(partial(_has, code, wanted)).read(rows=1_000)
            expected = {pk for pk, known in alone.items() if code(known.facts) == wanted}
            assert {user.pk for user in chosen} == expected
            assert [(user.sort_name, user.pk) for user in chosen] == sorted((u.sort_name, u.pk) for u in chosen)


def test_group_of_other_settings_is_known_beside_the_own_one(cast: Cast) -> None:
    plain, selected = _settings(cast)[0], _settings(cast)[2]

    with within(cast.tenant):
        crowd = load_crowd(cast.tenant, policy=plain, other=selected)
        members = GroupMember.objects.filter(group=selected.group_id).count()

    assert crowd.count(lambda stance: stance.under_other().in_group) == members
    assert crowd.count(lambda stance: stance.facts.in_group) == 0


def test_classes_give_everybody_the_verdict_of_other_settings_that_they_get_alone(cast: Cast) -> None:
    every = _settings(cast)
    with within(cast.tenant):
        people = list(User.objects.filter(deleted_at=None))
    for before, after in permutations(every[-3:] + every[:1], 2):
        with within(cast.tenant):
            now, later = load_known(people, policy=before), load_known(people, policy=after)
            crowd = load_crowd(cast.tenant, policy=before, other=after)
        code, other_code = _code(before, cast), _code(after, cast)

        alone = {pk: (code(now[pk].facts), other_code(later[pk].facts)) for pk in now}
        counted = Counter[tuple[str, str]]()
        for stance, number in crowd.stances():
            counted[code(stance.facts), other_code(stance.under_other())] += number

        assert counted == Counter(alone.values())
        for wanted in counted:
            with within(cast.tenant):
                chosen = crowd.chosen(partial(_has_both, (code, other_code), wanted)).read(rows=1_000)
            assert {user.pk for user in chosen} == {pk for pk, both in alone.items() if both == wanted}


def test_somebody_with_their_own_mailbox_as_alternate_address_is_told_apart(cast: Cast) -> None:
    policy = policy_for(cast, reach=Reach.ALL)
    knows(cast, "diego.siciliani", email="Diego.Siciliani+private@contoso.example")

    def is_shut_out(stance: Stance) -> bool:
        return stance.has_own_mailbox and not stance.facts.ways

    with within(cast.tenant):
        chosen = load_crowd(cast.tenant, policy=policy).chosen(is_shut_out).read(rows=1_000)

    assert cast["diego.siciliani"] in chosen
    assert cast["adele.vance"] not in chosen


@pytest.mark.parametrize(
    ("address", "is_counted"), [("diego@home.example", True), ("diego.siciliani@contoso.example", False)]
)
def test_second_address_alone_counts_unless_it_is_the_own_mailbox(cast: Cast, address: str, is_counted: bool) -> None:
    policy = policy_for(cast, reach=Reach.ALL)
    registers(cast, "diego.siciliani", MethodKind.EXTRA_EMAIL, address)

    def can_be_written_to(stance: Stance) -> bool:
        return any(way.gate is Gate.EMAIL for way in stance.facts.ways)

    with within(cast.tenant):
        crowd = load_crowd(cast.tenant, policy=policy)
        reached = crowd.chosen(can_be_written_to).read(rows=1_000)
        shut_out = crowd.chosen(lambda stance: stance.has_own_mailbox).read(rows=1_000)

    assert (cast["diego.siciliani"] in reached) is is_counted
    assert (cast["diego.siciliani"] in shut_out) is not is_counted


def test_number_of_queries_does_not_grow_with_people(cast: Cast) -> None:
    policy = policy_for(cast, reach=Reach.ALL)

    with within(cast.tenant), CaptureQueriesContext(connection) as few:
        load_crowd(cast.tenant, policy=policy)
    cast.add_all(*(part(f"more.{number}", has_password=False) for number in range(300)))
    with within(cast.tenant), CaptureQueriesContext(connection) as many:
        load_crowd(cast.tenant, policy=policy)

    assert len(many) == len(few) <= 12


def _give_numbers(cast: Cast, first: int, last: int) -> None:
    """Add people of whom each has a number abroad, of a block of their own."""
    names = [f"abroad.{number}" for number in range(first, last)]
    cast.add_all(*(part(name, has_password=False) for name in names))
    with within(cast.tenant):
        Contact.objects.bulk_create(
            Contact(
                tenant=cast.tenant,
                user=cast[name],
                kind=ContactKind.MOBILE_PHONE,
                value=f"+1 {200 + first + place} 555 0142",
                changed_at=clock.now(),
            )
            for place, name in enumerate(names)
        )


def _placeholders(work: Callable[[], object]) -> list[int]:
    """Return how many values each statement of some work has."""
    found: list[int] = []

    def count(execute: Any, sql: str, values: Any, is_many: bool, context: Any) -> Any:
        found.append(len(values or ()))
        return execute(sql, values, is_many, context)

    with connection.execute_wrapper(count):
        work()
    return found


def test_neither_queries_nor_their_values_grow_with_people_abroad(cast: Cast) -> None:
    before, after = (policy_for(cast, sms_countries=countries) for countries in (["SE"], ["SE", "NO"]))

    def work() -> Chosen:
        with within(cast.tenant):
            crowd = load_crowd(cast.tenant, policy=before, other=after)
            chosen = crowd.chosen(lambda stance: not stance.facts.ways and not stance.under_other().ways)
            chosen.read(rows=1)
        return chosen

    _give_numbers(cast, 0, 10)
    few = _placeholders(work)
    _give_numbers(cast, 10, 310)
    many = _placeholders(work)

    assert many == few
    with within(cast.tenant):
        names = {user.display_name for user in work().read(rows=1_000)}
    assert {cast[f"abroad.{number}"].display_name for number in range(310)} <= names


def test_whoever_has_a_number_abroad_alone_is_not_asked_for_by_name(cast: Cast) -> None:
    policy = policy_for(cast, sms_countries=["DK"])

    with within(cast.tenant):
        special = {user.pk for user, _stance in load_crowd(cast.tenant, policy=policy).special}
        same = {user.pk for user, _stance in load_crowd(cast.tenant, policy=policy_for(cast)).special}

    assert special == same
    assert cast["adele.vance"].pk not in special


def test_forty_thousand_special_people_fit_into_the_statements(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    strangers = tuple(UUID(int=number) for number in range(1, 40_001))
    adele = cast["adele.vance"].pk
    monkeypatch.setattr("sspr.crowd._special_ids", lambda: (*strangers, adele))

    with within(cast.tenant):
        crowd = load_crowd(cast.tenant, policy=SsprPolicy(tenant=cast.tenant, reach=Reach.ALL.value))
        people = User.objects.filter(deleted_at=None).count()
        everybody = crowd.chosen(lambda stance: True)
        chosen = replace(everybody, ids=(*strangers, adele)).read(rows=1_000)

    assert [user.pk for user, _stance in crowd.special] == [adele]
    assert crowd.count(lambda stance: True) == len(chosen) == people


def test_four_thousand_classes_fit_into_the_statements(cast: Cast) -> None:
    with within(cast.tenant):
        crowd = load_crowd(cast.tenant, policy=SsprPolicy(tenant=cast.tenant, reach=Reach.ALL.value))
        people = User.objects.filter(deleted_at=None).count()
        everybody = crowd.chosen(lambda stance: True)
        answers = FACT_NAMES.index("answers")
        others = tuple(
            (*row[:answers], 1_000 + more, *row[answers + 1 :]) for row in everybody.rows[:1] for more in range(4_000)
        )
        chosen = replace(everybody, rows=(*others, *everybody.rows)).read(rows=1_000)

    assert len(chosen) == people


def test_another_tenant_is_not_counted(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")

    with within(other.tenant):
        crowd = load_crowd(other.tenant, policy=SsprPolicy(tenant=other.tenant))
        people = User.objects.filter(deleted_at=None).count()

    assert crowd.count(lambda stance: True) == people
