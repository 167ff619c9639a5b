"""What somebody might try with a bulk job that they have no right to, or no right to any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from adminportal import clock
from adminportal.outbox.models import OutboundMessage
from adminportal.throttle import LIMITS, check
from passwords.bulk_options import BulkOptions
from passwords.models import BulkAct, BulkEnd, BulkItem, BulkJob, BulkState, PasswordReset
from passwords.services.bulk import NotPossible, pause_bulk, resume_bulk, retry_failed
from passwords.services.bulk_preview import preview
from passwords.services.bulk_purge import open_results_for_mail, purge_bulk_jobs
from passwords.services.bulk_results import NotShown, purge_bulk, reveal_items
from passwords.services.bulk_reveal import AT_A_TIME
from tests.cast import Cast, signed_in
from tests.contracts.matrix import give
from tests.passwords.bulk_crowd import drafted, ends_of, make_crowd, started, worked_off
from users.models import Contact, ContactKind, RoleAssignment, Session, User
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import within

pytestmark = pytest.mark.django_db
MANY = 45
"""More than are done at once, so that workers do it."""
STALE = timedelta(minutes=11)
"""Older than a proof may be."""


def alternate(cast: Cast, name: str) -> Contact:
    with within(cast.tenant):
        kind = ContactKind.ALTERNATE_EMAIL
        address = f"{name}@mail.example"
        return Contact.objects.create(
            tenant=cast.tenant, user=cast[name], kind=kind, value=address, changed_at=clock.now()
        )


def seen_again(cast: Cast, job: BulkJob) -> list[str | None]:
    with within(cast.tenant):
        handed = reveal_items(job.pk, actor=cast.actor("helpdesk"), item_ids=None, channel="screen", now=clock.now())
        return [password.expose() if password else None for _item, password in handed]


def pause(cast: Cast, job: BulkJob) -> None:
    with within(cast.tenant):
        pause_bulk(job.pk, actor=cast.actor("helpdesk"), now=clock.now())


def fail_one(cast: Cast, job: BulkJob) -> None:
    """Let one person of a finished job have failed."""
    with within(cast.tenant):
        item = BulkItem.objects.filter(job=job, end=BulkEnd.DONE).order_by("position")[0]
        BulkItem.objects.filter(pk=item.pk).update(end=BulkEnd.FAILED, reset=None)
        PasswordReset.objects.filter(job=job, target=item.user_id).delete()
        chunk = job.chunks.get(number=item.chunk)
        job.chunks.filter(pk=chunk.pk).update(done=chunk.done - 1, failed=1)


def test_two_people_who_change_places_change_what_was_confirmed() -> None:
    """As many are reached as before, and the set is the same: but it is somebody else who is left out."""
    cast = make_crowd(3)
    moved = alternate(cast, "p0")
    alternate(cast, "p2")
    job = drafted(cast)
    options = BulkOptions(blind=True)
    with within(cast.tenant):
        before = preview(job, actor=cast.actor("helpdesk"), options=options, now=clock.now())
        Contact.objects.filter(pk=moved.pk).update(user=cast["p1"])
        after = preview(job, actor=cast.actor("helpdesk"), options=options, now=clock.now())
        again = preview(job, actor=cast.actor("helpdesk"), options=options, now=clock.now())

    assert (before.requested, before.reachable) == (after.requested, after.reachable) == (3, 2)
    assert before.fingerprint != after.fingerprint == again.fingerprint


def test_old_proof_lets_nobody_go_on_with_a_paused_job() -> None:
    cast = make_crowd(MANY)
    job = started(cast, drafted(cast))
    pause(cast, job)
    admin = signed_in(cast["helpdesk"])
    with within(cast.tenant):
        Session.objects.update(proven_at=clock.now() - STALE)

    answer = admin.post(reverse("passwords:bulk-resume", args=[job.pk]))

    assert answer.status_code == 302 and answer.headers["Location"].startswith(reverse("users:confirm"))
    with within(cast.tenant):
        assert BulkJob.objects.get(pk=job.pk).state == BulkState.PAUSED


def test_old_proof_tries_nobody_again() -> None:
    cast = make_crowd(MANY)
    job = worked_off(cast, started(cast, drafted(cast)))
    fail_one(cast, job)
    stale = cast.actor("helpdesk")

    with clock.travel(STALE), within(cast.tenant):
        with pytest.raises(NotPossible) as refused:
            retry_failed(job.pk, actor=stale, now=clock.now())
        assert refused.value.code == "RESET_STEP_UP"
        assert BulkItem.objects.filter(job=job, end=BulkEnd.FAILED).count() == 1
        retry_failed(job.pk, actor=cast.actor("helpdesk"), now=clock.now())
        assert BulkItem.objects.filter(job=job, end=BulkEnd.LEFT).count() == 1


def test_purge_waits_until_no_more_passwords_are_made() -> None:
    """Whoever was reset after a purge would have a password that nobody can be told."""
    cast = make_crowd(MANY)
    job = worked_off(cast, started(cast, drafted(cast)), chunks=1)

    with within(cast.tenant), pytest.raises(NotShown):
        purge_bulk(job.pk, actor=cast.actor("helpdesk"), now=clock.now())

    worked_off(cast, job)
    assert all(seen_again(cast, job))


def test_passwords_of_a_job_that_was_paused_for_a_day_can_be_handed_out() -> None:
    cast = make_crowd(MANY)
    job = started(cast, drafted(cast))
    pause(cast, job)

    with clock.travel(timedelta(hours=25)):
        purge_bulk_jobs(clock.now())
        with within(cast.tenant):
            resume_bulk(job.pk, actor=cast.actor("helpdesk"), now=clock.now())
        job = worked_off(cast, job)
        purge_bulk_jobs(clock.now())

        assert all(seen_again(cast, job))
    with clock.travel(timedelta(hours=50)):
        purge_bulk_jobs(clock.now())
        with pytest.raises(NotShown):
            seen_again(cast, job)


def test_password_of_a_second_try_can_be_handed_out_after_a_purge() -> None:
    cast = make_crowd(MANY)
    job = worked_off(cast, started(cast, drafted(cast)))
    fail_one(cast, job)
    with within(cast.tenant):
        purge_bulk(job.pk, actor=cast.actor("helpdesk"), now=clock.now())
        retry_failed(job.pk, actor=cast.actor("helpdesk"), now=clock.now())

    job = worked_off(cast, job)

    shown = [password for password in seen_again(cast, job) if password]
    assert len(shown) == 1


@pytest.mark.parametrize("loss", ["blocked", "role taken", "target promoted"])
def test_mail_with_passwords_does_not_go_out_once_the_right_is_gone(loss: str) -> None:
    cast = make_crowd(3)
    cast.tenant.password_in_mail = True
    cast.tenant.save()
    started(cast, drafted(cast), deliver_to=("helpdesk.home@mail.example",))
    message = OutboundMessage.objects.get(template="bulk_finished_shown")
    before = open_results_for_mail(message, clock.now())
    assert before is not None and all(row["password"] for row in before["rows"])  # type: ignore[attr-defined]

    with within(cast.tenant):
        if loss == "blocked":
            User.objects.filter(pk=cast["helpdesk"].pk).update(account_enabled=False)
        elif loss == "role taken":
            RoleAssignment.objects.filter(user=cast["helpdesk"]).delete()
        else:
            give(cast, cast["p1"], TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])
    after = open_results_for_mail(message, clock.now())

    if loss == "target promoted":
        assert after is not None
        assert [bool(row["password"]) for row in after["rows"]] == [True, False, True]  # type: ignore[attr-defined]
    else:
        assert after is None


def test_file_of_passwords_ends_where_the_starter_loses_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passwords.services.bulk_reveal.AT_A_TIME", 2)
    assert AT_A_TIME > 2
    cast = make_crowd(4)
    job = started(cast, drafted(cast))

    with within(cast.tenant):
        handed = reveal_items(job.pk, actor=cast.actor("helpdesk"), item_ids=None, channel="csv", now=clock.now())
        first = [next(handed)[1], next(handed)[1]]
        RoleAssignment.objects.filter(user=cast["helpdesk"]).delete()
        rest = [password for _item, password in handed]

    assert all(first) and rest == [None, None]


@pytest.mark.parametrize("act", [BulkAct.RESET, BulkAct.BLOCK])
def test_whoever_gains_a_role_after_a_start_without_proof_is_refused(act: str) -> None:
    """A worker takes up what the request could not finish; nobody sits there to be asked."""
    cast = make_crowd(3)
    job = begun_unproven(cast, act=act)
    with within(cast.tenant):
        give(cast, cast["p1"], TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR])

    worked_off(cast, job)

    assert ends_of(cast, job) == {"p0": ("done", ""), "p1": ("refused", "RESET_STEP_UP"), "p2": ("done", "")}
    page = signed_in(cast["global"]).get(reverse("passwords:bulk", args=[job.pk])).content.decode()
    assert "This person has gained a role since the job began" in page


def test_fresh_proof_at_resume_counts_for_those_who_gained_a_role() -> None:
    cast = make_crowd(3)
    job = begun_unproven(cast)
    with within(cast.tenant):
        give(cast, cast["p1"], TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR])
        pause_bulk(job.pk, actor=cast.actor("global"), now=clock.now())
        resume_bulk(job.pk, actor=cast.actor("global"), now=clock.now())

    assert {end for end, _code in ends_of(cast, worked_off(cast, job)).values()} == {"done"}


def test_draft_of_yesterday_is_not_started_and_says_so() -> None:
    """The sweep may be deleting it at this moment."""
    cast = make_crowd(3)
    job = drafted(cast, starter="global")

    with clock.travel(timedelta(hours=24, seconds=1)):
        client = signed_in(cast["global"])
        page = client.get(reverse("passwords:bulk", args=[job.pk]))
        fields = {"how": "automatic", "style": "random", "fingerprint": page.context["preview"].fingerprint}
        refused = client.post(reverse("passwords:bulk", args=[job.pk]), fields)

    assert refused.status_code == 422
    assert "These people were chosen more than a day ago." in refused.content.decode()
    with within(cast.tenant):
        assert not PasswordReset.objects.exists()
        assert BulkJob.objects.get(pk=job.pk).state == BulkState.DRAFT


def test_sweep_deletes_old_drafts_and_jobs_and_no_other() -> None:
    cast = make_crowd(1)
    old, begun = drafted(cast), started(cast, drafted(cast))

    with clock.travel(timedelta(days=2)):
        fresh = drafted(cast)
        purge_bulk_jobs(clock.now())
        with within(cast.tenant):
            assert set(BulkJob.objects.values_list("pk", flat=True)) == {begun.pk, fresh.pk}
    with clock.travel(timedelta(days=91)), within(cast.tenant):
        purge_bulk_jobs(clock.now())
        assert not BulkJob.objects.exists()
    assert old.pk != begun.pk


def test_previews_of_one_administrator_are_limited() -> None:
    cast = make_crowd(3)
    job, client = drafted(cast, starter="global"), signed_in(cast["global"])
    page = client.get(reverse("passwords:bulk", args=[job.pk]))
    fields = {"how": "automatic", "style": "random", "fingerprint": page.context["preview"].fingerprint}
    for _ in range(LIMITS["BULK_PREVIEW"].number - 1):
        check("BULK_PREVIEW", key=str(cast["global"].pk), now=clock.now())

    whole = client.get(reverse("passwords:bulk", args=[job.pk]))
    part = client.post(reverse("passwords:bulk-preview", args=[job.pk]), fields, headers={"HX-Request": "true"})
    start = client.post(reverse("passwords:bulk", args=[job.pk]), fields)
    listed = client.get(reverse("passwords:bulk-left-out", args=[job.pk]))

    assert [whole.status_code, part.status_code, start.status_code, listed.status_code] == [429, 422, 429, 422]
    for answer in (whole, part, start, listed):
        assert "You have asked too often what would happen. Nothing was changed." in answer.content.decode()
    assert int(whole.headers["Retry-After"]) > 0
    with within(cast.tenant):
        assert BulkJob.objects.get(pk=job.pk).state == BulkState.DRAFT
    assert signed_in(cast["helpdesk"]).get(reverse("passwords:bulk-jobs")).status_code == 200


def begun_unproven(cast: Cast, *, act: str = BulkAct.RESET) -> BulkJob:
    """Begin a small job without fresh proof in a request that did not get to its people."""
    with within(cast.tenant), pytest.MonkeyPatch.context() as patch:
        patch.setattr("passwords.services.bulk._run_here", lambda *args, **kwargs: None)
        stale = replace(cast.actor("global"), proven_at=clock.now() - STALE)
        return started(cast, drafted(cast, starter="global", act=act), starter=stale)
