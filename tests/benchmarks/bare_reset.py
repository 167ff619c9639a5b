"""Django's own password-reset views: what the wizard is compared with."""

from __future__ import annotations

import re
import time

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView, PasswordResetDoneView, PasswordResetView
from django.core import mail
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import path

from tests.benchmarks.browser import Answer, Application, Browser
from tests.benchmarks.hash_stub import PASSWORD, without_hashes

NEW_PASSWORD = "Thirteen-Quiet-Otters-58"
LINK = re.compile(r"/confirm/\S+")
urlpatterns = [
    path("reset/", PasswordResetView.as_view(success_url="/done/"), name="password_reset"),
    path("done/", PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "confirm/<uidb64>/<token>/",
        PasswordResetConfirmView.as_view(success_url="/done/"),
        name="password_reset_confirm",
    ),
]
application: Application = get_wsgi_application()
hashed = make_password(PASSWORD)


def load(*, people: int) -> float:
    """Migrate and create so many users; returns the seconds it took."""
    started = time.perf_counter()
    call_command("migrate", interactive=False, verbosity=0)
    User.objects.bulk_create(
        User(username=f"person.{number}", email=f"person.{number}@bare.example", password=hashed)
        for number in range(people)
    )
    return time.perf_counter() - started


def flow(*, number: int) -> float:
    """Reset the ``number``-th user's password by the link of the mail; returns the seconds of the requests."""
    browser = Browser(application=application, csrf_cookie="csrftoken", kept=("sessionid",))
    mail.outbox = []
    answers = [browser.get("/reset/"), browser.post("/reset/", {"email": f"person.{number}@bare.example"})]
    answers.append(browser.get("/done/"))
    found = LINK.search(str(mail.outbox[0].body))
    assert found is not None
    answers.append(browser.get(found[0]))
    answers.append(browser.get(answers[-1].location))
    with without_hashes(made=hashed):
        form = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
        answers.append(browser.post(answers[-2].location, form))
    answers.append(browser.get("/done/"))
    _check(answers)
    return sum(answer.seconds for answer in answers)


def _check(answers: list[Answer]) -> None:
    """Let no time of a wrong answer count."""
    seen = [answer.status for answer in answers]
    if seen != [200, 302, 200, 302, 200, 302, 200]:
        raise AssertionError(f"These came: {seen}; {answers[-1].body.decode()[:3000]}")


OPERATIONS = (load, flow)
"""What the process can be asked for, by the names of these functions."""
