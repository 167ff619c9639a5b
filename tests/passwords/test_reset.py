"""THE reset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse
from pytest_django import DjangoDbBlocker, Settings

from adminportal import clock, hashing
from adminportal.audit.models import AuditEvent
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.authority import AdminAuthority, OperatorAuthority
from passwords.models import PasswordHistory, PasswordReset, RevealLink
from passwords.orders import ResetEnd, ResetOptions, ResetOrder
from passwords.reveal import show_to_starter
from passwords.services.reset import reset_passwords
from tests.cast import PASSWORD, Cast, make_cast, make_tenant, signed_in
from tests.contracts.matrix import give
from tests.sspr.self_service import registers
from users.models import MethodKind, RoleAssignment, Session, SignInGuard, User
from users.roles import TEMPLATE_IDS, Role
from users.services.sign_in import Outcome, sign_in
from users.sessions import open_session
from users.tenancy import within

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Cast]:
    """Make the cast once; what a test does to it is rolled back to here."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_cast()
        transaction.set_rollback(True)


def _reset(cast: Cast, actor: str, target: str, password: str | None = None, **options):
    with within(cast.tenant):
        (outcome,) = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast[target].pk, password=Secret(password) if password else None)],
            authority=AdminAuthority(actor=cast.actor(actor)),
            options=ResetOptions(**options),
            now=clock.now(),
        )
    return outcome


def _sign_in(upn: str, password: str):
    return sign_in(user_name=upn, password=Secret(password), source="127.0.0.1", device_cookie="", now=clock.now())


def test_helpdesk_admin_resets_an_ordinary_person_who_signs_in_with_the_shown_password(cast: Cast) -> None:
    open_session(cast["adele.vance"], now=clock.now())

    outcome = _reset(cast, "helpdesk.admin", "adele.vance", deliver_to_alternate=True)

    assert outcome.end is ResetEnd.DONE
    with within(cast.tenant):
        shown = show_to_starter(outcome.reset_id, actor=cast.actor("helpdesk.admin"), now=clock.now())
        again = show_to_starter(outcome.reset_id, actor=cast.actor("helpdesk.admin"), now=clock.now())
        assert shown is not None and again is None
        assert not Session.objects.filter(user=cast["adele.vance"], ended_at=None).exists()
    assert _sign_in("adele.vance@contoso.example", PASSWORD).outcome is Outcome.WRONG
    result = _sign_in("ADELE.vance@contoso.example", shown.expose())
    assert result.outcome is Outcome.RIGHT and result.must_change
    with within(cast.tenant):
        row = PasswordReset.objects.get(pk=outcome.reset_id)
        assert row.first_used_at and not row.sealed_password
    assert AuditEvent.objects.filter(activity="Reset user password", result="success").count() == 1
    assert {m.template for m in OutboundMessage.objects.all()} == {"temporary_password", "password_was_reset"}


def test_helpdesk_admin_cannot_reset_global_admin(cast: Cast) -> None:
    outcome = _reset(cast, "helpdesk.admin", "global.admin")

    assert (outcome.end, outcome.code) == (ResetEnd.REFUSED, "RESET_TARGET_ROLE")
    assert _sign_in("global.admin@contoso.example", PASSWORD).outcome is Outcome.RIGHT
    assert AuditEvent.objects.filter(activity="Reset password (by admin)", result="failure").count() == 1


TYPED = "Quiet-Harbour-5937"


def _stored(cast: Cast, name: str) -> User:
    with within(cast.tenant):
        return User.objects.get(pk=cast[name].pk)


def _show(cast: Cast, actor: str, reset_id) -> Secret | None:
    with within(cast.tenant):
        return show_to_starter(reset_id, actor=cast.actor(actor), now=clock.now())


def test_every_violated_rule_is_answered_at_once_and_nothing_is_hashed(cast: Cast) -> None:
    before = hashing.hashes_made()

    outcome = _reset(cast, "helpdesk.admin", "adele.vance", "adele")

    assert (outcome.end, outcome.code) == (ResetEnd.REFUSED, "RESET_POLICY")
    assert len(outcome.violations) >= 3
    assert hashing.hashes_made() == before
    assert "adele" not in str(AuditEvent.objects.values_list("details", "reason").latest("pk"))


