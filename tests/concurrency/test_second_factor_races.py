"""Second factors beside each other: five tries counted of hundreds, and one session for one code."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from adminportal import clock
from adminportal.throttle import Throttled
from tests.cast import Cast, make_tenant
from tests.concurrency.crowd import at_once
from tests.users.app_ways import registers_app
from users.models import Session, Tenant
from users.roles import Role
from users.services.second_factor import Way, prove
from users.sessions import digest_of, open_session
from users.tenancy import within

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("ada.admin", has_password=False, roles=(Role.GLOBAL_ADMINISTRATOR,))
    Tenant.objects.update(admin_mfa_required=True)
    return made


def _session(cast: Cast) -> Session:
    with within(cast.tenant):
        key = open_session(cast["ada.admin"], now=clock.now())
    session = Session.objects.get(pk=digest_of(key))
    session.user, session.tenant = cast["ada.admin"], cast.tenant
    return session


def _prove(cast: Cast, session: Session, code: str) -> str:
    with within(cast.tenant):
        try:
            passed = prove(session, typed=code, way=Way.AUTHENTICATOR, now=clock.now())
        except Throttled:
            return "later"
    return "in" if passed else "wrong"


def test_of_many_right_codes_at_once_one_lets_in(cast: Cast) -> None:
    app, session = registers_app(cast, "ada.admin"), _session(cast)
    code = app.at(clock.now())

    answers = Counter(at_once([partial(_prove, cast, session, code)] * 20))

    assert answers["in"] == 1
    assert Session.objects.filter(ended_at=None).count() == 1
    assert Session.objects.filter(ended_at=None, second_factor_at=None).count() == 0


def test_of_a_hundred_guesses_at_once_five_are_counted(cast: Cast) -> None:
    app = registers_app(cast, "ada.admin")
    now = clock.now()
    right = {app.at(now + timedelta(seconds=seconds)) for seconds in (-60, -30, 0, 30, 60)}
    guesses = [f"{number:06d}" for number in range(100) if f"{number:06d}" not in right]
    sessions = [_session(cast) for _ in range(10)]

    answers = Counter(
        at_once([partial(_prove, cast, sessions[index % 10], code) for index, code in enumerate(guesses)])
    )

    assert (answers["in"], answers["wrong"]) == (0, 5)
    assert _prove(cast, sessions[0], app.at(clock.now())) == "later"
