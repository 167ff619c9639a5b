"""Fills a database with invented people: one mix whatever the number, with searches that hit many, few and nobody.

The services that create people write an audit row for each; a benchmark of lists needs the rows of the people alone.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import connection

from tests.benchmarks.hash_stub import PASSWORD
from users.actors import SYSTEM
from users.models import Contact, ContactKind, LicenceAssignment, LicenceProduct, RoleAssignment, Tenant, User
from users.roles import TEMPLATE_IDS, Role
from users.services.people import UNUSABLE, NewPerson, create_people
from users.services.tenants import create_tenant
from users.tenancy import within

DOMAIN = "fjordhaven.example"
BATCH = 2_000
GIVEN_NAMES = (
    "Ada Aino Alma Anders Arne Astrid Axel Bela Birgit Bo Carl Cecilie Dag Ebba Edvin Eirik Elin Emil Erika Finn "
    "Freja Gerd Gustav Hanna Harald Hedda Henrik Ida Inga Ivar Jakob Jens Johanna Jon Kaja Karin Kjell Lars Lena "
    "Lina Liv Magnus Maja Malin Marit Mikkel Nils Nora Odd Olav Oskar Pernille Ragnar Rikke Runa Signe Sofie Sten "
    "Tora Ulf Vera Viggo Ylva Yngve"
)
SURNAMES = (
    "Aasen Ahlberg Almgren Asp Bakke Bergquist Bjerke Blom Bruun Dahl Edlund Eklund Engen Falk Fjeld Foss Friis "
    "Granlund Haugen Hedlund Hoel Holt Isaksen Juhl Kjeldsen Krogh Kvist Lade Lindqvist Lund Lysne Moen Mork Myhre "
    "Nordal Nygaard Nyholm Odden Palm Ravn Rosen Rud Ruud Sand Selmer Skog Solberg Stene Strand Sund Svane Tangen "
    "Thorup Torp Ullman Vang Vik Wahl Westby Wiik"
)
COMMON, RARE, FOREIGN, LAST = "marklund", "brandvold", "qwxyz", "zwick"
"""Surnames of one person in ten, of three people, of nobody; and of one in twenty, all at the end of the list."""
RARE_PEOPLE = 3


def load(people: int, *, now: datetime) -> str:
    """Create a tenant with so many people and a Helpdesk Administrator; return the administrator's id."""
    tenant = create_tenant(domain=DOMAIN, name="Fjordhaven", by=SYSTEM, now=now)
    chance = random.Random(people)  # noqa: S311  # names, no secrets
    hashed = make_password(PASSWORD)
    with within(tenant):
        for start in range(0, people, BATCH):
            numbers = range(start, min(start + BATCH, people))
            _insert(tenant, [_person(tenant, number, hashed, chance, now=now) for number in numbers], now=now)
        helpdesk = NewPerson(
            user_principal_name=f"helpdesk@{DOMAIN}",
            display_name="Helpdesk Admin",
            roles=(Role.HELPDESK_ADMINISTRATOR,),
        )
        (admin,) = create_people(tenant=tenant, people=[helpdesk], by=SYSTEM, now=now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    return str(admin.pk)


def _person(tenant: Tenant, number: int, hashed: str, chance: random.Random, *, now: datetime) -> User:
    """Return one person: a tenth blocked, a tenth never issued a password, a tenth with a temporary one."""
    given, surname = chance.choice(GIVEN_NAMES.split()), _surname(number, chance)
    changed = now - timedelta(days=1, minutes=chance.randrange(500_000))
    never, temporary = number % 10 == 1, number % 10 == 2
    user = User(
        tenant=tenant,
        user_principal_name=f"{given}.{surname}.{number}@{DOMAIN}".lower(),
        display_name=f"{given} {surname}",
        given_name=given,
        surname=surname,
        office=chance.choice(("Bergen", "Malmö", "Odense", "Tromsø", "Umeå")),
        account_enabled=number % 10 != 0,
        password=UNUSABLE if never else hashed,
        # Who has none of these marks has chosen an own password since one was issued.
        password_issued_at=None if never else changed if temporary else changed - timedelta(days=1),
        password_changed_at=None if never else changed,
        is_temporary=temporary,
        must_change=temporary,
        temporary_expires_at=now + timedelta(days=30) if temporary else None,
        created_at=changed,
    )
    user.mail = user.user_principal_name
    user.fold(alternate_email=f"{number}@mail.example")
    return user


def _surname(number: int, chance: random.Random) -> str:
    if number < RARE_PEOPLE:
        return RARE.title()
    if number % 20 == 3:
        return LAST.title()
    return COMMON.title() if number % 10 == 4 else chance.choice(SURNAMES.split())


def _insert(tenant: Tenant, users: list[User], *, now: datetime) -> None:
    for user in users:
        if user.surname == LAST.title():
            # The list is sorted by the shown name, where the surname may come first.
            user.display_name = f"{user.surname} {user.given_name}"
            user.fold(alternate_email="")
    User.objects.bulk_create(users)
    product = LicenceProduct.objects.get(tenant=tenant)
    LicenceAssignment.objects.bulk_create(
        LicenceAssignment(tenant=tenant, product=product, user=user) for user in users[::2]
    )
    Contact.objects.bulk_create(
        Contact(
            tenant=tenant, user=user, kind=ContactKind.ALTERNATE_EMAIL, value=f"{user.pk}@mail.example", changed_at=now
        )
        for user in users[::2]
    )
    RoleAssignment.objects.bulk_create(
        RoleAssignment(tenant=tenant, user=user, role=TEMPLATE_IDS[Role.REPORTS_READER], created_at=now)
        for user in users[7::500]
    )


PEOPLE_OF_RESULTS = """
    FROM (SELECT id, tenant_id, row_number() OVER (ORDER BY sort_name, id) - 1 AS place FROM users_user) AS u
    JOIN passwords_bulkjob AS j ON j.id = %(job)s
    WHERE u.place < %(rows)s
"""
RESULTS = (
    f"""
    INSERT INTO passwords_passwordreset
        (id, tenant_id, target_id, starter_id, starter_name, job_id, is_blind, entrance, idempotency_key, outcome,
         code, acting_role, acting_unit, reason, ticket, correlation_id, must_change, style, created_at,
         sealed_password)
    SELECT gen_random_uuid(), u.tenant_id, u.id, j.starter_id, j.starter_name, j.id, FALSE, 'bulk', j.id::text, 'done',
        '', '', '', '', '', gen_random_uuid(), TRUE, 'random', j.created_at, ''
    {PEOPLE_OF_RESULTS}
    """,
    """
    INSERT INTO passwords_bulkitem (tenant_id, job_id, user_id, position, chunk, "end", code, "values", reset_id)
    SELECT u.tenant_id, j.id, u.id, u.place, u.place / %(size)s, 'done', '', '{}', r.id
    FROM (SELECT id, tenant_id, row_number() OVER (ORDER BY sort_name, id) - 1 AS place FROM users_user) AS u
    JOIN passwords_bulkjob AS j ON j.id = %(job)s
    JOIN passwords_passwordreset AS r ON r.job_id = j.id AND r.target_id = u.id
    """,
    """
    INSERT INTO passwords_bulkchunk
        (tenant_id, job_id, number, tries, "left", done, refused, failed, unknown, canceled)
    SELECT tenant_id, job_id, chunk, 1, 0, count(*), 0, 0, 0, 0
    FROM passwords_bulkitem WHERE job_id = %(job)s GROUP BY tenant_id, job_id, chunk
    """,
)
"""Results of a finished job, written at once."""
