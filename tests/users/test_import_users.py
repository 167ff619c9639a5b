"""Importing people: judged all at once, added when confirmed, nobody twice and nobody lost."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from redis import Redis

from adminportal import clock
from adminportal.audit.models import AuditEvent
from tests.cast import Cast, make_cast, make_tenant
from tests.services.valkey import Valkey
from tests.users.people_csv import csv_file, people, person
from users.actors import OPERATOR
from users.csv_layout import read_rows
from users.csv_rules import CheckedRow
from users.models import Contact, ImportBatch, LicenceAssignment, LicenceProduct, User
from users.services import import_batches, import_users
from users.services.import_batches import (
    BATCH_LIVES,
    LEFT_ALONE,
    NotConfirmed,
    confirm_batch,
    purge_batches,
    resume_batches,
    run_batch,
    store_batch,
)
from users.services.import_users import import_rows, judge_rows
from users.tasks import run_import
from users.tenancy import within

pytestmark = pytest.mark.django_db
ADMIN = "user.admin"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def _judge(cast: Cast, rows: list[list[str]]) -> list[CheckedRow]:
    with within(cast.tenant):
        return judge_rows(tenant=cast.tenant, rows=read_rows(io.BytesIO(csv_file(rows))))


def _store(cast: Cast, rows: list[list[str]]) -> ImportBatch:
    with within(cast.tenant):
        lines = read_rows(io.BytesIO(csv_file(rows)))
        return store_batch(actor=cast.actor(ADMIN), rows=lines, source="people.csv", now=clock.now())


def _confirm(cast: Cast, batch: ImportBatch, *, leave_out: bool = False, licence: bool = False) -> ImportBatch:
    with within(cast.tenant):
        confirm_batch(
            batch=batch,
            actor=cast.actor(ADMIN),
            leave_out_faulty=leave_out,
            gives_licence=licence,
            now=clock.now(),
        )
        batch.refresh_from_db()
    return batch


def _imported(cast: Cast) -> list[str]:
    with within(cast.tenant):
        names = User.objects.filter(upn_folded__startswith="person.").values_list("upn_folded", flat=True)
        return sorted(name.partition("@")[0] for name in names)


def _codes(rows: list[CheckedRow]) -> dict[int, list[str]]:
    return {row.number: [fault.code for fault in row.faults] for row in rows if row.faults}


def test_name_taken_in_the_file_the_tenant_or_another_one_gets_the_same_sentence(cast: Cast) -> None:
    other = make_tenant("fabrikam.example", "Fabrikam")
    stray = other.add("stray")
    with within(other.tenant):
        User.objects.filter(pk=stray.pk).update(upn_folded="stray@contoso.example")
    names = ["person.1@contoso.example", "PERSON.1@contoso.example", "adele.vance@contoso.example"]

    rows = _judge(cast, [person(n, User_Name=name) for n, name in enumerate([*names, "stray@contoso.example"])])

    assert _codes(rows) == {3: ["taken"], 4: ["taken"], 5: ["taken"]}
    sentences = {row.faults[0].sentence().replace(row.values["User Name"], "…") for row in rows[1:]}
    assert len(sentences) == 1


def test_name_of_a_deleted_person_is_taken(cast: Cast) -> None:
    with within(cast.tenant):
        User.objects.filter(pk=cast["adele.vance"].pk).update(deleted_at=clock.now())

    assert _codes(_judge(cast, [person(1, User_Name="adele.vance@contoso.example")])) == {2: ["taken"]}


def test_domain_of_another_tenant_is_unknown_here(cast: Cast) -> None:
    make_tenant("fabrikam.example", "Fabrikam")

    rows = _judge(cast, [person(1, domain="fabrikam.example")])

    assert _codes(rows) == {2: ["domain"]}
    assert "contoso.example" in rows[0].faults[0].sentence()


def test_faulty_first_one_of_two_equal_names_does_not_take_the_name(cast: Cast) -> None:
    rows = _judge(cast, [person(1, Mobile_Phone="x"), person(1)])

    assert _codes(rows) == {2: ["phone"]}


def test_nobody_is_created_before_the_confirmation(cast: Cast) -> None:
    batch = _store(cast, people(3))

    assert _imported(cast) == []
    assert (batch.state, len(batch.rows), batch.source) == ("preview", 3, "people.csv")


def test_confirmed_file_creates_people_as_they_stand_in_it_without_a_password(cast: Cast) -> None:
    formula = '=HYPERLINK("http://evil.example","x")'

    batch = _confirm(cast, _store(cast, [person(1, Display_Name=formula), person(2)]))

    assert (batch.state, batch.created_count) == ("done", 2)
    with within(cast.tenant):
        user = User.objects.get(upn_folded="person.1@contoso.example")
        contacts = dict(Contact.objects.filter(user=user).values_list("kind", "value"))
        assert not LicenceAssignment.objects.exists()
    assert user.display_name == formula
    assert (user.given_name, user.surname, user.job_title) == ("Bjørn", "Ångström", "Rådgiver, ledelse")
    assert (user.office, user.street_address, user.postal_code, user.city) == ("101", "Storgata 1", "5003", "Bergen")
    assert (user.has_usable_password(), user.password_issued_at, user.preferred_language) == (False, None, "")
    assert contacts == {
        "alternate_email": "person.1@mail.example",
        "mobile_phone": "+46 70 174 06 06",
        "office_phone": "+44 20 7946 0001",
    }


def test_import_is_audited_once_with_its_counts_and_once_a_person(cast: Cast) -> None:
    _confirm(cast, _store(cast, [*people(2), person(3, Mobile_Phone="x")]), leave_out=True)

    (event,) = AuditEvent.objects.filter(activity="Imported users")
    assert event.details == {"Entrance": "csv", "Rows": "3", "Created": "2", "Faulty": "1"}
    assert event.actor_display_name == "User Admin"
    assert AuditEvent.objects.filter(activity="Add user", actor_display_name="User Admin").count() == 2


def test_faulty_rows_hold_up_the_others_until_it_is_said_that_they_are_left_out(cast: Cast) -> None:
    batch = _store(cast, [person(1), person(2, Display_Name="")])

    with pytest.raises(NotConfirmed) as refusal:
        _confirm(cast, batch)
    assert (refusal.value.code, _imported(cast)) == ("faulty", [])
    _confirm(cast, batch, leave_out=True)

    assert _imported(cast) == ["person.1"]


def test_file_of_faulty_rows_alone_cannot_be_confirmed(cast: Cast) -> None:
    with pytest.raises(NotConfirmed) as refusal:
        _confirm(cast, _store(cast, [person(1, Display_Name="")]), leave_out=True)

    assert refusal.value.code == "nobody"


def test_second_confirmation_creates_nobody(cast: Cast) -> None:
    batch = _confirm(cast, _store(cast, people(2)))

    with pytest.raises(NotConfirmed) as refusal:
        _confirm(cast, batch)
    with within(cast.tenant):
        run_batch(batch.pk, now=clock.now())

    assert refusal.value.code == "started"
    assert _imported(cast) == ["person.1", "person.2"]
    assert AuditEvent.objects.filter(activity="Imported users").count() == 1


def test_names_taken_meanwhile_are_faults_of_their_rows_and_the_others_are_created(cast: Cast) -> None:
    batch = _store(cast, people(4))
    cast.add("person.2")
    cast.add("person.4")

    batch = _confirm(cast, batch)

    assert (batch.created_count, batch.taken) == (2, [3, 5])
    assert _imported(cast) == ["person.1", "person.2", "person.3", "person.4"]


def test_people_are_created_in_chunks_that_each_commit_alone(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_users, "CHUNK", 2)
    monkeypatch.setattr(import_batches, "CHUNK", 2)
    batch = _store(cast, people(5))
    _break_at_chunk(monkeypatch, 2)

    with pytest.raises(ConnectionResetError):
        _confirm(cast, batch)
    batch.refresh_from_db()
    assert (batch.state, batch.position, _imported(cast)) == ("adding", 2, ["person.1", "person.2"])
    monkeypatch.undo()
    assert resume_batches(clock.now()) == 0
    assert resume_batches(clock.now() + LEFT_ALONE + timedelta(seconds=1)) == 1

    batch.refresh_from_db()
    assert (batch.state, batch.created_count) == ("done", 5)
    assert _imported(cast) == [f"person.{number}" for number in range(1, 6)]
    assert AuditEvent.objects.filter(activity="Imported users").count() == 1


def _break_at_chunk(monkeypatch: pytest.MonkeyPatch, broken: int) -> None:
    """Let the process die inside the transaction of this chunk, after its people were inserted."""
    real, calls = import_batches.add_chunk, []

    def dying(**arguments: object) -> object:
        calls.append(1)
        added = real(**arguments)  # type: ignore[arg-type]
        if len(calls) == broken:
            raise ConnectionResetError
        return added

    monkeypatch.setattr(import_batches, "add_chunk", dying)


def test_starter_who_lost_the_right_meanwhile_adds_nobody_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = _store(cast, people(2))
    _break_at_chunk(monkeypatch, 1)
    with pytest.raises(ConnectionResetError):
        _confirm(cast, batch)
    monkeypatch.undo()
    with within(cast.tenant):
        User.objects.filter(pk=cast[ADMIN].pk).update(account_enabled=False)

    resume_batches(clock.now() + timedelta(hours=1))

    batch.refresh_from_db()
    assert (batch.state, _imported(cast)) == ("stopped", [])


def test_licence_is_given_when_asked(cast: Cast) -> None:
    _confirm(cast, _store(cast, people(2)), licence=True)

    with within(cast.tenant):
        holders = LicenceAssignment.objects.values_list("user__upn_folded", flat=True)
        assert sorted(holders) == ["person.1@contoso.example", "person.2@contoso.example"]
    assert AuditEvent.objects.filter(activity="Change user license").count() == 2


def test_too_few_seats_stop_the_import_before_anybody_is_created(cast: Cast) -> None:
    with within(cast.tenant):
        LicenceProduct.objects.update(seats=1)

    with pytest.raises(NotConfirmed) as refusal:
        _confirm(cast, _store(cast, people(2)), licence=True)

    assert (refusal.value.code, refusal.value.free, refusal.value.needed, _imported(cast)) == ("seats", 1, 2, [])


def test_seats_that_run_out_on_the_way_are_told_by_row(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with within(cast.tenant):
        LicenceProduct.objects.update(seats=1)
    monkeypatch.setattr(import_batches, "_check_seats", lambda *, needed: None)

    batch = _confirm(cast, _store(cast, people(2)), licence=True)

    assert (batch.created_count, batch.unlicensed) == (2, [3])


def test_upload_is_deleted_a_day_after_its_last_change(cast: Cast) -> None:
    batch = _store(cast, people(1))

    assert purge_batches(batch.touched_at + BATCH_LIVES) == 0
    assert purge_batches(batch.touched_at + BATCH_LIVES + timedelta(seconds=1)) == 1


def test_five_thousand_people_are_imported_in_one_go(cast: Cast) -> None:
    batch = _confirm(cast, _store(cast, people(5_000)))

    assert (batch.state, batch.created_count, len(_imported(cast))) == ("done", 5_000, 5_000)


@pytest.mark.valkey
def test_large_file_is_handed_to_a_worker_who_adds_everybody(
    cast: Cast, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_batches, "MOST_AT_ONCE", 2)

    batch = _confirm(cast, _store(cast, people(3)))
    assert (batch.state, _imported(cast)) == ("adding", [])
    waiting = Redis.from_url(valkey.url).lrange(import_batches.QUEUE, 0, -1)
    assert len(waiting) == 1
    message = json.loads(waiting[0])
    _arguments, names, _embedded = json.loads(b64decode(message["body"]))
    assert message["headers"]["task"] == run_import.name
    for _twice in range(2):
        run_import.run(**names)

    batch.refresh_from_db()
    assert (batch.state, batch.created_count, len(_imported(cast))) == ("done", 3, 3)


def test_large_file_is_added_by_the_request_where_no_worker_can_be_asked(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_batches, "MOST_AT_ONCE", 2)

    assert _confirm(cast, _store(cast, people(3))).created_count == 3


def test_operator_imports_the_good_rows_and_is_the_actor(cast: Cast) -> None:
    rows = _judge(cast, [*people(2), person(3, Display_Name="")])
    cast.add("person.2")

    with within(cast.tenant):
        ended = import_rows(tenant=cast.tenant, rows=rows, by=OPERATOR, now=clock.now())

    assert _codes(ended) == {3: ["taken"], 4: ["required"]}
    assert _imported(cast) == ["person.1", "person.2"]
    assert AuditEvent.objects.get(activity="Imported users").actor_kind == "operator"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_create_everybody_once() -> None:
    cast = make_cast()
    batch = _store(cast, people(40))
    gate, ends = Barrier(2), []

    def confirm() -> None:
        try:
            gate.wait()
            _confirm(cast, batch)
            ends.append("done")
        except NotConfirmed as refusal:
            ends.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=confirm) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["done", "started"]
    assert len(_imported(cast)) == 40


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_files_with_the_same_names_at_once_create_everybody_once() -> None:
    cast = make_cast()
    batches = [_store(cast, people(400)), _store(cast, people(400)[::-1])]
    gate, problems = Barrier(2), []

    def confirm(batch: ImportBatch) -> None:
        try:
            gate.wait()
            _confirm(cast, batch)
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [Thread(target=confirm, args=[batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    for batch in batches:
        batch.refresh_from_db()
    assert sum(batch.created_count for batch in batches) == len(_imported(cast)) == 400
    assert sum(len(batch.taken) for batch in batches) == 400
