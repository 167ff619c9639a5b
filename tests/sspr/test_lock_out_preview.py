"""Before a change leaves people unable to reset, the page says how many and who, and saves nothing until told."""

from __future__ import annotations

from html import unescape

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from adminportal import clock
from sspr.models import Gate, Reach, SsprPolicy
from sspr.policy_settings import Blade
from sspr.services.lock_out import NAMED, count_lock_out
from sspr.services.policy import with_values
from tests.cast import Cast, make_cast, part, signed_in
from tests.sspr.self_service import knows, policy_for, registers
from users.models import Group, GroupMember, MethodKind
from users.tenancy import within

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("texts_only")]
METHODS = f"/settings/password-reset/{Blade.METHODS}"
EMAIL, SMS, APP, QUESTIONS = Gate.EMAIL.value, Gate.MOBILE_SMS.value, Gate.APP.value, Gate.QUESTIONS.value
MAILED, BOTH = 12, 4


@pytest.fixture
def cast() -> Cast:
    """Give a tenant where twelve people have an address alone, four an address and a mobile phone."""
    cast = make_cast()
    names = [f"mailed.{number:02d}" for number in range(MAILED)] + [f"both.{number}" for number in range(BOTH)]
    cast.add_all(*(part(name, has_password=False, alternate_email=f"{name}@mail.example") for name in names))
    for number in range(BOTH):
        knows(cast, f"both.{number}", mobile=f"+46 70 174 06 {number:02d}")
    return cast


def ask(cast: Cast, *, accepted: str = "", required: str = "1", gates: tuple[str, ...]) -> HttpResponse:
    given = {"gates_required": required, "gates": list(gates), "questions_to_register": "5", "questions_to_reset": "3"}
    return signed_in(cast["global.admin"]).post(  # type: ignore[return-value]
        METHODS, {"version": 1, "accepted": accepted, "two_gates_with_second_factor": "on", **given}
    )


def text_of(answer: HttpResponse) -> str:
    return unescape(answer.content.decode())


def test_raising_one_to_two_says_how_many_of_how_many_and_who(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)

    answer = ask(cast, required="2", gates=(EMAIL, SMS, APP))

    page = text_of(answer)
    everybody = MAILED + BOTH + 1  # and Adele Vance, who has both
    assert answer.status_code == 422
    assert f"This change leaves {MAILED} of the {everybody} users who can reset their password today unable" in page
    assert all(f"mailed.{number:02d}@" in page.replace("<wbr>", "") for number in range(MAILED))
    assert "both.0@" not in page.replace("<wbr>", "")
    assert SsprPolicy.objects.get(tenant=cast.tenant).gates_required == 1


def test_more_than_ten_are_typed_as_a_number(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)

    asked = ask(cast, required="2", gates=(EMAIL, SMS, APP))
    wrong = ask(cast, required="2", gates=(EMAIL, SMS, APP), accepted=str(MAILED - 1))
    right = ask(cast, required="2", gates=(EMAIL, SMS, APP), accepted=str(MAILED))

    assert f"To confirm, type {MAILED}" in text_of(asked)
    assert wrong.status_code == 422 and f"Type {MAILED} exactly so" in text_of(wrong)
    assert right.status_code == 302
    assert SsprPolicy.objects.get(tenant=cast.tenant).gates_required == 2


def test_up_to_ten_are_confirmed_by_the_button(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, gates=[SMS, EMAIL])
    knows(cast, "diego.siciliani", mobile="+46 70 174 06 50")

    answer = ask(cast, gates=(EMAIL,))

    assert "This change leaves 1 of the" in text_of(answer)
    assert '<input type="hidden" name="accepted" value="1">' in answer.content.decode()
    assert "To confirm, type" not in text_of(answer)


def test_no_texts_at_all_lock_out_whoever_has_but_a_phone(cast: Cast) -> None:
    policy = policy_for(cast, reach=Reach.ALL)
    knows(cast, "diego.siciliani", mobile="+46 70 174 06 50")

    with within(cast.tenant):
        lost = count_lock_out(policy, with_values(policy, {"sms_a_day": 0}), now=clock.now())
        few = count_lock_out(policy, with_values(policy, {"sms_a_day": 1}), now=clock.now())

    assert (lost.people, few.count) == ((cast["diego.siciliani"],), 0)


def test_page_that_asks_sends_back_what_was_chosen(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)

    page = ask(cast, required="2", gates=(EMAIL, SMS, APP)).content.decode()

    assert '<input type="hidden" name="version" value="1"' in page
    assert all(f'name="gates" value="{gate}"' in page for gate in (EMAIL, SMS, APP))
    assert 'name="gates_required" value="2"' in page


