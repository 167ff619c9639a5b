"""Production refuses to start unsafe, and says every reason at once."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.checks import Error
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from adminportal import checks
from adminportal.settings import addresses, env
from adminportal.settings.refusals import Start, reasons

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "Kq3vT9xLw2ZsB7nHc5RdJ8mPf4YgA6uE1oXiVbNtCyMkWzQh0S"
SEED = base64.b64encode(bytes(range(32))).decode()
SAFE = Start(
    debug="",
    secret_key=KEY,
    sealing_keys=[KEY[::-1], KEY[5:] + "abcde"],
    audit_key=SEED,
    database_engine="django.db.backends.postgresql",
    redis_url="redis://127.0.0.1:6379/0",
    public_url="https://portal.fabrikam.example",
    allowed_hosts=["portal.fabrikam.example"],
    trusted_proxies=1,
    email_url="smtps://mail.fabrikam.example",
    email_from="portal@fabrikam.example",
    sms_url="",
    voice_url="",
)


def test_safe_start_has_no_reasons() -> None:
    assert reasons(SAFE) == []
    assert reasons(replace(SAFE, allowed_hosts=[".fabrikam.example", "localhost"])) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"debug": "1"}, "DEBUG"),
        ({"secret_key": KEY[:49]}, "SECRET_KEY"),
        ({"secret_key": "a" * 60}, "SECRET_KEY"),
        ({"secret_key": KEY[::-1]}, "own"),
        ({"sealing_keys": []}, "SEALING_KEYS"),
        ({"audit_key": ""}, "AUDIT_KEY"),
        ({"audit_key": SEED[:-8]}, "AUDIT_KEY"),
        ({"sealing_keys": [KEY[:31]]}, "SEALING_KEYS"),
        ({"sealing_keys": [KEY[1:], KEY[1:]]}, "twice"),
        ({"database_engine": "django.db.backends.sqlite3"}, "DATABASE_URL"),
        ({"redis_url": ""}, "REDIS_URL"),
        ({"public_url": "http://portal.fabrikam.example"}, "PUBLIC_URL"),
        ({"public_url": "https://127.0.0.1:8000"}, "PUBLIC_URL"),
        ({"public_url": "https://other.fabrikam.example"}, "ALLOWED_HOSTS"),
        ({"allowed_hosts": ["*"]}, "ALLOWED_HOSTS"),
        ({"allowed_hosts": ["127.0.0.1", "localhost"]}, "ALLOWED_HOSTS"),
        ({"allowed_hosts": []}, "ALLOWED_HOSTS"),
        ({"trusted_proxies": 0}, "TRUSTED_PROXIES"),
        ({"email_url": "inbox:"}, "EMAIL_URL"),
        ({"email_url": ""}, "EMAIL_URL"),
        ({"sms_url": "inbox:"}, "SMS_URL"),
        ({"sms_url": "https://sms.fabrikam.example"}, "SMS_URL"),
        ({"sms_url": "twilio://AC1@sms.fabrikam.example?from=+12025550100"}, "SMS_URL"),
        ({"voice_url": "inbox:"}, "VOICE_URL"),
        ({"voice_url": "twilio://AC1:Gateway-Token-7741@sms.fabrikam.example?from=+12025550100"}, "VOICE_URL"),
        ({"email_from": "portal@contoso.example"}, "EMAIL_FROM"),
        ({"email_from": "Portal <portal@contoso.example>"}, "EMAIL_FROM"),
    ],
)
def test_each_unsafe_value_is_a_reason(change: dict[str, object], named: str) -> None:
    start = replace(SAFE, **change)  # type: ignore[arg-type]

    found = reasons(start)

    assert any(named in reason for reason in found)
    assert not any(secret in reason for reason in found for secret in secrets_of(start))


def secrets_of(start: Start) -> list[str]:
    """Return what no reason may repeat: the keys, the addresses of the channels and the passwords in them."""
    urls = [url for url in (start.email_url, start.sms_url, start.voice_url) if "//" in url]
    passwords = [urlsplit(url).password or "" for url in urls]
    return list(filter(None, [start.secret_key, *start.sealing_keys, start.audit_key, *urls, *passwords]))


CHECK = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
PROBE = """
import django
django.setup()
from django.test import Client
for host in ("127.0.0.1:8000", "portal.fabrikam.example", "stranger.example"):
    print(Client().get("/health/live", headers={"host": host}).status_code)
