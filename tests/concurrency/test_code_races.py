"""Codes beside codes: one success of many, five tries counted of hundreds, one newest code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import transaction

from adminportal import clock
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from tests.cast import Cast, make_tenant
from tests.concurrency.crowd import at_once
from tests.users.contact_ways import changes_address
from users import totp
from users.models import Contact, ContactChange
from users.models.challenge import Challenge, Purpose
from users.services.authenticators import check_totp, finish_authenticator, start_authenticator
from users.services.challenges import TRIES, CodeAnswer, Destination, check, issue
from users.services.contact_notices import BEARER
from users.services.contacts import Waiting, carry_out_due, stop
from users.services.recovery_codes import make_recovery_codes, use_recovery_code
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ATTEMPT = UUID("33333333-3333-4333-8333-333333333333")
MANY = 50
GUESSES = 200


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("adele.vance", has_password=False, alternate_email="adele@mail.example")
    return made


def send(cast: Cast) -> Challenge:
    with transaction.atomic():
        return issue(
            tenant_id=cast.tenant.pk,
            user=cast["adele.vance"],
            purpose=Purpose.SELF_SERVICE,
            bound_to=ATTEMPT,
            destination=Destination(method="email", channel="email", value="adele@mail.example"),
            context={"tenant_name": "Contoso"},
            language="en",
            now=clock.now(),
        )


def code_of(challenge: Challenge) -> str:
    text = build(OutboundMessage.objects.get(pk=challenge.message_id)).text
    found = re.search(r"^\d{8}$", text, re.MULTILINE)
    assert found
    return found[0]


def try_code(typed: str) -> CodeAnswer:
    return check(bound_to=ATTEMPT, purpose=Purpose.SELF_SERVICE, typed=typed, method="email", now=clock.now())


def test_of_fifty_right_codes_at_once_one_is_right(cast: Cast) -> None:
    code = code_of(send(cast))

    answers = Counter(at_once([partial(try_code, code)] * MANY))

    # Who comes after the right one finds no code, or five tries at it; a right code is never called wrong.
    assert answers[CodeAnswer.RIGHT] == 1
    assert answers[CodeAnswer.NONE] + answers[CodeAnswer.SPENT] == MANY - 1
    assert Challenge.objects.get().used_at is not None


def test_of_two_hundred_guesses_at_once_five_are_counted(cast: Cast) -> None:
    code = int(code_of(send(cast)))
    guesses = [str((code + number) % 10**8).zfill(8) for number in range(1, GUESSES + 1)]

    def try_some(start: int) -> list[CodeAnswer]:
        return [try_code(guess) for guess in guesses[start::MANY]]

    parts = at_once([partial(try_some, start) for start in range(MANY)])
    answers = Counter(answer for part in parts for answer in part)

    assert answers == {CodeAnswer.WRONG: TRIES, CodeAnswer.SPENT: GUESSES - TRIES}
    challenge = Challenge.objects.get()
    assert (challenge.tries, challenge.used_at) == (TRIES, None)
    assert try_code(str(code).zfill(8)) is CodeAnswer.SPENT


def test_right_code_among_guesses_is_one_of_five_tries_or_lost(cast: Cast) -> None:
    code = code_of(send(cast))
    wrong = [str((int(code) + number) % 10**8).zfill(8) for number in range(1, 20)]

    answers = Counter(at_once([partial(try_code, typed) for typed in [*wrong[:10], code, *wrong[10:]]]))

    assert answers[CodeAnswer.RIGHT] <= 1
    assert answers[CodeAnswer.RIGHT] + answers[CodeAnswer.WRONG] <= TRIES
    assert (Challenge.objects.get().used_at is not None) == (answers[CodeAnswer.RIGHT] == 1)


def test_of_many_codes_asked_for_at_once_one_is_alive(cast: Cast) -> None:
    made = at_once([partial(send, cast)] * 12)

    (alive,) = Challenge.objects.filter(replaced_at=None)
    assert len({challenge.pk for challenge in made}) == 12 == Challenge.objects.count()
    assert try_code(code_of(alive)) is CodeAnswer.RIGHT


def test_of_fifty_equal_app_codes_at_once_one_is_right(cast: Cast) -> None:
    now, user = clock.now(), cast["adele.vance"]
    then, by = now - timedelta(minutes=2), cast.actor("adele.vance").for_audit()
    new = start_authenticator(user=user, tenant=cast.tenant, now=then)
    key: Secret = new.key
    typed = totp.code_at(key, totp.step_of(then)).expose()
    with within(cast.tenant):
        finish_authenticator(tenant=cast.tenant, user=user, sealed=new.sealed, typed=typed, label="", by=by, now=then)

    code = totp.code_at(key, totp.step_of(now)).expose()
    answers = at_once([partial(check_totp, user, code, now=now)] * MANY)

    assert sum(answer is not None for answer in answers) == 1


def test_of_fifty_equal_recovery_codes_at_once_one_is_right(cast: Cast) -> None:
    now, user = clock.now(), cast["adele.vance"]
    with within(cast.tenant):
        code, *_ = make_recovery_codes(tenant=cast.tenant, user=user, by=cast.actor("adele.vance").for_audit(), now=now)

    assert sum(at_once([partial(use_recovery_code, user, code.expose(), now=now)] * MANY)) == 1


def test_change_is_carried_out_or_stopped_and_never_both(cast: Cast) -> None:
    now = clock.now()
    outcome = changes_address(cast, now=now - timedelta(days=1))
    assert isinstance(outcome, Waiting)
    change = outcome.change

    def stop_it() -> int:
        with within(cast.tenant):
            return int(stop(change, by=BEARER, now=now))

    jobs: list[Callable[[], int]] = [partial(carry_out_due, now), stop_it] * 3
    assert sum(at_once(jobs)) == 1
    change = ContactChange.objects.get()
    assert (change.done_at is None) != (change.stopped_at is None)
    with within(cast.tenant):
        assert (Contact.objects.get().value == "new@mail.example") == (change.done_at is not None)
