"""Every row of both matrices through each act on people beside a reset, and through what follows a reset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from adminportal import clock
from adminportal.outbox.models import OutboundMessage
from passwords.authority import OperatorAuthority
from passwords.models import PasswordReset
from passwords.orders import ResetOptions, ResetOrder
from passwords.reveal import show_to_starter
from passwords.services.deliver_again import NotSentAgain, send_link_again
from passwords.services.reset import reset_passwords
from tests.cast import Cast, signed_in
from tests.contracts.matrix import (
    NOBODY,
    RESET_ROWS,
    SENSITIVE_ROWS,
    Row,
    make_matrix_cast,
    name_of_actor,
    name_of_target,
)
from users.authority import AdminActs
from users.models import Session, SignInGuard, User
from users.services.acts import Act, Refused, act_on_people
from users.services.lockout import digests_of_name
from users.services.session_ends import end_session_of
from users.tenancy import within

pytestmark = pytest.mark.django_db

ACTORS: Final = sorted({actor for actor, _target, _allowed in RESET_ROWS})
TARGETS: Final = sorted({target for _actor, target, _allowed in RESET_ROWS})
SIGN_OUT_ROWS: Final = [(a, t, allowed and a != "Password Administrator") for a, t, allowed in RESET_ROWS]
"""The smallest role ends sessions as part of a reset alone."""
PLAIN_ROWS: Final = [(a, t, allowed and t == NOBODY) for a, t, allowed in RESET_ROWS]
"""Nobody weakens the password of somebody who holds a role."""
ROWS: Final[dict[Act, list[Row]]] = {
    Act.ALLOW: SENSITIVE_ROWS,
    Act.BLOCK: SENSITIVE_ROWS,
    Act.EXPIRES: RESET_ROWS,
    Act.FORCE_CHANGE: RESET_ROWS,
    Act.NEVER_EXPIRES: RESET_ROWS,
    Act.SIGN_OUT: SIGN_OUT_ROWS,
    Act.STRONG_OPTIONAL: PLAIN_ROWS,
    Act.STRONG_REQUIRED: RESET_ROWS,
    Act.UNLOCK: RESET_ROWS,
}
FLAGS: Final[dict[Act, tuple[str, bool]]] = {
    Act.ALLOW: ("account_enabled", True),
    Act.BLOCK: ("account_enabled", False),
    Act.EXPIRES: ("password_never_expires", False),
    Act.FORCE_CHANGE: ("must_change", True),
    Act.NEVER_EXPIRES: ("password_never_expires", True),
    Act.STRONG_OPTIONAL: ("strong_password_required", False),
    Act.STRONG_REQUIRED: ("strong_password_required", True),
}
"""What each act leaves behind on a person."""


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Cast]:
    """Make the people once, each signed in, locked, and with a result of a reset that waits to be shown."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_matrix_cast()
        with within(made.tenant):
            _reset_all(made)
            for user in _targets(made):
                signed_in(user)
                _lock(user)
        yield made
        transaction.set_rollback(True)


def _reset_all(cast: Cast) -> None:
    reset_passwords(
        tenant=cast.tenant,
        orders=[ResetOrder(user_id=user.pk) for user in _targets(cast)],
        authority=OperatorAuthority(),
        options=ResetOptions(deliver_to=("desk@mail.example",), notify=False),
        now=clock.now(),
    )


def _lock(user: User) -> None:
    for is_familiar in (True, False):
        SignInGuard.objects.create(
            name_digest=digests_of_name(user.upn_folded)[0],
            is_familiar=is_familiar,
            user_id=user.pk,
            failures=10,
            locked_until=clock.now(),
        )


def _targets(cast: Cast) -> list[User]:
    return [cast[name_of_target(target)] for target in TARGETS]


def allowed_in(rows: list[Row], actor: str) -> set[str]:
    """Return the targets whom the literal table gives to an actor."""
    return {target for acting, target, allowed in rows if acting == actor and allowed}


def prepare(cast: Cast, act: Act) -> None:
    """Make everybody such that the act has something to do."""
    if act in FLAGS:
        column, value = FLAGS[act]
        User.objects.filter(pk__in=[user.pk for user in _targets(cast)]).update(**{column: not value})


def reached(cast: Cast, act: Act) -> set[str]:
    """Return to whom the act was done, read from what it leaves behind."""
    people = {cast[name_of_target(target)].pk: target for target in TARGETS}
    if act in FLAGS:
        column, value = FLAGS[act]
        found = User.objects.filter(**{column: value, "pk__in": people}).values_list("pk", flat=True)
        return {people[pk] for pk in found}
    untouched = SignInGuard.objects.values_list("user_id", flat=True)
    if act is Act.SIGN_OUT:
        untouched = Session.objects.filter(ended_at=None).values_list("user_id", flat=True)
    return {target for pk, target in people.items() if pk not in set(untouched)}


def test_every_act_has_its_rows() -> None:
    assert set(ROWS) == set(Act)
    assert set(FLAGS) == set(Act) - {Act.SIGN_OUT, Act.UNLOCK}


@pytest.mark.parametrize("act", sorted(ROWS))
@pytest.mark.parametrize("actor", ACTORS)
def test_act_reaches_whom_the_matrix_gives_and_nobody_else(cast: Cast, actor: str, act: Act) -> None:
    names = {cast[name_of_target(target)].pk: target for target in TARGETS}
    with within(cast.tenant):
        prepare(cast, act)
        outcomes = act_on_people(
            tenant=cast.tenant,
            act=act,
            user_ids=list(names),
            authority=AdminActs(actor=cast.actor(name_of_actor(actor))),
            now=clock.now(),
        )

        expected = allowed_in(ROWS[act], actor)
        assert {names[each.user_id] for each in outcomes if each.decision.allowed} == expected
        assert all(each.decision.code for each in outcomes if not each.decision.allowed)
        assert reached(cast, act) == expected


@pytest.mark.parametrize("actor", ACTORS)
def test_one_session_is_ended_by_whoever_may_end_all(cast: Cast, actor: str) -> None:
    acting, ended = cast.actor(name_of_actor(actor)), set()
    for target in TARGETS:
        user = cast[name_of_target(target)]
        with within(cast.tenant):
            session = Session.objects.get(user=user, ended_at=None)
            try:
                end_session_of(actor=acting, user_id=user.pk, reference=session.reference, now=clock.now())
            except Refused:
                continue
            session.refresh_from_db()
        ended.add(target if session.ended_at else "")

    assert ended == allowed_in(SIGN_OUT_ROWS, actor)


@pytest.mark.parametrize("actor", ACTORS)
def test_result_is_shown_and_its_link_sent_again_while_the_matrix_holds(cast: Cast, actor: str) -> None:
    acting = cast.actor(name_of_actor(actor))
    shown, sent = set(), set()
    with within(cast.tenant):
        # As if the actor had started them all, with more rights than now.
        PasswordReset.objects.update(starter=acting.user)
        for target in TARGETS:
            reset = PasswordReset.objects.get(target=cast[name_of_target(target)])
            message = OutboundMessage.objects.get(about_user_id=reset.target_id, link_purpose="reveal")
            try:
                send_link_again(reset, message_id=message.pk, actor=acting, now=clock.now())
                sent.add(target)
            except NotSentAgain as refusal:
                assert refusal.code.startswith("RESET_")
            if show_to_starter(reset.pk, actor=acting, now=clock.now()):
                shown.add(target)

    assert shown == sent == allowed_in(RESET_ROWS, actor)
