"""For trying the portal out on one's own machine over plain loopback."""

from __future__ import annotations

import os

from adminportal.settings import env
from adminportal.settings.base import *  # noqa: F403
from adminportal.settings.base import PORT, VAR_DIR
from adminportal.tryout.keys import NAMES

for _name, _file in NAMES.items():
    # A command beside a trial run uses the keys of that run.
    if not os.environ.get(_name) and not os.environ.get(f"{_name}_FILE") and (VAR_DIR / _file).exists():
        os.environ[f"{_name}_FILE"] = str(VAR_DIR / _file)

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY")
SEALING_KEYS = env.words("SEALING_KEYS")
SESSION_COOKIE_NAME = "session"
CSRF_COOKIE_NAME = "csrf"
DEVICE_COOKIE_NAME = "device"
SSPR_COOKIE_NAME = "sspr"
TRUSTED_COOKIE_NAME = "trusted"
HOME_COOKIE_NAME = "home"
CSRF_TRUSTED_ORIGINS = [f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT}"]
DEMO = True
DEMO_PASSWORD = env.text("DEMO_PASSWORD", "")
