"""Django's own sign-in view with sessions in the database: what the portal's sign-in is compared with."""

from __future__ import annotations

import time
from contextlib import nullcontext

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import path

from tests.benchmarks.browser import Application, Browser
from tests.benchmarks.hash_stub import PASSWORD, without_hashes

urlpatterns = [path("login/", LoginView.as_view())]
application: Application = get_wsgi_application()
hashed = make_password(PASSWORD)


def load(*, people: int) -> float:
    """Migrate and create so many users; returns the seconds it took."""
    started = time.perf_counter()
    call_command("migrate", interactive=False, verbosity=0)
    User.objects.bulk_create(
        User(username=f"person.{number}@bare.example", password=hashed) for number in range(people)
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    return time.perf_counter() - started


def sign_in(*, number: int, hashes: bool) -> float:
    """Sign the ``number``-th user in from a browser that was never here."""
    browser = Browser(application=application, csrf_cookie="csrftoken")
    form = {"username": f"person.{number}@bare.example", "password": PASSWORD}
    with nullcontext() if hashes else without_hashes(made=hashed):
        answer = browser.post("/login/", form)
    if answer.status != 302:
        raise AssertionError(f"302 was expected, {answer.status} came: {answer.body.decode()[:3000]}")
    return answer.seconds


OPERATIONS = (load, sign_in)
"""What the process can be asked for, by the names of these functions."""
