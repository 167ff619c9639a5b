"""The same work for every kind of name at every step: queries, statements, commits, hashes and rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.hashing import hashes_made
from adminportal.outbox.models import OutboundMessage
from sspr.decoys import HAD_OF_256, SECRET_NAME
from sspr.flow import State
from sspr.models import Gate, GateFailures, Reach, RecoveryAttempt, RecoveryLock, SsprPolicy
from sspr.questions import normal_form
from sspr.services.cancel import cancel
from sspr.services.start import Later
from sspr.services.verify import Outcome, check, choose_and_send, view_of
from tests.cast import Cast, make_cast, make_tenant
from tests.sspr.self_service import answers, knows, policy_for
from tests.sspr.wizard_ways import MOBILE, OFFICE, Walk, begin
from tests.users.app_ways import registers_app
from users.models import Challenge, Domain, User
from users.services.installation_secrets import secret_for
from users.services.recovery_codes import make_recovery_codes
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

KINDS = {
    "unknown": "nobody@contoso.example",
    "unknown domain": "adele.vance@nowhere.example",
    "blocked": "isaiah.langer@contoso.example",
    "deleted": "gone@contoso.example",
    "guest": "guest.person@contoso.example",
    "federated": "far@far.example",
    "synced": "lee.gu@contoso.example",
    "unregistered": "diego.siciliani@contoso.example",
    "out of scope": "adele.vance@fabrikam.example",
    "administrator with too little": "helpdesk.admin@contoso.example",
}
NEIGHBOUR = "+1 202 555 0177"
LATER_ON = ("unknown", "blocked", "unregistered")
"""After page 1 whoever cannot reset goes one and the same way."""
GOOD = "adele.vance@contoso.example"
TABLES = (AuditEvent, OutboundMessage, GateFailures, RecoveryAttempt, RecoveryLock, Challenge)
"""Counters are missing here: one that is made and one that is found are the same statement."""


@dataclass(frozen=True)
class Work:
    """What somebody who measures could see of a step."""

    answer: Any
    statements: tuple[str, ...]
    hashes: int
    rows: tuple[int, ...]


def shape_of(sql: str) -> str:
    """Return a statement without its values, and without how long its lists are."""
    plain = re.sub(r"'[^']*'(::\w+)?", "?", sql)
    plain = re.sub(r"\b\d+\b|NULL|true|false", "?", plain, flags=re.IGNORECASE)
    return re.sub(r"(\?(, )?)+", "?", plain)[:160]


def observe(step: Callable[[], Any]) -> Work:
    """Do a step and count."""
    rows, hashes = [table._base_manager.count() for table in TABLES], hashes_made()
    with CaptureQueriesContext(connection) as queries:
        try:
            answer = step()
        except Later as refusal:
            answer = ("later", refusal.retry_after > 0)
    after = [table._base_manager.count() for table in TABLES]
    return Work(
        answer=answer,
        statements=tuple(shape_of(query["sql"]) for query in queries),
        hashes=hashes_made() - hashes,
        rows=tuple(new - old for new, old in zip(after, rows, strict=True)),
    )


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    monkeypatch.setattr("adminportal.outbox.waking.wake", lambda *_: None)
    made = make_cast()
    secret_for(SECRET_NAME)
    made.add("gone", mobile_phone=MOBILE)
    made.add("far", mobile_phone=MOBILE)
    with within(made.tenant):
        Domain.objects.create(tenant=made.tenant, name="far.example", is_federated=True)
        User.objects.filter(pk=made["far"].pk).update(upn_folded="far@far.example")
        User.objects.filter(pk=made["gone"].pk).update(deleted_at=clock.now())
    registers_app(made, "adele.vance")
    answers(made, "adele.vance", {key: _hashed("blue") for key in ("q01", "q02", "q03")})
    knows(made, "adele.vance", email="adele@mail.example", mobile=MOBILE, office=OFFICE)
    other = make_tenant("fabrikam.example", "Fabrikam")
    other.add("adele.vance", alternate_email="adele@mail.example", mobile_phone=MOBILE)
    yield made


def _hashed(answer: str) -> str:
    from django.contrib.auth.hashers import make_password

    return make_password(normal_form(answer))


def settings_of(cast: Cast, gate: Gate, *, gates_required: int = 1) -> None:
    """Let one method be the only one everywhere, so that every name is offered it; beside recovery codes, for two."""
    rules = {
        "gates": [gate.value],
        "questions_alone": True,
        "two_gates_with_second_factor": False,
        "gates_required": gates_required,
    }
    policy_for(cast, reach=Reach.ALL, **rules)


def alike(
    cast: Cast,
    gate: Gate,
    step: Callable[[Walk], Any],
    *,
    before: Callable[[Walk], Any] | None = None,
    expected: Any = None,
    gates_required: int = 1,
) -> None:
    """Take a step with every kind of name and compare all with the good one, whose answer is the expected one."""
    settings_of(cast, gate, gates_required=gates_required)
    seen = {}
    for kind, name in {"good": GOOD, **{kind: KINDS[kind] for kind in LATER_ON}}.items():
        walk = begin(name)
        if before:
            before(walk)
        seen[kind] = observe(lambda walk=walk: step(walk))  # type: ignore[misc]
    assert seen["good"].answer == expected
    for kind, work in seen.items():
        assert work == seen["good"], kind


GATES = [Gate.EMAIL, Gate.MOBILE_SMS, Gate.APP, Gate.QUESTIONS]


@pytest.mark.parametrize("gate", GATES, ids=str)
def test_page_one_and_the_page_of_methods(cast: Cast, gate: Gate) -> None:
    settings_of(cast, gate)
    begin("warm.up@contoso.example")
    seen = {
        kind: observe(lambda name=name: begin(name).attempt.state) for kind, name in {"good": GOOD, **KINDS}.items()
    }  # type: ignore[misc]
    for kind, work in seen.items():
        assert work == seen["good"], kind
    alike(cast, gate, lambda walk: len(view_of(walk.attempt, now=clock.now()).gates), expected=1)


@pytest.mark.parametrize("gate", [Gate.EMAIL, Gate.MOBILE_SMS], ids=str)
def test_sending_and_sending_again(cast: Cast, gate: Gate) -> None:
    def send(walk: Walk) -> Outcome:
        return walk.send(gate, MOBILE)

    alike(cast, gate, send, expected=Outcome.SENT)
    alike(cast, gate, send, before=send, expected=Outcome.SENT)


@pytest.mark.parametrize("gate", [Gate.MOBILE_VOICE, Gate.OFFICE_VOICE], ids=str)
def test_call_and_a_wrong_code_of_it(cast: Cast, settings: Settings, gate: Gate) -> None:
    settings.VOICE_CHANNEL_URL = "inbox:"
    number = MOBILE if gate is Gate.MOBILE_VOICE else OFFICE

    def ring_and_guess(walk: Walk) -> None:
        assert (walk.send(gate, number), walk.type(gate, "000000")) == (Outcome.SENT, Outcome.WRONG)

    alike(cast, gate, ring_and_guess)


def test_wrong_recovery_code(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HAD_OF_256, "recovery", 256)
    with within(cast.tenant):
        by = cast.actor("adele.vance").for_audit()
        make_recovery_codes(tenant=cast.tenant, user=cast["adele.vance"], by=by, now=clock.now())

    def guess(walk: Walk) -> None:
        assert [line.gate for line in view_of(walk.attempt, now=clock.now()).gates] == [Gate.EMAIL, Gate.RECOVERY_CODE]
        assert walk.type(Gate.RECOVERY_CODE, "00000-00000") is Outcome.WRONG

    alike(cast, Gate.EMAIL, guess, gates_required=2)


def test_sending_after_a_neighbour_of_the_number_had_a_text(cast: Cast) -> None:
    settings_of(cast, Gate.MOBILE_SMS)
    cast.add("neighbour", mobile_phone=NEIGHBOUR)
    begin("neighbour@contoso.example").send(Gate.MOBILE_SMS, NEIGHBOUR)
    alike(cast, Gate.MOBILE_SMS, lambda walk: walk.send(Gate.MOBILE_SMS, MOBILE), expected=Outcome.SENT)


def test_wrong_number_and_right_number(cast: Cast) -> None:
    settings_of(cast, Gate.MOBILE_SMS)
    right = observe(lambda: begin(GOOD).send(Gate.MOBILE_SMS, MOBILE))
    cast.add("second", mobile_phone=OFFICE)
    wrong = observe(lambda: begin("second@contoso.example").send(Gate.MOBILE_SMS, MOBILE))

    assert right.answer is Outcome.SENT
    assert wrong == right


@pytest.mark.parametrize("gate", GATES, ids=str)
def test_wrong_proof(cast: Cast, gate: Gate) -> None:
    def prepare(walk: Walk) -> None:
        if gate in (Gate.EMAIL, Gate.MOBILE_SMS):
            walk.send(gate, MOBILE)

    def guess(walk: Walk) -> Outcome:
        questions = view_of(walk.attempt, now=clock.now()).questions
        return walk.type(gate, "000000", answers=dict.fromkeys(questions, "red"))

    alike(cast, gate, guess, before=prepare, expected=Outcome.WRONG)


@pytest.mark.parametrize("gate", [Gate.EMAIL, Gate.APP], ids=str)
def test_fifth_wrong_proof_and_what_comes_after_it(cast: Cast, gate: Gate) -> None:
    def prepare(walk: Walk) -> None:
        for _ in range(4):
            if gate is Gate.EMAIL:
                walk.send(gate)
            assert walk.type(gate, "000000") is Outcome.WRONG
        if gate is Gate.EMAIL:
            walk.send(gate)

    def guess(walk: Walk) -> tuple[Outcome, str]:
        return walk.type(gate, "000000"), walk.attempt.state

    alike(cast, gate, guess, before=prepare, expected=(Outcome.ENDED, State.LOCKED))


def test_attempt_to_begin_after_the_lock(cast: Cast) -> None:
    settings_of(cast, Gate.EMAIL)
    for name in (GOOD, KINDS["unknown"], KINDS["blocked"]):
        walk = begin(name)
        for _ in range(5):
            walk.send(Gate.EMAIL)
            walk.type(Gate.EMAIL, "000000")
    seen = {name: observe(lambda name=name: begin(name)) for name in (GOOD, KINDS["unknown"], KINDS["blocked"])}  # type: ignore[misc]

    assert all(work == seen[GOOD] for work in seen.values())
    assert seen[GOOD].answer == ("later", True)


@pytest.mark.parametrize("hours", [0, 24])
def test_start_that_is_one_too_many(cast: Cast, hours: int) -> None:
    settings_of(cast, Gate.EMAIL)
    SsprPolicy.objects.update(start_lock_hours=hours)
    seen = {}
    for name in (GOOD, *(KINDS[kind] for kind in LATER_ON)):
        for _ in range(5):
            begin(name)
        seen[name] = observe(lambda name=name: begin(name))  # type: ignore[misc]

    assert all(work == seen[GOOD] for work in seen.values())
    assert seen[GOOD].answer == ("later", True)
    assert seen[GOOD].rows[TABLES.index(AuditEvent)] > 0


@pytest.mark.parametrize("gate", GATES, ids=str)
def test_stale_form(cast: Cast, gate: Gate) -> None:
    def post_again(walk: Walk) -> tuple[Outcome, Outcome]:
        attempt, now = walk.attempt, clock.now()
        sent = choose_and_send(attempt, gate=gate, typed_number=MOBILE, moves=attempt.moves - 1, now=now)
        return sent.outcome, check(attempt, gate=gate, typed="000000", moves=attempt.moves - 1, now=now).outcome

    def move_on(walk: Walk) -> None:
        walk.send(gate, MOBILE)

    alike(cast, gate, post_again, before=move_on, expected=(Outcome.STALE, Outcome.STALE))


def test_cancel(cast: Cast) -> None:
    alike(cast, Gate.EMAIL, lambda walk: cancel(walk.attempt, now=clock.now()), expected=True)


def test_paused_method(cast: Cast) -> None:
    def prepare(walk: Walk) -> None:
        for _ in range(10):
            assert walk.send(Gate.EMAIL) is Outcome.SENT

    alike(cast, Gate.EMAIL, lambda walk: walk.send(Gate.EMAIL), before=prepare, expected=Outcome.PAUSED)
