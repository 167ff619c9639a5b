"""The wait of administrators: nothing is set before it is over, and whoever was told can stop it until then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage
from passwords.services import issue
from sspr.flow import State
from sspr.models import Gate, Reach, SsprPolicy
from sspr.services.complete import Ended
from sspr.services.start import choose_reason
from sspr.services.verify import Outcome
from sspr.services.waiting import Waited, go_on
from tests.cast import PASSWORD, Cast, make_cast
from tests.passwords.reset_cast import try_sign_in
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import Visit, text_of
from tests.sspr.wizard_ways import NEW_PASSWORD, Walk, begin
from users.models import RoleAssignment
from users.services.sign_in import Outcome as SignIn
from users.tenancy import within

pytestmark = pytest.mark.django_db
ADMIN, NUMBER = "helpdesk.admin", "+1 202 555 0188"
UPN = f"{ADMIN}@contoso.example"
MINUTES = timedelta(minutes=30)
SECOND = timedelta(seconds=1)


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    policy_for(made, reach=Reach.ALL, admin_wait_minutes=30, notify_users=False, notify_admins=False)
    for name in (ADMIN, "global.reader", "adele.vance"):
        knows(made, name, email=f"{name}@mail.example", mobile=NUMBER)
    return made


@pytest.fixture
def start() -> datetime:
    return clock.now()


def proven(start: datetime, name: str = UPN) -> Walk:
    with clock.travel(freeze_at=start):
        walk = begin(name)
        assert walk.prove_email() is Outcome.RIGHT
        if walk.state is State.PROVE_TWO:
            assert walk.prove_sms(NUMBER) is Outcome.RIGHT
    return walk


def went_on(walk: Walk) -> Waited:
    attempt = walk.attempt
    return go_on(attempt, moves=attempt.moves, now=clock.now())


def test_administrator_waits_and_then_chooses_a_password(cast: Cast, start: datetime) -> None:
    walk = proven(start)

    with clock.travel(freeze_at=start):
        assert walk.state is State.WAITING
        assert walk.finish().ended is Ended.STALE
    with clock.travel(freeze_at=start + MINUTES):
        assert went_on(walk) is Waited.OVER
        assert walk.finish().ended is Ended.DONE

    assert try_sign_in(UPN, NEW_PASSWORD).outcome is SignIn.RIGHT
    reasons = AuditEvent.objects.filter(correlation_id=walk.attempt.pk).values_list("reason", flat=True)
    assert "User holds a role and waits before choosing a new password" in reasons


@pytest.mark.parametrize(
    ("after", "answer"), [(MINUTES - SECOND, Waited.EARLY), (MINUTES, Waited.OVER), (MINUTES + SECOND, Waited.OVER)]
)
def test_wait_is_over_on_the_second(cast: Cast, start: datetime, after: timedelta, answer: Waited) -> None:
    walk = proven(start)

    with clock.travel(freeze_at=start + after):
        assert went_on(walk) is answer
        assert walk.state is (State.WAITING if answer is Waited.EARLY else State.NEW_PASSWORD)


@pytest.mark.parametrize(("late", "found"), [(-1, True), (0, True), (1, False)])
def test_attempt_lives_fifteen_minutes_longer_than_it_waits(
    cast: Cast, start: datetime, late: int, found: bool
) -> None:
    walk = proven(start)
    attempt = walk.attempt

    with clock.travel(freeze_at=start + MINUTES + timedelta(minutes=15) + late * SECOND):
        assert (go_on(attempt, moves=attempt.moves, now=clock.now()) is Waited.OVER) is found


@pytest.mark.parametrize("name", ["adele.vance@contoso.example", "global.reader@contoso.example"])
def test_nobody_else_waits(cast: Cast, start: datetime, name: str) -> None:
    assert proven(start, name).attempt.state == State.NEW_PASSWORD


def test_unlocking_does_not_wait(cast: Cast) -> None:
    SsprPolicy.objects.filter(tenant=cast.tenant).update(allow_unlock=True)
    walk = begin(UPN)
    choose_reason(walk.attempt, is_unlock=True, moves=walk.attempt.moves, now=clock.now())
    walk.prove_email()
    walk.prove_sms(NUMBER)

    assert walk.state is State.UNLOCK


def notices() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for message in OutboundMessage.objects.filter(template__endswith="_waits").exclude(to=""):
        found.setdefault(message.template, set()).add(message.to)
    return found


def test_every_address_and_every_global_administrator_is_told_whatever_the_settings(
    cast: Cast, start: datetime
) -> None:
    proven(start)

    told = notices()

    assert f"{ADMIN}@mail.example" in told["own_reset_waits"] and len(told["own_reset_waits"]) > 1
    assert told["role_holder_reset_waits"] == {"global.admin@contoso.example"}


def path_of(template: str) -> str:
    message = OutboundMessage.objects.filter(template=template).exclude(to="").earliest("id")
    return links.address_of(message).expose().removeprefix(settings.PUBLIC_URL)


@pytest.mark.parametrize(
    ("template", "button"), [("own_reset_waits", "This was not me"), ("role_holder_reset_waits", "Stop it")]
)
def test_whoever_was_told_can_stop_it_up_to_the_last_second(
    cast: Cast, start: datetime, template: str, button: str
) -> None:
    walk = proven(start)
    with clock.travel(freeze_at=start + MINUTES - SECOND):
        asked = text_of(Client().get(path_of(template)))
        assert "Stop this reset?" in asked and UPN in asked and button in asked
        assert walk.state is State.WAITING, "a look stops nothing"
        assert Client().post(path_of(template)).status_code == 200
        assert walk.state is State.LOCKED
    with clock.travel(freeze_at=start + MINUTES):
        assert went_on(walk) is Waited.STALE
        assert walk.finish().ended is Ended.STALE

    assert try_sign_in(UPN, PASSWORD).outcome is SignIn.RIGHT


@pytest.mark.parametrize("template", ["own_reset_waits", "role_holder_reset_waits"])
def test_whoever_presses_too_late_ends_the_password_that_was_set(cast: Cast, start: datetime, template: str) -> None:
    walk = proven(start)
    with clock.travel(freeze_at=start + MINUTES):
        went_on(walk)
        walk.finish()
    with clock.travel(freeze_at=start + MINUTES + SECOND):
        assert "The password no longer works" in text_of(Client().post(path_of(template)))

        assert try_sign_in(UPN, NEW_PASSWORD).outcome is not SignIn.RIGHT


def test_wait_that_was_switched_on_meanwhile_holds_before_the_password_is_set(cast: Cast, start: datetime) -> None:
    SsprPolicy.objects.filter(tenant=cast.tenant).update(admin_wait_minutes=0)
    walk = proven(start)
    with clock.travel(freeze_at=start):
        assert walk.state is State.NEW_PASSWORD
        SsprPolicy.objects.filter(tenant=cast.tenant).update(admin_wait_minutes=30)

        assert walk.finish().ended is Ended.BACK

        assert walk.state is State.WAITING
    with clock.travel(freeze_at=start + MINUTES):
        assert went_on(walk) is Waited.OVER
        assert walk.finish().ended is Ended.DONE
    assert len(notices()) == 2


def test_wait_that_is_switched_on_while_the_password_is_hashed_holds_too(
    cast: Cast, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    SsprPolicy.objects.filter(tenant=cast.tenant).update(admin_wait_minutes=0)
    walk = proven(start)
    hashing = issue.make_password

    def hashed(*values: Any, **more: Any) -> str:
        SsprPolicy.objects.filter(tenant=cast.tenant).update(admin_wait_minutes=30)
        return hashing(*values, **more)

    monkeypatch.setattr(issue, "make_password", hashed)
    with clock.travel(freeze_at=start):
        assert walk.finish().ended is Ended.BACK
        assert walk.state is State.WAITING

    assert try_sign_in(UPN, PASSWORD).outcome is SignIn.RIGHT


def test_whoever_loses_the_role_meanwhile_waits_no_longer(cast: Cast, start: datetime) -> None:
    walk = proven(start)
    with within(cast.tenant):
        RoleAssignment.objects.filter(user=cast[ADMIN]).delete()

    with clock.travel(freeze_at=start + SECOND):
        assert went_on(walk) is Waited.OVER


def test_proof_that_counts_no_longer_is_asked_for_again_after_the_wait(cast: Cast, start: datetime) -> None:
    walk = proven(start)
    knows(cast, ADMIN, mobile="+1 202 555 0189")

    with clock.travel(freeze_at=start + MINUTES):
        assert went_on(walk) is Waited.ELSEWHERE
        assert walk.state is State.PROVE_TWO and walk.attempt.proven_gates == [Gate.EMAIL]


def test_page_says_until_when_and_the_cookie_lasts_as_long(cast: Cast, start: datetime) -> None:
    visit = Visit()
    with clock.travel(freeze_at=start):
        visit.begin(UPN)
        visit.prove_email()
        visit.send("mobile_sms", NUMBER)
        answer = visit.prove("mobile_sms", visit.code())
        assert answer.cookies[settings.SSPR_COOKIE_NAME]["max-age"] == 45 * 60
        page = text_of(visit.page())
        assert "Your reset waits" in page and "Step 3 of 4" in page
        assert "It is too early." in text_of(visit.client.get(visit.post("go-on")["Location"]))
    with clock.travel(freeze_at=start + MINUTES):
        assert "The wait is over" in text_of(visit.page())
        assert visit.post("go-on")["Location"] == "/passwordreset/step"
        assert "Enter new password" in text_of(visit.page())
