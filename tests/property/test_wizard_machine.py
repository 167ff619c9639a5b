"""The wizard through its pages in any order, in three browsers, against a model of a few lines.

Hypothesis begins, sends, types, replays, cancels and lets time pass as it likes; after each step every attempt, every
page and every password is where the model says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from adminportal import clock
from adminportal.outbox.models import OutboundMessage
from adminportal.throttle import LIMITS
from sspr.models import Reach, RecoveryAttempt
from tests.cast import PASSWORD, make_cast, make_tenant
from tests.property.wizard_model import NAMES, NOBODY, ONE_STEP, OPEN, PROVING, TWO_STEPS, Code, Model
from tests.solving import solved
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_ways import waiting
from users.models import Session, User
from users.services.challenges import open_code
from users.tenancy import across_tenants

pytestmark = pytest.mark.django_db

NUMBERS = {TWO_STEPS: "+1 202 555 0142", ONE_STEP: "+1 202 555 0171", NOBODY: "+1 202 555 0100"}
GATES = ("email", "mobile_sms")
FORMS = {
    "reason": "reason",
    "prove_one": "send",
    "prove_two": "send",
    "new_password": "finish",
    "unlock": "unlock",
}
"""The form of every state; of the others none may be on the page."""
STEPS = ("reason", "send", "prove", "finish", "unlock")
NOT_IN_THE_MODEL = ("L01", "L02", "L03", "L05", "L08", "L09", "L12", "L12_DAY", "L13", "L13_DAY", "L14")
"""Limits that have tests of their own and would stop the machine early."""
JUMPS = [timedelta(minutes=4), timedelta(minutes=10, seconds=1), timedelta(minutes=16), timedelta(hours=24, seconds=1)]
GUESS = "00000000"

Post = tuple[str, str, dict[str, str]]


class Wizard(RuleBasedStateMachine):
    """Three browsers, three names and a clock."""

    browser = st.integers(0, 2)
    ends: ClassVar[set[str]] = set()
    """States in which an attempt of any example was seen."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = ExitStack()
        self.undo.enter_context(taken_back())
        self.undo.enter_context(clock.travel(freeze_at=clock.now()))
        self.model = Model()
        self.clients = [Client(REMOTE_ADDR=f"203.0.113.{number}") for number in range(3)]
        self.rows: dict[int, RecoveryAttempt] = {}
        self.over: list[UUID] = []
        self.passwords = {name: PASSWORD for name in NAMES if name != NOBODY}
        self.touched = 0
        self.texts, self.posts = [GUESS], list[Post]()

    def teardown(self) -> None:
        self.undo.close()

    @initialize(names=st.tuples(*[st.sampled_from((TWO_STEPS, ONE_STEP, *NAMES))] * 3))
    def begin_everywhere(self, names: tuple[str, str, str]) -> None:
        for number, name in enumerate(names):
            self.begin(number, name)

    @rule(number=browser, name=st.sampled_from(NAMES))
    def begin(self, number: int, name: str) -> None:
        self.wait(timedelta(seconds=1))  # which of two began first is told by the clock
        mine, before = self.model.browsers[number], self.rows.get(number)
        is_locked = self.model.is_locked(name, clock.now())
        answer = self.post(number, "", {"user_name": name, **solved(self.clients[number].get("/passwordreset"))})
        self.model.begin(number, name, clock.now())
        assert answer.status_code == (429 if is_locked else 302)
        if is_locked:
            return
        known = [row.pk for row in self.rows.values()]
        self.rows[number] = RecoveryAttempt.objects.exclude(pk__in=[*known, *self.over]).get()
        if before is not None:
            self.over.append(before.pk)
            before.refresh_from_db()
            was_left = mine.has_cookie and mine.state in OPEN
            assert before.state == ("cancelled" if was_left else mine.state)

    @rule(number=browser, reason=st.sampled_from(("forgot", "known")))
    def choose_reason(self, number: int, reason: str) -> None:
        self.post_newest(number, "reason", reason=reason)
        self.model.choose_reason(self.model.browsers[number], reason, clock.now())

    @rule(number=browser, gate=st.sampled_from(GATES), owner=st.sampled_from(NAMES))
    def send(self, number: int, gate: str, owner: str) -> None:
        mine = self.model.browsers[number]
        self.post_newest(number, "send", method=gate, number=NUMBERS[owner])
        if self.model.send(mine, gate, clock.now()):
            mine.code = Code(gate=gate, text=self.sent(number), sent_at=clock.now())
            is_own = mine.name != NOBODY and (gate == "email" or owner == mine.name)
            assert (mine.code.text is not None) == is_own

    @rule(number=browser, gate=st.sampled_from(GATES), which=st.integers(0, 40))
    def prove(self, number: int, gate: str, which: int) -> None:
        """Type any code that anybody was ever sent, or a guess."""
        self.type(number, gate, self.texts[-1 - which % len(self.texts)])

    @rule(number=browser, times=st.integers(1, 5))
    def guess(self, number: int, times: int) -> None:
        code = self.model.browsers[number].code
        for _ in range(times):
            self.type(number, code.gate if code else "email", GUESS)

    @rule(number=browser, steps=st.integers(1, 4))
    def go_on(self, number: int, steps: int) -> None:
        """Do what a person would do next, so that the ends are reached often."""
        for _ in range(steps):
            self.do_next(number)
            self.every_attempt_is_where_the_model_says()

    @rule(number=browser)
    def finish(self, number: int) -> None:
        mine, password = self.model.browsers[number], f"Violet-Meadow-{len(self.posts):04}-{number}"
        self.post_newest(number, "finish", new_password=password, confirm_password=password)
        if self.model.close(mine, "new_password", "done", clock.now()):
            self.passwords[mine.name] = password

    @rule(number=browser)
    def finish_badly(self, number: int) -> None:
        self.post_newest(number, "finish", new_password="adele", confirm_password="adele")  # noqa: S106
        self.model.is_at(self.model.browsers[number], ("new_password",), clock.now())

    @rule(number=browser)
    def unlock(self, number: int) -> None:
        self.post_newest(number, "unlock")
        self.model.close(self.model.browsers[number], "unlock", "unlocked", clock.now())

    @rule(number=browser)
    def cancel(self, number: int) -> None:
        self.clients[number].post("/passwordreset/cancel")
        self.model.cancel(self.model.browsers[number], clock.now())

    @rule(which=st.integers(0, 200))
    def replay(self, which: int) -> None:
        """Send an old form once more with the cookie of then; nothing at all may follow."""
        if not self.posts:
            return
        key, step, fields = self.posts[-1 - which % len(self.posts)]
        client = Client()
        client.cookies[django_settings.SSPR_COOKIE_NAME] = key
        assert client.post(address_of(step), fields).status_code in (302, 422)

    @rule(number=browser, step=st.sampled_from(STEPS), moves=st.integers(0, 9))
    def post_form_of_another_page(self, number: int, step: str, moves: int) -> None:
        """Send a form that names another move, as a stale tab or the form of another browser would."""
        if number not in self.rows or moves == self.row(number).moves:
            return
        fields = {"method": "email", "code": self.texts[-1], "reason": "forgot", "moves": str(moves)}
        password = "Stolen-Lantern-5531"  # noqa: S105
        self.clients[number].post(address_of(step), {**fields, "new_password": password, "confirm_password": password})

    @rule(jump=st.sampled_from(JUMPS))
    def wait(self, jump: timedelta) -> None:
        self.undo.enter_context(clock.travel(jump))

    @invariant()
    def every_attempt_is_where_the_model_says(self) -> None:
        for number in self.rows:
            row, mine = self.row(number), self.model.browsers[number]
            assert (row.state, row.proven_gates) == (mine.state, mine.proven), mine
            self.ends.add(row.state)

    @invariant()
    def the_page_has_the_form_of_its_state(self) -> None:
        mine, client = self.model.browsers[self.touched], self.clients[self.touched]
        page = client.get("/passwordreset/step")
        is_there = mine.has_cookie and clock.now() <= mine.began + timedelta(minutes=15)
        assert page.status_code == (200 if is_there else 302)
        shown = {step for step in STEPS if f'"{address_of(step)}"' in page.content.decode()} - {"prove"}
        form = {FORMS[mine.state]} if is_there and mine.state in FORMS else set()
        assert shown == form or (not shown and self.model.is_locked(mine.name, clock.now())), mine

    @invariant()
    def nobody_has_another_password_and_nobody_is_signed_in(self) -> None:
        with across_tenants():
            stored = dict(User.objects.filter(upn_folded__in=self.passwords).values_list("upn_folded", "password"))
        assert all(check_password(password, stored[name]) for name, password in self.passwords.items())
        assert not Session.objects.exists()

    def do_next(self, number: int) -> None:
        mine = self.model.browsers[number]
        if mine.state in PROVING and not (mine.code and mine.code.text):
            self.send(number, GATES[len(mine.proven)], mine.name)
        if mine.state in PROVING and mine.code:
            self.type(number, mine.code.gate, mine.code.text or GUESS)
        elif mine.state == "reason":
            self.choose_reason(number, "known" if number == 1 else "forgot")
        elif mine.state in ("new_password", "unlock"):
            (self.finish if mine.state == "new_password" else self.unlock)(number)

    def type(self, number: int, gate: str, text: str) -> None:
        self.post_newest(number, "prove", method=gate, code=text)
        self.model.prove(self.model.browsers[number], gate, text, clock.now())

    def row(self, number: int) -> RecoveryAttempt:
        self.rows[number].refresh_from_db()
        return self.rows[number]

    def post_newest(self, number: int, step: str, /, **fields: str) -> HttpResponse:
        """Post as the newest page of this browser would, whatever step it stands at."""
        moves = str(self.row(number).moves) if number in self.rows else "0"
        answer = self.post(number, step, {"moves": moves, **fields})
        assert answer.status_code == 302 or (step, answer.status_code) == ("finish", 422)
        return answer

    def post(self, number: int, step: str, fields: dict[str, str]) -> HttpResponse:
        self.touched = number
        morsel = self.clients[number].cookies.get(django_settings.SSPR_COOKIE_NAME)
        self.posts.append((morsel.value if morsel else "", step, fields))
        return self.clients[number].post(address_of(step), fields)

    def sent(self, number: int) -> str | None:
        """Return the code on its way to the person, None where nothing is sent."""
        opened = open_code(OutboundMessage.objects.get(pk=waiting(self.row(number)).message_id), clock.now())
        if opened is None:
            return None
        self.texts.append(str(opened["code"]))
        return self.texts[-1]


def address_of(step: str) -> str:
    return f"/passwordreset/{step}".rstrip("/")


@contextmanager
def taken_back() -> Iterator[None]:
    """Take back everything that one example wrote."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def test_wizard_follows_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NOT_IN_THE_MODEL:
        monkeypatch.setitem(LIMITS, name, replace(LIMITS[name], number=100_000))
    contoso, fabrikam = make_cast(), make_tenant("fabrikam.example", "Fabrikam")
    fabrikam.add("brian.johnson")
    gates = list(GATES)
    policy_for(contoso, reach=Reach.ALL, gates=gates, gates_required=2)
    policy_for(fabrikam, reach=Reach.ALL, gates=gates, gates_required=1, allow_unlock=True)
    knows(contoso, "adele.vance", email="adele@mail.example", mobile=NUMBERS[TWO_STEPS])
    knows(fabrikam, "brian.johnson", email="brian@mail.example", mobile=NUMBERS[ONE_STEP])

    run_state_machine_as_test(
        Wizard,
        settings=settings(
            derandomize=True,
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert Wizard.ends >= {"done", "unlocked", "locked", "replaced", "cancelled", "prove_two"}
