"""A role holder's new password: the other Global Administrators hear of it, whoever gave it."""

from __future__ import annotations

import pytest

from adminportal import clock
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage
from passwords.authority import AdminAuthority, OperatorAuthority
from passwords.orders import ResetOptions, ResetOrder
from passwords.services.break_glass import open_with_break_glass
from passwords.services.reset import reset_passwords
from tests.cast import Cast, make_cast, part
from tests.passwords.reset_cast import reset
from users.roles import Role
from users.tenancy import within

pytestmark = pytest.mark.django_db
TEMPLATE = "role_holder_was_reset"


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    made.add_all(*(part(name, roles=(Role.GLOBAL_ADMINISTRATOR,)) for name in ("anna.global", "bo.global")))
    return made


def told() -> list[str]:
    return sorted(message.to.partition("@")[0] for message in OutboundMessage.objects.filter(template=TEMPLATE))


def test_global_administrators_hear_of_a_role_holders_reset_but_not_the_two_it_is_about(cast: Cast) -> None:
    reset(cast, "user.admin", actor="anna.global")
    assert told() == ["bo.global", "global.admin"]

    OutboundMessage.objects.all().delete()
    reset(cast, "anna.global", actor="global.admin")
    assert told() == ["bo.global"]


def test_mail_says_who_gave_whom_a_new_password(cast: Cast) -> None:
    reset(cast, "user.admin", actor="anna.global")

    letter = build(OutboundMessage.objects.filter(template=TEMPLATE)[0])

    assert letter.subject == "The administrator user.admin@contoso.example got a new password"
    for words in ("Anna Global gave User Admin,", "user.admin@contoso.example", "audit log"):
        assert words in letter.text and words in letter.html


@pytest.mark.parametrize("name", ["adele.vance", "grady.archie"])
def test_nobody_hears_of_a_person_without_a_role(cast: Cast, name: str) -> None:
    reset(cast, name, actor="global.admin")

    assert told() == []


def test_batch_tells_of_its_role_holders_alone_and_the_operators_too(cast: Cast) -> None:
    names = ("adele.vance", "user.admin", "helpdesk.admin")
    with within(cast.tenant):
        reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast[name].pk) for name in names],
            authority=OperatorAuthority(),
            options=ResetOptions(),
            now=clock.now(),
        )

    assert told() == sorted(["anna.global", "bo.global", "global.admin"] * 2)


def test_first_password_and_emergency_access_are_told_of_otherwise(cast: Cast) -> None:
    cast.add_all(part("new.global", roles=(Role.GLOBAL_ADMINISTRATOR,), has_password=False))
    with within(cast.tenant):
        reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast["new.global"].pk)],
            authority=AdminAuthority(actor=cast.actor("global.admin")),
            options=ResetOptions(),
            now=clock.now(),
        )
    open_with_break_glass(
        user_name="anna.global@contoso.example",
        role=Role.GLOBAL_ADMINISTRATOR,
        reason="locked out",
        password=None,
        now=clock.now(),
    )

    assert told() == []
    assert OutboundMessage.objects.filter(template="break_glass_used").exists()
