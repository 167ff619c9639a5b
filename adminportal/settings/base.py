"""What every environment shares."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from bootstrap_wrapper import get_bootstrap_css_dir
from celery.schedules import crontab
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext_lazy as _

from adminportal import logging
from adminportal.settings import addresses, env
from adminportal.settings.headers import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

INSTALLED_APPS = [
    "adminportal.audit",
    "adminportal.outbox",
    "adminportal.throttle",
    "adminportal.shell",
    "adminportal.centre",
    "users",
    "passwords",
    "sspr",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "csp",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # What writes headers comes first, so that the answers of all others carry them too.
    "adminportal.middleware.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "adminportal.middleware.correlation.CorrelationMiddleware",
    # Before whatever reads a form: the check of its CSRF value is the first.
    "adminportal.middleware.bodies.BodiesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "adminportal.middleware.faults.FaultsMiddleware",
    "users.middleware.PrincipalMiddleware",
    "users.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "users.middleware.GateMiddleware",
    "adminportal.middleware.text.TextMiddleware",
]

ROOT_URLCONF = "adminportal.urls"
WSGI_APPLICATION = "adminportal.wsgi.application"
AUTH_USER_MODEL = "users.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "adminportal.shell.context.shell",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("nb", _("Norwegian Bokmål")), ("sv", _("Swedish")), ("da", _("Danish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
for _code in ("nn", "no"):
    # Who asks for Nynorsk, or for Norwegian alone, reads Bokmål rather than English.
    LANG_INFO[_code]["fallback"] = ["nb"]
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "adminportal.formats"
# What a language without a module of its own gets.
DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y H:i"
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", get_bootstrap_css_dir())]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 3600

PORT = env.integer("PORT", 8000, low=1, high=65535)
PUBLIC_URL = env.text("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0, high=16)
REDIS_URL = env.text("REDIS_URL", "")
EMAIL_CHANNEL_URL = env.text("EMAIL_URL", "inbox:")
EMAIL_FROM = env.text("EMAIL_FROM", "portal@contoso.example")
SUPPORT_URL = addresses.support_page(env.text("SUPPORT_URL", ""))
SUPPORT_CONTACT = addresses.support_contact(env.text("SUPPORT_CONTACT", ""))
SMS_CHANNEL_URL = env.text("SMS_URL", "inbox:")
SMS_A_DAY = env.integer("SMS_A_DAY", 5_000, low=0, high=10_000_000)
VOICE_CHANNEL_URL = env.text("VOICE_URL", "")
AUDIT_KEY = env.text("AUDIT_KEY", "")
AUDIT_SINK_SECRET = env.text("AUDIT_SINK_SECRET", "")
AUDIT_SINK_URL = addresses.audit_sink(env.text("AUDIT_SINK_URL", ""), secret=AUDIT_SINK_SECRET)
AUDIT_SINK_LATE_MINUTES = env.integer("AUDIT_SINK_LATE_MINUTES", 15, low=1, high=10_080)
AUDIT_RETENTION_DAYS = env.integer("AUDIT_RETENTION_DAYS", 400, low=30, high=3650)
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
EGRESS_ALLOW = env.words("EGRESS_ALLOW", "127.0.0.0/8,::1/128,localhost")

DATABASES = {"default": addresses.database(env.text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'portal.sqlite3'}"))}

CORES = os.cpu_count() or 1
WEB_PROCESSES = env.integer("WEB_PROCESSES", 1, low=1, high=256)
WEB_THREADS = env.integer("WEB_THREADS", 16, low=2, high=512)
HASH_SLOTS = env.integer("HASH_SLOTS", max(1, CORES // WEB_PROCESSES), low=1, high=256)
BULK_WORKERS = env.integer("BULK_WORKERS", max(1, CORES - 1), low=1, high=256)
# How long the people of a chunk belong to a worker of which nothing is heard; one that makes hashes renews it. A third
# of it is how long a running job may stand still before workers are woken again.
BULK_LEASE_SECONDS = 60
BULK_CHUNK_SIZE = 200
HASH_QUEUE = max(1, WEB_THREADS // 2)
HASH_WAIT_SECONDS = 5.0
# The most of both together is a hash of some ten seconds: it ends before a claim of a bulk worker does.
ARGON2_MEMORY_KIB = env.integer("HASH_MEMORY_KIB", 19_456, low=19_456, high=2_097_152)
ARGON2_TIME = env.integer("HASH_TIME", 2, low=2, high=12)
ARGON2_PARALLELISM = env.integer("HASH_PARALLELISM", 1, low=1, high=16)
PASSWORD_HASHERS = ["adminportal.hashing.PortalArgon2Hasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, object]] = []

# Work of a browser before a public page answers it: derivations (doubled by each level) of so many rounds each.
PROOF_OF_WORK_STEPS = 150
PROOF_OF_WORK_COST = 2_000

DEFAULT_EXCEPTION_REPORTER_FILTER = "adminportal.error_reports.PortalReportFilter"
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = logging.setting(LOG_LEVEL)

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "adminportal.centre.views.errors.csrf_failure"
SESSION_IDLE = timedelta(hours=1)
SESSION_TOTAL = timedelta(hours=24)
ADMIN_SESSION_IDLE = timedelta(minutes=15)
ADMIN_SESSION_TOTAL = timedelta(hours=12)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

CELERY_BROKER_URL = REDIS_URL or "redis://127.0.0.1:6379/0"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 3,
    "socket_connect_timeout": 1,
    "retry_on_timeout": False,
    "visibility_timeout": 600,
}
# Left alone, Celery connects to the database anew for every task; adminportal.celery looks after the connections.
CELERY_DB_REUSE_MAX = 2**31
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "adminportal.centre.tasks.sweep", "schedule": timedelta(seconds=15)},
    "seal-audit": {"task": "adminportal.audit.tasks.seal", "schedule": timedelta(seconds=5)},
    "feed-audit-sink": {"task": "adminportal.audit.tasks.feed", "schedule": timedelta(seconds=10)},
    "checkpoint-audit": {"task": "adminportal.audit.tasks.checkpoint", "schedule": crontab(hour=1, minute=10)},
}
