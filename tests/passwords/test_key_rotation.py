"""``rotate_keys``: what waits is sealed anew, what is in a mailbox keeps its key until it is over."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from adminportal import clock, sealing
from passwords.models import PasswordReset
from passwords.reveal import SEALED_FOR, open_link
from passwords.services.key_rotation import reseal_all
from tests.cast import Cast, make_cast
from tests.passwords.reset_cast import link_of, message_to, reset, shown, try_sign_in
from users.services import key_rotation
from users.tenancy import across_tenants

pytestmark = pytest.mark.django_db

START = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)
OLD, NEW = "key-number-one-" * 3, "key-number-two-" * 3
ALTERNATE = "adele.vance.contoso@mail.example"


@pytest.fixture
def cast(settings: Settings) -> Any:
    settings.SEALING_KEYS = [OLD]
    with clock.travel(freeze_at=START):
        yield make_cast()


def _keys() -> set[str]:
    with across_tenants():
        return {row.sealed_password.partition(".")[0] for row in PasswordReset.objects.exclude(sealed_password="")}


def _run(**options: Any) -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out, **options)
    return out.getvalue()


def test_waiting_passwords_open_with_the_new_key_alone(cast: Cast, settings: Settings, monkeypatch: Any) -> None:
    monkeypatch.setattr(key_rotation, "BATCH", 2)
    outcomes = {name: reset(cast, name) for name in ("adele.vance", "diego.siciliani", "never.issued")}
    settings.SEALING_KEYS = [NEW, OLD]

    assert reseal_all(now=START).resealed == 3
    assert reseal_all(now=START).resealed == 0

    assert _keys() == {sealing.current_key_id()}
    settings.SEALING_KEYS = [NEW]
    for name, outcome in outcomes.items():
        assert try_sign_in(f"{name}@contoso.example", shown(cast, outcome)).must_change


def test_link_on_its_way_keeps_its_key_until_it_is_over(cast: Cast, settings: Settings) -> None:
    reset(cast, "adele.vance", deliver_to_alternate=True, notify=False)
    old = sealing.current_key_id()
    settings.SEALING_KEYS = [NEW, OLD]

    (key,) = reseal_all(now=START).older
    (later,) = reseal_all(now=START + SEALED_FOR).older

    assert (key.key_id, key.open_links, key.needed_until) == (old, 1, START + SEALED_FOR)
    assert (later.open_links, later.needed_until) == (0, None)
    token = sealing.Secret(link_of(message_to(ALTERNATE)).rpartition("/")[2])
    assert open_link(token, now=START + timedelta(hours=1))[1] is not None
    assert reseal_all(now=START + timedelta(hours=1)).older[0].needed_until is None


def test_button_of_a_notice_keeps_its_key_for_a_week(cast: Cast, settings: Settings) -> None:
    reset(cast, "adele.vance", notify=True)
    settings.SEALING_KEYS = [NEW, OLD]
    end = START + timedelta(days=7)

    assert reseal_all(now=end - timedelta(seconds=1)).older[0].needed_until == end
    assert reseal_all(now=end).older[0].needed_until is None


def test_command_says_when_an_older_key_may_go(cast: Cast, settings: Settings) -> None:
    reset(cast, "adele.vance", deliver_to_alternate=True, notify=False)
    old = sealing.current_key_id()
    settings.SEALING_KEYS = [NEW, OLD]

    told = _run()
    data = json.loads(_run(json=True))

    assert "1 temporary passwords were re-sealed" in told
    assert f"{old} may go after 2031-03-05 12:00 UTC: 1 open links need it, or codes on their way" in told
    assert (data["resealed"], data["older"][0]["key_id"]) == (0, old)


def test_value_of_a_lost_key_is_told_and_left_alone(cast: Cast, settings: Settings) -> None:
    reset(cast, "adele.vance")
    before = _keys()
    settings.SEALING_KEYS = [NEW]

    with pytest.raises(CommandError, match="1 temporary passwords were sealed by a key that SEALING_KEYS does not"):
        _run()

    assert _keys() == before


def test_password_that_is_taken_meanwhile_is_not_brought_back(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = reset(cast, "adele.vance")
    settings.SEALING_KEYS = [NEW, OLD]
    unseal = sealing.unseal

    def wiped_meanwhile(*arguments: Any, **options: Any) -> Any:
        with across_tenants():
            PasswordReset.objects.filter(pk=outcome.reset_id).update(sealed_password="")
        return unseal(*arguments, **options)

    monkeypatch.setattr(sealing, "unseal", wiped_meanwhile)

    assert reseal_all(now=START).resealed == 0
    assert _keys() == set()