def test_refusal_by_the_matrix_costs_no_hash(cast: Cast) -> None:
    before = hashing.hashes_made()

    _reset(cast, "helpdesk.admin", "global.admin")

    assert hashing.hashes_made() == before


def test_generated_password_costs_one_hash_and_a_chosen_one_two(cast: Cast) -> None:
    before = hashing.hashes_made()
    _reset(cast, "helpdesk.admin", "adele.vance")
    between = hashing.hashes_made()
    _reset(cast, "helpdesk.admin", "adele.vance", TYPED)

    assert (between - before, hashing.hashes_made() - between) == (1, 2)


def test_password_in_force_cannot_be_chosen_again(cast: Cast) -> None:
    outcome = _reset(cast, "helpdesk.admin", "adele.vance", PASSWORD)

    assert [violation.rule for violation in outcome.violations] == ["PasswordHistory"]


def test_batch_answers_for_each_in_the_order_asked_and_one_refusal_stops_nobody(cast: Cast) -> None:
    stranger = make_tenant("fabrikam.example", "Fabrikam").add("stranger")
    names = ["global.admin", "adele.vance", "lee.gu", "helpdesk.admin", "guest.person", "diego.siciliani"]
    people = [cast[name] for name in names] + [stranger]

    with within(cast.tenant):
        outcomes = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=user.pk) for user in people],
            authority=AdminAuthority(actor=cast.actor("helpdesk.admin")),
            options=ResetOptions(),
            now=clock.now(),
        )

    assert [outcome.user_id for outcome in outcomes] == [user.pk for user in people]
    assert [outcome.code for outcome in outcomes] == [
        "RESET_TARGET_ROLE",
        "",
        "RESET_SYNCED_NO_WRITEBACK",
        "RESET_SELF",
        "RESET_GUEST",
        "",
        "NOT_FOUND",
    ]
    refused = AuditEvent.objects.filter(activity="Reset password (by admin)", result="failure")
    assert Counter(refused.values_list("reason", flat=True)) == Counter(o.code for o in outcomes if o.code)
    assert _stored(cast, "diego.siciliani").must_change
    assert stranger.upn_folded not in str(list(refused.values_list("targets", flat=True)))


def test_temporary_password_lives_three_days_and_one_for_holders_of_a_role(cast: Cast) -> None:
    with clock.travel(freeze_at=clock.now()):
        _reset(cast, "global.admin", "adele.vance")
        _reset(cast, "global.admin", "reports.reader")

        assert _stored(cast, "adele.vance").temporary_expires_at == clock.now() + timedelta(hours=72)
        assert _stored(cast, "reports.reader").temporary_expires_at == clock.now() + timedelta(hours=24)


def test_expired_temporary_password_says_so_to_whoever_typed_it_right(cast: Cast) -> None:
    _reset(cast, "helpdesk.admin", "adele.vance", TYPED)

    with clock.travel(timedelta(hours=72)):
        assert _sign_in("adele.vance@contoso.example", TYPED).outcome is Outcome.EXPIRED
        assert _sign_in("adele.vance@contoso.example", TYPED + "x").outcome is Outcome.WRONG


def test_sealed_password_is_gone_after_a_day(cast: Cast) -> None:
    outcome = _reset(cast, "helpdesk.admin", "adele.vance", TYPED)

    with clock.travel(timedelta(hours=24)):
        assert _show(cast, "helpdesk.admin", outcome.reset_id) is None
    assert _show(cast, "helpdesk.admin", outcome.reset_id) == Secret(TYPED)


def test_permanent_password_asks_for_no_change_and_never_ends(cast: Cast) -> None:
    _reset(cast, "helpdesk.admin", "adele.vance", TYPED, must_change=False)

    with clock.travel(timedelta(days=365)):
        result = _sign_in("adele.vance@contoso.example", TYPED)
    assert (result.outcome, result.must_change) == (Outcome.RIGHT, False)


