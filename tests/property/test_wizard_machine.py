"""The wizard through its pages in any order, in three browsers, against a model of a few lines.

Hypothesis begins, chooses, types, replays, cancels and lets time pass as it likes; after each step every attempt, every
page and every password is where the model says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product
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
from sspr.models import RecoveryAttempt
from tests.property.wizard_model import (
    GATES,
    NAMES,
    NOBODY,
    OFFERED,
    OPEN,
    PROVING,
    SENT,
    Belongings,
    Code,
    Model,
    step_of,
)
from tests.property.wizard_people import ANSWERED, NUMBERS, furnished, offered_to
from tests.solving import solved
from tests.sspr.wizard_ways import waiting
from users.models import Session, User
from users.services.challenges import open_code
from users.tenancy import across_tenants

pytestmark = pytest.mark.django_db

FORMS = {"reason": "reason", "waiting": "go-on", "new_password": "finish", "unlock": "unlock"}
"""The form of each state but those of proving, where some methods are chosen first; of the others none has any."""
STEPS = ("reason", "send", "prove", "go-on", "finish", "unlock")
NOT_IN_THE_MODEL = ("L01", "L02", "L03", "L05", "L08", "L09", "L12", "L12_DAY", "L13", "L13_DAY", "L14")
"""Limits that have tests of their own and would stop the machine early."""
SECOND, STEP_OF_APP = timedelta(seconds=1), timedelta(seconds=30)
JUMPS = [
    *(STEP_OF_APP, timedelta(minutes=4), timedelta(minutes=10), timedelta(minutes=15)),
    *(timedelta(minutes=10) + SECOND, timedelta(minutes=16), timedelta(hours=24), timedelta(hours=24) + SECOND),
]
GUESS = "00000000"

Post = tuple[str, str, dict[str, str]]


class Wizard(RuleBasedStateMachine):
    """Three browsers, people of every kind, nobody, and a clock."""

    browser, names, gates = st.integers(0, 2), st.sampled_from(NAMES), st.sampled_from(GATES)
    belongings: ClassVar[Callable[[], dict[str, Belongings]]]
    offered_to_nobody: ClassVar[tuple[str, ...]]
    seen: ClassVar[set[str]] = set()
    """States in which an attempt of any example was, and proofs that were right, wrong or right once before."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = ExitStack()
        self.undo.enter_context(taken_back())
        self.undo.enter_context(clock.travel(freeze_at=clock.now()))
        self.model = Model(has=type(self).belongings(), offered_to_nobody=self.offered_to_nobody)
        self.printed = {name: sorted(has.printed) for name, has in self.model.has.items()}
        self.clients = [Client(REMOTE_ADDR=f"203.0.113.{number}") for number in range(3)]
        self.rows: dict[int, UUID] = {}
        self.over: list[UUID] = []
        self.hashes = stored_hashes()
        self.touched: int | None = None
        self.looked: dict[int, object] = {}
        self.texts, self.spent, self.posts = [GUESS], set[str](), list[Post]()

    def teardown(self) -> None:
        self.undo.close()

    @initialize(names=st.tuples(*[st.sampled_from((*NAMES[:3], *NAMES))] * 3))
    def begin_everywhere(self, names: tuple[str, str, str]) -> None:
        for number, name in enumerate(names):
            self.begin(number, name)

    @rule(number=browser, name=names)
    def begin(self, number: int, name: str) -> None:
        self.wait(SECOND)  # which of two began first is told by the clock
        mine, before = self.model.browsers[number], self.rows.get(number)
        is_locked = self.model.is_locked(name, clock.now())
        answer = self.post(number, "", {"user_name": name, **solved(self.clients[number].get("/passwordreset"))})
        self.model.begin(number, name, clock.now())
        assert answer.status_code == (429 if is_locked else 302)
        if is_locked:
            return
        self.rows[number] = RecoveryAttempt.objects.exclude(pk__in=[*self.rows.values(), *self.over]).get().pk
        if before is not None:
            self.over.append(before)
            was_left = mine.has_cookie and mine.state in OPEN
            assert RecoveryAttempt.objects.get(pk=before).state == ("cancelled" if was_left else mine.state)

    @rule(number=browser, reason=st.sampled_from(("forgot", "known")))
    def choose_reason(self, number: int, reason: str) -> None:
        self.post_newest(number, "reason", reason=reason)
        self.model.choose_reason(self.model.browsers[number], reason, clock.now())

    @rule(number=browser, gate=gates, owner=names)
    def choose(self, number: int, gate: str, owner: str) -> None:
        """Choose a method, with the number of anybody."""
        mine = self.model.browsers[number]
        self.post_newest(number, "send", method=gate, number=NUMBERS[owner])
        if self.model.choose(mine, gate, clock.now()):
            mine.code = Code(gate=gate, text=self.sent(number), sent_at=clock.now())
            is_own = mine.name != NOBODY and (gate == "email" or owner == mine.name)
            assert (mine.code.text is not None) == is_own

    @rule(number=browser, gate=gates)
    def look_at_another_way(self, number: int, gate: str) -> None:
        """Open another method on the page, which chooses nothing yet."""
        self.touched = number
        assert self.clients[number].get("/passwordreset/step", {"method": gate}).status_code in (200, 302)

    @rule(number=browser, gate=gates, owner=names, which=st.integers(0, 40))
    def prove(self, number: int, gate: str, owner: str, which: int) -> None:
        """Type what anybody was ever sent, has printed, reads in an app or answered; used, new or too old."""
        self.type(number, gate, self.proof_of(owner, gate, which))

    @rule(number=browser, gate=gates)
    def prove_once_more(self, number: int, gate: str) -> None:
        """Type again what was right before, here or elsewhere."""
        mine = self.model.browsers[number]
        own = [text for text in sorted(self.spent) if text.startswith(f"{mine.name} {gate} ")]
        self.type(number, gate, own[-1].rpartition(" ")[2] if own else GUESS)

    @rule(number=browser, gate=gates)
    def come_back_with_the_same_proof(self, number: int, gate: str) -> None:
        """Prove it, begin anew, and type the same once more."""
        mine = self.model.browsers[number]
        self.type(number, gate, self.own_proof(mine.name, gate, mine.code))
        self.begin(number, mine.name)
        if self.model.browsers[number].state == "reason":
            self.choose_reason(number, "forgot")
        self.prove_once_more(number, gate)

    @rule(number=browser, gate=gates)
    def type_nothing(self, number: int, gate: str) -> None:
        before = self.row(number).moves
        self.post_newest(number, "prove", method=gate, code=" ")
        assert self.row(number).moves == before

    @rule(number=browser, times=st.sampled_from((1, 2, 5)))
    def guess(self, number: int, times: int) -> None:
        for _ in range(times):
            self.type(number, self.model.browsers[number].chosen or "email", GUESS)

    @rule(number=browser, steps=st.integers(2, 6), first=st.integers(0, 4))
    def go_on(self, number: int, steps: int, first: int) -> None:
        """Do what a person would do next, so that the ends are reached often."""
        for step in range(steps):
            self.do_next(number, first + step)
            self.every_attempt_is_where_the_model_says()

    @rule(number=browser)
    def finish(self, number: int) -> None:
        mine, password = self.model.browsers[number], f"Violet-Meadow-{len(self.posts):04}-{number}"
        self.post_newest(number, "finish", new_password=password, confirm_password=password)
        if self.model.close(mine, "new_password", "done", clock.now()):
            self.hashes[mine.name] = stored_hashes()[mine.name]
            assert check_password(password, self.hashes[mine.name])

    @rule(number=browser)
    def finish_badly(self, number: int) -> None:
        self.post_newest(number, "finish", new_password="adele", confirm_password="adele")  # noqa: S106
        self.model.is_at(self.model.browsers[number], ("new_password",), clock.now())

    @rule(number=browser)
    def unlock(self, number: int) -> None:
        self.post_newest(number, "unlock")
        self.model.close(self.model.browsers[number], "unlock", "unlocked", clock.now())

    @rule(number=browser)
    def end_the_wait(self, number: int) -> None:
        self.post_newest(number, "go-on")
        self.model.go_on(self.model.browsers[number], clock.now())

    @rule(number=browser)
    def cancel(self, number: int) -> None:
        self.touched = number
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
        if moves == self.row(number).moves:
            return
        fields = {"method": "email", "code": self.texts[-1], "reason": "forgot", "moves": str(moves)}
        password = "Stolen-Lantern-5531"  # noqa: S105
        self.clients[number].post(address_of(step), {**fields, "new_password": password, "confirm_password": password})

    @rule(jump=st.sampled_from(JUMPS))
    def wait(self, jump: timedelta) -> None:
        self.undo.enter_context(clock.travel(jump))

    @invariant()
    def every_attempt_is_where_the_model_says(self) -> None:
        rows = RecoveryAttempt.objects.in_bulk(list(self.rows.values()))
        for number, key in self.rows.items():
            mine = self.model.browsers[number]
            assert (rows[key].state, rows[key].proven_gates) == (mine.state, mine.proven), mine
            self.seen.add(mine.state)

    @invariant()
    def the_page_has_the_form_of_its_state(self) -> None:
        if self.touched is None:
            return
        number, self.touched = self.touched, None
        mine, is_locked = (
            self.model.browsers[number],
            self.model.is_locked(self.model.browsers[number].name, clock.now()),
        )
        is_there = mine.has_cookie and clock.now() <= mine.ends
        looks = (mine.began, mine.state, mine.chosen, is_there, is_locked)
        if self.looked.get(number) == looks:
            return  # the page of before: a quarter of the time of all steps
        self.looked[number] = looks
        page = self.clients[number].get("/passwordreset/step")
        assert page.status_code == (200 if is_there else 302)
        shown = {step for step in STEPS if f'"{address_of(step)}"' in page.content.decode()}
        if not is_there or (is_locked and not shown):
            assert not shown, mine
        elif mine.state in PROVING:
            assert shown and shown <= {"send", "prove"}, mine
        else:
            assert shown == ({FORMS[mine.state]} if mine.state in FORMS else set()), mine

    @invariant()
    def nobody_has_another_password_and_nobody_is_signed_in(self) -> None:
        assert stored_hashes() == self.hashes
        assert not Session.objects.exists()

    def do_next(self, number: int, turn: int) -> None:
        mine = self.model.browsers[number]
        if mine.state in PROVING and self.model.offers(mine):
            gate = self.model.offers(mine)[turn % len(self.model.offers(mine))]
            if gate in SENT and not (mine.code and mine.code.text and mine.chosen == gate):
                self.choose(number, gate, mine.name)
            self.type(number, gate, self.own_proof(mine.name, gate, mine.code))
        elif mine.state == "reason":
            self.choose_reason(number, "known" if number == 1 else "forgot")
        elif mine.state == "waiting":
            self.wait(max(mine.waits_until - clock.now(), timedelta(0)))
            self.end_the_wait(number)
        elif mine.state in ("new_password", "unlock"):
            (self.finish if mine.state == "new_password" else self.unlock)(number)

    def own_proof(self, name: str, gate: str, code: Code | None) -> str:
        """Return what the person would type; the app's next code where this one was used already."""
        has = self.model.has.get(name)
        if gate in SENT or has is None:
            return (code.text if code else None) or GUESS
        if gate == "app" and step_of(clock.now()) <= has.last_step:
            self.wait(STEP_OF_APP)
        left = sorted(has.printed)
        return left[0] if gate == "recovery" and left else self.proof_of(name, gate, 0)

    def proof_of(self, owner: str, gate: str, which: int) -> str:
        has = self.model.has.get(owner)
        if gate in SENT:
            return self.texts[-1 - which % len(self.texts)]
        if has is None:
            return GUESS
        of_app = has.app(step_of(clock.now()) - which % 3)
        return {"app": of_app, "recovery": self.printed[owner][which % 3], "questions": has.answers}[gate]

    def type(self, number: int, gate: str, text: str) -> None:
        mine = self.model.browsers[number]
        answers = {f"answer-{key}": f"{text} {key}" for key in ANSWERED} if gate == "questions" else {}
        self.post_newest(number, "prove", method=gate, code=text, **answers)
        outcome, proof = self.model.prove(mine, gate, text, clock.now()), f"{mine.name} {gate} {text}"
        if outcome == "right":
            self.spent.add(proof)
        self.seen.add(f"{gate} {'replayed' if outcome == 'wrong' and proof in self.spent else outcome}")

    def row(self, number: int) -> RecoveryAttempt:
        return RecoveryAttempt.objects.get(pk=self.rows[number])

    def post_newest(self, number: int, step: str, /, **fields: str) -> HttpResponse:
        """Post as the newest page of this browser would, whatever step it stands at."""
        answer = self.post(number, step, {"moves": str(self.row(number).moves), **fields})
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


