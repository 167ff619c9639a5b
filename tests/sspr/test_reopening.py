"""Self-service that was closed for somebody: an administrator who may reset them sees why, and opens it again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox import links
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage
from sspr import locks
from sspr.flow import State
from sspr.models import Gate, GateFailures, Reach, RecoveryLock
from sspr.services.complete import Ended
from sspr.services.not_me import PURPOSE
from sspr.services.start import Later
from sspr.services.verify import Outcome
from sspr.subjects import subject_of
from tests.cast import Cast, make_cast, signed_in
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_visit import text_of
from tests.sspr.wizard_ways import MAIL, begin, make_open_cast
from users.models import User

pytestmark = pytest.mark.django_db
ADELE = "adele.vance"
UPN = "adele.vance@contoso.example"
WRONG = "00000000"


@pytest.fixture
def cast() -> Cast:
    return make_open_cast()


def close(user: User, *, limit: str = PURPOSE, gate: Gate | None = None) -> None:
    until = clock.now() + timedelta(hours=24)
    locks.close(subject_of(user.upn_folded), until=until, limit=limit, user_id=user.pk, gate=gate)


def open_again(cast: Cast, name: str = ADELE, *, actor: str = "helpdesk.admin") -> HttpResponse:
    return signed_in(cast[actor]).post(reverse("sspr:open-again", args=[cast[name].pk]))


def panel(cast: Cast, *, actor: str = "helpdesk.admin", name: str = ADELE) -> str:
    url = reverse("users:panel", args=[cast[name].pk])
    return text_of(signed_in(cast[actor]).get(f"{url}?tab=password"))


def rows() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(activity="Opened self-service password reset again"))


def guess() -> Outcome:
    walk = begin(UPN)
    walk.send(Gate.EMAIL)
    return walk.type(Gate.EMAIL, WRONG)


def test_helpdesk_opens_what_a_notice_closed_and_the_audit_log_says_so(cast: Cast) -> None:
    close(cast[ADELE])
    with pytest.raises(Later):
        begin(UPN)

    answer = open_again(cast)

    assert answer.status_code == 302
    assert begin(UPN).prove_email() is Outcome.RIGHT
    (row,) = rows()
    assert (row.result, row.actor_id, row.subject_id) == ("success", cast["helpdesk.admin"].pk, cast[ADELE].pk)
    assert row.details["ActingRole"] == "Helpdesk Administrator"
    done = signed_in(cast["helpdesk.admin"]).get(answer["Location"])
    assert "The person can reset the password by themselves again." in text_of(done)


def test_person_is_told_at_every_address_and_can_close_it_again(cast: Cast) -> None:
    close(cast[ADELE])

    open_again(cast)

    told = OutboundMessage.objects.filter(template="self_service_opened")
    assert {message.to for message in told} == {UPN, MAIL}
    letter = build(told.get(to=MAIL))
    assert letter.subject == f"Forgot password is open again for {UPN}"
    assert "Helpdesk" in letter.text and "/notice/" in letter.text
    button = links.address_of(told.get(to=MAIL)).expose().removeprefix(settings.PUBLIC_URL)
    assert "It was opened again for" in text_of(Client().get(button))
    assert Client().post(button).status_code == 200
    with pytest.raises(Later):
        begin(UPN)


def test_what_was_counted_is_forgotten_with_the_lock(cast: Cast) -> None:
    assert [guess() for _ in range(5)] == [Outcome.WRONG] * 4 + [Outcome.ENDED]

    open_again(cast)

    assert [guess() for _ in range(5)] == [Outcome.WRONG] * 4 + [Outcome.ENDED]


def test_pause_of_a_method_ends_and_one_that_was_disabled_stays_so(cast: Cast) -> None:
    close(cast[ADELE], limit="L09", gate=Gate.EMAIL)
    GateFailures.objects.create(
        subject=subject_of(UPN), gate=Gate.APP, in_a_row=100, user_id=cast[ADELE].pk, changed_at=clock.now()
    )

    open_again(cast)

    assert not RecoveryLock.objects.exists()
    assert GateFailures.objects.get().in_a_row == 100


def test_lock_under_an_older_key_is_opened_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    close(cast[ADELE])
    newer = ["a-newer-sealing-key-of-many-characters-0123456789", *settings.SEALING_KEYS]
    monkeypatch.setattr(settings, "SEALING_KEYS", newer)

    open_again(cast)

    assert not RecoveryLock.objects.exists()


def test_nothing_is_written_where_nothing_was_closed(cast: Cast) -> None:
    close(cast[ADELE])
    with clock.travel(timedelta(hours=24)):
        assert open_again(cast).status_code == 302

    assert not rows() and not OutboundMessage.objects.exists()


def test_locks_of_others_stay(cast: Cast) -> None:
    close(cast[ADELE])
    close(cast["diego.siciliani"])

    open_again(cast)

    assert [lock.user_id for lock in RecoveryLock.objects.all()] == [cast["diego.siciliani"].pk]


@pytest.mark.parametrize(("actor", "name"), [("global.reader", ADELE), ("helpdesk.admin", "user.admin")])
def test_whoever_may_not_reset_the_person_opens_nothing(cast: Cast, actor: str, name: str) -> None:
    close(cast[name])

    answer = open_again(cast, name, actor=actor)

    assert answer.status_code == 403
    assert RecoveryLock.objects.exists()
    (row,) = rows()
    assert (row.result, row.details["RefusalCode"]) == ("failure", row.reason)


def test_holder_of_a_role_asks_for_a_fresh_proof(cast: Cast) -> None:
    close(cast["helpdesk.admin"])
    client = signed_in(cast["global.admin"])

    with clock.travel(timedelta(minutes=11)):
        answer = client.post(reverse("sspr:open-again", args=[cast["helpdesk.admin"].pk]))

    assert answer.status_code == 302 and answer["Location"].startswith(reverse("users:confirm"))
    assert RecoveryLock.objects.exists()


def test_person_of_another_organisation_does_not_exist(cast: Cast) -> None:
    other = make_cast("fabrikam.example", "Fabrikam")
    close(other[ADELE])

    answer = signed_in(cast["global.admin"]).post(reverse("sspr:open-again", args=[other[ADELE].pk]))

    assert answer.status_code == 404
    assert RecoveryLock.objects.exists()


def test_panel_says_why_and_until_when(cast: Cast) -> None:
    assert "Open self-service again" not in panel(cast)

    close(cast[ADELE], limit="L09", gate=Gate.EMAIL)
    assert "A method pauses until" in panel(cast)
    close(cast[ADELE], limit="L04")
    assert "Closed until" in panel(cast) and "Too many proofs were wrong" in panel(cast)
    RecoveryLock.objects.update(limit=PURPOSE)
    told = panel(cast)
    assert "Somebody answered a notice with This was not me." in told and "Open self-service again" in told


def test_try_it_says_why_self_service_is_closed_and_who_opens_it(cast: Cast) -> None:
    url = f"{reverse('sspr:try-it')}?person={cast[ADELE].pk}"
    client = signed_in(cast["security.reader"])
    close(cast[ADELE], limit="L09", gate=Gate.EMAIL)

    paused = text_of(client.get(url))
    close(cast[ADELE])
    closed = text_of(client.get(url))

    assert "They can reset their password" in paused and "Email pauses" in paused
    assert "Self-service is closed for this account until" in closed
    assert "Somebody answered a notice with This was not me." in closed
    assert "They can reset their password" not in closed


def test_attempt_that_was_proven_before_is_not_revived(cast: Cast) -> None:
    walk = begin(UPN)
    assert walk.prove_email() is Outcome.RIGHT
    close(cast[ADELE])

    open_again(cast)

    assert walk.finish().ended is not Ended.DONE
    assert walk.state is State.LOCKED
    assert begin(UPN).prove_email() is Outcome.RIGHT


def test_wait_of_an_administrator_that_was_stopped_stays_so(cast: Cast) -> None:
    number = "+1 202 555 0188"
    policy_for(cast, reach=Reach.ALL, admin_wait_minutes=30)
    knows(cast, "helpdesk.admin", email="desk@mail.example", mobile=number)
    walk = begin("helpdesk.admin@contoso.example")
    assert walk.prove_email() is Outcome.RIGHT and walk.prove_sms(number) is Outcome.RIGHT
    assert walk.state is State.WAITING
    notice = OutboundMessage.objects.filter(template="role_holder_reset_waits").exclude(to="").earliest("created_at")

    assert Client().post(links.address_of(notice).expose().removeprefix(settings.PUBLIC_URL)).status_code == 200

    assert walk.state is State.LOCKED
    open_again(cast, "helpdesk.admin", actor="global.admin")
    with clock.travel(timedelta(minutes=31)):
        assert walk.finish().ended is not Ended.DONE
        assert walk.state is State.LOCKED
