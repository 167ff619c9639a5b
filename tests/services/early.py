"""Set the environment before pytest-django loads the settings (named by ``-p`` in pyproject.toml)."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

DATABASE = os.environ.get("TEST_DATABASE", "postgresql")
"""``postgresql`` or ``sqlite``: what the run uses."""

if DATABASE not in ("postgresql", "sqlite"):
    raise SystemExit(f"TEST_DATABASE={DATABASE!r} is neither postgresql nor sqlite.")

for name in (
    "AUDIT_SINK_URL",
    "AUDIT_SINK_SECRET",
    "REDIS_URL",
    "EMAIL_URL",
    "SMS_URL",
    "PUBLIC_URL",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "HASH_SLOTS",
):
    os.environ.pop(name, None)
os.environ["PORTAL_ENV"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "adminportal.settings"
# Inherited by the workers of pytest-xdist; nothing of a developer's own var/ is touched.
if "PORTAL_TEST_VAR_DIR" not in os.environ:
    os.environ["PORTAL_TEST_VAR_DIR"] = tempfile.mkdtemp(prefix="portal-test-")
    atexit.register(shutil.rmtree, os.environ["PORTAL_TEST_VAR_DIR"], ignore_errors=True)
os.environ["VAR_DIR"] = os.environ["PORTAL_TEST_VAR_DIR"]
if DATABASE == "sqlite":
    os.environ["DATABASE_URL"] = f"sqlite:///{os.environ['VAR_DIR']}/test.sqlite3"
else:
    # Port 1 is a placeholder: the cluster starts with the first test that needs a database.
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "postgresql://portal@127.0.0.1:1/portal")
