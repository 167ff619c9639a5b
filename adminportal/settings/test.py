"""For the test suite: a cheap hasher is allowed here and nowhere else."""

from __future__ import annotations

import os

os.environ.setdefault("SECRET_KEY", "test-only-secret-key-of-more-than-fifty-characters-0123456789")
os.environ.setdefault(
    "SEALING_KEYS", "test-only-sealing-key-number-one-0123456789,test-only-sealing-key-number-two-0123456789"
)
os.environ.setdefault("DATABASE_URL", "sqlite:///:memory:")

from adminportal.settings.demo import *  # noqa: F403

PASSWORD_HASHERS = ["adminportal.hashing.CheapHasher", "adminportal.hashing.PortalArgon2Hasher"]
ALLOWED_HOSTS = ["*"]
DEMO = True
# Pages must render before the files were collected, and a missing folder is no warning.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# What browsers work out for themselves is worked out by the tests.
PROOF_OF_WORK_STEPS = 2
PROOF_OF_WORK_COST = 1
# Jobs of a few dozen people have several chunks then.
BULK_CHUNK_SIZE = 25
