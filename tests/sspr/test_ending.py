"""However an attempt ends, its codes are dead, what carries one is never sent, and the audit log has its row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings as project

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.dispatch import Dispatcher
from adminportal.outbox.models import DevMessage, Failure, OutboundMessage
from adminportal.outbox.models import State as Sent
from sspr import attempts, trail
from sspr.flow import Event, State
from sspr.models import Gate, Reach, RecoveryAttempt, SsprPolicy
from sspr.services.complete import Ended
from sspr.services.ending import end_attempt
from sspr.services.start import choose_reason
from sspr.services.verify import Outcome
from tests.cast import Cast
from tests.sspr.self_service import policy_for
from tests.sspr.wizard_ways import MAIL, Walk, begin, make_open_cast, waiting
from users.models import User
from users.models.challenge import Purpose
from users.services.challenges import Destination, issue, newest
from users.tenancy import within

pytestmark = pytest.mark.django_db
ADELE, NOBODY = "adele.vance@contoso.example", "nobody@contoso.example"
BOTH = pytest.mark.parametrize("name", [ADELE, NOBODY], ids=["real", "decoy"])
PROGRESS = "Self-service password reset flow activity progress"


@pytest.fixture
def cast() -> Cast:
    return make_open_cast()


def put_code_on_its_way(cast: Cast, walk: Walk) -> OutboundMessage:
    """Have a code wait for delivery, whatever step the attempt has come to."""
    made = issue(
        tenant_id=cast.tenant.pk,
        user=walk.attempt.user,
        purpose=Purpose.SELF_SERVICE,
        bound_to=walk.attempt.pk,
        destination=Destination(method=Gate.EMAIL, channel="email", value=MAIL),
        context={"tenant_name": "Contoso"},
        language="en",
        now=clock.now(),
    )
    return OutboundMessage.objects.get(pk=made.message_id)


def is_over(walk: Walk, message: OutboundMessage, *, state: State, reason: str) -> bool:
    """Check the end of an attempt and of everything that it had begun."""
    attempt = RecoveryAttempt.objects.get(pk=walk.attempt.pk)
    assert (attempt.state, attempt.end_reason) == (state, reason)
    assert newest(bound_to=attempt.pk, purpose=Purpose.SELF_SERVICE) is None
    row = AuditEvent.objects.get(activity=PROGRESS, correlation_id=attempt.pk, reason=reason)
    assert row.result == "failure"
    with Dispatcher() as worker:
        end = worker.deliver(message.pk, now=clock.now())
    message.refresh_from_db()
    assert (end, message.failure) == ((Sent.FAILED, Failure.CODE_GONE) if message.to else (Sent.CANCELLED, ""))
    return not DevMessage.objects.filter(to=MAIL).exists()


@BOTH
def test_code_is_dead_where_too_many_were_asked_for(cast: Cast, name: str) -> None:
    rules = {"gates": ["email"], "two_gates_with_second_factor": False, "sends_lock_hours": 24}
    policy_for(cast, reach=Reach.ALL, **rules)
    walk = begin(name)
    for _ in range(10):
        assert walk.send(Gate.EMAIL) is Outcome.SENT
    last = OutboundMessage.objects.get(pk=waiting(walk.attempt).message_id)

    assert walk.send(Gate.EMAIL) is Outcome.ENDED

    attempt = walk.attempt
    assert is_over(walk, last, state=State.LOCKED, reason=attempt.end_reason)
    rows = AuditEvent.objects.filter(correlation_id=attempt.pk, reason=attempt.end_reason)
    assert {row.activity for row in rows} == {PROGRESS, "Blocked from self-service password reset"}
    assert {row.details["Limit"] for row in rows} == {"L09"}


@BOTH
def test_code_is_dead_after_the_last_post_that_counts(cast: Cast, name: str) -> None:
    policy_for(cast, reach=Reach.ALL, gates=["email"], two_gates_with_second_factor=False)
    walk = begin(name)
    walk.send(Gate.EMAIL)
    message = OutboundMessage.objects.get(pk=waiting(walk.attempt).message_id)
    RecoveryAttempt.objects.update(posts=attempts.MOST_POSTS)

    assert walk.type(Gate.EMAIL, "000000") is Outcome.STALE

    assert is_over(walk, message, state=State.EXHAUSTED, reason=trail.TOO_MANY_POSTS)


def test_code_is_dead_where_the_password_changed_meanwhile(cast: Cast) -> None:
    walk = begin(ADELE)
    walk.prove_email()
    message = put_code_on_its_way(cast, walk)
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(password_changed_at=clock.now())

    assert walk.finish().ended is Ended.OVER

    assert is_over(walk, message, state=State.REFUSED, reason=trail.CHANGED_MEANWHILE)


def test_code_is_dead_where_unlocking_was_switched_off_meanwhile(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL, allow_unlock=True)
    walk = begin(ADELE)
    choose_reason(walk.attempt, is_unlock=True, moves=walk.attempt.moves, now=clock.now())
    walk.prove_email()
    message = put_code_on_its_way(cast, walk)
    SsprPolicy.objects.update(allow_unlock=False)

    assert walk.unlock() is Ended.OVER

    assert is_over(walk, message, state=State.REFUSED, reason=trail.FAILED["SSPR_0011"])
    assert AuditEvent.objects.get(activity="Unlock user account (self-service)").result == "failure"


def test_ended_attempt_ends_no_second_time(cast: Cast) -> None:
    attempt = begin(ADELE).attempt
    now = clock.now()
    assert end_attempt(attempt, Event.CANCEL, reason=trail.CANCELLED_EARLY, now=now)
    rows = AuditEvent.objects.count()

    assert not end_attempt(attempt, Event.LIMIT, reason=trail.CLOSED_MEANWHILE, now=now)
    assert not end_attempt(
        RecoveryAttempt(pk=attempt.pk, state=State.PROVE_ONE), Event.LIMIT, reason=trail.CLOSED_MEANWHILE, now=now
    )

    assert AuditEvent.objects.count() == rows
    assert RecoveryAttempt.objects.get().state == State.CANCELLED


def test_nothing_else_ends_an_attempt() -> None:
    files = Path(project.BASE_DIR, "sspr").rglob("*.py")
    ends = {path.name for path in files if re.search(r"\battempts\.end\(", path.read_text())}

    assert ends == {"ending.py"}
