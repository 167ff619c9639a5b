"""Fixtures of every test: real PostgreSQL (or SQLite), Valkey, SMTP sink, Chromium; no network."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from adminportal.settings import addresses
from adminportal.tryout.catalogues import ROOT, compile_catalogues
from tests.services import chromium, network, postgres
from tests.services.audit_flush import audit_guards_lifted_for_flush as audit_guards_lifted_for_flush
from tests.services.early import DATABASE
from tests.services.leftovers import registered
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey

SHARED_CLUSTER = "PORTAL_TEST_CLUSTER"
"""Environment variable by which the workers of pytest-xdist find the one cluster of the run."""
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")

REGISTERED = pytest.StashKey[dict[str, Any]]()

_cluster: postgres.Cluster | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Compile the catalogues and start the shared cluster before xdist starts its workers."""
    is_worker = hasattr(config, "workerinput")
    if not is_worker:
        compile_catalogues(ROOT / "locale")
    if not is_worker and getattr(config.option, "numprocesses", None) and DATABASE == "postgresql":
        _cluster_url()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what this process started."""
    if _cluster is not None:
        _cluster.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On SQLite, skip what only PostgreSQL can show; with ``TEST_CASES=ends`` take two cases of each test."""
    if os.environ.get("TEST_CASES") == "ends":
        kept = _ends(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = list(kept)
    if DATABASE != "sqlite":
        return
    reason = pytest.mark.skip(reason="needs PostgreSQL: SQLite ignores row locks")
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Remember what is registered in the portal before a test and all its fixtures."""
    item.stash[REGISTERED] = registered()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that leaves a registry changed, when its fixtures are gone: the next one would meet it."""
    answer = yield
    after = registered()
    assert {name: after[name] for name in item.stash[REGISTERED]} == item.stash[REGISTERED]
    return answer


def _ends(items: list[pytest.Item]) -> dict[pytest.Item, None]:
    """Return the first and the last case of each test function, in order."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    return dict.fromkeys(item for several in cases.values() for item in (several[0], several[-1]))


def _cluster_url() -> str:
    global _cluster
    given = os.environ.get("TEST_DATABASE_URL") or os.environ.get(SHARED_CLUSTER)
    if given:
        return given
    _cluster = postgres.start_cluster()
    os.environ[SHARED_CLUSTER] = _cluster.url
    return _cluster.url


@pytest.fixture(scope="session")
def database_url() -> str:
    """Return the address of the cluster that this run uses; starts it when no one did."""
    if DATABASE == "sqlite":
        pytest.skip("needs PostgreSQL")
    return _cluster_url()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Point Django at the throw-away cluster, started with the first test that needs it."""
    from django.db import connections

    settings = connections["default"].settings_dict
    if DATABASE == "sqlite":
        # A file, as in a trial run: threads of one process would share the locks of a database in memory.
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        settings["TEST"]["NAME"] = f"{os.environ['VAR_DIR']}/test-{worker}.sqlite3"
        return
    found = addresses.database(_cluster_url())
    for key in ("USER", "PASSWORD", "HOST", "PORT"):
        settings[key] = found[key]
    settings["CONN_MAX_AGE"] = 0


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        network.block(patch)
        yield


@pytest.fixture(scope="session")
def _valkey_server() -> Iterator[Valkey]:
    server = Valkey()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def valkey(_valkey_server: Valkey, settings: Settings) -> Iterator[Valkey]:
    """Give a running, empty Valkey and name it as broker, cache and store of limits."""
    from adminportal.celery import app

    if _valkey_server.process is None:
        _valkey_server.start()
    _valkey_server.flush()
    before = app.conf.broker_url  # read first: Celery takes the settings over when they are first asked for
    settings.REDIS_URL = settings.CELERY_BROKER_URL = _valkey_server.url
    app.conf.broker_url = _valkey_server.url
    app.pool.force_close_all()
    yield _valkey_server
    app.conf.broker_url = before
    app.pool.force_close_all()


@pytest.fixture(autouse=True)
def _no_unknown_name_like_a_role_holder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the draws by which a few unknown names look like holders of roles, or have a default method.

    They come from the ids of tenants, which are random here.

    Modules that are about it say ``DRAWS_ROLE_HOLDERS = True``.
    """
    from sspr.decoys import HAD_OF_256

    if not getattr(request.module, "DRAWS_ROLE_HOLDERS", False):
        monkeypatch.setitem(HAD_OF_256, "role", 0)
        monkeypatch.setitem(HAD_OF_256, "default", 0)


@pytest.fixture(autouse=True)
def _same_secret_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw one secret for all: what a test takes back would be drawn anew, and decoys would change under it."""
    from adminportal.sealing import Secret
    from users.services import installation_secrets

    monkeypatch.setattr(installation_secrets, "drawn", lambda: Secret("the-secret-of-every-test"))


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    """Let no test inherit what another one counted or a broker that it stopped."""
    from adminportal.centre import readiness
    from adminportal.outbox import waking
    from adminportal.throttle import shared

    readiness.forget_answer()
    shared.forget_own_hits()
    waking.forget_outage()


@pytest.fixture
def smtp_sink(settings: Settings) -> Iterator[SmtpSink]:
    """Give a listening SMTP sink and name it as the mail channel."""
    sink = SmtpSink()
    sink.start()
    settings.EMAIL_CHANNEL_URL = sink.url
    yield sink
    sink.stop()


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Return the path of a browser: found, else installed by root; without one CI fails and others skip."""
    # Playwright's synchronous interface runs an event loop in the thread of the test.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        return chromium.find_or_install()
    except chromium.ChromiumMissing as problem:
        if IN_CI:
            pytest.fail(str(problem), pytrace=False)
        pytest.skip(str(problem))


def pytest_report_header(config: pytest.Config) -> str:
    """Say what the run stands on."""
    given = os.environ.get("TEST_DATABASE_URL")
    where = f" at {urlsplit(given).hostname}" if given else ""
    return f"portal: {DATABASE}{where}, Chromium {chromium.find() or 'not found'}"
