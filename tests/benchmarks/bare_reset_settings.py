"""Settings of the comparison with the wizard: a new project with the smallest pages, whose mails stay in memory."""

from __future__ import annotations

from tests.benchmarks.bare_settings import *  # noqa: F403  # settings of a project build on those of another

ROOT_URLCONF = "tests.benchmarks.bare_reset"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
FORM = "<form method=post>{% csrf_token %}{{ form.as_p }}<button>Go</button></form>"
PAGES = {
    "registration/password_reset_form.html": FORM,
    "registration/password_reset_confirm.html": FORM,
    "registration/password_reset_done.html": "<p>Done.</p>",
    "registration/password_reset_email.html": "{{ domain }}{% url 'password_reset_confirm' uidb64=uid token=token %}",
    "registration/password_reset_subject.txt": "Reset",
}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        ("django.template.loaders.locmem.Loader", PAGES),
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ]
        },
    }
]
