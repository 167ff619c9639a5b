"""Django's own sign-in view with sessions in the database: what the portal's sign-in is compared with."""

from __future__ import annotations

import time
from contextlib import nullcontext

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import path

from tests.benchmarks.browser import Answer, Application, Browser
from tests.benchmarks.hash_stub import PASSWORD, without_hashes

NEW_PASSWORD = "Thirteen-Quiet-Otters-58"
urlpatterns = [
    path("login/", LoginView.as_view()),
    path("change/", PasswordChangeView.as_view(success_url="/")),
]
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
        return _seen(browser.post("/login/", form)).seconds


def change(*, number: int, hashes: bool) -> float:
    """Let the ``number``-th user, who is signed in, choose a new password."""
    user = User.objects.get(username=f"person.{number}@bare.example")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    cookies = {"sessionid": str(session.session_key)}
    browser = Browser(application=application, csrf_cookie="csrftoken", cookies=cookies)
    form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    with nullcontext() if hashes else without_hashes(made=hashed):
        return _seen(browser.post("/change/", form)).seconds


def _seen(answer: Answer) -> Answer:
    """Let no time of a wrong answer count."""
    if answer.status != 302:
        raise AssertionError(f"302 was expected, {answer.status} came: {answer.body.decode()[:3000]}")
    return answer


OPERATIONS = (load, sign_in, change)
"""What the process can be asked for, by the names of these functions."""
