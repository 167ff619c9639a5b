"""Whoever may not do any more what they began is refused, and the audit log says who, what and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from passwords.bulk_options import BulkOptions
from passwords.models import BulkJob, BulkState, PasswordReset
from passwords.reveal import ProofTooOld, show_to_starter
from passwords.services.bulk import ConfirmationNeeded, NotPossible, cancel_bulk, pause_bulk, resume_bulk, start_bulk
from passwords.services.bulk_preview import preview
from passwords.services.bulk_results import NotShown, purge_bulk, reveal_items
from passwords.services.deliver_again import NotSentAgain, send_link_again
from tests.cast import make_cast
from tests.contracts.matrix import give
from tests.passwords.bulk_crowd import drafted, make_crowd, started
from tests.passwords.reset_cast import message_to, reset
from users.actors import Actor
from users.models import RoleAssignment
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import within

pytestmark = pytest.mark.django_db
ALTERNATE = "adele.vance.contoso@mail.example"


def refusals() -> list[tuple[str, str, str]]:
    rows = AuditEvent.objects.filter(result="failure").order_by("id")
    assert all(row.reason == row.details["RefusalCode"] for row in rows)
    return [(row.activity, row.actor_display_name, row.reason) for row in rows]


def test_link_is_not_sent_again_once_the_right_is_gone_even_for_whoever_was_read_before() -> None:
    cast = make_cast()
    outcome = reset(cast, "adele.vance", deliver_to_alternate=True)
    assert outcome.reset_id is not None
    actor, message = cast.actor("helpdesk.admin"), message_to(ALTERNATE)
    with within(cast.tenant):
        row = PasswordReset.objects.select_related("target").get(pk=outcome.reset_id)
        RoleAssignment.objects.filter(user=cast["helpdesk.admin"]).delete()
        with pytest.raises(NotSentAgain) as refused:
            send_link_again(row, message_id=message.pk, actor=actor, now=clock.now())

    assert refused.value.code == "RESET_NO_ROLE"
    assert OutboundMessage.objects.get(pk=message.pk).generation == message.generation
    assert refusals() == [("Resent sign-in link", actor.display_name, "RESET_NO_ROLE")]


def test_link_that_is_gone_is_no_refusal_of_a_right() -> None:
    cast = make_cast()
    outcome = reset(cast, "adele.vance", deliver_to_alternate=True)
    assert outcome.reset_id is not None
    with within(cast.tenant):
        row = PasswordReset.objects.select_related("target").get(pk=outcome.reset_id)
        PasswordReset.objects.update(sealed_until=clock.now())
        with pytest.raises(NotSentAgain, match="gone"):
            send_link_again(
                row, message_id=message_to(ALTERNATE).pk, actor=cast.actor("helpdesk.admin"), now=clock.now()
            )

    assert refusals() == []
    assert not AuditEvent.objects.filter(activity="Resent sign-in link").exists()


def test_password_that_is_refused_to_its_starter_is_a_row() -> None:
    cast = make_cast()
    outcome = reset(cast, "adele.vance")
    assert outcome.reset_id is not None
    with within(cast.tenant):
        give(cast, cast["adele.vance"], TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])
    actor = cast.actor("helpdesk.admin")

    with within(cast.tenant):
        assert show_to_starter(outcome.reset_id, actor=actor, now=clock.now()) is None

    assert refusals() == [("Viewed temporary password", actor.display_name, "RESET_TARGET_ROLE")]
    with within(cast.tenant):
        assert PasswordReset.objects.get(pk=outcome.reset_id).shown_at is None


def test_password_that_waits_for_fresh_proof_is_a_row() -> None:
    cast = make_cast()
    outcome = reset(cast, "adele.vance")
    assert outcome.reset_id is not None
    with within(cast.tenant):
        give(cast, cast["adele.vance"], TEMPLATE_IDS[Role.HELPDESK_ADMINISTRATOR])
    with clock.travel(-timedelta(hours=1)):
        actor = cast.actor("helpdesk.admin")

    with within(cast.tenant), pytest.raises(ProofTooOld):
        show_to_starter(outcome.reset_id, actor=actor, now=clock.now())

    assert refusals() == [("Viewed temporary password", actor.display_name, "RESET_STEP_UP")]


def hand_out(channel: str) -> Callable[[BulkJob, Actor], object]:
    return lambda job, actor: list(reveal_items(job.pk, actor=actor, item_ids=None, channel=channel, now=clock.now()))


NOT_THEIRS: dict[str, tuple[Callable[[BulkJob, Actor], object], str]] = {
    "pause": (lambda job, actor: pause_bulk(job.pk, actor=actor, now=clock.now()), "Paused bulk reset"),
    "cancel": (lambda job, actor: cancel_bulk(job.pk, actor=actor, now=clock.now()), "Canceled bulk reset"),
    "purge": (lambda job, actor: purge_bulk(job.pk, actor=actor, now=clock.now()), "Purged bulk results"),
    "screen": (hand_out("screen"), "Viewed temporary password"),
    "csv": (hand_out("csv"), "Exported bulk results"),
    "print": (hand_out("print"), "Printed sign-in slips"),
}


@pytest.mark.parametrize(("touch", "activity"), NOT_THEIRS.values(), ids=NOT_THEIRS)
def test_job_of_somebody_else_is_refused_with_a_row(touch: Callable[[BulkJob, Actor], object], activity: str) -> None:
    cast = make_crowd(3)
    cast.add("second", roles=(Role.HELPDESK_ADMINISTRATOR,))
    job = started(cast, drafted(cast))
    actor = cast.actor("second")

    with within(cast.tenant), pytest.raises((NotPossible, NotShown), match="not_yours"):
        touch(job, actor)

    assert refusals() == [(activity, actor.display_name, "BULK_NOT_YOURS")]
    assert AuditEvent.objects.get(result="failure").details["JobId"] == str(job.pk)


def test_old_proof_at_the_start_is_a_row_and_a_word_that_was_not_typed_is_none() -> None:
    cast = make_crowd(45)
    job = drafted(cast)
    with clock.travel(-timedelta(hours=1)):
        stale = cast.actor("helpdesk")
    fresh = cast.actor("helpdesk")
    with within(cast.tenant):
        found = preview(job, actor=fresh, options=BulkOptions(), now=clock.now())
        for actor in (stale, fresh):
            with pytest.raises(ConfirmationNeeded):
                start_bulk(
                    job.pk, actor=actor, options=BulkOptions(), fingerprint=found.fingerprint, typed="", now=clock.now()
                )

    assert refusals() == [("Started bulk reset", fresh.display_name, "RESET_STEP_UP")]
    with within(cast.tenant):
        assert BulkJob.objects.get(pk=job.pk).state == BulkState.DRAFT


def test_old_proof_at_going_on_is_a_row() -> None:
    cast = make_crowd(45)
    job = started(cast, drafted(cast))
    actor = cast.actor("helpdesk")
    with within(cast.tenant):
        pause_bulk(job.pk, actor=actor, now=clock.now())
        with clock.travel(timedelta(minutes=11)), pytest.raises(NotPossible):
            resume_bulk(job.pk, actor=actor, now=clock.now())

    assert refusals() == [("Resumed bulk reset", actor.display_name, "RESET_STEP_UP")]