def test_number_that_changed_meanwhile_is_asked_for_again(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    asked = ask(cast, required="2", gates=(EMAIL, SMS, APP))
    assert str(MAILED) in text_of(asked)
    cast.add("late.comer", alternate_email="late.comer@mail.example")

    answer = ask(cast, required="2", gates=(EMAIL, SMS, APP), accepted=str(MAILED))

    assert answer.status_code == 422
    assert SsprPolicy.objects.get(tenant=cast.tenant).version == 1


def test_change_that_locks_nobody_out_is_saved_at_once(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)

    answer = ask(cast, gates=(EMAIL, SMS, APP, QUESTIONS))

    assert answer.status_code == 302


def test_switching_off_counts_everybody_but_administrators(cast: Cast) -> None:
    policy = policy_for(cast, reach=Reach.ALL)
    knows(cast, "helpdesk.admin", email="helpdesk@home.example")
    registers(cast, "helpdesk.admin", MethodKind.AUTHENTICATOR)

    with within(cast.tenant):
        lost = count_lock_out(policy, with_values(policy, {"reach": Reach.NONE.value}), now=clock.now())

    assert (lost.count, lost.before) == (MAILED + BOTH + 1, MAILED + BOTH + 2)
    assert cast["helpdesk.admin"] not in lost.people


def test_narrowing_to_a_group_counts_those_outside_it(cast: Cast) -> None:
    policy = policy_for(cast, reach=Reach.ALL)
    with within(cast.tenant):
        pilot = Group.objects.create(tenant=cast.tenant, name="Pilot", created_at=clock.now())
        GroupMember.objects.create(tenant=cast.tenant, group=pilot, user=cast["mailed.00"])
        after = with_values(policy, {"reach": Reach.SELECTED.value, "group_id": pilot.pk})
        lost = count_lock_out(policy, after, now=clock.now())

    assert lost.count == MAILED + BOTH
    assert cast["mailed.00"] not in lost.people


def test_switching_administrators_off_names_them(cast: Cast) -> None:
    policy = policy_for(cast, reach=Reach.ALL)
    for who in ("helpdesk.admin", "privileged.authentication.admin"):
        knows(cast, who, email=f"{who}@home.example", mobile="+46 70 174 06 99")

    with within(cast.tenant):
        lost = count_lock_out(policy, with_values(policy, {"admins_may_use": False}), now=clock.now())

    assert lost.people == (cast["helpdesk.admin"],)


def test_fifty_are_named_and_all_are_counted(cast: Cast) -> None:
    names = [f"more.{number:02d}" for number in range(NAMED)]
    cast.add_all(*(part(name, has_password=False, alternate_email=f"{name}@mail.example") for name in names))
    policy = policy_for(cast, reach=Reach.ALL)

    with within(cast.tenant), CaptureQueriesContext(connection) as spent:
        lost = count_lock_out(policy, with_values(policy, {"gates_required": 2}), now=clock.now())

    assert (lost.count, len(lost.people), lost.others) == (MAILED + NAMED, NAMED, MAILED)
    assert len(spent) <= 14


def test_people_of_another_tenant_are_neither_counted_nor_named(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    policy = policy_for(other, reach=Reach.ALL)

    with within(other.tenant):
        lost = count_lock_out(policy, with_values(policy, {"reach": Reach.NONE.value}), now=clock.now())

    assert lost.people == (other["adele.vance"],)


def test_list_of_countries_names_whoever_has_a_number_elsewhere_alone(cast: Cast) -> None:
    before = policy_for(cast, reach=Reach.ALL, gates=[SMS])
    knows(cast, "adele.vance", mobile="+1 202 555 0142")
    knows(cast, "diego.siciliani", mobile="+47 406 11 223")
    with within(cast.tenant):
        swedes = count_lock_out(before, with_values(before, {"sms_countries": ["NO", "US"]}), now=clock.now())
        everybody = count_lock_out(before, with_values(before, {"sms_countries": ["DK"]}), now=clock.now())
        nobody = count_lock_out(before, with_values(before, {"sms_countries": ["NO", "SE", "US"]}), now=clock.now())

    assert [user.upn_folded.split("@")[0] for user in swedes.people] == [f"both.{number}" for number in range(BOTH)]
    assert everybody.count == everybody.before == BOTH + 2  # and Adele Vance and Diego Siciliani
    assert nobody.count == 0


def test_country_that_comes_back_locks_nobody_out_and_counts_nobody_as_able_before(cast: Cast) -> None:
    before = policy_for(cast, reach=Reach.ALL, gates=[SMS], sms_countries=["US"])
    knows(cast, "adele.vance", mobile="+1 202 555 0142")
    with within(cast.tenant):
        wider = count_lock_out(before, with_values(before, {"sms_countries": []}), now=clock.now())

    assert (wider.count, wider.before) == (0, 1)
