"""Authentication methods: who is told, what ends, and what the audit log keeps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adminportal import clock
from adminportal.audit.models import AuditEvent
from adminportal.outbox.content import build
from adminportal.outbox.models import OutboundMessage
from adminportal.sealing import Secret
from passwords.authority import AdminAuthority
from passwords.orders import ResetOptions, ResetOrder
from passwords.services.reset import reset_passwords
from tests.cast import Cast, make_tenant, signed_in
from users.method_values import ValueRefused
from users.models import AuthenticationMethod, ContactKind, MethodKind, RecoveryCode, Session, TrustedDevice, User
from users.roles import Role
from users.services import method_changes
from users.services.contacts import change_contact
from users.services.method_changes import on_method_change
from users.services.methods import MethodMissing, list_methods, remove_method, save_method, set_default
from users.services.reach import NOWHERE, addresses_of, emails_of, reach_of
from users.services.recovery_codes import count_recovery_codes, make_recovery_codes, use_recovery_code
from users.tenancy import within

pytestmark = pytest.mark.django_db

HOME, NEW = "adele.home@mail.example", "adele.new@mail.example"
MOBILE = "+46 70 174 06 05"


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("adele.vance", has_password=False, alternate_email="adele.known@mail.example", mobile_phone=MOBILE)
    made.add("diego.siciliani", has_password=False)
    return made


def save(cast: Cast, value: str, kind: MethodKind = MethodKind.EMAIL, **changes: Any) -> AuthenticationMethod:
    user = cast["adele.vance"]
    facts: dict[str, Any] = {
        "tenant": cast.tenant,
        "user": user,
        "by": cast.actor("adele.vance").for_audit(),
        "now": clock.now(),
    }
    with within(cast.tenant):
        return save_method(kind=kind, value=value, **(facts | changes))


def remove(cast: Cast, method_id: UUID, name: str = "adele.vance") -> None:
    with within(cast.tenant):
        remove_method(
            tenant=cast.tenant,
            user=cast[name],
            method_id=method_id,
            by=cast.actor(name).for_audit(),
            now=clock.now(),
        )


def told(template: str = "method_changed") -> set[str]:
    return set(OutboundMessage.objects.filter(template=template).values_list("to", flat=True))


def reached(user: User) -> Any:
    return reach_of([user.pk])[user.pk]


def test_registered_method_comes_before_what_is_known(cast: Cast) -> None:
    user = cast["adele.vance"]
    known = reached(user)
    save(cast, HOME)
    save(cast, "+47 22 12 34 56", MethodKind.MOBILE_PHONE)

    assert (known.email.value, known.email.is_private, known.email.is_proven) == (
        "adele.known@mail.example",
        False,
        False,
    )
    now = reached(user)
    assert (now.email.value, now.email.is_private, now.email.is_proven) == (HOME, True, True)
    assert (now.mobile.value, now.mobile.is_private) == ("+47 22 12 34 56", True)
    assert (now.office, now.has_app, now.recovery_codes) == (None, False, 0)


def test_extra_address_is_used_before_what_is_known(cast: Cast) -> None:
    save(cast, HOME, MethodKind.EXTRA_EMAIL)

    assert reached(cast["adele.vance"]).email.value == HOME


def test_unknown_people_are_reached_nowhere(cast: Cast) -> None:
    stranger = uuid4()

    assert reach_of([stranger, cast["diego.siciliani"].pk]) == {
        stranger: NOWHERE,
        cast["diego.siciliani"].pk: NOWHERE,
    }


def test_addresses_alone_are_those_of_everything(cast: Cast) -> None:
    save(cast, HOME)
    save(cast, NEW, MethodKind.EXTRA_EMAIL)
    save(cast, "+47 22 12 34 56", MethodKind.MOBILE_PHONE)
    ids = [uuid4(), cast["diego.siciliani"].pk, cast["adele.vance"].pk]

    alone, everything = emails_of(ids), reach_of(ids)

    assert [set(alone[each].all_emails) for each in ids] == [set(everything[each].all_emails) for each in ids]
    assert [alone[each].alternate for each in ids] == ["", "", "adele.known@mail.example"]


def test_addresses_of_a_person_are_told_once_each(cast: Cast) -> None:
    user = cast["adele.vance"]
    save(cast, "Adele.Known@mail.example")

    assert addresses_of(user, reached(user), MOBILE, NEW) == [
        "adele.vance@contoso.example",
        "Adele.Known@mail.example",
        NEW,
    ]


def test_old_and_new_address_are_told_of_a_change(cast: Cast) -> None:
    save(cast, HOME)
    OutboundMessage.objects.all().delete()
    save(cast, NEW)

    assert told() == {HOME, NEW, "adele.known@mail.example", "adele.vance@contoso.example"}
    parcel = build(OutboundMessage.objects.get(to=HOME))
    assert parcel.subject == "The security info of adele.vance@contoso.example was changed"
    for part in (parcel.text, parcel.html):
        assert "Email was changed from a•••@mail.example to a•••@mail.example at Contoso." in part
        assert "adele.vance@contoso.example" in part and "/notice/" in part
        assert NEW not in part


def test_new_address_gets_no_button(cast: Cast) -> None:
    """It may belong to a stranger by a slip of the hand, who must not be able to sign the person out."""
    save(cast, NEW)

    with_button = OutboundMessage.objects.exclude(link_purpose="").values_list("to", flat=True)
    assert set(with_button) == {"adele.known@mail.example", "adele.vance@contoso.example"}
    for part in (build(OutboundMessage.objects.get(to=NEW)).text, build(OutboundMessage.objects.get(to=NEW)).html):
        assert "/notice/" not in part and "Tell an administrator of Contoso now." in part


def test_number_is_told_by_text_message_without_a_link(cast: Cast) -> None:
    save(cast, MOBILE, MethodKind.MOBILE_PHONE)

    message = OutboundMessage.objects.get(channel="sms")
    assert message.to == MOBILE and not message.link_purpose
    text = build(message).text
    assert "Mobile phone +46 ••• 05 was added" in text and "adele.vance@contoso.example" in text


def test_office_number_is_not_texted(cast: Cast) -> None:
    save(cast, MOBILE, MethodKind.OFFICE_PHONE)

    assert not OutboundMessage.objects.filter(channel="sms").exists()


def test_change_ends_other_sessions_and_trusted_browsers(cast: Cast) -> None:
    user, now = cast["adele.vance"], clock.now()
    mine, other = (Session.objects.get(pk=signed_in(user).session_digest) for _ in range(2))  # type: ignore[attr-defined]
    with within(cast.tenant):
        TrustedDevice.objects.create(
            key_digest="d" * 64, tenant=cast.tenant, user=user, created_at=now, expires_at=now + timedelta(days=30)
        )
    save(cast, HOME, keep=mine)

    alive = Session.objects.filter(ended_at=None).values_list("pk", flat=True)
    assert list(alive) == [mine.pk] and other.pk != mine.pk
    with within(cast.tenant):
        assert TrustedDevice.objects.get().revoked_at is not None


def test_change_of_a_method_ends_open_links_and_one_of_contact_data_does_not(cast: Cast) -> None:
    cast.add("global", has_password=False, roles=(Role.GLOBAL_ADMINISTRATOR,))
    with within(cast.tenant):
        reset_passwords(
            tenant=cast.tenant,
            orders=[ResetOrder(user_id=cast["adele.vance"].pk)],
            authority=AdminAuthority(actor=cast.actor("global")),
            options=ResetOptions(deliver_to=("desk@mail.example",)),
            now=clock.now(),
        )
        open_links = OutboundMessage.objects.filter(to="desk@mail.example", link_closed_at=None)
        change_contact(
            tenant=cast.tenant,
            user=cast["adele.vance"],
            kind=ContactKind.MOBILE_PHONE,
            value="",
            proof=True,
            by=cast.actor("adele.vance").for_audit(),
            now=clock.now(),
        )
        assert open_links.count() == 1
    save(cast, HOME)

    assert open_links.count() == 0


def test_audit_row_holds_mask_and_digest(cast: Cast) -> None:
    save(cast, HOME)

    row = AuditEvent.objects.get(activity="User registered security info")
    assert (row.service, row.details["Method"]) == ("Authentication Methods", "email")
    (change,) = row.targets[0]["modified"]
    assert change["old"] == "" and change["new"].startswith("a...@mail.example (hmac ")
    assert not AuditEvent.objects.filter(search_text__contains=HOME).exists()


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (MethodKind.EMAIL, "adele", "email"),
        (MethodKind.EMAIL, f"{'a' * 64}@{'b' * 200}.example", "email"),
        (MethodKind.EMAIL, "ADELE.VANCE@contoso.example", "own_mailbox"),
        (MethodKind.MOBILE_PHONE, "0701740605", "phone"),
        (MethodKind.MOBILE_PHONE, "+46 70 174 06 05" * 5, "phone"),
        (MethodKind.OFFICE_PHONE, HOME, "phone"),
    ],
)
def test_what_cannot_be_used_is_refused(cast: Cast, kind: MethodKind, value: str, code: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        save(cast, value, kind)

    assert refusal.value.code == code
    assert not OutboundMessage.objects.exists()


def test_removed_method_is_gone_and_told(cast: Cast) -> None:
    method = save(cast, HOME)
    OutboundMessage.objects.all().delete()
    remove(cast, method.pk)

    with within(cast.tenant):
        assert list_methods(cast["adele.vance"]) == []
    assert HOME in told()
    assert AuditEvent.objects.filter(activity="User deleted security info").count() == 1
    with pytest.raises(MethodMissing):
        remove(cast, method.pk)


def test_method_of_another_person_is_missing(cast: Cast) -> None:
    method = save(cast, HOME)

    with pytest.raises(MethodMissing):
        remove(cast, method.pk, "diego.siciliani")


def test_method_of_another_tenant_is_missing(cast: Cast) -> None:
    method = save(cast, HOME)
    fabrikam = make_tenant("fabrikam.example", "Fabrikam")
    fabrikam.add("adele.vance", has_password=False)

    with pytest.raises(MethodMissing):
        remove(fabrikam, method.pk)


def test_one_method_is_the_default(cast: Cast) -> None:
    first, second = save(cast, HOME), save(cast, MOBILE, MethodKind.MOBILE_PHONE)
    for method in (first, second):
        with within(cast.tenant):
            set_default(
                tenant=cast.tenant,
                user=cast["adele.vance"],
                method_id=method.pk,
                by=cast.actor("adele.vance").for_audit(),
                now=clock.now(),
            )

    with within(cast.tenant):
        assert AuthenticationMethod.objects.get(is_default=True).pk == second.pk
    assert AuditEvent.objects.filter(activity="User changed default security info").count() == 2


def test_listeners_hear_of_every_change(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method_changes, "_listeners", [])
    heard: list[tuple[UUID, str]] = []

    def listen(user: User, kind: str, now: object) -> None:
        heard.append((user.pk, kind))

    on_method_change(listen)
    on_method_change(listen)
    method = save(cast, HOME)
    remove(cast, method.pk)

    assert heard == [(cast["adele.vance"].pk, "email")] * 2


def test_failing_listener_leaves_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("made to fail")

    monkeypatch.setattr(method_changes, "_listeners", [broken])
    with pytest.raises(RuntimeError):
        save(cast, HOME)

    with within(cast.tenant):
        assert not AuthenticationMethod.objects.exists()
    assert not OutboundMessage.objects.exists()
    assert not AuditEvent.objects.filter(activity="User registered security info").exists()


def codes_of(cast: Cast) -> list[Secret]:
    with within(cast.tenant):
        return make_recovery_codes(
            tenant=cast.tenant,
            user=cast["adele.vance"],
            by=cast.actor("adele.vance").for_audit(),
            now=clock.now(),
        )


def test_ten_recovery_codes_work_once_each(cast: Cast) -> None:
    user, now = cast["adele.vance"], clock.now()
    codes = codes_of(cast)

    assert len({code.expose() for code in codes}) == 10
    assert reached(user).recovery_codes == 10
    for code in codes:
        assert use_recovery_code(user, code.expose(), now=now)
        assert not use_recovery_code(user, code.expose(), now=now)
    with within(cast.tenant):
        assert count_recovery_codes(user) == 0


def test_recovery_code_is_read_as_people_type_it(cast: Cast) -> None:
    first, second, third, *_ = [code.expose() for code in codes_of(cast)]
    user, now = cast["adele.vance"], clock.now()

    assert use_recovery_code(user, first.lower().replace("-", " "), now=now)
    assert use_recovery_code(user, second.replace("-", "").replace("0", "O").replace("1", "l"), now=now)
    assert not use_recovery_code(user, third[:-1], now=now)
    assert not use_recovery_code(user, "", now=now)


def test_recovery_code_of_another_person_is_wrong(cast: Cast) -> None:
    code, *_ = codes_of(cast)

    assert not use_recovery_code(cast["diego.siciliani"], code.expose(), now=clock.now())
    assert not use_recovery_code(None, code.expose(), now=clock.now())


def test_new_recovery_codes_kill_the_old_ones(cast: Cast) -> None:
    old, *_ = codes_of(cast)
    new, *_ = codes_of(cast)
    user, now = cast["adele.vance"], clock.now()

    assert not use_recovery_code(user, old.expose(), now=now)
    assert use_recovery_code(user, new.expose(), now=now)
    with within(cast.tenant):
        rows = repr(list(RecoveryCode.objects.values()))
    assert new.expose() not in rows and new.expose().replace("-", "") not in rows
