"""Resets beside resets, submits and changes of rights: every outcome is true, and one password works."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox import links
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.authority import AdminAuthority
from passwords.models import PasswordReset
from passwords.orders import ResetEnd, ResetOptions, ResetOrder, ResetOutcome
from passwords.reveal import LinkState, open_link, show_to_starter
from passwords.selectors import get_reset_result
from passwords.services.reset import reset_passwords
from tests.cast import PASSWORD, Cast, make_tenant, signed_in
from tests.concurrency.crowd import PATIENCE_SECONDS, at_once, behind_a_lock, meanwhile, meet, wait_until_blocked
from tests.contracts.matrix import give, join, make_group
from users.models import RoleAssignment, User
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

HASH = "passwords.services.issue.make_password"
FIRST, SECOND = "Quiet-Harbour-5937", "Amber-Lantern-8264"


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("helpdesk", roles=(Role.HELPDESK_ADMINISTRATOR,))
    made.add("second", roles=(Role.USER_ADMINISTRATOR,))
    made.add("global", roles=(Role.GLOBAL_ADMINISTRATOR,))
    made.add("adele.vance", alternate_email="adele@mail.example")
    return made


def reset(cast: Cast, actor: str, password: str | None = None, **options: object) -> ResetOutcome:
    with within(cast.tenant):
        (outcome,) = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast["adele.vance"].pk, password=Secret(password) if password else None)],
            authority=AdminAuthority(actor=cast.actor(actor)),
            options=ResetOptions(**options),  # type: ignore[arg-type]
            now=clock.now(),
        )
    return outcome


def adele(cast: Cast) -> User:
    with within(cast.tenant):
        return User.objects.get(pk=cast["adele.vance"].pk)


def scoped(cast: Cast, act: Callable[[], object]) -> Callable[[], None]:
    def inside() -> None:
        with within(cast.tenant):
            act()

    return inside


def test_two_administrators_and_one_person_both_hear_the_truth(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    meet(monkeypatch, HASH, 2)

    outcomes = at_once(
        [
            partial(reset, cast, "helpdesk", FIRST, must_change=True),
            partial(reset, cast, "second", SECOND, must_change=True),
        ]
    )

    assert [outcome.end for outcome in outcomes] == [ResetEnd.DONE, ResetEnd.DONE]
    usable = [adele(cast).check_password(FIRST), adele(cast).check_password(SECOND)]
    assert sorted(usable) == [False, True]
    with within(cast.tenant):
        rows = [PasswordReset.objects.select_related("target").get(pk=outcome.reset_id) for outcome in outcomes]
        states = [get_reset_result(row, now=clock.now()).state for row in rows]
        shown = [
            show_to_starter(row.pk, actor=cast.actor(actor), now=clock.now())
            for row, actor in zip(rows, ("helpdesk", "second"), strict=True)
        ]
    assert [state == "replaced" for state in states] == [not works for works in usable]
    assert [secret.expose() if secret else None for secret in shown] == [
        password if works else None for password, works in zip((FIRST, SECOND), usable, strict=True)
    ]


def test_form_that_is_sent_twice_at_once_resets_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    meet(monkeypatch, HASH, 2)
    address = reverse("passwords:reset", args=[cast["adele.vance"].pk])
    form = {"how": "automatic", "style": "random", "must_change": "on", "form_key": uuid4().hex}
    client = signed_in(cast["helpdesk"])

    def submit() -> HttpResponse:
        return signed_in(cast["helpdesk"]).post(address, form)

    answers = [*at_once([submit, submit]), client.post(address, form)]

    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    with within(cast.tenant):
        assert PasswordReset.objects.count() == 1
    assert AuditEvent.objects.filter(activity="Reset user password").count() == 1


def test_form_key_of_somebody_else_neither_breaks_nor_shows_their_result(cast: Cast) -> None:
    key = uuid4().hex

    outcomes = [reset(cast, "helpdesk", idempotency_key=key), reset(cast, "second", idempotency_key=key)]

    assert [outcome.end for outcome in outcomes] == [ResetEnd.DONE, ResetEnd.DONE]
    assert outcomes[0].reset_id != outcomes[1].reset_id
    assert not outcomes[1].is_repeat


def promote(cast: Cast) -> None:
    give(cast, cast["adele.vance"], TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])


def protect(cast: Cast) -> None:
    join(cast, make_group(cast, "Emergency access", is_role_assignable=True), cast["adele.vance"])


def delete(cast: Cast) -> None:
    User.objects.filter(pk=cast["adele.vance"].pk).update(deleted_at=clock.now())


def demote(cast: Cast) -> None:
    RoleAssignment.objects.filter(user=cast["helpdesk"]).delete()


def block_actor(cast: Cast) -> None:
    User.objects.filter(pk=cast["helpdesk"].pk).update(account_enabled=False)


LOSSES = [
    (promote, "RESET_TARGET_ROLE"),
    (protect, "RESET_TARGET_RA_GROUP"),
    (delete, "RESET_DELETED"),
    (demote, "RESET_NO_ROLE"),
    (block_actor, "RESET_NO_ROLE"),
]


@pytest.mark.parametrize(("act", "code"), LOSSES)
def test_right_that_is_lost_while_the_reset_waits_for_the_row_is_refused(
    cast: Cast, act: Callable[[Cast], None], code: str
) -> None:
    (outcome,) = behind_a_lock(
        scoped(cast, lambda: User.objects.select_for_update().get(pk=cast["adele.vance"].pk)),
        [partial(reset, cast, "helpdesk", FIRST)],
        then=scoped(cast, partial(act, cast)),
    )

    assert (outcome.end, outcome.code) == (ResetEnd.REFUSED, code)
    assert adele(cast).check_password(PASSWORD)


@pytest.mark.parametrize(("act", "code"), LOSSES)
def test_right_that_is_lost_during_the_hash_is_refused(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, act: Callable[[Cast], None], code: str
) -> None:
    meanwhile(monkeypatch, HASH, scoped(cast, partial(act, cast)))

    outcome = reset(cast, "helpdesk", FIRST)

    assert (outcome.end, outcome.code) == (ResetEnd.REFUSED, code)
    assert adele(cast).check_password(PASSWORD)
    with within(cast.tenant):
        assert not PasswordReset.objects.exists()
    assert not OutboundMessage.objects.exists()
    failure = AuditEvent.objects.get(activity="Reset password (by admin)")
    assert (failure.result, failure.reason) == ("failure", code)


def test_link_that_is_opened_by_fifty_at_once_shows_its_password_once(cast: Cast) -> None:
    reset(cast, "helpdesk", FIRST, deliver_to_alternate=True)
    token = links.token_of(OutboundMessage.objects.filter(link_purpose="reveal").get())

    answers = at_once([partial(open_link, token, now=clock.now())] * 50)

    assert [secret.expose() for _found, secret in answers if secret] == [FIRST]
    assert {found.state for found, secret in answers if not secret} == {LinkState.OPENED}
    assert AuditEvent.objects.filter(activity="Temporary password opened by link").count() == 1


def test_link_that_is_opened_while_a_newer_reset_commits_lets_both_through(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both change the reset and its message; in different orders they would wait for each other forever."""
    reset(cast, "helpdesk", FIRST, deliver_to_alternate=True)
    token = links.token_of(OutboundMessage.objects.filter(link_purpose="reveal").get())
    holding, go_on = threading.Event(), threading.Event()
    mark_opened = links.mark_opened

    def slowly(message: OutboundMessage, *, now: datetime) -> bool:
        holding.set()
        go_on.wait(PATIENCE_SECONDS)
        return mark_opened(message, now=now)

    monkeypatch.setattr("passwords.reveal.links.mark_opened", slowly)

    def reset_again() -> ResetEnd:
        holding.wait(PATIENCE_SECONDS)
        return reset(cast, "second", SECOND).end

    def conduct() -> None:
        holding.wait(PATIENCE_SECONDS)
        wait_until_blocked(1)
        go_on.set()

    (_found, secret), end, _ = at_once([partial(open_link, token, now=clock.now()), reset_again, conduct])

    assert secret == Secret(FIRST)
    assert end is ResetEnd.DONE
    assert adele(cast).check_password(SECOND)


def test_result_that_is_shown_by_many_at_once_is_shown_once(cast: Cast) -> None:
    outcome = reset(cast, "helpdesk", FIRST)
    assert outcome.reset_id
    actor = cast.actor("helpdesk")

    def show() -> Secret | None:
        with within(cast.tenant):
            return show_to_starter(outcome.reset_id, actor=actor, now=clock.now())  # type: ignore[arg-type]

    answers = at_once([show] * 20)

    assert [secret.expose() for secret in answers if secret] == [FIRST]
