"""``after_restore``: nothing that a backup brought back open goes on, and everything else stays as it was."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from pytest_django import Settings

from adminportal import clock
from adminportal.audit.models import AuditCheckpoint, AuditEvent
from adminportal.audit.verify import list_chains, verify_chain
from adminportal.centre import after_restore
from adminportal.centre.after_restore import settle_restore
from adminportal.outbox import links, withdrawal
from adminportal.outbox.models import DevMessage, Failure, Lane, OutboundMessage, State
from adminportal.outbox.selectors import line_of
from adminportal.outbox.sweep import sweep_messages
from adminportal.sealing import Secret
from passwords.models import BulkEnd, BulkItem, BulkJob, BulkState, PasswordReset
from passwords.reveal import LinkState, find_link, open_link
from passwords.services.bulk_rest import choose_rest
from passwords.services.bulk_results import adds_up
from passwords.services.bulk_run import Step, run_next_chunk
from passwords.services.bulk_waking import resume_bulk_jobs
from sspr import attempts
from sspr.models import Campaign, CampaignPerson, Gate, PublicAsk, Reach, RecoveryAttempt
from sspr.services import cancel
from sspr.services.campaign import send_waiting
from tests.adminportal.audit_cast import guards_off
from tests.adminportal.outbox_cast import store
from tests.cast import PASSWORD, Cast, make_tenant, signed_in
from tests.passwords.bulk_crowd import drafted, ends_of, make_crowd, started, worked_off
from tests.passwords.reset_cast import link_of, message_to, reset, try_sign_in
from tests.sspr.self_service import policy_for
from tests.sspr.wizard_ways import NEW_PASSWORD, begin, make_open_cast
from tests.users.contact_ways import changes_address
from users import trusted_devices
from users.models import Contact, ContactChange, ImportBatch, Session
from users.models.challenge import Challenge
from users.services import restored
from users.services.contacts import carry_out_due
from users.services.import_batches import resume_batches
from users.services.sign_in import Outcome
from users.sessions import find_session, open_session
from users.tenancy import across_tenants, within

pytestmark = pytest.mark.django_db
START = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)
ADELE = "adele.vance@contoso.example"
ALTERNATE = "adele@mail.example"


@pytest.fixture(autouse=True)
def at_noon(settings: Settings, tmp_path: Path) -> Any:
    settings.VAR_DIR, settings.AUDIT_KEY = tmp_path, ""
    with clock.travel(freeze_at=START):
        yield


@pytest.fixture
def cast() -> Cast:
    return make_open_cast()


def settle(later: timedelta = timedelta(0)) -> dict[str, int]:
    return settle_restore(now=START + later).ended


def run(*words: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("after_restore", *words, stdout=out, stderr=io.StringIO())
    except CommandError as refusal:
        return refusal.returncode, str(refusal)
    return 0, out.getvalue()


def test_everybody_is_signed_out_and_the_old_password_still_signs_in(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restored, "BATCH", 2)
    clients = [signed_in(user) for user in cast.people.values() if user.account_enabled]
    assert clients[0].get("/account").status_code == 200

    assert settle()["sessions"] == len(clients)

    assert {client.get("/account").status_code for client in clients} == {302}
    assert not Session.objects.filter(ended_at=None).exists()
    assert try_sign_in(ADELE, PASSWORD).outcome is Outcome.RIGHT


def test_no_browser_is_trusted_any_more(cast: Cast) -> None:
    user = cast["global.admin"]
    with within(cast.tenant):
        key = trusted_devices.trust(user, days=30, now=START)

        assert settle()["trusted_browsers"] == 1

        assert not trusted_devices.is_trusted(key, user, days=30, now=START)


def test_attempt_and_its_right_code_lead_nowhere(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancel, "AT_ONCE", 1)
    walk, other, nobody = begin(ADELE), begin("diego.siciliani@contoso.example"), begin("nobody@elsewhere.example")
    walk.send(Gate.EMAIL)
    code = walk.code()

    ended = settle()

    assert ended["attempts"] == 3
    assert not Challenge.objects.filter(used_at=None, replaced_at=None).exists()
    assert not RecoveryAttempt.objects.filter(ended_at=None).exists()
    for each in (walk, other, nobody):
        assert not attempts.is_open(each.attempt, now=START)
    walk.type(Gate.EMAIL, code)
    assert walk.finish(NEW_PASSWORD).ended.value == "stale"
    assert try_sign_in(ADELE, NEW_PASSWORD).outcome is Outcome.WRONG
    rows = AuditEvent.objects.filter(reason="The portal was restored from a backup during the attempt")
    assert rows.filter(correlation_id=walk.attempt.pk).count() == 1


def test_used_link_that_came_back_unopened_shows_nothing(cast: Cast) -> None:
    reset(cast, "adele.vance", deliver_to_alternate=True, notify=False)
    message = message_to(ALTERNATE)
    token = Secret(link_of(message).rpartition("/")[2])
    assert find_link(token, now=START).state is LinkState.READY

    ended = settle()

    assert (ended["links"], ended["sealed_passwords"], ended["messages_withdrawn"]) == (1, 1, 1)
    assert find_link(token, now=START).state is LinkState.WITHDRAWN
    assert open_link(token, now=START)[1] is None
    with across_tenants():
        assert not PasswordReset.objects.exclude(sealed_password="").exists()


def test_mail_with_a_dead_link_or_code_is_withdrawn_and_the_trace_says_why(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawal, "BATCH", 1)
    tenant_id = cast.tenant.pk
    with_link, sent = store(tenant_id=tenant_id), store(tenant_id=tenant_id)
    OutboundMessage.objects.filter(pk=sent.pk).update(state=State.SENT, sent_at=START)
    code = {"tenant_id": tenant_id, "link_purpose": "", "secret_purpose": "challenge-code"}
    held = store(**code, held_back=Failure.HELD_BACK_PLACE)
    being_sent = store(**code)
    until = START + timedelta(minutes=1)
    OutboundMessage.objects.filter(pk=being_sent.pk).update(state=State.SENDING, claimed_until=until)
    others = store()

    ended = settle()
    sweep_messages(START + timedelta(minutes=5))

    for each in (with_link, sent, held, being_sent, others):
        each.refresh_from_db()
    assert (ended["messages_withdrawn"], ended["links"]) == (2, 2)
    assert with_link.state == being_sent.state == State.CANCELLED
    assert "restored from a backup" in line_of(with_link).failure
    assert (sent.state, line_of(sent).is_link_open) == (State.SENT, False)
    assert (held.state, held.failure) == (State.HELD_BACK, Failure.HELD_BACK_PLACE)
    assert with_link.to not in DevMessage.objects.values_list("to", flat=True)
    # Of a tenant that is not there any more nobody is known; its rows are not looked at.
    assert others.link_closed_at is None


def test_message_in_time_goes_out_once_and_one_too_late_never(cast: Cast) -> None:
    facts = {"tenant_id": cast.tenant.pk, "template": "please_register", "link_purpose": "", "lane": Lane.SINGLE}
    facts["context"] = {"tenant_name": "Contoso", "display_name": "A", "user_name": "a"}
    in_time = store(**facts, to="in.time@mail.example", not_after=START + timedelta(hours=2))
    late = store(**facts, to="late@mail.example", not_after=START + timedelta(minutes=30))

    assert settle(timedelta(hours=1))["messages_expired"] == 1
    sweep_messages(START + timedelta(hours=1))

    late.refresh_from_db()
    assert late.state == State.EXPIRED
    sent = DevMessage.objects.filter(to__in=(in_time.to, late.to))
    assert [message.to for message in sent] == [in_time.to]


def test_change_of_contact_data_that_waited_is_not_carried_out(cast: Cast) -> None:
    changes_address(cast)

    assert settle()["contact_changes"] == 1
    assert carry_out_due(START + timedelta(days=2)) == 0

    with within(cast.tenant):
        assert Contact.objects.get(user=cast["adele.vance"], kind="alternate_email").value == ALTERNATE
    assert ContactChange.objects.get().stopped_at == START


def test_running_and_paused_jobs_reset_nobody_more() -> None:
    cast = make_crowd(60)
    running = worked_off(cast, started(cast, drafted(cast)), chunks=1)
    paused = started(cast, drafted(cast, act="sign_out"))
    draft = drafted(cast)
    with across_tenants():
        BulkJob.objects.filter(pk=paused.pk).update(state=BulkState.PAUSED)

    ended = settle()

    assert ended["bulk_jobs"] == 2 and ended["sealed_passwords"] == 25
    with within(cast.tenant):
        assert resume_bulk_jobs(START + timedelta(hours=1)) == 0
        assert run_next_chunk(running.pk, now=START) is Step.OVER
        for job in (running, paused, draft):
            job.refresh_from_db()
        assert (running.state, paused.state, draft.state) == (BulkState.STOPPED, BulkState.STOPPED, BulkState.DRAFT)
        assert adds_up(running) and running.stop_code == "BULK_RESTORED" and running.purged_at == START
        assert PasswordReset.objects.count() == 25
        counts = [end for end, code in ends_of(cast, running).values()]
        assert (counts.count(BulkEnd.DONE), counts.count(BulkEnd.REFUSED)) == (25, 35)
        rest = choose_rest(running.pk, actor=cast.actor("helpdesk"), now=START)
        assert BulkItem.objects.filter(job=rest).count() == 35
    told = AuditEvent.objects.filter(activity="Finished bulk reset", result="failure", reason="BULK_RESTORED")
    assert told.count() == 2


def test_starter_of_a_stopped_job_is_told_why_and_that_mail_goes_out() -> None:
    cast = make_crowd(41)
    started(cast, drafted(cast))

    settle()
    sweep_messages(START)

    (mail,) = DevMessage.objects.filter(to="helpdesk@contoso.example")
    for part in (mail.text, mail.html):
        assert "restored from a backup" in part and "you may no longer do this" not in part
        assert "Passwords are kept there" not in part


def test_import_campaign_and_questions_do_not_go_on(cast: Cast) -> None:
    with within(cast.tenant):
        rows = [{"n": 2, "v": [], "f": []}]
        batch = ImportBatch.objects.create(
            tenant=cast.tenant,
            starter=cast["user.admin"],
            state=ImportBatch.State.ADDING,
            rows=rows,
            created_at=START,
            touched_at=START,
        )
        campaign = Campaign.objects.create(tenant=cast.tenant, created_at=START, asked=1)
        CampaignPerson.objects.create(tenant=cast.tenant, campaign=campaign, user=cast["adele.vance"])
        PublicAsk.objects.create(kind="help", correlation_id=cast.tenant.pk, created_at=START)

    ended = settle()

    assert (ended["imports"], ended["campaign_messages"], ended["questions"]) == (1, 1, 1)
    assert resume_batches(START + timedelta(hours=1)) == 0 and send_waiting(START) == 0
    batch.refresh_from_db()
    campaign.refresh_from_db()
    assert (batch.state, campaign.asked) == (ImportBatch.State.STOPPED, 0)


def test_every_chain_gets_a_row_and_a_new_checkpoint_and_holds(cast: Cast) -> None:
    fabrikam = make_tenant("fabrikam.example", "Fabrikam")
    signed_in(cast["adele.vance"])

    settled = settle_restore(now=START)

    assert settled.tenants == 2 and not settled.broken
    for tenant_id in (cast.tenant.pk, fabrikam.tenant.pk, None):
        (row,) = AuditEvent.objects.filter(tenant_id=tenant_id, activity="Restored from backup")
        point = AuditCheckpoint.objects.filter(tenant_id=tenant_id).latest("seq")
        assert row.actor_kind == "operator" and row.seq is not None and point.seq >= row.seq
        assert row.details == ({"Sessions": "1"} if tenant_id == cast.tenant.pk else {})
    assert {*list_chains()} == {cast.tenant.pk, fabrikam.tenant.pk, None}
    assert all(verify_chain(tenant_id=each, now=START).is_intact for each in list_chains())


def test_second_run_ends_nothing_more(cast: Cast) -> None:
    signed_in(cast["adele.vance"])
    changes_address(cast)
    begin(ADELE).send(Gate.EMAIL)
    settle()
    messages = list(OutboundMessage.objects.order_by("pk").values_list("pk", "state", "failure", "link_closed_at"))

    again = settle(timedelta(minutes=1))

    assert not any(again.values())
    assert messages == list(
        OutboundMessage.objects.order_by("pk").values_list("pk", "state", "failure", "link_closed_at")
    )


def test_tenant_that_fails_is_left_whole_and_done_by_the_next_run(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with within(cast.tenant):
        key = open_session(cast["adele.vance"], now=START)
    with monkeypatch.context() as patch:
        patch.setattr(after_restore, "drop_waiting", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            settle()
    assert find_session(key, now=START) is not None
    assert not AuditEvent.objects.filter(activity="Restored from backup").exists()

    settle()

    assert find_session(key, now=START) is None


def test_command_prints_what_ended(cast: Cast) -> None:
    policy_for(cast, reach=Reach.ALL)
    signed_in(cast["adele.vance"])

    code, told = run("--yes", "--json")

    assert code == 0 and json.loads(told)["sessions"] == 1 and json.loads(told)["audit_intact"] == 2
    assert "bulk jobs: 0" in run("--yes")[1]


def test_broken_chain_is_told_and_not_signed(cast: Cast) -> None:
    settle()
    with guards_off():
        AuditEvent.objects.filter(tenant_id=cast.tenant.pk, seq=1).update(reason="changed")
    signed_in(cast["adele.vance"])
    before = AuditCheckpoint.objects.filter(tenant_id=cast.tenant.pk).count()

    code, told = run("--yes")

    assert code == 1 and str(cast.tenant.pk) in told and "verify_audit --all" in told
    assert AuditCheckpoint.objects.filter(tenant_id=cast.tenant.pk).count() == before
    assert not Session.objects.filter(ended_at=None).exists()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("words", "typed", "code"),
    [
        ((), _Terminal("restored\n"), 0),
        ((), _Terminal("yes\n"), 1),
        ((), io.StringIO("restored\n"), 2),
        (("--nonsense",), io.StringIO(), 2),
    ],
    ids=["agreed", "not agreed", "nobody to ask", "wrong use"],
)
def test_command_asks_first(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], typed: io.StringIO, code: int
) -> None:
    signed_in(cast["adele.vance"])
    monkeypatch.setattr(sys, "stdin", typed)
    ended = 0
    try:
        execute_from_command_line(["manage.py", "after_restore", *words])
    except SystemExit as end:
        ended = int(end.code or 0)

    assert ended == code
    assert Session.objects.filter(ended_at=None).exists() is (code != 0)


def test_command_refuses_a_key_that_cannot_sign(cast: Cast, settings: Settings) -> None:
    settings.AUDIT_KEY = "too short"
    signed_in(cast["adele.vance"])

    code, told = run("--yes")

    assert code == 1 and told.endswith("Nothing was changed.")
    assert Session.objects.filter(ended_at=None).exists()


def test_links_of_notices_are_closed_as_well(cast: Cast) -> None:
    reset(cast, "adele.vance", notify=True)
    notices = OutboundMessage.objects.filter(tenant_id=cast.tenant.pk, link_purpose="not-me")
    assert notices.exists()

    settle()

    assert not notices.filter(link_closed_at=None).exists()
    assert links.find_by_token(links.token_of(notices[0])) is not None
