"""Ways in that a hostile reader of self-service looked for; each is closed, and stays closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from sspr.services.not_me import NotMe
from tests.cast import Cast, make_cast, signed_in
from tests.passwords.reset_cast import reset
from tests.users.contact_ways import changes_address
from users.act_rules import Act
from users.models import (
    AuthenticationMethod,
    Contact,
    ContactChange,
    ContactKind,
    MethodKind,
    RecoveryCode,
    Session,
    Tenant,
    TrustedDevice,
)
from users.roles import Role
from users.services.acts import act_on_person
from users.services.contacts import Waiting, carry_out_due, list_waiting
from users.services.method_admin import require_new_registration
from users.services.methods import save_method
from users.services.people import Refused, sign_out_everywhere
from users.services.recovery_codes import make_recovery_codes
from users.services.role_assignments import RoleOrder, assign_role
from users.sessions import digest_of
from users.tenancy import within
from users.trusted_devices import is_trusted, trust

pytestmark = pytest.mark.django_db

MAIL, THIEF = ContactKind.ALTERNATE_EMAIL, "thief@mail.example"
DAY = timedelta(hours=24)
ADELE = "adele.vance"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def thief_asks(cast: Cast, now: datetime) -> None:
    """Have a stolen session ask for another alternate address; without proof that waits for a day."""
    waiting = changes_address(cast, THIEF, now=now)
    assert isinstance(waiting, Waiting)


def block_and_allow(cast: Cast) -> None:
    for act in (Act.BLOCK, Act.ALLOW):
        act_on_person(actor=cast.actor("user.admin"), act=act, user_id=cast[ADELE].pk, now=clock.now())


def give_role(cast: Cast) -> None:
    order = RoleOrder(role=Role.HELPDESK_ADMINISTRATOR, user_id=cast[ADELE].pk)
    assign_role(actor=cast.actor("privileged.role.admin"), order=order, now=clock.now())


def ask_to_register_anew(cast: Cast) -> None:
    actor = cast.actor("authentication.admin")
    require_new_registration(actor=actor, user_id=cast[ADELE].pk, now=clock.now())


def sign_out(cast: Cast) -> None:
    act_on_person(actor=cast.actor("user.admin"), act=Act.SIGN_OUT, user_id=cast[ADELE].pk, now=clock.now())


def sign_oneself_out_everywhere(cast: Cast) -> None:
    sign_out_everywhere(cast[ADELE], by=cast.actor(ADELE).for_audit(), now=clock.now())


ENDS_OF_A_STOLEN_SESSION: tuple[Callable[[Cast], object], ...] = (
    lambda cast: reset(cast, ADELE),
    block_and_allow,
    give_role,
    ask_to_register_anew,
    sign_out,
    sign_oneself_out_everywhere,
)


@pytest.mark.parametrize(
    "end", ENDS_OF_A_STOLEN_SESSION, ids=("reset", "block", "role", "re-register", "sign out", "own sign-out")
)
def test_change_of_a_stolen_session_does_not_outlive_what_ended_the_session(
    cast: Cast, end: Callable[[Cast], object]
) -> None:
    now = clock.now()
    thief_asks(cast, now - timedelta(minutes=1))

    with within(cast.tenant):
        end(cast)
        cast[ADELE].refresh_from_db()
        assert list_waiting(cast[ADELE]) == []

    assert carry_out_due(now + DAY) == 0
    with within(cast.tenant):
        assert not Contact.objects.filter(value=THIEF).exists()
    assert AuditEvent.objects.filter(activity="Contact change stopped").count() == 1


def test_block_takes_the_trust_of_browsers_away_for_good(cast: Cast) -> None:
    with within(cast.tenant):
        key = trust(cast[ADELE], days=30, now=clock.now() - timedelta(minutes=1))
        assert is_trusted(key, cast[ADELE], days=30, now=clock.now())

        block_and_allow(cast)
        cast[ADELE].refresh_from_db()

        assert not is_trusted(key, cast[ADELE], days=30, now=clock.now())
        assert TrustedDevice.objects.get(pk=digest_of(key)).revoked_at is not None


def test_not_me_takes_the_trust_of_browsers_away(cast: Cast) -> None:
    message = OutboundMessage(tenant_id=cast.tenant.pk, about_user_id=cast[ADELE].pk, correlation_id=uuid4())
    with within(cast.tenant):
        key = trust(cast[ADELE], days=30, now=clock.now())

        NotMe().act(message, cast.tenant, clock.now())

        assert not is_trusted(key, cast[ADELE], days=30, now=clock.now())


def test_session_that_a_reset_has_ended_registers_nothing_more(cast: Cast) -> None:
    """A thief's form waits for the person's row while an administrator resets: what it read before counts no more."""
    thief = signed_in(cast[ADELE])
    with within(cast.tenant):
        session = Session.objects.get(pk=thief.session_digest)  # type: ignore[attr-defined]
    actor = cast.actor(ADELE)
    reset(cast, ADELE)

    with within(cast.tenant), pytest.raises(Refused):
        save_method(
            tenant=cast.tenant,
            user=cast[ADELE],
            kind=MethodKind.EMAIL,
            value=THIEF,
            by=actor.for_audit(),
            now=clock.now(),
            keep=session,
        )
    with within(cast.tenant), pytest.raises(Refused):
        make_recovery_codes(tenant=cast.tenant, user=cast[ADELE], by=actor.for_audit(), now=clock.now(), keep=session)

    with within(cast.tenant):
        assert not AuthenticationMethod.objects.exists() and not RecoveryCode.objects.exists()
    assert not OutboundMessage.objects.filter(to=THIEF).exists()


def test_password_alone_lets_no_administrator_change_where_codes_go(cast: Cast) -> None:
    """Whoever knows a role holder's password and not the second factor would keep a way back after every reset."""
    Tenant.objects.filter(pk=cast.tenant.pk).update(admin_mfa_required=True)
    thief = signed_in(cast["helpdesk.admin"])
    address = reverse("users:my-alternate-email")

    answer = thief.post(address, {"value": THIEF})

    assert answer["Location"].startswith(reverse("users:second-factor"))
    assert not OutboundMessage.objects.filter(to=THIEF).exists() and not ContactChange.objects.exists()
