"""Bulk jobs: one act on many people, its items and the chunks in which workers take them."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from users.models import Tenant, User


class BulkAct(models.TextChoices):
    """What is done to everybody of a job; all but the first have the values of ``users.services.acts.Act``."""

    RESET = "reset", _("Reset password")
    FORCE_CHANGE = "force_change", _("Force a password change")
    BLOCK = "block", _("Block sign-in")
    ALLOW = "allow", _("Allow sign-in")
    SIGN_OUT = "sign_out", _("Sign out everywhere")
    NEVER_EXPIRES = "never_expires", _("Password never expires")
    EXPIRES = "expires", _("Password expires")
    STRONG_OPTIONAL = "strong_optional", _("Strong password not required")
    STRONG_REQUIRED = "strong_required", _("Strong password required")


class BulkState(models.TextChoices):
    """Where a job is on its way."""

    DRAFT = "draft", _("Not started")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    CANCELED = "canceled", _("Canceled")
    STOPPED = "stopped", _("Stopped")
    FINISHED = "finished", _("Finished")


UNDER_WAY = (BulkState.RUNNING, BulkState.PAUSED)
"""States in which people are yet to come to their end."""


class BulkEnd(models.TextChoices):
    """How one item ended; every item of a job that is over has left LEFT behind."""

    LEFT = "left", _("Not begun")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Unknown")
    CANCELED = "canceled", _("Canceled")


class BulkJob(models.Model):
    """One act on many people, from the choice of people to the purge of its results.

    ``source`` holds the frozen condition (search words, view, group) and, for a list, the names that led to nobody;
    ``options`` never holds a secret. ``wave`` counts how often workers were woken: a task of an older wave runs once
    more and is not queued again, so that tasks never pile up. ``touched_at`` is when a worker last took it up.
    ``is_proven`` tells whether the starter gave fresh proof: without it nobody who holds a role is reached.
    """

    class SourceKind(models.TextChoices):
        """How the people were chosen."""

        TICKED = "ticked", _("Ticked users")
        FILTER = "filter", _("Filter")
        LIST = "list", _("List of user names")
        GROUP = "group", _("Group")
        ALL = "all", _("All users")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    starter = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    starter_name = models.CharField(max_length=256, blank=True, default="")
    entrance = models.CharField(max_length=8, default="bulk")
    act = models.CharField(max_length=16, choices=BulkAct.choices, default=BulkAct.RESET)
    state = models.CharField(max_length=8, choices=BulkState.choices, default=BulkState.DRAFT)
    source_kind = models.CharField(max_length=8, choices=SourceKind.choices)
    source = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    requested = models.PositiveIntegerField(default=0)
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    correlation_id = models.UUIDField(default=uuid.uuid4)
    created_at = models.DateTimeField()
    previewed_at = models.DateTimeField(null=True, default=None)
    started_at = models.DateTimeField(null=True, default=None)
    finished_at = models.DateTimeField(null=True, default=None)
    touched_at = models.DateTimeField(null=True, default=None)
    wave = models.PositiveIntegerField(default=0)
    stop_code = models.CharField(max_length=40, blank=True, default="")
    is_proven = models.BooleanField(default=False)
    sealed_until = models.DateTimeField(null=True, default=None)
    purged_at = models.DateTimeField(null=True, default=None)

    objects = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-created_at", "-id"], name="bulk_newest_first"),
            models.Index(fields=["touched_at"], name="bulk_running", condition=models.Q(state="running")),
            models.Index(fields=["created_at"], name="bulk_drafts", condition=models.Q(state="draft")),
            models.Index(
                fields=["sealed_until"],
                name="bulk_to_purge",
                condition=models.Q(purged_at=None, sealed_until__isnull=False),
            ),
        ]


class BulkChunk(models.Model):
    """Items that a worker takes together; its counts always add up to the number of its items.

    ``claim`` is the token of the worker that has it until ``claimed_until``; whoever writes an end must still hold it.
    ``tries`` counts claims that came to no end.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    claim = models.UUIDField(null=True, default=None)
    claimed_until = models.DateTimeField(null=True, default=None)
    settled_at = models.DateTimeField(null=True, default=None)
    tries = models.PositiveSmallIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    canceled = models.PositiveIntegerField(default=0)

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="bulk_chunk_once")]
        indexes = [
            models.Index(fields=["job", "tries", "number"], name="bulk_chunk_open", condition=models.Q(left__gt=0))
        ]


class BulkItem(models.Model):
    """One person of a job; ``code`` and ``values`` are those of the sentence where nothing was done."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="items", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    chunk = models.PositiveIntegerField()
    end = models.CharField(max_length=8, choices=BulkEnd.choices, default=BulkEnd.LEFT)
    code = models.CharField(max_length=40, blank=True, default="")
    values = models.JSONField(default=dict)
    reset = models.ForeignKey(
        "passwords.PasswordReset", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="bulk_item_place_once"),
            models.UniqueConstraint(fields=["job", "user"], name="bulk_item_person_once"),
        ]
        indexes = [
            models.Index(fields=["job", "chunk"], name="bulk_item_of_chunk"),
            models.Index(fields=["job", "end", "position"], name="bulk_item_by_end"),
            models.Index(fields=["reset"], name="bulk_item_of_reset", condition=models.Q(reset__isnull=False)),
        ]
