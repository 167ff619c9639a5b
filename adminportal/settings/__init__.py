"""Settings of one of three environments, named by ``PORTAL_ENV``: demo, production, test."""

from __future__ import annotations

from adminportal.settings import env

PORTAL_ENV = env.choice("PORTAL_ENV", "demo", ("demo", "production", "test"))

if PORTAL_ENV == "production":
    from adminportal.settings.production import *  # noqa: F403
elif PORTAL_ENV == "test":
    from adminportal.settings.test import *  # noqa: F403
else:
    from adminportal.settings.demo import *  # noqa: F403
