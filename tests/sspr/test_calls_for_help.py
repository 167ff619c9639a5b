"""A call for help that the database did not take."""

from __future__ import annotations

import pytest

from adminportal import clock
from sspr.models import PublicAsk, RecoveryAttempt
from sspr.services import contact_admin
from tests.cast import Cast
from tests.sspr.wizard_visit import Visit
from tests.sspr.wizard_ways import make_open_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_open_cast()


def test_attempt_can_call_again_after_a_fault(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = Visit()
    visit.begin("adele.vance@contoso.example")

    def broken(*args: object, **kwargs: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(contact_admin, "leave", broken)
        with pytest.raises(OSError):
            contact_admin.call_for_help("", attempt=visit.attempt, language="en", now=clock.now())

    assert RecoveryAttempt.objects.get(pk=visit.attempt.pk).contacted_at is None
    for _press in range(2):
        contact_admin.call_for_help("", attempt=visit.attempt, language="en", now=clock.now())
    assert PublicAsk.objects.count() == 1
