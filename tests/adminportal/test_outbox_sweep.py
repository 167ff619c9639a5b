"""What runs by itself: every registered sweeper, by beat and by hand."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError

from adminportal import clock
from adminportal.centre.tasks import sweep
from adminportal.outbox import registry
from adminportal.outbox.checks import check_channels
from adminportal.outbox.models import DevMessage, OutboundMessage, State
from tests.adminportal.outbox_cast import store

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_sweepers", dict(registry._sweepers))


def test_outbox_and_limits_are_swept() -> None:
    assert {"messages", "inbox", "limits"} <= set(registry.list_sweepers())


def test_command_says_what_was_done() -> None:
    registry.register_sweeper("letters", lambda now: 7)
    said = io.StringIO()

    call_command("sweep", "--json", stdout=said)

    assert json.loads(said.getvalue())["letters"] == 7


def test_failing_sweeper_stops_no_other_and_is_named() -> None:
    done: list[str] = []

    def fail(now: object) -> int:
        raise ValueError("no luck")

    registry.register_sweeper("broken", fail)
    registry.register_sweeper("later", lambda now: done.append("later") or 1)

    with pytest.raises(CommandError, match="broken"):
        call_command("sweep", stdout=io.StringIO())
    sweep()

    assert done == ["later", "later"]


def test_sweep_ends_what_is_too_late_also_before_its_next_attempt() -> None:
    message = store(not_after=clock.now() + timedelta(minutes=1))
    OutboundMessage.objects.update(next_attempt_at=clock.now() + timedelta(minutes=5), attempts=3)

    with clock.travel(timedelta(minutes=2)):
        sweep()

    message.refresh_from_db()
    assert message.state == State.EXPIRED


def test_old_messages_leave_the_inbox() -> None:
    for days in (31, 29):
        DevMessage.objects.create(channel="email", to="a@mail.example", created_at=clock.now() - timedelta(days=days))

    sweep()

    assert DevMessage.objects.count() == 1


@pytest.mark.parametrize(("url", "findings"), [("smtp://mail.example", 0), ("ftp://mail.example", 1)])
def test_wrong_address_of_a_channel_stops_the_start(settings: object, url: str, findings: int) -> None:
    settings.EMAIL_CHANNEL_URL = url  # type: ignore[attr-defined]
    assert [problem.id for problem in check_channels(None)] == ["outbox.E001"] * findings


def test_wrong_address_of_a_channel_is_reported_by_the_check_command(settings: object) -> None:
    settings.SMS_CHANNEL_URL = "pigeon://"  # type: ignore[attr-defined]
    with pytest.raises(SystemCheckError, match="SMS_URL"):
        call_command("check")