def test_reset_ends_a_lock_sessions_and_the_older_temporary_password(cast: Cast) -> None:
    _reset(cast, "helpdesk.admin", "adele.vance", TYPED)
    first = _sign_in("adele.vance@contoso.example", TYPED)
    assert first.outcome is Outcome.RIGHT
    for number in range(10):
        _sign_in("adele.vance@contoso.example", f"Wrong-Guess-{number}")
    assert SignInGuard.objects.exclude(locked_until=None).exists()

    _reset(cast, "helpdesk.admin", "adele.vance", "Amber-Lantern-8264")

    assert not SignInGuard.objects.exclude(locked_until=None).exists()
    assert not Session.objects.filter(user=cast["adele.vance"], ended_at=None).exists()
    assert _sign_in("adele.vance@contoso.example", TYPED).outcome is Outcome.WRONG
    assert _sign_in("adele.vance@contoso.example", "Amber-Lantern-8264").outcome is Outcome.RIGHT


def test_history_keeps_permanent_passwords_and_no_temporary_ones(cast: Cast) -> None:
    _reset(cast, "helpdesk.admin", "adele.vance")
    _reset(cast, "helpdesk.admin", "adele.vance")

    with within(cast.tenant):
        assert PasswordHistory.objects.filter(user=cast["adele.vance"]).count() == 1
        assert not PasswordHistory.objects.filter(user=cast["never.issued"]).exists()


def test_own_mailbox_of_the_person_is_no_place_to_send_the_link(cast: Cast) -> None:
    for address in ("adele.vance@contoso.example", "ADELE.Vance@Contoso.example"):
        outcome = _reset(cast, "helpdesk.admin", "adele.vance", deliver_to=("desk@mail.example", address))
        assert (outcome.end, outcome.code, outcome.values["address"]) == (
            ResetEnd.REFUSED,
            "RESET_CIRCULAR_RECIPIENT",
            address,
        )
    assert not OutboundMessage.objects.exists()


def test_each_address_gets_a_link_of_its_own_and_one_named_twice_gets_one(cast: Cast) -> None:
    home = "adele.vance.contoso@mail.example"
    addresses = ("a@mail.example", "b@mail.example", home)

    _reset(cast, "helpdesk.admin", "adele.vance", deliver_to=addresses, deliver_to_alternate=True)

    with within(cast.tenant):
        assert sorted(RevealLink.objects.values_list("address", "is_alternate")) == [
            ("a@mail.example", False),
            (home, True),
            ("b@mail.example", False),
        ]
    digests = OutboundMessage.objects.filter(link_purpose="reveal").values_list("link_digest", flat=True)
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("options", "linked"),
    [
        ({}, []),
        ({"deliver_to_alternate": True}, ["adele.vance.contoso@mail.example"]),
        ({"blind": True}, ["adele.vance.contoso@mail.example"]),
        ({"deliver_to": ("ADELE.private@mail.example",)}, ["ADELE.private@mail.example"]),
    ],
    ids=["screen", "alternate", "blind", "typed"],
)
def test_person_is_told_once_at_every_known_address_to_which_no_link_goes(
    cast: Cast, options: dict[str, object], linked: list[str]
) -> None:
    known = {"adele.vance@contoso.example", "adele.vance.contoso@mail.example", "adele.private@mail.example"}
    registers(cast, "adele.vance", MethodKind.EMAIL, "adele.private@mail.example")
    registers(cast, "adele.vance", MethodKind.EXTRA_EMAIL, "Adele.Vance@contoso.example")
    registers(cast, "diego.siciliani", MethodKind.EMAIL, "diego.private@mail.example")

    _reset(cast, "helpdesk.admin", "adele.vance", **options)

    sent = OutboundMessage.objects.all()
    assert list(sent.filter(link_purpose="reveal").values_list("to", flat=True)) == linked
    told = sorted(sent.filter(template="password_was_reset").values_list("to", flat=True))
    assert told == sorted(known - {address.lower() for address in linked})


