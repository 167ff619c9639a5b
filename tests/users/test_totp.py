"""Codes of authenticator apps: the vectors of RFC 6238, one step back, and each code once."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from io import StringIO
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from adminportal import clock, sealing
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.services.key_rotation import reseal_all
from tests.cast import Cast, make_tenant
from users import totp
from users.models import AuthenticationMethod, ContactKind, Session, User
from users.services import authenticators
from users.services.authenticators import TooManyApps, check_totp, finish_authenticator, start_authenticator
from users.services.method_changes import NOT_ME
from users.services.own_methods import ask_for_contact
from users.services.recovery_codes import make_recovery_codes
from users.sessions import digest_of, open_session
from users.tenancy import within

RFC_KEY = Secret(base64.b32encode(b"12345678901234567890").decode())
RFC_CODES = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
"""RFC 6238, appendix B, SHA-1: eight digits, of which ours are the last six."""


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("adele.vance", has_password=False)
    made.add("diego.siciliani", has_password=False)
    return made


def register(cast: Cast, name: str = "adele.vance", *, now: datetime, label: str = "Phone") -> Secret:
    """Register an app as its owner does, two minutes before ``now``; return its key."""
    user, then = cast[name], now - timedelta(minutes=2)
    with within(cast.tenant):
        new = start_authenticator(user=user, tenant=cast.tenant, now=then)
        typed = totp.code_at(new.key, totp.step_of(then)).expose()
        by = cast.actor(name).for_audit()
        assert finish_authenticator(
            tenant=cast.tenant, user=user, sealed=new.sealed, typed=typed, label=label, by=by, now=then
        )
    return new.key


def code(key: Secret, now: datetime, *, steps: int = 0) -> str:
    return totp.code_at(key, totp.step_of(now) + steps).expose()


@pytest.mark.parametrize("seconds", sorted(RFC_CODES))
def test_codes_are_those_of_the_rfc(seconds: int) -> None:
    now = datetime.fromtimestamp(seconds, tz=UTC)

    assert totp.code_at(RFC_KEY, totp.step_of(now)).expose() == RFC_CODES[seconds][-6:]
    assert totp.matching_step(RFC_KEY, RFC_CODES[seconds][-6:], now=now) == seconds // 30


@pytest.mark.parametrize(
    ("seconds", "is_right"), [(0, True), (29, True), (30, True), (59, True), (60, False), (-1, False)]
)
def test_code_is_right_in_its_step_and_the_next(seconds: int, is_right: bool) -> None:
    start = datetime.fromtimestamp(1_800_000_000, tz=UTC)
    typed = totp.code_at(RFC_KEY, totp.step_of(start)).expose()

    assert (totp.matching_step(RFC_KEY, typed, now=start + timedelta(seconds=seconds)) is not None) is is_right


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "\x00", "1" * 5_000])
def test_what_is_no_code_matches_nothing(typed: str) -> None:
    assert totp.matching_step(RFC_KEY, typed, now=datetime.fromtimestamp(59, tz=UTC)) is None


def test_address_for_the_app_names_tenant_and_person() -> None:
    address = totp.address_of(RFC_KEY, account="adele.vance@contoso.example", issuer="Contoso & Sons")
    parts = urlsplit(address.expose())

    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Contoso & Sons:adele.vance@contoso.example"
    assert parse_qs(parts.query) == {"secret": [RFC_KEY.expose()], "issuer": ["Contoso & Sons"]}
    assert RFC_KEY.expose() not in repr(address)


@pytest.mark.django_db
def test_each_code_works_once(cast: Cast) -> None:
    now = clock.now()
    key = register(cast, now=now)
    user = cast["adele.vance"]

    assert check_totp(user, code(key, now), now=now)
    assert check_totp(user, code(key, now), now=now) is None
    later = now + timedelta(seconds=30)
    assert check_totp(user, code(key, now), now=later) is None
    assert check_totp(user, code(key, later), now=later)
    assert check_totp(user, code(key, later, steps=-1), now=later) is None


@pytest.mark.django_db
def test_code_of_registration_signs_nobody_in(cast: Cast) -> None:
    now = clock.now()
    key = register(cast, now=now + timedelta(minutes=2))

    assert check_totp(cast["adele.vance"], code(key, now), now=now) is None


@pytest.mark.django_db
def test_code_of_one_person_is_wrong_for_another(cast: Cast) -> None:
    now = clock.now()
    key = register(cast, now=now)
    register(cast, "diego.siciliani", now=now)

    assert check_totp(cast["diego.siciliani"], code(key, now), now=now) is None
    assert check_totp(None, code(key, now), now=now) is None
    assert check_totp(cast["adele.vance"], code(key, now), now=now)


@pytest.mark.django_db
def test_each_of_five_apps_works_and_a_sixth_is_refused(cast: Cast) -> None:
    now = clock.now()
    keys = [register(cast, now=now, label=f"App {number}") for number in range(5)]

    assert len({check_totp(cast["adele.vance"], code(key, now), now=now) for key in keys} - {None}) == 5
    with pytest.raises(TooManyApps):
        register(cast, now=now)


@pytest.mark.django_db
def test_same_work_for_nobody_for_no_app_and_for_five(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    for _ in range(3):
        register(cast, now=now)
    made: list[int] = []
    original = totp.code_at

    def counted(key: Secret, step: int) -> Secret:
        made.append(step)
        return original(key, step)

    monkeypatch.setattr(totp, "code_at", counted)
    people: list[User | None] = [None, cast["diego.siciliani"], cast["adele.vance"]]
    work = []
    for person in people:
        made.clear()
        with CaptureQueriesContext(connection) as asked:
            assert check_totp(person, "000000", now=now) is None
        work.append((len(asked), len(made)))

    assert len(set(work)) == 1


@pytest.mark.django_db
def test_key_of_another_person_or_an_old_one_is_not_registered(cast: Cast) -> None:
    now = clock.now()
    user, tenant = cast["adele.vance"], cast.tenant
    new = start_authenticator(user=user, tenant=tenant, now=now)
    late = now + timedelta(minutes=15, seconds=1)

    def finish(name: str, sealed: str, at: datetime) -> object:
        with within(tenant):
            return finish_authenticator(
                tenant=tenant,
                user=cast[name],
                sealed=sealed,
                typed=code(new.key, at),
                label="",
                by=cast.actor(name).for_audit(),
                now=at,
            )

    assert finish("diego.siciliani", new.sealed, now) is None
    assert finish("adele.vance", new.sealed[:-2] + "AA", now) is None
    assert finish("adele.vance", new.sealed, late) is None
    assert finish("adele.vance", new.sealed, late - timedelta(seconds=1)) is not None
    assert finish("adele.vance", new.sealed, late - timedelta(seconds=1)) is None


@pytest.mark.django_db
def test_wrong_code_registers_nothing_and_the_key_can_be_shown_again(cast: Cast) -> None:
    now = clock.now()
    user, tenant = cast["adele.vance"], cast.tenant
    new = start_authenticator(user=user, tenant=tenant, now=now)
    wrong = f"{(int(code(new.key, now)) + 1) % 1_000_000:06}"
    by = cast.actor("adele.vance").for_audit()

    with within(tenant):
        outcome = finish_authenticator(
            tenant=tenant, user=user, sealed=new.sealed, typed=wrong, label="", by=by, now=now
        )
        assert outcome is None and not AuthenticationMethod.objects.exists()
    again = authenticators.go_on_with(user=user, tenant=tenant, sealed=new.sealed, now=now)
    assert again and again.key == new.key
    assert new.key.expose() not in repr(new) + new.sealed


@pytest.mark.django_db
def test_key_rests_sealed_for_its_row(cast: Cast, settings: Settings) -> None:
    now = clock.now()
    key, other = register(cast, now=now), register(cast, now=now)
    with within(cast.tenant):
        first, second = AuthenticationMethod.objects.order_by("created_at", "pk")
        assert key.expose() not in first.sealed_key + second.sealed_key
        first.sealed_key, second.sealed_key = second.sealed_key, first.sealed_key
        AuthenticationMethod.objects.bulk_update([first, second], ["sealed_key"])

    for each in (key, other):
        assert check_totp(cast["adele.vance"], code(each, now), now=now) is None
    with pytest.raises(sealing.SealBroken):
        sealing.unseal(authenticators.KEY_PURPOSE, first.sealed_key, context=str(first.pk))


@pytest.mark.django_db
def test_keys_of_apps_are_sealed_anew_and_outlive_the_older_key(cast: Cast, settings: Settings) -> None:
    old, new = "key-number-one-" * 3, "key-number-two-" * 3
    settings.SEALING_KEYS = [old]
    now = clock.now()
    keys = {name: register(cast, name, now=now) for name in ("adele.vance", "diego.siciliani")}
    settings.SEALING_KEYS = [new, old]

    first, second = reseal_all(now=now), reseal_all(now=now)
    settings.SEALING_KEYS = [new]

    assert (first.resealed_apps, second.resealed_apps, first.unreadable_apps) == (2, 0, 0)
    assert all(check_totp(cast[name], code(key, now), now=now) for name, key in keys.items())


@pytest.mark.django_db
def test_app_of_a_lost_key_is_told_and_left_alone(cast: Cast, settings: Settings) -> None:
    now = clock.now()
    key, before = register(cast, now=now), settings.SEALING_KEYS
    settings.SEALING_KEYS = ["key-number-two-" * 3]

    assert check_totp(cast["adele.vance"], code(key, now), now=now) is None
    with pytest.raises(CommandError, match="The keys of 1 authenticator apps were sealed by a key"):
        call_command("rotate_keys", stdout=StringIO())
    settings.SEALING_KEYS = before
    assert check_totp(cast["adele.vance"], code(key, now), now=now)


@pytest.mark.django_db
def test_older_key_is_needed_by_codes_on_their_way_and_by_printed_ones(cast: Cast, settings: Settings) -> None:
    now, old = clock.now(), "key-number-one-" * 3
    settings.SEALING_KEYS = [old]
    with within(cast.tenant):
        make_recovery_codes(
            tenant=cast.tenant, user=cast["adele.vance"], by=cast.actor("adele.vance").for_audit(), now=now
        )
        ask_for_contact(
            actor=cast.actor("adele.vance"),
            session=Session(pk=digest_of(open_session(cast["adele.vance"], now=now))),
            kind=ContactKind.ALTERNATE_EMAIL,
            typed="adele@mail.example",
            now=now,
        )
    settings.SEALING_KEYS = ["key-number-two-" * 3, old]
    OutboundMessage.objects.filter(link_purpose=NOT_ME).delete()  # its button needs the key for a week

    (key,) = reseal_all(now=now).older
    (later,) = reseal_all(now=now + timedelta(minutes=11)).older
    assert (key.recovery_codes, key.needed_until) == (10, now + timedelta(minutes=10))
    assert (later.recovery_codes, later.needed_until) == (10, None)
