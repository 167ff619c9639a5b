"""The end of life of temporary passwords."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from passwords.services.expire import note_expired
from tests.cast import make_cast
from tests.passwords.reset_cast import reset

pytestmark = pytest.mark.django_db


def _noted() -> int:
    return AuditEvent.objects.filter(activity="Temporary password expired").count()


def test_expired_temporary_password_is_noted_once_at_the_moment_of_its_end() -> None:
    cast = make_cast()
    reset(cast, "adele.vance")
    with clock.travel(freeze_at=clock.now()):
        with clock.travel(timedelta(hours=71, minutes=59)):
            assert note_expired(clock.now()) == 0
        with clock.travel(timedelta(hours=72, minutes=1)):
            assert (note_expired(clock.now()), note_expired(clock.now())) == (1, 0)

    assert _noted() == 1


def test_replaced_password_does_not_expire() -> None:
    cast = make_cast()
    reset(cast, "adele.vance")
    reset(cast, "adele.vance", must_change=False)

    with clock.travel(timedelta(days=30)):
        assert note_expired(clock.now()) == 0
