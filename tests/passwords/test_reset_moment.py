"""A reset happens when it is written: what somebody begins while its hashes are made is older than it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.hashers import make_password

from adminportal import clock
from adminportal.sealing import Secret
from passwords.models import PasswordReset
from passwords.services import change, issue
from passwords.services.change import change_password
from sspr.models import Reach, RecoveryAttempt
from sspr.services.standing import has_new_password
from sspr.services.start import start
from tests.cast import PASSWORD, Cast, make_cast
from tests.passwords import many_cast, reset_cast
from tests.sspr.self_service import policy_for
from users import trusted_devices
from users.models import Contact, ContactKind, Session, User
from users.services.contacts import Waiting, carry_out_due, change_contact, list_waiting
from users.sessions import digest_of, open_session
from users.snapshots import snapshot_of
from users.tenancy import within

pytestmark = pytest.mark.django_db

ADELE, THIEF = "adele.vance", "thief@mail.example"
LATER = timedelta(minutes=2)
"""How long the hash takes during which somebody acts."""


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    policy_for(made, reach=Reach.ALL)
    return made


class Thief:
    """Somebody who holds a session of a person and acts while the hash of another password is made."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.trust, self.attempt = cast, Secret(""), RecoveryAttempt()

    def acts(self, now: datetime) -> None:
        """Have a browser trusted, ask for another address, begin to recover the account."""
        cast, adele = self.cast, self.cast[ADELE]
        with within(cast.tenant):
            self.trust = trusted_devices.trust(adele, days=30, now=now)
            asked = change_contact(
                tenant=cast.tenant,
                user=adele,
                kind=ContactKind.ALTERNATE_EMAIL,
                value=THIEF,
                proof=False,
                by=snapshot_of(adele),
                now=now,
            )
        assert isinstance(asked, Waiting)
        name = adele.user_principal_name
        self.attempt = start(user_name=name, source="192.0.2.1", language="en", now=now).attempt

    def is_left_with_nothing(self) -> bool:
        """Tell whether neither trust nor address nor attempt is any good."""
        with within(self.cast.tenant):
            adele = User.objects.get(pk=self.cast[ADELE].pk)
            self.attempt.user = adele
            assert has_new_password(self.attempt)
            assert not trusted_devices.is_trusted(self.trust, adele, days=30, now=clock.now())
            assert list_waiting(adele) == []
        assert carry_out_due(clock.now() + timedelta(hours=25)) == 0
        with within(self.cast.tenant):
            return not Contact.objects.filter(value=THIEF).exists()


@pytest.fixture
def thief(cast: Cast) -> Thief:
    return Thief(cast)


def acts_during(patch: pytest.MonkeyPatch, place: object, thief: Thief, *, before: int) -> None:
    """Let the thief act before the hash of this number; from then on it is later."""
    calls: list[str] = []

    def slow(text: str) -> str:
        calls.append(text)
        if len(calls) == before:
            patch.setattr(clock, "_offset", LATER)
            thief.acts(clock.now())
        return make_password(text)

    patch.setattr(place, "make_password", slow)


def test_what_is_begun_while_a_reset_is_hashed_does_not_outlive_it(
    cast: Cast, thief: Thief, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts_during(monkeypatch, issue, thief, before=1)

    reset_cast.reset(cast, ADELE)

    assert thief.is_left_with_nothing()


def test_what_is_begun_while_a_chunk_is_hashed_does_not_outlive_it(
    cast: Cast, thief: Thief, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = many_cast.add_department(cast, 8)
    acts_during(monkeypatch, issue, thief, before=5)

    many_cast.run(cast, [ADELE, *names])

    assert thief.is_left_with_nothing()


def test_what_is_begun_while_ones_own_change_is_hashed_does_not_outlive_it(
    cast: Cast, thief: Thief, monkeypatch: pytest.MonkeyPatch
) -> None:
    with within(cast.tenant):
        key = open_session(cast[ADELE], now=clock.now())
    session = Session.objects.select_related("user", "tenant").get(pk=digest_of(key))
    acts_during(monkeypatch, change, thief, before=1)

    with within(cast.tenant):
        change_password(session=session, current=Secret(PASSWORD), new=Secret(reset_cast.TYPED), now=clock.now())

    assert thief.is_left_with_nothing()


def test_temporary_password_and_result_live_from_the_moment_of_the_write(
    cast: Cast, thief: Thief, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One moment for a chunk: no life is shorter by the hashes of others."""
    names = many_cast.add_department(cast, 8)
    acts_during(monkeypatch, issue, thief, before=1)
    begun = clock.now()

    many_cast.run(cast, [ADELE, *names])

    with within(cast.tenant):
        resets = PasswordReset.objects.all()
        (moment,) = {reset.created_at for reset in resets}
        assert moment >= begun + LATER
        assert {reset.sealed_until for reset in resets} == {moment + timedelta(hours=24)}
        people = User.objects.filter(pk__in=[reset.target_id for reset in resets])
        assert len(people) == 9
        assert {person.temporary_expires_at for person in people} == {moment + timedelta(hours=72)}
        columns = ("password_issued_at", "password_changed_at", "sessions_valid_from")
        assert {getattr(person, column) for person in people for column in columns} == {moment}
