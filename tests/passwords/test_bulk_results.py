"""Progress, results and passwords of bulk jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox import links
from adminportal.outbox.models import DevMessage, OutboundMessage, State
from passwords.models import BulkItem, BulkJob, PasswordReset
from passwords.reveal import open_link, show_to_starter
from passwords.services.bulk import AT_ONCE
from passwords.services.bulk_purge import purge_bulk_jobs
from passwords.services.bulk_results import NotShown, list_results, progress_of, purge_bulk, reveal_items
from tests.adminportal.outbox_cast import deliver_all
from tests.cast import Cast
from tests.contracts.matrix import give
from tests.passwords.bulk_crowd import crowd_of, drafted, make_crowd, started, worked_off
from tests.passwords.reset_cast import try_sign_in
from users.models import Tenant
from users.roles import TEMPLATE_IDS, Role
from users.services.sign_in import Outcome
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def few() -> Cast:
    return make_crowd(3)


def revealed(cast: Cast, job: BulkJob, *, starter: str = "helpdesk", **options: Any) -> dict[str, str | None]:
    with within(cast.tenant):
        handed = reveal_items(
            job.pk,
            actor=cast.actor(starter),
            item_ids=options.pop("item_ids", None),
            channel=options.pop("channel", "screen"),
            now=clock.now(),
        )
        return {item.user.display_name.lower(): secret.expose() if secret else None for item, secret in handed}


def all_revealed(cast: Cast, job: BulkJob) -> list[str]:
    """Return the passwords of a job that has one to show for each of its three people."""
    passwords = [password for password in revealed(cast, job).values() if password]
    assert len(passwords) == 3
    return passwords


def deliver_everything() -> None:
    deliver_all(OutboundMessage.objects.filter(state=State.QUEUED))


def test_starter_sees_passwords_that_sign_in_as_often_as_needed(few: Cast) -> None:
    job = started(few, drafted(few))

    first, second = revealed(few, job), revealed(few, job)

    assert first == second and set(first) == {"p0", "p1", "p2"}
    for name, password in first.items():
        assert try_sign_in(f"{name}@contoso.example", password or "").outcome is Outcome.RIGHT
    viewed = AuditEvent.objects.filter(activity="Viewed temporary password")
    assert viewed.count() == 6
    assert {row.details["JobId"] for row in viewed} == {str(job.pk)}


def test_only_the_asked_items_are_shown(few: Cast) -> None:
    job = started(few, drafted(few))
    with within(few.tenant):
        item = BulkItem.objects.get(job=job, user=few["p1"])

    assert set(revealed(few, job, item_ids=[item.pk])) == {"p1"}
    assert AuditEvent.objects.filter(activity="Viewed temporary password").count() == 1


def test_nobody_but_the_starter_sees_passwords(few: Cast) -> None:
    job = started(few, drafted(few))

    with pytest.raises(NotShown):
        revealed(few, job, starter="global")
    with within(few.tenant), pytest.raises(NotShown):
        purge_bulk(job.pk, actor=few.actor("global"), now=clock.now())
    assert not AuditEvent.objects.filter(activity="Viewed temporary password", result="success").exists()


def test_used_and_replaced_passwords_are_gone_and_those_of_people_out_of_reach_not_shown(few: Cast) -> None:
    job = started(few, drafted(few))
    passwords = revealed(few, job)
    assert try_sign_in("p0@contoso.example", passwords["p0"] or "").outcome is Outcome.RIGHT
    with within(few.tenant):
        PasswordReset.objects.filter(target=few["p0"]).update(first_used_at=clock.now(), sealed_password="")
        give(few, few["p1"], TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])

    again = revealed(few, job)

    assert (again["p0"], again["p1"]) == (None, None) and again["p2"] == passwords["p2"]


def test_passwords_of_many_need_fresh_proof() -> None:
    many = make_crowd(AT_ONCE + 1)
    job = worked_off(many, started(many, drafted(many)))
    with clock.travel(-timedelta(hours=1)):
        actor = many.actor("helpdesk")

    with within(many.tenant), pytest.raises(NotShown) as refused:
        reveal_items(job.pk, actor=actor, item_ids=None, channel="csv", now=clock.now())
    assert refused.value.code == "RESET_STEP_UP"
    assert len(revealed(many, job, channel="csv")) == AT_ONCE + 1
    told = AuditEvent.objects.get(activity="Exported bulk results", result="success")
    assert told.details["Count"] == str(AT_ONCE + 1)


def test_purge_wipes_every_seal_and_keeps_the_outcomes(few: Cast) -> None:
    job = started(few, drafted(few))
    with within(few.tenant):
        purge_bulk(job.pk, actor=few.actor("helpdesk"), now=clock.now())
        assert not PasswordReset.objects.exclude(sealed_password="").exists()
        assert [row.end for row in list_results(job, now=clock.now())] == ["done"] * 3

    with pytest.raises(NotShown):
        revealed(few, job)
    assert AuditEvent.objects.get(activity="Purged bulk results").details["Count"] == "3"


def test_sweep_purges_after_a_day_and_forgets_old_drafts(few: Cast) -> None:
    job, draft = started(few, drafted(few)), drafted(few)

    with clock.travel(timedelta(hours=23)):
        purge_bulk_jobs(clock.now())
        assert revealed(few, job)["p0"] is not None
    with clock.travel(timedelta(hours=24, minutes=1)):
        purge_bulk_jobs(clock.now())

    with within(few.tenant):
        job.refresh_from_db()
        assert job.purged_at is not None
        assert not PasswordReset.objects.exclude(sealed_password="").exists()
        assert not BulkJob.objects.filter(pk=draft.pk).exists()


def test_each_job_seals_with_a_key_of_its_own(few: Cast) -> None:
    from adminportal import sealing
    from passwords.reveal import SEAL_PURPOSE, seal_purpose

    job, other = started(few, drafted(few, people=[few["p0"]])), started(few, drafted(few, people=[few["p1"]]))

    with within(few.tenant):
        reset = PasswordReset.objects.get(job=job)
        for purpose in (SEAL_PURPOSE, seal_purpose(other.pk)):
            with pytest.raises(sealing.SealBroken):
                sealing.unseal(purpose, reset.sealed_password, context=str(reset.pk))


def test_results_are_listed_in_order_searched_and_filtered() -> None:
    cast = make_crowd(12)
    job = started(cast, drafted(cast, people=[*crowd_of(cast), cast["global"]]))

    with within(cast.tenant):
        first = list_results(job, rows=5, now=clock.now())
        rest = list_results(job, after=first[-1].position, rows=50, now=clock.now())
        refused = list_results(job, end="refused", now=clock.now())
        found = list_results(job, search="p1", now=clock.now())

    assert [row.position for row in [*first, *rest]] == list(range(13))
    assert [(row.user_name, row.code) for row in refused] == [("global@contoso.example", "RESET_TARGET_ROLE")]
    assert "Global Administrator" in refused[0].sentence
    assert {row.user_name for row in found} == {f"{name}@contoso.example" for name in ("p1", "p10", "p11")}


def test_progress_adds_up_at_every_step() -> None:
    cast = make_crowd(60)
    job = started(cast, drafted(cast))
    with within(cast.tenant):
        for done in (0, 25, 50):
            found = progress_of(job, now=clock.now() + timedelta(seconds=10))
            assert (found.requested, found.done, found.left) == (60, done, 60 - done)
            assert found.percent == 100 * done // 60
            worked_off(cast, job, chunks=1)
    job = worked_off(cast, job)
    with within(cast.tenant):
        found = progress_of(job, now=clock.now())
    assert (found.done, found.left, found.percent, found.seconds_left) == (60, 0, 100, None)


def test_progress_tells_speed_and_time_left() -> None:
    cast = make_crowd(60)
    job = started(cast, drafted(cast))
    worked_off(cast, job, chunks=1)
    with within(cast.tenant):
        now = clock.now()
        BulkJob.objects.filter(pk=job.pk).update(started_at=now - timedelta(seconds=5))
        job.refresh_from_db()
        found = progress_of(job, now=now)

    assert found.per_second == pytest.approx(5.0)
    assert found.seconds_left == 8


def test_blind_results_say_how_far_each_link_is_and_never_a_password(few: Cast) -> None:
    for name in ("q1", "q2", "q3"):
        few.add(name, alternate_email=f"{name}@mail.example")
    job = started(few, drafted(few, people=[few["q1"], few["q2"], few["q3"]]), blind=True)
    messages = {each.to: each for each in OutboundMessage.objects.filter(link_purpose="reveal")}
    deliver_all(
        OutboundMessage.objects.filter(link_purpose="reveal").filter(to__in=["q1@mail.example", "q2@mail.example"])
    )
    _found, opened = open_link(links.token_of(messages["q2@mail.example"]), now=clock.now())

    assert opened is not None and try_sign_in("q2@contoso.example", opened.expose()).outcome is Outcome.RIGHT
    with within(few.tenant):
        rows = {row.user_name.partition("@")[0]: row for row in list_results(job, now=clock.now())}
        assert {name: row.delivery for name, row in rows.items()} == {
            "q1": "delivered",
            "q2": "opened",
            "q3": "waiting",
        }
        reset = PasswordReset.objects.get(target=few["q1"])
        assert show_to_starter(reset.pk, actor=few.actor("helpdesk"), now=clock.now()) is None
    with pytest.raises(NotShown):
        revealed(few, job)


def test_mail_with_results_carries_the_passwords_where_the_tenant_wants_it(few: Cast) -> None:
    Tenant.objects.filter(pk=few.tenant.pk).update(password_in_mail=True)
    few.tenant.refresh_from_db()
    job = started(few, drafted(few), deliver_to=("desk@mail.example",))
    passwords = all_revealed(few, job)
    message = OutboundMessage.objects.get(template="bulk_finished_shown")
    assert not any(password in str(OutboundMessage.objects.values()) for password in passwords)

    deliver_everything()

    mail = DevMessage.objects.get(to="desk@mail.example")
    assert all(password in mail.text for password in passwords)
    assert message.to == "desk@mail.example"
    over = AuditEvent.objects.get(activity="Finished bulk reset")
    assert "d...@mail.example" in over.details["MailedTo"]


def test_mail_with_results_carries_a_link_only_by_default(few: Cast) -> None:
    job = started(few, drafted(few), deliver_to=("desk@mail.example",))
    passwords = all_revealed(few, job)

    deliver_everything()

    mail = DevMessage.objects.get(to="desk@mail.example")
    assert f"/passwords/bulk/{job.pk}" in mail.text
    assert not any(password in mail.text + mail.html for password in passwords)


def test_mailbox_of_a_person_never_gets_the_results_with_passwords(few: Cast) -> None:
    Tenant.objects.filter(pk=few.tenant.pk).update(password_in_mail=True)
    few.tenant.refresh_from_db()

    job = started(few, drafted(few), deliver_to=("P0@contoso.example",))

    with within(few.tenant):
        refused = list_results(job, end="refused", now=clock.now())
    assert [(row.user_name, row.code) for row in refused] == [("p0@contoso.example", "RESET_CIRCULAR_RECIPIENT")]


def test_password_by_mail_goes_to_the_alternate_address_and_not_after_it_was_used(few: Cast) -> None:
    Tenant.objects.filter(pk=few.tenant.pk).update(password_in_mail=True)
    few.tenant.refresh_from_db()
    for name in ("q1", "q2"):
        few.add(name, alternate_email=f"{name}@mail.example")
    job = started(few, drafted(few, people=[few["q1"], few["q2"]]), deliver_to_alternate=True)
    passwords = revealed(few, job)
    with within(few.tenant):
        PasswordReset.objects.filter(target=few["q2"]).update(first_used_at=clock.now())

    deliver_everything()

    mail = DevMessage.objects.get(to="q1@mail.example", subject__startswith="New password")
    assert passwords["q1"] and passwords["q1"] in mail.text and passwords["q1"] in mail.html
    assert "/reveal/" not in mail.text
    assert not DevMessage.objects.filter(to="q2@mail.example", subject__startswith="New password").exists()
    late = OutboundMessage.objects.get(to="q2@mail.example", template="temporary_password_shown")
    assert (late.state, late.failure) == (State.FAILED, "secret_gone")
