"""Registers the audit log; it knows no feature."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The append-only, chained record of what was done."""

    name = "adminportal.audit"
    verbose_name = "Audit log"
