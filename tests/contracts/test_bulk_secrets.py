"""Passwords of bulk jobs go every way and are looked for everywhere afterwards."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from adminportal import clock
from adminportal.outbox.sweep import deliver_due
from passwords.services import bulk_run
from passwords.services.bulk import AT_ONCE
from passwords.services.bulk_results import reveal_items
from tests.contracts import canaries
from tests.contracts.canaries import found_in, logs_at_debug
from tests.passwords.bulk_crowd import drafted, make_crowd, started, worked_off
from tests.services.smtp import SmtpSink
from tests.services.valkey import Valkey
from users.models import Tenant
from users.tenancy import within

pytestmark = [pytest.mark.valkey, pytest.mark.django_db(transaction=True)]

CHOSEN = "Canary-For-Everybody-3391"


def everything(valkey: Valkey, lines: list[str]) -> dict[str, str]:
    return canaries.database() | canaries.files() | canaries.queue(valkey) | {"log": "\n".join(lines)}


def test_passwords_of_a_job_rest_nowhere_but_under_their_seal(valkey: Valkey, smtp_sink: SmtpSink) -> None:
    cast = make_crowd(AT_ONCE + 1)
    with logs_at_debug() as lines:
        job = worked_off(cast, started(cast, drafted(cast)))
        with within(cast.tenant):
            handed = reveal_items(job.pk, actor=cast.actor("helpdesk"), item_ids=None, channel="csv", now=clock.now())
            secrets = {item.user.display_name: secret.expose() for item, secret in handed if secret}
        deliver_due(now=clock.now())
        evidence = everything(valkey, lines)

    assert len(secrets) == AT_ONCE + 1 and any(place.startswith("queue bulk") for place in evidence)
    assert found_in(evidence, secrets) == set()
    mails = {str(number): mail.raw.decode() + mail.body() for number, mail in enumerate(smtp_sink.received)}
    assert mails and found_in(mails, secrets) == set()


def test_passwords_in_mails_are_in_their_own_mail_and_nowhere_else(valkey: Valkey, smtp_sink: SmtpSink) -> None:
    cast = make_crowd(0)
    Tenant.objects.filter(pk=cast.tenant.pk).update(password_in_mail=True)
    cast.tenant.refresh_from_db()
    for name in ("q1", "q2"):
        cast.add(name, alternate_email=f"{name}@mail.example")
    with logs_at_debug() as lines:
        job = started(
            cast,
            drafted(cast, people=[cast["q1"], cast["q2"]]),
            deliver_to=("desk@mail.example",),
            deliver_to_alternate=True,
        )
        with within(cast.tenant):
            handed = reveal_items(
                job.pk, actor=cast.actor("helpdesk"), item_ids=None, channel="screen", now=clock.now()
            )
            secrets = {item.user.display_name.lower(): secret.expose() for item, secret in handed if secret}
        deliver_due(now=clock.now())
        evidence = everything(valkey, lines)

    assert found_in(evidence, secrets) == set()
    mails = {f"{mail.recipients[0]} {number}": mail.body() for number, mail in enumerate(smtp_sink.received)}
    hits = {(name, place.partition(" ")[0]) for name, place in found_in(mails, secrets)}
    desk = "desk@mail.example"
    assert hits == {("q1", "q1@mail.example"), ("q2", "q2@mail.example"), ("q1", desk), ("q2", desk)}


def test_fault_in_a_chunk_tells_no_password(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_crowd(3)

    def broken(*, orders: list[Any], **_rest: object) -> None:
        raise RuntimeError(repr(orders))

    monkeypatch.setattr(bulk_run, "reset_passwords", broken)
    with logs_at_debug() as lines:
        started(cast, drafted(cast), password=CHOSEN)
        evidence = everything(valkey, lines)

    assert "RuntimeError" in evidence["log"]
    assert found_in(evidence, {"chosen": CHOSEN}) == set()


def test_command_prints_each_password_once_and_leaves_none_behind(valkey: Valkey) -> None:
    make_crowd(3)
    out = io.StringIO()
    with logs_at_debug() as lines:
        call_command("bulk_reset", "--tenant", "contoso.example", "--all", "--wait", "--json", stdout=out)
        evidence = everything(valkey, lines)

    secrets = {row["user_name"]: row["temporary_password"] for row in json.loads(out.getvalue())["results"]}
    assert len(secrets) == 5 and all(out.getvalue().count(secret) == 1 for secret in secrets.values())
    assert found_in(evidence, secrets) == set()
