"""What a process does around a restore: it leaves things open, or tries them. Called by ``test_restore.py``.

``python -m tests.faults.restore open FILE`` makes people and leaves one of everything open, with what opens it in the
file; ``tell FILE`` prints what is open, and changes nothing; ``try FILE`` does with each what its holder would do.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

ADELE, MEGAN, GLOBAL, HELPDESK = "adele.vance", "megan.bowen", "global.admin", "helpdesk.admin"
MEGANS_ADDRESS, ADELES_ADDRESS = "megan@mail.example", "adele@mail.example"
PEOPLE = 60
"""People of the job; more than a request works off by itself."""


def main() -> int:
    """Do one of the three."""
    import django
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment()
    word, file = sys.argv[1], Path(sys.argv[2])
    if word == "open":
        call_command("migrate", verbosity=0)
        file.write_text(json.dumps(_leave_open()), encoding="utf-8")
        return 0
    kept = json.loads(file.read_text(encoding="utf-8"))
    print(json.dumps(_tell(kept) if word == "tell" else _try(kept)))
    return 0


def _leave_open() -> dict[str, str]:
    """Open a session, a trusted browser, a link, an attempt with its code, and a job that has only begun."""
    from adminportal import clock
    from sspr.models import Gate
    from tests.passwords.bulk_crowd import drafted, started, worked_off
    from tests.passwords.reset_cast import link_of, message_to, reset
    from tests.sspr.wizard_ways import begin, make_open_cast
    from users.sessions import open_session
    from users.trusted_devices import trust

    cast = make_open_cast()
    cast.add(MEGAN, alternate_email=MEGANS_ADDRESS)
    crowd = [cast.add(f"p{number}") for number in range(PEOPLE)]
    reset(cast, MEGAN, deliver_to_alternate=True, notify=False)
    walk = begin(f"{ADELE}@contoso.example")
    walk.send(Gate.EMAIL)
    draft = drafted(cast, starter=HELPDESK, people=crowd)
    job = worked_off(cast, started(cast, draft, starter=HELPDESK), chunks=1)
    return {
        "session": open_session(cast[GLOBAL], now=clock.now()).expose(),
        "browser": trust(cast[GLOBAL], days=30, now=clock.now()).expose(),
        "link": link_of(message_to(MEGANS_ADDRESS)),
        "attempt": walk.cookie.expose(),
        "code": walk.code(),
        "job": str(job.pk),
    }


def _tell(kept: dict[str, str]) -> dict[str, bool]:
    """Say of each whether it is open."""
    from django.test import Client

    from adminportal import clock
    from adminportal.sealing import Secret
    from passwords.models import BulkJob, BulkState
    from sspr import attempts
    from users.models.challenge import Challenge
    from users.sessions import find_session
    from users.tenancy import across_tenants

    now = clock.now()
    attempt = attempts.find(Secret(kept["attempt"]), now=now)
    with across_tenants():
        job = BulkJob.objects.get(pk=UUID(kept["job"]))
    return {
        "session": find_session(Secret(kept["session"]), now=now) is not None,
        "browser": _is_trusted(kept),
        "link": Client().get(kept["link"]).status_code == 200,
        "attempt": attempt is not None and attempts.is_open(attempt, now=now),
        "code": Challenge.objects.filter(used_at=None, replaced_at=None).exists(),
        "job": job.state == BulkState.RUNNING,
    }


def _try(kept: dict[str, str]) -> dict[str, Any]:
    """Use each of them, and then let the sweep send what waits."""
    from django.conf import settings
    from django.test import Client

    from adminportal import clock
    from adminportal.outbox.models import DevMessage
    from adminportal.outbox.sweep import sweep_messages
    from adminportal.sealing import Secret
    from tests.cast import PASSWORD
    from tests.passwords.reset_cast import secret_in, try_sign_in

    client, old = Client(), try_sign_in(f"{ADELE}@contoso.example", PASSWORD).outcome
    client.cookies[settings.SESSION_COOKIE_NAME] = kept["session"]
    revealed = client.post(kept["link"])
    found = {
        "session": client.get("/account").status_code == 200,
        "browser": _is_trusted(kept),
        "link": bool(secret_in(revealed)),
        "job": _goes_on(kept),
        "attempt": _finishes(Secret(kept["attempt"]), kept["code"]),
        "old_password": old.value,
    }
    sweep_messages(clock.now())
    addresses = {MEGANS_ADDRESS, ADELES_ADDRESS, "helpdesk.admin@contoso.example"}
    mailed = DevMessage.objects.filter(to__in=addresses).values_list("to", flat=True)
    return {**found, "mailed": sorted(set(mailed))}


def _is_trusted(kept: dict[str, str]) -> bool:
    from adminportal import clock
    from adminportal.sealing import Secret
    from users.models import User
    from users.tenancy import across_tenants
    from users.trusted_devices import is_trusted

    with across_tenants():
        user = User.objects.get(upn_folded=f"{GLOBAL}@contoso.example")
        return is_trusted(Secret(kept["browser"]), user, days=30, now=clock.now())


def _goes_on(kept: dict[str, str]) -> bool:
    """Let a worker that has a task for the job take it up, and count the people who were reset by that."""
    from adminportal import clock
    from passwords.models import BulkJob, PasswordReset
    from passwords.services.bulk_run import run_next_chunk
    from users.tenancy import across_tenants, within

    with across_tenants():
        tenant = BulkJob.objects.select_related("tenant").get(pk=UUID(kept["job"])).tenant
    with within(tenant):
        before = PasswordReset.objects.count()
        run_next_chunk(UUID(kept["job"]), now=clock.now())
        return PasswordReset.objects.count() > before


def _finishes(cookie: Any, code: str) -> bool:
    """Type the code that was sent and choose a password; tell whether that one signs in."""
    from sspr.models import Gate
    from tests.passwords.reset_cast import try_sign_in
    from tests.sspr.wizard_ways import NEW_PASSWORD, Walk

    walk = Walk(cookie=cookie)
    walk.type(Gate.EMAIL, code)
    walk.finish(NEW_PASSWORD)
    return try_sign_in(f"{ADELE}@contoso.example", NEW_PASSWORD).outcome.value == "right"


if __name__ == "__main__":
    sys.exit(main())
