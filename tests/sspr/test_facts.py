"""What is loaded about people: their places, by whichever spelling, and always in three queries."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from adminportal import clock
from sspr.eligibility import Verdict
from sspr.facts import judge_many, load_known, place_key
from sspr.locks import count_wrong
from sspr.models import Gate, Reach
from sspr.subjects import subject_of
from tests.cast import Cast, make_cast
from tests.sspr.self_service import answers, knows, policy_for, registers
from users.models import Group, GroupMember, LicenceAssignment, LicenceProduct, MethodKind, User
from users.tenancy import within

pytestmark = pytest.mark.django_db
UPN = "adele.vance@contoso.example"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def verdict_of(cast: Cast, name: str, **settings: object) -> Verdict:
    policy = policy_for(cast, **{"reach": Reach.ALL, **settings})
    user = cast[name]
    with within(cast.tenant):
        return judge_many([user], policy=policy, tenant=cast.tenant, now=clock.now())[user.pk]


@pytest.mark.parametrize(
    "own",
    [
        UPN,
        "Adele.Vance@Contoso.example",
        "adele.vance+reset@contoso.example",
        "ａdele.vance@contoso.example",
        " adele.vance@contoso.example ",
    ],
)
def test_own_mailbox_is_no_way_however_it_is_written(cast: Cast, own: str) -> None:
    knows(cast, "diego.siciliani", email="diego@mail.example")
    knows(cast, "adele.vance", email=own)
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(mail=UPN)

    assert Gate.EMAIL not in {way.gate for way in verdict_of(cast, "adele.vance").ways}
    assert Gate.EMAIL in {way.gate for way in verdict_of(cast, "diego.siciliani").ways}


def test_registered_address_that_is_the_own_mailbox_gives_way_to_the_known_one(cast: Cast) -> None:
    registers(cast, "adele.vance", MethodKind.EMAIL, UPN)
    with within(cast.tenant):
        known = load_known([cast["adele.vance"]], policy=policy_for(cast))[cast["adele.vance"].pk]

    assert known.places[Gate.EMAIL] == "adele.vance.contoso@mail.example"


def test_registered_number_comes_before_the_known_one(cast: Cast) -> None:
    registers(cast, "adele.vance", MethodKind.MOBILE_PHONE, "+1 202 555 0188")
    with within(cast.tenant):
        known = load_known([cast["adele.vance"]], policy=policy_for(cast))[cast["adele.vance"].pk]

    assert known.places[Gate.MOBILE_SMS] == known.places[Gate.MOBILE_VOICE] == "+1 202 555 0188"


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("+1 202 555 0142", "0012025550142", True),
        ("+1 202 555 0142", "(202) 555-0142", True),
        ("+1 202 555 0142", "+1 202 555 0143", False),
        ("+1 202 555 0142 x1", "+1 202 555 0142 x2", False),
        ("adele@mail.example", "ADELE+a@mail.example", True),
        ("adele@mail.example", "adele@post.example", False),
    ],
)
def test_two_spellings_of_one_place_are_one_place(one: str, other: str, is_same: bool) -> None:
    assert (place_key(one) == place_key(other)) is is_same


def test_group_and_licence_are_read(cast: Cast) -> None:
    adele = cast["adele.vance"]
    with within(cast.tenant):
        group = Group.objects.create(tenant=cast.tenant, name="Self-service", created_at=clock.now())
    settings = {"reach": Reach.SELECTED, "group": group}
    assert verdict_of(cast, "adele.vance", **settings).code == "SSPR_0013"

    with within(cast.tenant):
        GroupMember.objects.create(tenant=cast.tenant, group=group, user=adele)
    assert verdict_of(cast, "adele.vance", **settings).code == ""

    cast.tenant.licensing_mode = "microsoft"
    assert verdict_of(cast, "adele.vance", **settings).code == "SSPR_0012"
    with within(cast.tenant):
        product = LicenceProduct.objects.create(tenant=cast.tenant, name="Suite")
        LicenceAssignment.objects.create(tenant=cast.tenant, product=product, user=adele)
    assert verdict_of(cast, "adele.vance", **settings).code == ""


def test_answers_and_disabled_methods_are_read(cast: Cast) -> None:
    adele, now = cast["adele.vance"], clock.now()
    answers(cast, "adele.vance", dict.fromkeys(("q01", "q02", "q03"), "x"))
    for _ in range(100):
        count_wrong(subject_of(UPN), Gate.EMAIL, user_id=adele.pk, now=now)

    verdict = verdict_of(cast, "adele.vance", gates=["email", "mobile_sms", "questions"], gates_required=2)

    assert {way.gate for way in verdict.ways} == {Gate.MOBILE_SMS, Gate.QUESTIONS}


def test_number_of_queries_does_not_grow_with_people(cast: Cast) -> None:
    policy = policy_for(cast, reach=Reach.ALL)
    everyone = list(cast.people.values())

    def cost(people: list[User]) -> int:
        with CaptureQueriesContext(connection) as queries, within(cast.tenant):
            judge_many(people, policy=policy, tenant=cast.tenant, now=clock.now())
        return len(queries)

    assert cost(everyone[:1]) == cost(everyone) == 3


def test_facts_of_another_tenant_are_not_mixed_in(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    knows(other, "diego.siciliani", email="diego@mail.example")

    assert verdict_of(cast, "diego.siciliani").code == "SSPR_0014"
