"""Any walk through the wizard, in two browsers and by hand-made posts, held against a model of thirty lines.

The model knows nothing of states: it remembers what each browser has proven, and says when a password may change.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import make_password
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from adminportal import clock
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from adminportal.throttle.models import Counter
from sspr import attempts
from sspr.models import Gate, Reach, RecoveryAttempt, SsprPolicy
from sspr.services.complete import Ended, finish
from sspr.services.start import Later, start
from sspr.services.verify import Outcome, check, choose_and_send
from tests.cast import PASSWORD, Cast, make_tenant
from tests.sspr.self_service import knows, policy_for
from tests.sspr.wizard_ways import MOBILE
from users.models import User
from users.models.challenge import Purpose
from users.services.challenges import newest, open_code
from users.tenancy import within

pytestmark = pytest.mark.django_db
LIFE = timedelta(minutes=15)
GATES = [Gate.EMAIL, Gate.MOBILE_SMS]
MOSTLY = st.sampled_from([True, True, True, True, False])
MOSTLY_ONE = st.sampled_from([0, 0, 0, 1])
REACHED: dict[str, int] = {}
"""How often a walk came where the model has something to say; a test that never gets there proves nothing."""


@dataclass
class Browser:
    """One browser: its cookie, the numbers of the pages it has seen, and, for the model, what it has proven."""

    cookie: Secret | None = None
    began_at: datetime | None = None
    moves: list[int] = field(default_factory=list)
    proven: dict[Gate, str] = field(default_factory=dict)
    is_over: bool = True


class Walks(RuleBasedStateMachine):
    """Two browsers, both at the account of one person, whom an administrator may touch in between."""

    @initialize(required=st.sampled_from([1, 2]))
    def begin_with(self, required: int) -> None:
        self.cast: Cast = make_tenant(f"t{uuid4().hex[:12]}.example", f"T {uuid4().hex}")
        self.cast.add("adele", mobile_phone=MOBILE)
        self.name = f"adele@{self.cast.domain}"
        self.browsers = [Browser(), Browser()]
        self.now, self.required, self.is_enabled, self.changes = clock.now(), required, True, 0
        self.address = "home0@mail.example"
        knows(self.cast, "adele", email=self.address)
        policy_for(self.cast, reach=Reach.ALL, gates_required=required, gates=[gate.value for gate in GATES])
        self.set_password(PASSWORD)

    def set_password(self, text: str) -> None:
        with within(self.cast.tenant):
            User.objects.filter(pk=self.cast["adele"].pk).update(password=make_password(text))
        self.stored = self.read().password

    def read(self) -> User:
        with within(self.cast.tenant):
            return User.objects.get(pk=self.cast["adele"].pk)

    # The model: what may happen.

    def is_alive(self, browser: Browser) -> bool:
        return not browser.is_over and browser.began_at is not None and self.now <= browser.began_at + LIFE

    def counts(self, browser: Browser) -> int:
        places = {Gate.EMAIL: self.address, Gate.MOBILE_SMS: MOBILE}
        return sum(places[gate] == place for gate, place in browser.proven.items())

    def may_change(self, browser: Browser) -> bool:
        return self.is_alive(browser) and self.is_enabled and self.counts(browser) >= self.required

    # What browsers do.

    @rule(which=MOSTLY_ONE)
    def start_anew(self, which: int) -> None:
        mine = self.browsers[which]
        if self.is_alive(mine) and mine.proven:
            return  # walks that end at page 1 again and again show little
        Counter.objects.all().delete()
        try:
            begun = start(user_name=self.name, source="x", language="en", now=self.now, instead_of=mine.cookie)
        except Later:
            return
        self.browsers[which] = Browser(cookie=begun.cookie, began_at=self.now, moves=[0], is_over=not self.is_enabled)

    @rule(which=MOSTLY_ONE, gate=st.sampled_from(GATES), right=MOSTLY, newest_page=MOSTLY)
    def prove(self, which: int, gate: Gate, right: bool, newest_page: bool) -> None:
        mine = self.browsers[which]
        attempt = self.found(mine)
        if attempt is None:
            return
        Counter.objects.all().delete()
        sent = choose_and_send(attempt, gate=gate, typed_number=MOBILE, moves=attempt.moves, now=self.now)
        attempt = self.found(mine)
        if attempt is None or sent.outcome is not Outcome.SENT:
            self.after(mine)
            return
        code = self.code(attempt)
        typed = code if right else f"{(int(code or 0) + 1) % 10 ** max(1, len(code)):0{max(1, len(code))}}"
        moves = attempt.moves if newest_page else mine.moves[0]
        answer = check(attempt, gate=gate, typed=typed, moves=moves, now=self.now)
        if answer.outcome is Outcome.RIGHT:
            assert right and newest_page and self.is_alive(mine) and self.is_enabled
            mine.cookie = answer.cookie
            mine.proven = {each: place for each, place in mine.proven.items() if self.is_still(each, place)}
            mine.proven[gate] = self.address if gate is Gate.EMAIL else MOBILE
            self.end_older(mine)
        self.after(mine)

    @rule(which=MOSTLY_ONE, newest_page=MOSTLY, number=st.integers(0, 9_999))
    def choose_a_password(self, which: int, newest_page: bool, number: int) -> None:
        mine = self.browsers[which]
        attempt = self.found(mine)
        if attempt is None:
            return
        moves = attempt.moves if newest_page else mine.moves[0]
        fits = self.may_change(mine) and moves == attempt.moves
        ended = finish(attempt, password=Secret(f"Violet-Meadow-{number:04}"), moves=moves, now=self.now).ended
        REACHED[f"{ended}, {fits}"] = REACHED.get(f"{ended}, {fits}", 0) + 1
        if ended is Ended.DONE:
            assert fits, "a password was set that the model does not allow"
            self.stored = self.read().password
            for browser in self.browsers:
                browser.is_over = True
        self.after(mine)

    # What happens around them.

    @rule(minutes=st.integers(1, 9))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(enabled=MOSTLY)
    def block_or_allow(self, enabled: bool) -> None:
        self.is_enabled = enabled
        with within(self.cast.tenant):
            User.objects.filter(pk=self.cast["adele"].pk).update(account_enabled=enabled)

    @rule(required=st.sampled_from([1, 2]))
    def ask_for(self, required: int) -> None:
        self.required = required
        SsprPolicy.objects.filter(tenant=self.cast.tenant).update(gates_required=required)

    @precondition(lambda self: self.changes < 3)
    @rule()
    def change_the_address(self) -> None:
        self.changes += 1
        self.address = f"home{self.changes}@mail.example"
        knows(self.cast, "adele", email=self.address)

    # Held after every rule.

    @invariant()
    def password_is_what_the_model_says(self) -> None:
        if hasattr(self, "stored"):
            assert self.read().password == self.stored

    # Ways of looking.

    def found(self, browser: Browser) -> RecoveryAttempt | None:
        return attempts.find(browser.cookie, now=self.now) if browser.cookie else None

    def is_still(self, gate: Gate, place: str) -> bool:
        return place == (self.address if gate is Gate.EMAIL else MOBILE)

    def after(self, browser: Browser) -> None:
        attempt = self.found(browser)
        if attempt is None:
            return
        browser.moves.append(attempt.moves)
        browser.is_over = browser.is_over or attempt.ended_at is not None
        browser.proven = {gate: place for gate, place in browser.proven.items() if gate in attempt.proven_gates}

    def end_older(self, newer: Browser) -> None:
        for browser in self.browsers:
            attempt = self.found(browser)
            if browser is not newer and attempt is not None and attempt.ended_at is not None:
                browser.is_over = True

    def code(self, attempt: RecoveryAttempt) -> str:
        waiting = newest(bound_to=attempt.pk, purpose=Purpose.SELF_SERVICE)
        opened: Any = waiting and open_code(OutboundMessage.objects.get(pk=waiting.message_id), self.now)
        return str(opened["code"]) if opened else ""


def test_no_walk_sets_a_password_that_the_model_does_not_allow() -> None:
    run_state_machine_as_test(
        Walks,
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("seed", range(1, 5))
def test_long_walks_reach_a_new_password_and_only_as_the_model_allows(seed: int) -> None:
    chance = random.Random(seed)
    walks = Walks()
    walks.begin_with(required=1 + seed % 2)  # type: ignore[call-arg]
    REACHED.clear()
    for _ in range(100):
        which, mostly = chance.choice((0, 0, 0, 1)), chance.random() < 0.8
        steps: list[Callable[[], object]] = [
            lambda which=which: walks.start_anew(which=which),  # type: ignore[misc]
            *[
                lambda which=which, mostly=mostly: walks.prove(  # type: ignore[misc]
                    which=which, gate=chance.choice(GATES), right=chance.random() < 0.8, newest_page=mostly
                )
            ]
            * 4,
            *[
                lambda which=which, mostly=mostly: walks.choose_a_password(  # type: ignore[misc]
                    which=which, newest_page=mostly, number=chance.randrange(10_000)
                )
            ]
            * 2,
            lambda: walks.time_passes(minutes=chance.randrange(1, 4)),
            lambda mostly=mostly: walks.block_or_allow(enabled=mostly),  # type: ignore[misc]
            lambda: walks.ask_for(required=chance.choice((1, 2))),
            lambda: walks.change_the_address(),
        ]
        chance.choice(steps)()
        walks.password_is_what_the_model_says()

    assert REACHED.get("done, True", 0) > 0
