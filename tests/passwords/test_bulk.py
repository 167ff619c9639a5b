"""Bulk jobs from the choice of people to the last of them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from passwords.bulk_options import BulkOptions
from passwords.models import BulkAct, BulkChunk, BulkEnd, BulkItem, BulkJob, BulkState, PasswordReset
from passwords.services import bulk_run
from passwords.services.bulk import (
    AT_ONCE,
    ConfirmationNeeded,
    NotPossible,
    SetChanged,
    cancel_bulk,
    pause_bulk,
    resume_bulk,
    retry_failed,
    start_bulk,
    typed_text,
)
from passwords.services.bulk_preview import preview
from passwords.services.bulk_results import adds_up, progress_of
from passwords.services.bulk_run import Step, run_next_chunk
from passwords.services.bulk_selection import (
    NAMES_KEPT,
    NobodyChosen,
    draft_from_group,
    draft_from_ids,
    draft_from_names,
)
from tests.cast import PASSWORD, Cast
from tests.contracts.matrix import give, join, make_group
from tests.passwords.bulk_crowd import crowd_of, drafted, drafted_for_all, ends_of, make_crowd, started, worked_off
from tests.passwords.reset_cast import TYPED
from tests.sspr.self_service import registers
from users.models import Contact, MethodKind, RoleAssignment, User
from users.roles import TEMPLATE_IDS, Role
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture
def few() -> Cast:
    return make_crowd(4)


@pytest.fixture
def many() -> Cast:
    return make_crowd(AT_ONCE + 13)


def ids(users: list[User]) -> list[object]:
    return [user.pk for user in users]


def test_few_are_reset_at_once(few: Cast) -> None:
    job = started(few, drafted(few), reason="asked")

    assert job.state == BulkState.FINISHED
    assert set(ends_of(few, job).values()) == {("done", "")}
    with within(few.tenant):
        assert adds_up(job)
        assert PasswordReset.objects.filter(job=job, entrance="bulk", reason="asked").count() == 4
        assert not any(user.check_password(PASSWORD) for user in User.objects.filter(pk__in=ids(crowd_of(few))))
        assert all(item.reset.target_id == item.user_id for item in BulkItem.objects.select_related("reset"))  # type: ignore[union-attr]


def test_many_wait_for_workers_and_are_reset_chunk_by_chunk(many: Cast) -> None:
    job = started(many, drafted(many))

    assert job.state == BulkState.RUNNING
    with within(many.tenant):
        assert not PasswordReset.objects.exists()
        assert run_next_chunk(job.pk, now=clock.now()) is Step.RAN
        assert PasswordReset.objects.count() == 25
    assert worked_off(many, job).state == BulkState.FINISHED
    assert [end for end, _code in ends_of(many, job).values()] == ["done"] * 53


def test_everyone_of_a_search_is_frozen_at_the_start_and_the_starter_is_left_out(many: Cast) -> None:
    with within(many.tenant):
        actor = many.actor("global")
        job = drafted_for_all(many, starter="global")
        found = preview(job, actor=actor, options=BulkOptions(), now=clock.now())

    assert found.includes_self
    assert (found.requested, found.reachable) == (54, 54)
    job = started(many, job, starter="global")
    many.add("late.comer")
    worked_off(many, job)
    ends = ends_of(many, job)
    assert len(ends) == 54 and "global" not in ends and "late.comer" not in ends
    assert list(ends)[:3] == ["helpdesk", "p0", "p1"]


def test_search_that_finds_few_takes_few(many: Cast) -> None:
    job = started(many, drafted_for_all(many, search="p1"))

    assert sorted(ends_of(many, job)) == sorted(["p1", *(f"p1{number}" for number in range(10))])
    assert job.source_kind == BulkJob.SourceKind.FILTER


def test_group_takes_its_members(few: Cast) -> None:
    with within(few.tenant):
        group = make_group(few, "Sales", is_role_assignable=False)
        for user in crowd_of(few)[:2]:
            join(few, group, user)
        job = draft_from_group(actor=few.actor("helpdesk"), act=BulkAct.RESET, group_id=group.pk, now=clock.now())

    assert ends_of(few, started(few, job)) == {"p0": ("done", ""), "p1": ("done", "")}


def test_list_keeps_unknown_and_repeated_names_with_their_lines(few: Cast) -> None:
    names = [
        (2, "P0@Contoso.example"),
        (3, "nobody@contoso.example"),
        (4, " p0@contoso.example"),
        (5, "helpdesk@contoso.example"),
        (6, "p1@contoso.example"),
        (7, "p\x002@contoso.example"),
    ]
    with within(few.tenant):
        actor = few.actor("helpdesk")
        job = draft_from_names(actor=actor, act=BulkAct.RESET, names=names, now=clock.now())
        job.refresh_from_db()
        found = preview(job, actor=actor, options=BulkOptions(), now=clock.now())

    assert [line for line, _name in found.unknown] == [3, 7]
    assert found.duplicates == [(4, "p0@contoso.example")]
    assert found.includes_self and found.requested == 2
    assert job.entrance == "csv"
    assert list(ends_of(few, started(few, job))) == ["p0", "p1"]


def test_only_the_first_names_of_nobody_are_kept_and_the_others_counted(few: Cast) -> None:
    names = [(line, f"nobody{line}@contoso.example") for line in range(2, NAMES_KEPT + 12)] * 2
    with within(few.tenant):
        actor = few.actor("helpdesk")
        job = draft_from_names(
            actor=actor, act=BulkAct.RESET, names=[(1, "p0@contoso.example"), *names], now=clock.now()
        )
        found = preview(job, actor=actor, options=BulkOptions(), now=clock.now())

    assert (len(found.unknown), found.unknown_count) == (NAMES_KEPT, NAMES_KEPT + 10)
    assert (len(found.duplicates), found.duplicates_count) == (NAMES_KEPT, NAMES_KEPT + 10)
    assert found.unknown[0] == (2, "nobody2@contoso.example")


def test_people_of_another_tenant_are_nobody(few: Cast) -> None:
    other = make_crowd(1, domain="fabrikam.example")

    with within(few.tenant), pytest.raises(NobodyChosen):
        draft_from_ids(actor=few.actor("helpdesk"), act="reset", user_ids=ids(crowd_of(other)), now=clock.now())
    job = drafted(few)
    with within(other.tenant), pytest.raises(BulkJob.DoesNotExist):
        start_bulk(job.pk, actor=other.actor("global"), options=BulkOptions(), fingerprint="", now=clock.now())


def test_who_may_not_be_reset_is_told_before_and_refused_after(few: Cast) -> None:
    people = [*crowd_of(few), few["global"]]
    job = drafted(few, people=people)
    with within(few.tenant):
        found = preview(job, actor=few.actor("helpdesk"), options=BulkOptions(), now=clock.now())

    assert [(reason.code, reason.count) for reason in found.left_out] == [("RESET_TARGET_ROLE", 1)]
    assert (found.reachable, found.left_out_count) == (4, 1)
    job = started(few, job)
    assert ends_of(few, job)["global"] == ("refused", "RESET_TARGET_ROLE")
    with within(few.tenant):
        assert few["global"].check_password(PASSWORD)
    refusal = AuditEvent.objects.get(result="failure")
    assert refusal.details["JobId"] == str(job.pk) and refusal.details["RefusalCode"] == "RESET_TARGET_ROLE"


def test_set_that_changed_since_the_preview_is_asked_about_again(many: Cast) -> None:
    job = drafted_for_all(many)
    with within(many.tenant):
        actor = many.actor("helpdesk")
        found = preview(job, actor=actor, options=BulkOptions(), now=clock.now())
    many.add("late.comer")

    with within(many.tenant), pytest.raises(SetChanged) as changed:
        start_bulk(
            job.pk,
            actor=actor,
            options=BulkOptions(),
            fingerprint=found.fingerprint,
            typed=typed_text(job, found),
            now=clock.now(),
        )
    assert changed.value.preview.requested == found.requested + 1
    with within(many.tenant):
        job.refresh_from_db()
        assert job.state == BulkState.DRAFT and not BulkItem.objects.exists()


def test_person_exchanged_for_another_changes_the_set(few: Cast) -> None:
    job = drafted_for_all(few)
    with within(few.tenant):
        actor = few.actor("helpdesk")
        before = preview(job, actor=actor, options=BulkOptions(), now=clock.now())
        User.objects.filter(pk=few["p0"].pk).update(deleted_at=clock.now())
    few.add("late.comer")

    with within(few.tenant):
        after = preview(job, actor=actor, options=BulkOptions(), now=clock.now())

    assert (before.requested, before.reachable) == (after.requested, after.reachable)
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize("typed", ["", "RESET", "RESET 54", "53"])
def test_many_are_confirmed_by_typing_their_number(many: Cast, typed: str) -> None:
    job = drafted(many)
    with within(many.tenant):
        actor = many.actor("helpdesk")
        found = preview(job, actor=actor, options=BulkOptions(), now=clock.now())
        order = {"actor": actor, "options": BulkOptions(), "fingerprint": found.fingerprint, "now": clock.now()}
        with pytest.raises(ConfirmationNeeded) as needed:
            start_bulk(job.pk, typed=typed, **order)  # type: ignore[arg-type]
        assert needed.value.code == "TYPED"
        assert start_bulk(job.pk, typed=" reset  53 ", **order).state == BulkState.RUNNING  # type: ignore[arg-type]


def test_many_need_fresh_proof_and_few_without_a_role_do_not(many: Cast) -> None:
    with clock.travel(-timedelta(hours=1)):
        actor = many.actor("helpdesk")
    job, small = drafted(many), drafted(many, people=crowd_of(many)[:3])
    with within(many.tenant):
        found = preview(job, actor=actor, options=BulkOptions(), now=clock.now())
        with pytest.raises(ConfirmationNeeded) as needed:
            start_bulk(
                job.pk,
                actor=actor,
                options=BulkOptions(),
                fingerprint=found.fingerprint,
                typed=typed_text(job, found),
                now=clock.now(),
            )
    assert needed.value.code == "RESET_STEP_UP"
    assert started(many, small, starter=actor).state == BulkState.FINISHED


def test_holder_of_a_role_among_few_needs_fresh_proof(few: Cast) -> None:
    few.add("second", roles=(Role.HELPDESK_ADMINISTRATOR,))
    with clock.travel(-timedelta(hours=1)):
        actor = few.actor("helpdesk")

    with pytest.raises(ConfirmationNeeded):
        started(few, drafted(few, people=[few["p0"], few["second"]]), starter=actor)
    assert few["p0"].check_password(PASSWORD)


def test_started_twice_runs_once(few: Cast) -> None:
    job = drafted(few)
    with within(few.tenant):
        actor = few.actor("helpdesk")
        found = preview(job, actor=actor, options=BulkOptions(), now=clock.now())
        order = {"actor": actor, "options": BulkOptions(), "fingerprint": found.fingerprint, "now": clock.now()}
        first, second = start_bulk(job.pk, **order), start_bulk(job.pk, **order)  # type: ignore[arg-type]

        assert first.pk == second.pk and second.state == BulkState.FINISHED
        assert PasswordReset.objects.count() == 4
    assert AuditEvent.objects.filter(activity="Started bulk reset").count() == 1


def test_nobody_to_reach_is_not_started(few: Cast) -> None:
    with pytest.raises(NotPossible) as impossible:
        started(few, drafted(few, people=[few["global"]]))

    assert impossible.value.code == "nobody"


def test_somebody_elses_draft_is_not_started(few: Cast) -> None:
    job = drafted(few)

    with within(few.tenant), pytest.raises(BulkJob.DoesNotExist):
        start_bulk(job.pk, actor=few.actor("global"), options=BulkOptions(), fingerprint="", now=clock.now())


def test_chosen_password_is_for_few_alone(few: Cast) -> None:
    job = started(few, drafted(few), password=TYPED)

    with within(few.tenant):
        people = list(User.objects.filter(pk__in=ids(crowd_of(few))))
        assert all(user.check_password(TYPED) for user in people)
        assert TYPED not in str(BulkJob.objects.filter(pk=job.pk).values())


def test_chosen_password_for_many_is_refused(many: Cast) -> None:
    with pytest.raises(NotPossible) as impossible:
        started(many, drafted(many), password=TYPED)

    assert impossible.value.code == "too_many"


def test_chosen_password_that_was_lost_on_the_way_fails_the_rest(few: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passwords.services.bulk.run_next_chunk", lambda *_args, **_options: Step.BUSY)
    job = started(few, drafted(few), password=TYPED)

    worked_off(few, job)

    assert set(ends_of(few, job).values()) == {("failed", "BULK_PASSWORD_GONE")}
    with within(few.tenant), pytest.raises(NotPossible):
        retry_failed(job.pk, actor=few.actor("helpdesk"), now=clock.now())


def test_blind_sends_links_to_alternate_addresses_and_shows_nothing(few: Cast) -> None:
    with within(few.tenant):
        for user in crowd_of(few)[:2]:
            address = user.mail.upper() if user == few["p1"] else "home@mail.example"
            Contact.objects.create(
                tenant=few.tenant, user=user, kind="alternate_email", value=address, changed_at=clock.now()
            )

    job = started(few, drafted(few), blind=True)

    ends = ends_of(few, job)
    assert ends["p0"] == ("done", "")
    assert {ends[name] for name in ("p1", "p2", "p3")} == {("refused", "RESET_NO_DELIVERY")}
    link = OutboundMessage.objects.filter(link_purpose="reveal").get()
    assert (link.to, link.lane) == ("home@mail.example", "bulk-mail")
    with within(few.tenant):
        assert few["p2"].check_password(PASSWORD)
        assert PasswordReset.objects.get().is_blind


@pytest.mark.parametrize(
    ("act", "column", "value"),
    [
        (BulkAct.FORCE_CHANGE, "must_change", True),
        (BulkAct.NEVER_EXPIRES, "password_never_expires", True),
        (BulkAct.STRONG_OPTIONAL, "strong_password_required", False),
        (BulkAct.BLOCK, "account_enabled", False),
    ],
)
def test_other_acts_reach_everybody_and_leave_passwords_alone(
    few: Cast, act: BulkAct, column: str, value: bool
) -> None:
    job = started(few, drafted(few, starter="global", act=act), starter="global", reason="leavers")

    assert set(ends_of(few, job).values()) == {("done", "")}
    with within(few.tenant):
        people = list(User.objects.filter(pk__in=ids(crowd_of(few))))
        assert {getattr(user, column) for user in people} == {value}
        assert all(user.check_password(PASSWORD) for user in people)
        assert not PasswordReset.objects.exists()
    rows = AuditEvent.objects.filter(details__JobId=str(job.pk), details__has_key="JobItem")
    assert sorted(row.details["JobItem"] for row in rows) == ["0", "1", "2", "3"]
    assert len({row.correlation_id for row in rows}) == 4


def test_each_person_has_a_correlation_id_and_the_job_joins_them(few: Cast) -> None:
    job = started(few, drafted(few))

    rows = AuditEvent.objects.filter(activity="Reset user password")
    assert len({row.correlation_id for row in rows}) == 4
    assert {row.details["JobId"] for row in rows} == {str(job.pk)}
    assert {row.details["Entrance"] for row in rows} == {"bulk"}
    with within(few.tenant):
        resets = set(PasswordReset.objects.values_list("correlation_id", flat=True))
    assert resets == {row.correlation_id for row in rows}


def test_target_that_was_promoted_meanwhile_is_refused(many: Cast) -> None:
    job = started(many, drafted(many))
    worked_off(many, job, chunks=1)
    last = crowd_of(many)[-1]
    with within(many.tenant):
        waiting = BulkItem.objects.get(job=job, user=last)
        assert waiting.end == BulkEnd.LEFT
        give(many, last, TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])

    worked_off(many, job)

    ends = list(ends_of(many, job).values())
    assert ends.count(("done", "")) == 52 and ("refused", "RESET_TARGET_ROLE") in ends


@pytest.mark.parametrize("loss", ["demoted", "blocked", "deleted"])
def test_job_stops_when_its_starter_lost_the_right(many: Cast, loss: str) -> None:
    job = started(many, drafted(many))
    worked_off(many, job, chunks=1)
    with within(many.tenant):
        if loss == "demoted":
            RoleAssignment.objects.filter(user=many["helpdesk"]).delete()
        else:
            change = {"account_enabled": False} if loss == "blocked" else {"deleted_at": clock.now()}
            User.objects.filter(pk=many["helpdesk"].pk).update(**change)

    worked_off(many, job)

    assert (job.state, job.stop_code) == (BulkState.STOPPED, "BULK_STOPPED")
    ends = [end for end, _code in ends_of(many, job).values()]
    assert (ends.count("done"), ends.count("refused")) == (25, 28)
    over = AuditEvent.objects.get(activity="Finished bulk reset")
    assert (over.result, over.details["Refused"]) == ("failure", "28")


def test_paused_job_waits_and_goes_on(many: Cast) -> None:
    job = started(many, drafted(many))
    with within(many.tenant):
        actor = many.actor("helpdesk")
        pause_bulk(job.pk, actor=actor, now=clock.now())
        assert run_next_chunk(job.pk, now=clock.now()) is Step.OVER
        assert not PasswordReset.objects.exists()
        with pytest.raises(NotPossible):
            pause_bulk(job.pk, actor=actor, now=clock.now())
        resume_bulk(job.pk, actor=actor, now=clock.now())

    assert worked_off(many, job).state == BulkState.FINISHED
    activities = set(AuditEvent.objects.values_list("activity", flat=True))
    assert {"Paused bulk reset", "Resumed bulk reset"} <= activities


def test_canceled_job_leaves_the_rest_untouched(many: Cast) -> None:
    job = started(many, drafted(many))
    worked_off(many, job, chunks=1)
    with within(many.tenant):
        cancel_bulk(job.pk, actor=many.actor("helpdesk"), now=clock.now())

    worked_off(many, job)

    assert job.state == BulkState.CANCELED
    with within(many.tenant):
        found = progress_of(job, now=clock.now())
        assert (found.done, found.canceled, found.left) == (25, 28, 0)
        untouched = BulkItem.objects.filter(job=job, end=BulkEnd.CANCELED).select_related("user")
        assert all(item.user.check_password(PASSWORD) for item in untouched)


def test_only_its_starter_and_overseers_end_a_job(many: Cast) -> None:
    many.add("second", roles=(Role.HELPDESK_ADMINISTRATOR,))
    many.add("security", roles=(Role.SECURITY_ADMINISTRATOR,))
    job = started(many, drafted(many))

    with within(many.tenant):
        for change in (cancel_bulk, pause_bulk):
            with pytest.raises(NotPossible):
                change(job.pk, actor=many.actor("second"), now=clock.now())
        with pytest.raises(NotPossible):
            pause_bulk(job.pk, actor=many.actor("security"), now=clock.now())
        cancel_bulk(job.pk, actor=many.actor("security"), now=clock.now())
        job.refresh_from_db()
    assert job.state == BulkState.CANCELED


def poison(monkeypatch: pytest.MonkeyPatch, *poisoned: User) -> None:
    """Let resets break for some people, whoever stands beside them."""
    reset_passwords, wrong = bulk_run.reset_passwords, {user.pk for user in poisoned}

    def broken(*, orders: list, **rest: object) -> object:  # type: ignore[type-arg]
        if wrong & {order.user_id for order in orders}:
            raise ZeroDivisionError
        return reset_passwords(orders=orders, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk_run, "reset_passwords", broken)


def test_person_who_breaks_the_code_costs_nobody_else_anything(few: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    poison(monkeypatch, few["p2"])

    job = started(few, drafted(few))

    assert job.state == BulkState.FINISHED
    ends = ends_of(few, job)
    assert ends.pop("p2") == ("failed", "BULK_FAULT")
    assert set(ends.values()) == {("done", "")}


def test_retry_begins_with_the_failed_alone(few: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        poison(patch, few["p2"])
        job = started(few, drafted(few))
    with within(few.tenant):
        before = dict(PasswordReset.objects.values_list("target", "pk"))
        retry_failed(job.pk, actor=few.actor("helpdesk"), now=clock.now())
        job.refresh_from_db()
        assert adds_up(job) and job.state == BulkState.RUNNING

    worked_off(few, job)

    assert job.state == BulkState.FINISHED
    assert set(ends_of(few, job).values()) == {("done", "")}
    with within(few.tenant):
        after = dict(PasswordReset.objects.values_list("target", "pk"))
        assert after.items() >= before.items() and len(after) == 4
        with pytest.raises(NotPossible):
            retry_failed(job.pk, actor=few.actor("helpdesk"), now=clock.now())


def test_chunk_whose_workers_always_die_is_given_up(many: Cast) -> None:
    job = started(many, drafted(many))
    with within(many.tenant):
        BulkChunk.objects.filter(job=job, number=0).update(tries=5)

    worked_off(many, job)

    codes = list(ends_of(many, job).values())
    assert codes.count(("failed", "BULK_NOT_FINISHED")) == 25 and codes.count(("done", "")) == 28


def test_mail_tells_the_starter_of_a_job_in_the_background(many: Cast) -> None:
    job = worked_off(many, started(many, drafted(many)))

    mail = OutboundMessage.objects.get(template="bulk_finished")
    assert mail.to == many["helpdesk"].mail
    assert mail.context["job_path"] == f"/passwords/bulk/{job.pk}" and mail.context["done"] == "53"


def test_first_preview_is_a_row_of_the_audit_log_and_the_next_are_not(few: Cast) -> None:
    job = drafted(few)

    with within(few.tenant):
        for options in (BulkOptions(), BulkOptions(blind=True), BulkOptions()):
            job.refresh_from_db()
            preview(job, actor=few.actor("helpdesk"), options=options, now=clock.now())

    row = AuditEvent.objects.get(activity="Previewed bulk reset")
    assert (row.details["JobId"], row.details["Reached"]) == (str(job.pk), "4")


def test_everybody_of_a_job_is_told_at_the_own_registered_address(few: Cast) -> None:
    for name in ("p0", "p2"):
        registers(few, name, MethodKind.EMAIL, f"{name}.private@mail.example")

    started(few, drafted(few))

    notices = OutboundMessage.objects.filter(template="password_was_reset").values_list("about_user_id", "to")
    own = [(user.pk, user.mail) for user in crowd_of(few)]
    private = [(few[name].pk, f"{name}.private@mail.example") for name in ("p0", "p2")]
    assert sorted(notices) == sorted([*own, *private])


def test_preview_says_who_is_told_how(few: Cast) -> None:
    long_ago = clock.now() - timedelta(days=30)
    with within(few.tenant):
        for name, changed_at in (("p0", clock.now()), ("p1", long_ago)):
            Contact.objects.create(
                tenant=few.tenant,
                user=few[name],
                kind="alternate_email",
                value=f"{name}@mail.example",
                changed_at=changed_at,
            )
        job, actor = drafted(few), few.actor("helpdesk")
        plain = preview(job, actor=actor, options=BulkOptions(), now=clock.now())
        by_link = preview(job, actor=actor, options=BulkOptions(deliver_to_alternate=True), now=clock.now())
    started(few, job)

    notices = OutboundMessage.objects.filter(template="password_was_reset").values_list("to", flat=True)
    assert Counter(to.partition("@")[2] for to in notices) == {"contoso.example": 4, "mail.example": 2}
    assert {each.code: each.count for each in plain.told} == {"notice": 4}
    assert {each.code: each.count for each in by_link.told} == {
        "alternate": 2,
        "without_alternate": 2,
        "fresh_alternate": 1,
        "notice": 4,
    }
