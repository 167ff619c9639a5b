"""The passwords of bulk jobs go down every way at DEBUG level and are looked for everywhere afterwards."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.urls import reverse

from passwords.models import BulkJob, PasswordReset
from passwords.reveal import unseal_password
from tests.cast import PASSWORD, Cast, make_tenant
from tests.contracts import canaries
from tests.contracts.canaries import Recorder, found_in, logs_at_debug
from tests.passwords.many_cast import add_department
from tests.services.valkey import Valkey
from users.roles import Role
from users.tenancy import within

pytestmark = [pytest.mark.valkey, pytest.mark.django_db(transaction=True)]

TYPED = "Canary-Forall-2946-Rt"
PEOPLE = 3


@pytest.fixture
def cast() -> Cast:
    made = make_tenant("contoso.example", "Contoso")
    made.add("global", roles=(Role.GLOBAL_ADMINISTRATOR,))
    return made


def start(desk: Recorder, people: str, **options: str) -> UUID:
    """Choose everyone of a search, look at the preview, start; return the id of the job."""
    chosen = desk.post(reverse("passwords:bulk-new"), {"act": "reset", "select": "all", "search": people})
    address = chosen.headers["Location"]
    found = re.search(r'name="fingerprint" value="(\w+)"', desk.get(address).content.decode())
    assert found
    form = {"style": "random", "must_change": "on", "delivery": "both", **options}
    desk.post(f"{address}/preview", form)
    again = re.search(r'name="fingerprint" value="(\w+)"', desk.get(address).content.decode())
    assert again
    desk.post(address, {**form, "fingerprint": again[1]})
    return UUID(address.rpartition("/")[2])


def is_start(place: str) -> bool:
    """Tell whether this is the answer to the button that starts a job of few: their passwords are in it alone."""
    return re.search(r" POST /passwords/bulk/[0-9a-f-]{36} 200$", place) is not None


def test_passwords_of_many_rest_nowhere_and_come_out_where_they_were_asked_for(cast: Cast, valkey: Valkey) -> None:
    add_department(cast, PEOPLE)
    add_department(cast, PEOPLE, department="Warehouse")
    desk = Recorder()
    with logs_at_debug() as lines:
        desk.post(reverse("users:signin"), {"user_name": "global@contoso.example", "password": PASSWORD})
        start(desk, "warehouse", how="own", new_password=TYPED, own_for_all="on")
        job = start(desk, "sales", how="automatic")
        with within(cast.tenant):
            resets = list(PasswordReset.objects.filter(job_id=job))
            own = list(PasswordReset.objects.exclude(job_id=job))
            secrets = {f"generated {number}": unseal_password(row).expose() for number, row in enumerate(resets)}
            assert {unseal_password(row).expose() for row in own} == {TYPED}
        before = {place: text for place, text in desk.answers.items() if not is_start(place)}
        for name in ("show", "csv", "slips", "outcomes"):
            desk.post(reverse(f"passwords:bulk-{name}", args=[job]))
        desk.get(reverse("passwords:bulk", args=[job]))
    evidence = {"log": "\n".join(lines)} | canaries.database() | canaries.files() | canaries.queue(valkey)

    assert len(secrets) == PEOPLE
    assert len(lines) > 10
    assert found_in(evidence, secrets | {"typed": TYPED}) == set()
    assert found_in(before, secrets | {"typed": TYPED}) == set()
    places = {place.rpartition("/")[2] for _name, place in found_in(desk.answers, secrets)}
    assert places == {f"{job} 200", "show 200", "passwords.csv 200", "slips 200"}
    assert all(is_start(place) for _name, place in found_in(desk.answers, secrets) if f"{job} 200" in place)
    with within(cast.tenant):
        assert BulkJob.objects.filter(state="finished").count() == 2
