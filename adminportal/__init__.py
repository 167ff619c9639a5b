"""Root and kernel of the portal."""

from __future__ import annotations

from adminportal.celery import app as celery_app

__all__ = ["celery_app"]