def stored_hashes() -> dict[str, str]:
    with across_tenants():
        return dict(User.objects.filter(upn_folded__in=NAMES).values_list("upn_folded", "password"))


@contextmanager
def taken_back() -> Iterator[None]:
    """Take back everything that one example wrote."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> None:
    Wizard.seen.clear()
    for name in NOT_IN_THE_MODEL:
        monkeypatch.setitem(LIMITS, name, replace(LIMITS[name], number=100_000))
    Wizard.belongings = furnished()
    with taken_back():
        Wizard.offered_to_nobody = offered_to(NOBODY)


def test_every_proof_of_everybody_is_judged_as_the_model_does(people: None) -> None:
    for name, (turn, gate) in product(OFFERED, enumerate(GATES)):
        walk_with(name, gate, turn)  # also what is not offered to them: it has to be nothing at all

    proofs = {f"{gate} {outcome}" for gate in GATES for outcome in ("right", "wrong")}
    assert Wizard.seen >= proofs | {"app replayed", "recovery replayed", "waiting", "done"}


def walk_with(name: str, gate: str, turn: int) -> None:
    """Let somebody type it wrongly, rightly, once more elsewhere, and go on to the end, beside the model."""
    wizard = Wizard()
    acts: list[Callable[[], object]] = [
        lambda: wizard.begin_everywhere(names=(name, name, NOBODY)),  # type: ignore[call-arg]
        lambda: wizard.do_next(turn % 2, turn) if wizard.model.browsers[turn % 2].state == "reason" else None,
        lambda: wizard.choose(number=turn % 2, gate=gate, owner=name),
        lambda: wizard.guess(number=turn % 2, times=1),
        lambda: wizard.come_back_with_the_same_proof(number=turn % 2, gate=gate),
        lambda: wizard.go_on(number=turn % 2, steps=6, first=turn),
    ]
    try:
        for act in acts:
            act()
            wizard.every_attempt_is_where_the_model_says()
            wizard.the_page_has_the_form_of_its_state()
            wizard.nobody_has_another_password_and_nobody_is_signed_in()
    finally:
        wizard.teardown()


def test_wizard_follows_the_model(people: None) -> None:
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

    assert Wizard.seen >= {"done", "unlocked", "locked", "replaced", "cancelled", "prove_two"}
