"""Wake-ups are carried to the broker behind the back of a web request, each in its turn, and none is forgotten."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextvars import ContextVar

import pytest

from adminportal.outbox import messenger

WHO: ContextVar[str] = ContextVar("who", default="nobody")


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(messenger, "_is_on", True)
    monkeypatch.setattr(messenger, "_messenger", None)
    yield
    assert messenger.finish()


def test_without_a_web_server_an_errand_is_run_at_once() -> None:
    done: list[int] = []

    messenger.send(lambda: done.append(threading.get_ident()))

    assert done == [threading.get_ident()]


def test_request_does_not_wait_for_an_errand_that_hangs(begun: None) -> None:
    may_end, done = threading.Event(), list[str]()

    messenger.send(may_end.wait)
    messenger.send(lambda: done.append("second"))

    assert done == [] and not messenger.finish(0.0)
    may_end.set()
    assert messenger.finish() and done == ["second"]


def test_errand_that_breaks_off_stops_no_other_one(begun: None) -> None:
    done: list[str] = []

    messenger.send(lambda: 1 / 0)
    messenger.send(lambda: done.append("next"))

    assert messenger.finish() and done == ["next"]


def test_errand_knows_which_request_sent_it(begun: None) -> None:
    told: list[str] = []
    token = WHO.set("this request")

    messenger.send(lambda: told.append(WHO.get()))

    WHO.reset(token)
    assert messenger.finish() and told == ["this request"]


def test_forked_process_has_a_messenger_of_its_own(begun: None) -> None:
    messenger.send(lambda: None)
    assert messenger.finish()
    reading, writing = os.pipe()

    child = os.fork()
    if child == 0:
        messenger.send(lambda: os.write(writing, b"sent by the child"))
        os._exit(0 if messenger.finish() else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert os.read(reading, 100) == b"sent by the child"
