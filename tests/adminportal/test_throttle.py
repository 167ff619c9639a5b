"""Limits: exact numbers, sliding windows, one count under many hands, and a Redis that goes away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection

from adminportal import clock, throttle
from adminportal.throttle import shared
from adminportal.throttle.limits import Limit, Store
from adminportal.throttle.meter import source_of
from adminportal.throttle.models import Counter
from adminportal.throttle.rows import purge_counters
from tests.services.valkey import Valkey

FIVE_A_DAY = Limit(
    name="TEST_D", what="a test", key="account", number=5, window=timedelta(hours=24), store=Store.DATABASE
)
FIVE_SHARED = Limit(name="TEST_R", what="a test", key="source", number=5, window=timedelta(hours=1), store=Store.REDIS)


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for limit in (FIVE_A_DAY, FIVE_SHARED):
        monkeypatch.setitem(throttle.LIMITS, limit.name, limit)
    shared.forget_own_hits()
    yield
    shared.forget_own_hits()


def _hit(name: str, *, key: str = "megan", times: int = 1) -> None:
    for _ in range(times):
        throttle.check(name, key=key, now=clock.now())


@pytest.mark.django_db
def test_sixth_hit_is_refused_with_the_seconds_to_wait() -> None:
    start = clock.now()
    with clock.travel(freeze_at=start):
        _hit("TEST_D", times=5)
    with clock.travel(freeze_at=start + timedelta(hours=1)), pytest.raises(throttle.Throttled) as refusal:
        _hit("TEST_D")

    assert 0 <= refusal.value.retry_after - 23 * 3600 <= 1
    assert refusal.value.limit is FIVE_A_DAY


@pytest.mark.django_db
def test_window_slides_hit_by_hit() -> None:
    start = clock.now()
    for hour in range(5):
        with clock.travel(freeze_at=start + timedelta(hours=hour)):
            _hit("TEST_D")
    with clock.travel(freeze_at=start + timedelta(hours=24)):
        _hit("TEST_D")
        with pytest.raises(throttle.Throttled):
            _hit("TEST_D")
    with clock.travel(freeze_at=start + timedelta(hours=25)):
        _hit("TEST_D")


@pytest.mark.django_db
def test_hit_is_allowed_after_exactly_the_seconds_that_were_told() -> None:
    start = clock.now()
    with clock.travel(freeze_at=start):
        _hit("TEST_D", times=5)
        with pytest.raises(throttle.Throttled) as refusal:
            _hit("TEST_D")
    with clock.travel(freeze_at=start + timedelta(seconds=refusal.value.retry_after)):
        _hit("TEST_D")


@pytest.mark.django_db
def test_refused_hits_do_not_prolong_the_wait() -> None:
    start = clock.now()
    with clock.travel(freeze_at=start):
        _hit("TEST_D", times=5)
    for hour in range(1, 24):
        with clock.travel(freeze_at=start + timedelta(hours=hour)), pytest.raises(throttle.Throttled):
            _hit("TEST_D")
    with clock.travel(freeze_at=start + timedelta(hours=24)):
        _hit("TEST_D")


@pytest.mark.django_db
def test_keys_count_apart_and_rest_only_as_digests() -> None:
    _hit("TEST_D", key="megan@contoso.example", times=5)
    _hit("TEST_D", key="adele@contoso.example")

    assert "contoso" not in str(list(Counter.objects.values()))


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["TEST_D", "TEST_R"])
def test_peek_refuses_without_counting(name: str) -> None:
    for _ in range(9):
        throttle.peek(name, key="megan", now=clock.now())
    _hit(name, times=5)
    with pytest.raises(throttle.Throttled):
        throttle.peek(name, key="megan", now=clock.now())


@pytest.mark.django_db
def test_purge_deletes_only_what_counts_no_more() -> None:
    _hit("TEST_D")
    assert purge_counters(clock.now() + timedelta(hours=23)) == 0
    assert purge_counters(clock.now() + timedelta(hours=25)) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_hands_at_once_get_exactly_the_number() -> None:
    gate = threading.Barrier(20)
    outcomes: list[bool] = []

    def run() -> None:
        gate.wait()
        try:
            _hit("TEST_D")
            outcomes.append(True)
        except throttle.Throttled:
            outcomes.append(False)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count(True) == 5
    assert outcomes.count(False) == 15


def test_unknown_limit_raises() -> None:
    with pytest.raises(LookupError):
        throttle.check("L99", key="x", now=clock.now())


def test_shared_limit_counts_in_the_process_without_redis(settings: object) -> None:
    settings.REDIS_URL = ""  # type: ignore[attr-defined]
    _hit("TEST_R", times=5)
    with pytest.raises(throttle.Throttled) as refusal:
        _hit("TEST_R")
    assert 3590 < refusal.value.retry_after <= 3601


@pytest.mark.valkey
def test_shared_limit_is_counted_in_valkey_for_all_processes(valkey: Valkey) -> None:
    _hit("TEST_R", times=5)
    shared.forget_own_hits()
    with pytest.raises(throttle.Throttled):
        _hit("TEST_R")
    valkey.flush()
    _hit("TEST_R")


@pytest.mark.valkey
def test_shared_limit_stays_open_and_still_counts_when_valkey_is_gone(valkey: Valkey) -> None:
    _hit("TEST_R", times=3)
    valkey.stop()

    _hit("TEST_R", times=5)
    with pytest.raises(throttle.Throttled):
        _hit("TEST_R")


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_source_is_one_address_of_ipv4_or_one_network_of_ipv6(address: str, source: str) -> None:
    assert source_of(address) == source
