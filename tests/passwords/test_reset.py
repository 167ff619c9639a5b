"""THE reset."""

from __future__ import annotations

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.authority import AdminAuthority
from passwords.models import PasswordReset
from passwords.orders import ResetEnd, ResetOptions, ResetOrder
from passwords.reveal import show_to_starter
from passwords.services.reset import reset_passwords
from tests.cast import PASSWORD, Cast, make_cast
from users.models import Session
from users.services.sign_in import Outcome, sign_in
from users.sessions import open_session
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def _reset(cast: Cast, actor: str, target: str, password: str | None = None, **options):
    with within(cast.tenant):
        (outcome,) = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast[target].pk, password=Secret(password) if password else None)],
            authority=AdminAuthority(actor=cast.actor(actor)),
            options=ResetOptions(**options),
            now=clock.now(),
        )
    return outcome


def _sign_in(upn: str, password: str):
    return sign_in(user_name=upn, password=Secret(password), source="127.0.0.1", device_cookie="", now=clock.now())


def test_helpdesk_admin_resets_an_ordinary_person_who_signs_in_with_the_shown_password(cast: Cast) -> None:
    open_session(cast["adele.vance"], now=clock.now())

    outcome = _reset(cast, "helpdesk.admin", "adele.vance", deliver_to_alternate=True)

    assert outcome.end is ResetEnd.DONE
    with within(cast.tenant):
        shown = show_to_starter(outcome.reset_id, actor=cast.actor("helpdesk.admin"), now=clock.now())
        again = show_to_starter(outcome.reset_id, actor=cast.actor("helpdesk.admin"), now=clock.now())
        assert shown is not None and again is None
        assert not Session.objects.filter(user=cast["adele.vance"], ended_at=None).exists()
    assert _sign_in("adele.vance@contoso.example", PASSWORD).outcome is Outcome.WRONG
    result = _sign_in("ADELE.vance@contoso.example", shown.expose())
    assert result.outcome is Outcome.RIGHT and result.must_change
    with within(cast.tenant):
        row = PasswordReset.objects.get(pk=outcome.reset_id)
        assert row.first_used_at and not row.sealed_password
    assert AuditEvent.objects.filter(activity="Reset user password", result="success").count() == 1
    assert {m.template for m in OutboundMessage.objects.all()} == {"temporary_password", "password_was_reset"}


def test_helpdesk_admin_cannot_reset_global_admin(cast: Cast) -> None:
    outcome = _reset(cast, "helpdesk.admin", "global.admin")

    assert (outcome.end, outcome.code) == (ResetEnd.REFUSED, "RESET_TARGET_ROLE")
    assert _sign_in("global.admin@contoso.example", PASSWORD).outcome is Outcome.RIGHT
    assert AuditEvent.objects.filter(activity="Reset password (by admin)", result="failure").count() == 1
