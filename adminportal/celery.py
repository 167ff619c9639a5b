"""Celery application: the broker carries row ids only and merely wakes a worker."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminportal.settings")

app = Celery("adminportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
