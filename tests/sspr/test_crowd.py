"""Everybody sorted into classes: what the classes say is what is known of each person when they are loaded alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from adminportal import clock
from sspr.crowd import Stance, load_crowd
from sspr.eligibility import PersonFacts, judge
from sspr.facts import L11_FAILURES, load_known
from sspr.models import Gate, GateFailures, Reach, SecurityAnswer, SsprPolicy
from sspr.subjects import subject_of
from tests.cast import Cast, make_cast, part
from tests.sspr.self_service import knows, policy_for, registers
from users.models import Domain, Group, GroupMember, LicenceAssignment, LicenceProduct, MethodKind, RecoveryCode, User
from users.tenancy import within

pytestmark = pytest.mark.django_db
CROWD = 120
EMAILS = (
    "",
    "{name}@mail.example",
    "{name}@contoso.example",
    "{name}+home@contoso.example",
    "{name}.mail@firm.example",
)
MOBILES = ("", "+46 70 174 06 05", "+47 912 34 567")
OFFICES = ("", "+46 70 174 06 05", "+46 8 123 456 78", "+46 70 174 06 05 x12")


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
    ]
    return [SsprPolicy(tenant=cast.tenant, **values) for values in given]


def _code(policy: SsprPolicy, cast: Cast) -> Callable[[PersonFacts], str]:
    return lambda facts: judge(facts, policy=policy, tenant=cast.tenant).code


def _has(code: Callable[[PersonFacts], str], wanted: str, stance: Stance) -> bool:
    return code(stance.facts) == wanted


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


def test_another_tenant_is_not_counted(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")

    with within(other.tenant):
        crowd = load_crowd(other.tenant, policy=SsprPolicy(tenant=other.tenant))
        people = User.objects.filter(deleted_at=None).count()

    assert crowd.count(lambda stance: True) == people