"""


def production(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    values = {
        "PATH": os.environ["PATH"],
        "PORTAL_ENV": "production",
        "DJANGO_SETTINGS_MODULE": "adminportal.settings",
        "SECRET_KEY": KEY,
        "SEALING_KEYS": KEY[::-1],
        "AUDIT_KEY": SEED,
        "DATABASE_URL": "postgresql://portal@127.0.0.1:1/portal",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PUBLIC_URL": "https://portal.fabrikam.example",
        "ALLOWED_HOSTS": "portal.fabrikam.example",
        "TRUSTED_PROXIES": "1",
        "EMAIL_URL": "smtp://127.0.0.1:25",
        "EMAIL_FROM": "portal@fabrikam.example",
        **changes,
    }
    asked = [sys.executable, *(command or CHECK)]
    return subprocess.run(asked, cwd=ROOT, env=values, capture_output=True, text=True, check=False)


def test_deploy_check_is_silent_in_production() -> None:
    done = production()

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_probe_that_asks_by_the_address_of_the_machine_is_answered_and_foreign_names_are_not() -> None:
    done = production("-c", PROBE)

    assert done.stdout.split() == ["200", "200", "400"], done.stderr


def test_unsafe_start_names_every_reason_and_no_secret() -> None:
    done = production(
        DATABASE_URL="sqlite:///x.sqlite3", TRUSTED_PROXIES="0", EMAIL_URL="inbox:", SECRET_KEY="short-key"
    )

    assert done.returncode != 0
    for name in ("DATABASE_URL", "TRUSTED_PROXIES", "EMAIL_URL", "SECRET_KEY"):
        assert name in done.stderr
    assert "short-key" not in done.stderr


def test_missing_key_is_named() -> None:
    done = production(SEALING_KEYS="")

    assert done.returncode != 0
    assert "SEALING_KEYS is empty" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("HASH_MEMORY_KIB", 2_097_153), ("HASH_TIME", 13), ("HASH_PARALLELISM", 17), ("HASH_MEMORY_KIB", 19_455)],
)
def test_hash_that_nobody_would_wait_for_or_that_is_too_weak_is_refused(name: str, value: int) -> None:
    done = production(**{name: str(value)})

    assert done.returncode != 0
    assert f"{name}='{value}' is not a whole number from" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "check", "code"),
    [
        ("SESSION_COOKIE_NAME", "session", checks.cookies, "portal.E001"),
        ("PASSWORD_HASHERS", [checks.CHEAP_HASHER], checks.hashers, "portal.E002"),
        ("ARGON2_MEMORY_KIB", 1024, checks.hashers, "portal.E003"),
        ("CELERY_ACCEPT_CONTENT", ["json", "pickle"], checks.queue, "portal.E004"),
        ("SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https"), checks.proxies, "portal.E005"),
        ("MIDDLEWARE", ["django.middleware.common.CommonMiddleware"], checks.middleware, "portal.E007"),
        (
            "CONTENT_SECURITY_POLICY",
            {"DIRECTIVES": {"script-src": ["'unsafe-inline'"]}},
            checks.content_policy,
            "portal.E008",
        ),
    ],
)
def test_system_check_finds_the_unsafe_setting(
    settings: Settings, name: str, value: object, check: object, code: str
) -> None:
    settings.PORTAL_ENV = "production"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    settings.DEVICE_COOKIE_NAME = "__Host-device"
    settings.SSPR_COOKIE_NAME, settings.TRUSTED_COOKIE_NAME = "__Host-sspr", "__Host-trusted"
    settings.HOME_COOKIE_NAME = "__Host-home"
    settings.PASSWORD_HASHERS = [checks.STRONG_HASHER]
    assert list(check()) == []  # type: ignore[operator]

    setattr(settings, name, value)

    found: list[Error] = list(check())  # type: ignore[operator]
    assert [error.id for error in found] == [code]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://a%40b:p%2Fw@db.fabrikam.example:5433/portal?sslmode=verify-full",
            {"NAME": "portal", "USER": "a@b", "PASSWORD": "p/w", "HOST": "db.fabrikam.example", "PORT": "5433"},
        ),
        ("sqlite:////var/lib/portal.sqlite3", {"NAME": "/var/lib/portal.sqlite3"}),
    ],
)
def test_database_address_is_read(url: str, expected: dict[str, str]) -> None:
    found = addresses.database(url)

    assert {key: found[key] for key in expected} == expected
    assert found["OPTIONS"].get("sslmode") == ("verify-full" if "sslmode" in url else None)


@pytest.mark.parametrize(("query", "expected"), [("", 5), ("?prepare_threshold=2", 2), ("?prepare_threshold=0", None)])
def test_statements_are_prepared_as_often_as_the_address_says(query: str, expected: int | None) -> None:
    assert addresses.database(f"postgresql://db.example/portal{query}")["OPTIONS"]["prepare_threshold"] == expected


@pytest.mark.parametrize(
    "url",
    [
        "mysql://a/b",
        "postgresql://host",
        "portal.sqlite3",
        "",
        "postgresql://db.example/portal?prepare_threshold=never",
    ],
)
def test_database_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        addresses.database(url)


def test_value_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file\n")
    monkeypatch.setenv("ANY_NAME_FILE", str(tmp_path / "key"))
    assert env.text("ANY_NAME") == "from-a-file"

    monkeypatch.setenv("ANY_NAME_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        env.text("ANY_NAME")


@pytest.mark.parametrize("value", ["-1", "eight", "1.5", "70000"])
def test_number_out_of_range_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ANY_PORT", value)

    with pytest.raises(ImproperlyConfigured, match="ANY_PORT"):
        env.integer("ANY_PORT", 8000, low=1, high=65535)