def test_same_form_again_finds_the_first_result_and_changes_nothing(cast: Cast) -> None:
    key = uuid4().hex
    first = _reset(cast, "helpdesk.admin", "adele.vance", TYPED, idempotency_key=key)
    hashed, made = _stored(cast, "adele.vance").password, hashing.hashes_made()

    again = _reset(cast, "helpdesk.admin", "adele.vance", "Amber-Lantern-8264", idempotency_key=key)

    assert (again.reset_id, again.is_repeat) == (first.reset_id, True)
    assert (_stored(cast, "adele.vance").password, hashing.hashes_made()) == (hashed, made)


def test_holder_of_a_role_is_reset_only_with_fresh_proof(cast: Cast) -> None:
    client = signed_in(cast["global.admin"])
    form = {"how": "automatic", "style": "random", "must_change": "on", "form_key": uuid4().hex}
    address = reverse("passwords:reset", args=[cast["reports.reader"].pk])

    with clock.travel(timedelta(minutes=10, seconds=1)):
        assert client.get(address).headers["Location"].startswith(reverse("users:confirm"))
        assert client.post(address, form).headers["Location"].startswith(reverse("users:confirm"))
        assert _stored(cast, "reports.reader").check_password(PASSWORD)
        plain = reverse("passwords:reset", args=[cast["adele.vance"].pk])
        assert client.post(plain, form).headers["Location"].startswith("/passwords/result/")


def test_password_is_not_shown_to_who_lost_the_right_since(cast: Cast) -> None:
    by_desk = _reset(cast, "helpdesk.admin", "adele.vance", TYPED)
    with within(cast.tenant):
        give(cast, cast["adele.vance"], TEMPLATE_IDS[Role.GLOBAL_ADMINISTRATOR])

    assert _show(cast, "helpdesk.admin", by_desk.reset_id) is None

    with within(cast.tenant):
        RoleAssignment.objects.filter(user=cast["adele.vance"]).delete()
    assert _show(cast, "helpdesk.admin", by_desk.reset_id) == Secret(TYPED)


def test_password_is_shown_to_nobody_but_who_started_the_reset(cast: Cast) -> None:
    outcome = _reset(cast, "helpdesk.admin", "adele.vance", TYPED)
    page = reverse("passwords:show", args=[outcome.reset_id])

    assert _show(cast, "global.admin", outcome.reset_id) is None
    assert signed_in(cast["global.admin"]).post(page).status_code == 404
    assert _show(cast, "helpdesk.admin", outcome.reset_id) == Secret(TYPED)


def test_busy_portal_changes_nobody(cast: Cast, settings: Settings) -> None:
    settings.HASH_SLOTS, settings.HASH_QUEUE = 1, 0

    with hashing.guard.taken(), pytest.raises(hashing.HashingBusy):
        _reset(cast, "helpdesk.admin", "adele.vance")

    assert _stored(cast, "adele.vance").check_password(PASSWORD)
    with within(cast.tenant):
        assert not PasswordReset.objects.exists()


def test_fault_while_writing_leaves_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_session(cast["adele.vance"], now=clock.now())

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("passwords.services.issue.enqueue", broken)
    with pytest.raises(RuntimeError):
        _reset(cast, "helpdesk.admin", "adele.vance", TYPED, deliver_to_alternate=True)

    assert _stored(cast, "adele.vance").check_password(PASSWORD)
    assert session and Session.objects.filter(user=cast["adele.vance"], ended_at=None).exists()
    assert not OutboundMessage.objects.exists()
    assert not AuditEvent.objects.filter(activity="Reset user password").exists()


def test_operator_reaches_everybody_whose_password_is_kept_here(cast: Cast) -> None:
    with within(cast.tenant):
        outcomes = reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast[name].pk) for name in ("global.admin", "grady.archie", "lee.gu")],
            authority=OperatorAuthority(),
            options=ResetOptions(),
            now=clock.now(),
        )

    assert [outcome.code for outcome in outcomes] == ["", "", "RESET_SYNCED_NO_WRITEBACK"]


def test_secret_shows_nothing_of_itself_in_outcomes_and_orders(cast: Cast) -> None:
    outcome = _reset(cast, "helpdesk.admin", "adele.vance", TYPED)

    assert TYPED not in repr(outcome) + repr(ResetOrder(user_id=uuid4(), password=Secret(TYPED)))
