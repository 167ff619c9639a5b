"""What the wizard should do, in a few lines and with nothing of how it does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

TWO_STEPS, ONE_STEP = "adele.vance@contoso.example", "brian.johnson@fabrikam.example"
ADMIN, NOBODY = "lidia.holloway@fabrikam.example", "nobody@contoso.example"
NAMES = (TWO_STEPS, ONE_STEP, ADMIN, NOBODY)
"""Two proofs of any kind; one proof and the choice of unlocking; two as an administrator who then waits, where others
need one; and nobody, at the place of the first.
"""
REQUIRED = {TWO_STEPS: 2, ONE_STEP: 1, ADMIN: 2}
SENT = ("email", "mobile_sms")
GATES = (*SENT, "app", "questions", "recovery")
OFFERED = {TWO_STEPS: GATES, ONE_STEP: SENT, ADMIN: (*SENT, "app")}
"""Everybody has printed codes and answers too; they count beside a second proof, and for no administrator."""
ASKED_WHY = (ONE_STEP, ADMIN)
OPEN = ("reason", "prove_one", "prove_two", "new_password", "unlock", "waiting")
PROVING = ("prove_one", "prove_two")
ATTEMPT_LIVES, CODE_LIVES, LOCK_LASTS = timedelta(minutes=15), timedelta(minutes=10), timedelta(hours=24)
ADMINS_WAIT = timedelta(minutes=20)
STEP_OF_APP = 30
"""Seconds; the code of now and the one before it are right, each once."""
WRONG_PROOFS = 5
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass
class Code:
    """The newest code of an attempt; ``text`` is None where nothing was sent to anybody."""

    gate: str
    text: str | None
    sent_at: datetime


@dataclass
class Browser:
    """The attempt in one browser."""

    name: str = ""
    state: str = ""
    began: datetime = LONG_AGO
    ends: datetime = LONG_AGO
    waits_until: datetime = LONG_AGO
    has_cookie: bool = False
    is_unlock: bool = False
    chosen: str = ""
    proven: list[str] = field(default_factory=list)
    code: Code | None = None


@dataclass
class Belongings:
    """What a person can prove it with beside codes that are sent; ``app`` gives the code of a step."""

    app: Callable[[int], str]
    last_step: int = 0
    printed: set[str] = field(default_factory=set)
    answers: str = ""


@dataclass
class Model:
    """Three browsers, and what is counted against names."""

    has: dict[str, Belongings]
    offered_to_nobody: tuple[str, ...]
    browsers: list[Browser] = field(default_factory=lambda: [Browser() for _ in range(3)])
    failures: dict[str, list[datetime]] = field(default_factory=lambda: {name: [] for name in NAMES})
    locked_at: dict[str, datetime] = field(default_factory=dict)

    def is_locked(self, name: str, now: datetime) -> bool:
        return name in self.locked_at and now < self.locked_at[name] + LOCK_LASTS

    def begin(self, number: int, name: str, now: datetime) -> None:
        if not self.is_locked(name, now):
            first = "reason" if name in ASKED_WHY else "prove_one"
            self.browsers[number] = Browser(
                name=name, state=first, began=now, ends=now + ATTEMPT_LIVES, has_cookie=True
            )

    def is_at(self, mine: Browser, states: tuple[str, ...], now: datetime) -> bool:
        """Tell whether the browser's newest form of these states leads on; a locked account ends it."""
        if not mine.has_cookie or mine.state not in states or now > mine.ends:
            return False
        if mine.state != "reason" and self.is_locked(mine.name, now):
            mine.state, mine.code = "locked", None
        return mine.state in states

    def offers(self, mine: Browser) -> tuple[str, ...]:
        everything = OFFERED.get(mine.name, self.offered_to_nobody)
        return tuple(gate for gate in everything if gate not in mine.proven)

    def choose_reason(self, mine: Browser, reason: str, now: datetime) -> None:
        if self.is_at(mine, ("reason",), now):
            mine.state, mine.is_unlock = "prove_one", reason == "known"

    def choose(self, mine: Browser, gate: str, now: datetime) -> bool:
        """Choose a method; True where a code is sent now."""
        if not self.is_at(mine, PROVING, now) or gate not in self.offers(mine):
            return False
        mine.chosen = gate
        return gate in SENT

    def prove(self, mine: Browser, gate: str, text: str, now: datetime) -> str:
        """Judge a proof; an answer of "right" or "wrong" where it counted."""
        if not text or not self.is_at(mine, PROVING, now) or gate not in self.offers(mine):
            return ""
        if gate in SENT and (mine.code is None or mine.chosen != gate or now > mine.code.sent_at + CODE_LIVES):
            return ""
        if not self.is_right(mine, gate, text, now):
            self.fail(mine, gate, now)
            return "wrong"
        mine.proven.append(gate)
        mine.code, mine.chosen = None, ""
        last = "unlock" if mine.is_unlock else "new_password"
        mine.state = "prove_two" if len(mine.proven) < REQUIRED[mine.name] else last
        if mine.state == "new_password" and mine.name == ADMIN:
            mine.state, mine.waits_until = "waiting", now + ADMINS_WAIT
            mine.ends = mine.waits_until + ATTEMPT_LIVES
        self.replace([other for other in self.browsers if other.began < mine.began], mine)
        return "right"

    def go_on(self, mine: Browser, now: datetime) -> None:
        if self.is_at(mine, ("waiting",), now) and now >= mine.waits_until:
            mine.state = "new_password"

    def is_right(self, mine: Browser, gate: str, text: str, now: datetime) -> bool:
        if mine.name == NOBODY:
            return False
        mine_has = self.has[mine.name]
        if gate == "app":
            step = step_of(now)
            fitting = [each for each in (step, step - 1) if each > mine_has.last_step and mine_has.app(each) == text]
            mine_has.last_step = max(fitting, default=mine_has.last_step)
            return bool(fitting)
        if gate == "recovery":
            was_there = text in mine_has.printed
            mine_has.printed.discard(text)
            return was_there
        return text == (mine_has.answers if gate == "questions" else mine.code and mine.code.text)

    def fail(self, mine: Browser, gate: str, now: datetime) -> None:
        recent = [moment for moment in self.failures[mine.name] if moment > now - LOCK_LASTS]
        self.failures[mine.name], mine.chosen = [*recent, now], gate
        if len(recent) + 1 >= WRONG_PROOFS:
            self.locked_at[mine.name] = now
            mine.state, mine.code = "locked", None

    def close(self, mine: Browser, before: str, after: str, now: datetime) -> bool:
        if not self.is_at(mine, (before,), now):
            return False
        mine.state, self.failures[mine.name] = after, []
        self.replace(self.browsers, mine)
        return True

    def cancel(self, mine: Browser, now: datetime) -> None:
        if mine.has_cookie and mine.state in OPEN and now <= mine.ends:
            mine.state, mine.code = "cancelled", None
        mine.has_cookie = False

    def replace(self, others: list[Browser], mine: Browser) -> None:
        for other in others:
            if other is not mine and other.name == mine.name and other.state in OPEN:
                other.state, other.code = "replaced", None


def step_of(now: datetime) -> int:
    return int(now.timestamp()) // STEP_OF_APP
