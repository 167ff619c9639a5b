"""The guard around Argon2 bounds what runs at once, and counts it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import check_password, get_hasher, make_password
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from adminportal import hashing
from adminportal.hashing import BuildKind, CheapHasher, HashingBusy, HashSlots, PortalArgon2Hasher

REAL = "adminportal.hashing.PortalArgon2Hasher"


@pytest.fixture
def real(settings: Settings) -> Settings:
    settings.PASSWORD_HASHERS = [REAL]
    settings.HASH_SLOTS, settings.HASH_QUEUE, settings.HASH_WAIT_SECONDS = 2, 8, 60.0
    return settings


@pytest.fixture
def held_slot(settings: Settings) -> Iterator[HashSlots]:
    """A guard whose only slot is taken until the test is over."""
    settings.HASH_SLOTS, settings.HASH_QUEUE, settings.HASH_WAIT_SECONDS = 1, 1, 60.0
    slots, taken, leave = HashSlots(), threading.Event(), threading.Event()

    def hold() -> None:
        with slots.taken():
            taken.set()
            leave.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait(60)
    yield slots
    leave.set()
    holder.join(60)


def test_hash_is_argon2id_with_the_parameters_of_settings(real: Settings) -> None:
    encoded = make_password("Blue-Lamp-7431")

    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password("Blue-Lamp-7431", encoded)
    assert not check_password("Blue-Lamp-7432", encoded)


def test_check_costs_exactly_one_hash(real: Settings) -> None:
    encoded = make_password("Blue-Lamp-7431")
    before = hashing.hashes_made()

    check_password("Blue-Lamp-7431", encoded)

    assert hashing.hashes_made() - before == 1


def test_dummy_costs_exactly_one_hash_of_the_same_parameters(real: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before, made = hashing.hashes_made(), []
    encode = PortalArgon2Hasher.encode

    def recorded(self: PortalArgon2Hasher, password: str, salt: str) -> str:
        made.append(encode(self, password, salt))
        return made[-1]

    monkeypatch.setattr(PortalArgon2Hasher, "encode", recorded)
    hashing.verify_dummy("Blue-Lamp-7431")

    assert hashing.hashes_made() - before == 1
    assert made[0].startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_hash_of_other_parameters_is_renewed(real: Settings) -> None:
    encoded = make_password("Blue-Lamp-7431")
    assert not get_hasher().must_update(encoded)

    real.ARGON2_TIME = 3

    assert get_hasher().must_update(encoded)
    assert check_password("Blue-Lamp-7431", encoded)


def test_never_more_hashes_at_once_than_slots(real: Settings) -> None:
    real.HASH_QUEUE = 500
    hashing.guard.reset_high_water()
    before = hashing.hashes_made()

    with ThreadPoolExecutor(40) as crowd:
        list(crowd.map(hashing.verify_dummy, ["Blue-Lamp-7431"] * 40))

    assert hashing.hashes_made() - before == 40
    assert hashing.guard.load().high_water <= 2
    assert hashing.guard.load().in_flight == 0


def test_full_queue_is_refused_at_once(held_slot: HashSlots, settings: Settings) -> None:
    settings.HASH_QUEUE = 0

    with pytest.raises(HashingBusy) as refusal, held_slot.taken():
        pass

    assert refusal.value.retry_after >= 1
    assert held_slot.load().refused == 1


def test_waiting_ends_with_a_refusal(held_slot: HashSlots, settings: Settings) -> None:
    settings.HASH_WAIT_SECONDS = 0.01

    with pytest.raises(HashingBusy), held_slot.taken():
        pass

    assert held_slot.load().in_flight == 1


def test_refused_waiter_leaves_its_place_to_the_next(settings: Settings, held_slot: HashSlots) -> None:
    settings.HASH_WAIT_SECONDS = 0.01
    with pytest.raises(HashingBusy), held_slot.taken():
        pass
    settings.HASH_SLOTS = 2

    with held_slot.taken():
        assert held_slot.load().in_flight == 2


def test_nobody_passes_those_who_wait(settings: Settings, held_slot: HashSlots) -> None:
    entered = threading.Event()

    def wait_for_a_slot() -> None:
        with held_slot.taken():
            entered.set()

    first = threading.Thread(target=wait_for_a_slot)
    first.start()
    waiting = False
    while not waiting:
        with held_slot._changed:  # let go of by a waiter only while it sleeps
            waiting = bool(held_slot._waiting)
    # A slot is free now, and whoever waits has not been told yet.
    settings.HASH_SLOTS, settings.HASH_WAIT_SECONDS = 2, 0.01

    with pytest.raises(HashingBusy), held_slot.taken():
        pytest.fail("The newcomer was served before the one who waited.")

    assert entered.wait(60)
    first.join(60)


def test_slot_is_given_back_after_a_fault(settings: Settings) -> None:
    settings.HASH_SLOTS = settings.HASH_QUEUE = 1
    slots = HashSlots()

    with pytest.raises(ZeroDivisionError), slots.taken():
        raise ZeroDivisionError

    with slots.taken():
        assert slots.load().in_flight == 1


def test_cheap_hasher_works_in_tests_and_is_counted() -> None:
    before = hashing.hashes_made()

    encoded = make_password("Blue-Lamp-7431")

    assert encoded.startswith("cheap$")
    assert check_password("Blue-Lamp-7431", encoded)
    assert not check_password("blue-lamp-7431", encoded)
    assert hashing.hashes_made() - before == 3


@pytest.mark.parametrize("environment", ["production", "demo", ""])
def test_cheap_hasher_refuses_to_exist_elsewhere(settings: Settings, environment: str) -> None:
    settings.PORTAL_ENV = environment

    with pytest.raises(ImproperlyConfigured):
        CheapHasher()


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("cp39-abi3-manylinux_2_26_x86_64", BuildKind.WHEEL),
        ("cp39-abi3-musllinux_1_2_aarch64", BuildKind.WHEEL),
        ("cp311-abi3-linux_x86_64", BuildKind.BUILT_HERE),
        ("cp39-abi3-macosx_11_0_arm64", BuildKind.UNKNOWN),
    ],
)
def test_build_kind_is_read_from_the_tag(monkeypatch: pytest.MonkeyPatch, tag: str, kind: BuildKind) -> None:
    class Installed:
        def read_text(self, name: str) -> str:
            return f"Wheel-Version: 1.0\nTag: {tag}\n"

    monkeypatch.setattr(hashing.metadata, "distribution", lambda name: Installed())

    assert hashing.build_kind() == kind
