"""For real people: refuses to start unsafe."""

from __future__ import annotations

from adminportal.settings import env
from adminportal.settings.base import *  # noqa: F403

DEBUG = False
DEMO = False
SECRET_KEY = env.text("SECRET_KEY")
SEALING_KEYS = env.words("SEALING_KEYS")
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
DEVICE_COOKIE_NAME = "__Host-device"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
