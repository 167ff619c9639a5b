"""A file of people on its way from the preview to the result."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from users.models.tenant import Tenant
from users.models.user import User


class ImportBatch(models.Model):
    """The rows of one upload with their faults; nobody is created before its starter confirms it.

    ``rows`` holds ``{"n": row number, "v": values in the order of the layout, "f": faults}`` in the order of the
    file. ``position`` counts the good rows that are dealt with: each chunk moves it under the row lock, so that two
    runs of one batch add nobody twice. ``taken`` and ``unlicensed`` are row numbers that came out otherwise than the
    preview said.
    """

    class State(models.TextChoices):
        """How far it is."""

        PREVIEW = "preview", _("Waiting for confirmation")
        ADDING = "adding", _("Being added")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    starter = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.PREVIEW)
    source = models.CharField(max_length=128, blank=True, default="")
    rows = models.JSONField(default=list)
    gives_licence = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    taken = models.JSONField(default=list)
    unlicensed = models.JSONField(default=list)
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)

    objects = ScopedManager(tenant="tenant")
