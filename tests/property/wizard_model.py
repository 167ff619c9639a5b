"""What the wizard should do, in a few lines and with nothing of how it does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

TWO_STEPS, ONE_STEP, NOBODY = "adele.vance@contoso.example", "brian.johnson@fabrikam.example", "nobody@contoso.example"
NAMES = (TWO_STEPS, ONE_STEP, NOBODY)
"""Two proofs and no choice of unlocking; one proof and that choice; nobody, at the place of the first."""
REQUIRED = {TWO_STEPS: 2, ONE_STEP: 1}
OPEN = ("reason", "prove_one", "prove_two", "new_password", "unlock")
PROVING = ("prove_one", "prove_two")
ATTEMPT_LIVES, CODE_LIVES, LOCK_LASTS = timedelta(minutes=15), timedelta(minutes=10), timedelta(hours=24)
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
    has_cookie: bool = False
    is_unlock: bool = False
    proven: list[str] = field(default_factory=list)
    code: Code | None = None


@dataclass
class Model:
    """Three browsers, and what is counted against names."""

    browsers: list[Browser] = field(default_factory=lambda: [Browser() for _ in range(3)])
    failures: dict[str, list[datetime]] = field(default_factory=lambda: {name: [] for name in NAMES})
    locked_at: dict[str, datetime] = field(default_factory=dict)

    def is_locked(self, name: str, now: datetime) -> bool:
        return name in self.locked_at and now < self.locked_at[name] + LOCK_LASTS

    def begin(self, number: int, name: str, now: datetime) -> None:
        if not self.is_locked(name, now):
            first = "reason" if name == ONE_STEP else "prove_one"
            self.browsers[number] = Browser(name=name, state=first, began=now, has_cookie=True)

    def is_at(self, mine: Browser, states: tuple[str, ...], now: datetime) -> bool:
        """Tell whether the browser's newest form of these states leads on; a locked account ends it."""
        if not mine.has_cookie or mine.state not in states or now > mine.began + ATTEMPT_LIVES:
            return False
        if mine.state != "reason" and self.is_locked(mine.name, now):
            mine.state, mine.code = "locked", None
        return mine.state in states

    def choose_reason(self, mine: Browser, reason: str, now: datetime) -> None:
        if self.is_at(mine, ("reason",), now):
            mine.state, mine.is_unlock = "prove_one", reason == "known"

    def send(self, mine: Browser, gate: str, now: datetime) -> bool:
        return self.is_at(mine, PROVING, now) and gate not in mine.proven

    def prove(self, mine: Browser, gate: str, text: str, now: datetime) -> None:
        if not self.is_at(mine, PROVING, now):
            return
        if mine.code is None or mine.code.gate != gate or now > mine.code.sent_at + CODE_LIVES:
            return
        if text != mine.code.text:
            self.fail(mine, now)
            return
        mine.proven.append(gate)
        mine.code = None
        last = "unlock" if mine.is_unlock else "new_password"
        mine.state = "prove_two" if len(mine.proven) < REQUIRED[mine.name] else last
        self.replace([other for other in self.browsers if other.began < mine.began], mine)

    def fail(self, mine: Browser, now: datetime) -> None:
        recent = [moment for moment in self.failures[mine.name] if moment > now - LOCK_LASTS]
        self.failures[mine.name] = [*recent, now]
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
        if mine.has_cookie and mine.state in OPEN and now <= mine.began + ATTEMPT_LIVES:
            mine.state, mine.code = "cancelled", None
        mine.has_cookie = False

    def replace(self, others: list[Browser], mine: Browser) -> None:
        for other in others:
            if other is not mine and other.name == mine.name and other.state in OPEN:
                other.state, other.code = "replaced", None
