"""WSGI entry for gunicorn."""

from __future__ import annotations

import os

import django
from django.core.handlers.wsgi import WSGIHandler

from adminportal.wsgi_request import PlainRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminportal.settings")


class PortalHandler(WSGIHandler):
    """Django's handler, with requests whose headers cannot break it before a middleware could answer."""

    request_class = PlainRequest


django.setup(set_prefix=False)
application = PortalHandler()
