"""The wizard walked by its services, as a page would walk it: a name, proofs, a password."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from adminportal import clock
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from sspr import attempts
from sspr.flow import State
from sspr.models import Gate, Reach, RecoveryAttempt
from sspr.services.complete import Finished, finish, unlock
from sspr.services.start import start
from sspr.services.verify import Answer, Outcome, check, choose_and_send
from tests.cast import Cast, make_cast, make_tenant
from tests.sspr.self_service import knows, policy_for
from users.models.challenge import Challenge, Purpose
from users.services.challenges import newest, open_code

NEW_PASSWORD = "Violet-Meadow-4127"
MAIL, MOBILE, OFFICE = "adele@mail.example", "+1 202 555 0142", "+1 202 555 0171"


def make_open_cast() -> Cast:
    """Create the cast, with self-service on for everybody and an address and a number for Adele to prove herself by."""
    cast = make_cast()
    policy_for(cast, reach=Reach.ALL)
    knows(cast, "adele.vance", email=MAIL, mobile=MOBILE)
    return cast


def make_adele_alone() -> Cast:
    """Create an organization with self-service on for everybody and Adele as the only one: races need few rows."""
    cast = make_tenant("contoso.example", "Contoso")
    cast.add("adele.vance", alternate_email=MAIL, mobile_phone=MOBILE)
    policy_for(cast, reach=Reach.ALL)
    return cast


@dataclass
class Walk:
    """One browser's way; it holds its cookie as a browser does, and the number of the page it shows."""

    cookie: Secret
    log: list[Any] = field(default_factory=list)

    @property
    def attempt(self) -> RecoveryAttempt:
        """Return the attempt as a request would find it."""
        found = attempts.find(self.cookie, now=clock.now())
        assert found is not None
        return found

    @property
    def state(self) -> State:
        """Return where it stands."""
        return State(self.attempt.state)

    def send(self, gate: Gate, number: str = "") -> Outcome:
        """Choose a method and have a code sent."""
        attempt = self.attempt
        return choose_and_send(attempt, gate=gate, typed_number=number, moves=attempt.moves, now=clock.now()).outcome

    def type(self, gate: Gate, typed: str, **more: Any) -> Outcome:
        """Type a proof; a right one changes the cookie."""
        attempt = self.attempt
        answer: Answer = check(attempt, gate=gate, typed=typed, moves=attempt.moves, now=clock.now(), **more)
        self.cookie = answer.cookie or self.cookie
        return answer.outcome

    def code(self) -> str:
        """Return the code that is on its way."""
        return code_of(self.attempt)

    def prove_email(self) -> Outcome:
        """Prove the alternate address."""
        assert self.send(Gate.EMAIL) is Outcome.SENT
        return self.type(Gate.EMAIL, self.code())

    def prove_sms(self, number: str = MOBILE) -> Outcome:
        """Prove the mobile phone."""
        assert self.send(Gate.MOBILE_SMS, number) is Outcome.SENT
        return self.type(Gate.MOBILE_SMS, self.code())

    def finish(self, password: str = NEW_PASSWORD) -> Finished:
        """Choose the new password."""
        attempt = self.attempt
        return finish(attempt, password=Secret(password), moves=attempt.moves, now=clock.now())

    def unlock(self) -> Any:
        """Unlock the account."""
        attempt = self.attempt
        return unlock(attempt, moves=attempt.moves, now=clock.now())


def begin(name: str, **more: Any) -> Walk:
    """Give a user name on page 1."""
    values: dict[str, Any] = {"source": str(uuid4()), "language": "en", "now": clock.now()} | more
    return Walk(cookie=start(user_name=name, **values).cookie)


def waiting(attempt: RecoveryAttempt) -> Challenge:
    """Return the code that waits."""
    found = newest(bound_to=attempt.pk, purpose=Purpose.SELF_SERVICE)
    assert found is not None
    return found


def code_of(attempt: RecoveryAttempt) -> str:
    """Return the code as its message would carry it."""
    opened = open_code(OutboundMessage.objects.get(pk=waiting(attempt).message_id), clock.now())
    assert opened is not None
    return str(opened["code"])


def wrong_code(attempt: RecoveryAttempt) -> str:
    """Return a code of the right length that is not the one."""
    right = code_of(attempt)
    return str((int(right) + 1) % 10 ** len(right)).zfill(len(right))
