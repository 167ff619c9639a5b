"""For real people: refuses to start unsafe."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from adminportal.settings import base, env
from adminportal.settings.base import *  # noqa: F403
from adminportal.settings.refusals import Start, reasons

DEBUG = False
DEMO = False
SECRET_KEY = env.text("SECRET_KEY")
SEALING_KEYS = env.words("SEALING_KEYS")
SMS_CHANNEL_URL = env.text("SMS_URL", "")
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
DEVICE_COOKIE_NAME = "__Host-device"
SSPR_COOKIE_NAME = "__Host-sspr"
TRUSTED_COOKIE_NAME = "__Host-trusted"
HOME_COOKIE_NAME = "__Host-home"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [base.PUBLIC_URL]
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
# Probes and the scraper of metrics come past the proxy, over plain http, and name the address that they ask.
ALLOWED_HOSTS = [*base.ALLOWED_HOSTS, "127.0.0.1"]
SECURE_REDIRECT_EXEMPT = [r"^health/(live|ready)$", r"^metrics$"]
# Entering the browsers' preload list binds a whole domain for years: that is the operator's to decide.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

_unsafe = reasons(
    Start(
        debug=env.text("DEBUG", ""),
        secret_key=SECRET_KEY,
        sealing_keys=SEALING_KEYS,
        audit_key=base.AUDIT_KEY,
        database_engine=str(base.DATABASES["default"]["ENGINE"]),
        redis_url=base.REDIS_URL,
        public_url=base.PUBLIC_URL,
        allowed_hosts=base.ALLOWED_HOSTS,
        trusted_proxies=base.TRUSTED_PROXIES,
        email_url=base.EMAIL_CHANNEL_URL,
        email_from=base.EMAIL_FROM,
        sms_url=SMS_CHANNEL_URL,
        voice_url=base.VOICE_CHANNEL_URL,
    )
)
if _unsafe:
    raise ImproperlyConfigured(
        "The portal does not start with unsafe settings:\n" + "\n".join(f"- {r}" for r in _unsafe)
    )
