"""Attempts of the wizard, and what is counted against an account that they were about."""

from __future__ import annotations

import uuid

from django.db import models

from users.models import Tenant, User


class RecoveryAttempt(models.Model):
    """One browser's way through the wizard; its id is the correlation id and the support code.

    It is found by the digest of its cookie alone. ``subject`` is the keyed digest of the folded name that was typed:
    somebody may type a password there. ``user`` is None for a name that nobody has, ``sspr_code`` says why a person
    goes the neutral way. ``state`` is one of ``sspr.flow.State``; ``moves`` rises with every step and is what a form
    must name to be answered. What a decoy shows is drawn from ``decoy_seed``. ``wait_until`` is when
    an administrator may go on, where others could stop the reset until then. Not scoped: it exists before any tenant
    is known.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cookie_digest = models.CharField(max_length=64, unique=True)
    subject = models.CharField(max_length=64)
    tenant = models.ForeignKey(Tenant, null=True, default=None, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, null=True, default=None, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16)
    moves = models.PositiveSmallIntegerField(default=0)
    posts = models.PositiveSmallIntegerField(default=0)
    is_unlock = models.BooleanField(default=False)
    sspr_code = models.CharField(max_length=12, blank=True, default="")
    gates_required = models.PositiveSmallIntegerField(default=1)
    policy_version = models.PositiveIntegerField(default=0)
    chosen_gate = models.CharField(max_length=16, blank=True, default="")
    proven_gates = models.JSONField(default=list)
    proven_destinations = models.JSONField(default=list)
    questions = models.JSONField(default=list)
    language = models.CharField(max_length=10, default="en")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wait_until = models.DateTimeField(null=True, default=None)
    ended_at = models.DateTimeField(null=True, default=None)
    end_reason = models.CharField(max_length=80, blank=True, default="")
    contacted_at = models.DateTimeField(null=True, default=None)
    decoy_seed = models.CharField(max_length=64, blank=True, default="")
    decoy_initial = models.CharField(max_length=1, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["subject"], name="attempt_open_of_subject", condition=models.Q(ended_at=None)),
            models.Index(fields=["expires_at"], name="attempt_running_out", condition=models.Q(ended_at=None)),
            models.Index(fields=["tenant", "-created_at"], name="attempt_newest_first"),
            # Two, since those of nobody go much earlier: one alone would lead past everybody's of a year each time.
            models.Index(fields=["created_at"], name="attempt_age", condition=models.Q(ended_at__isnull=False)),
            models.Index(
                fields=["created_at"],
                name="attempt_age_of_nobody",
                condition=models.Q(ended_at__isnull=False, user__isnull=True),
            ),
        ]


class RecoveryLock(models.Model):
    """Self-service is closed for an account, known or not, until a moment; signing in is not touched.

    ``gate`` is empty where all of it is closed, else the one method that pauses.
    """

    subject = models.CharField(max_length=64)
    gate = models.CharField(max_length=16, blank=True, default="")
    until = models.DateTimeField()
    limit = models.CharField(max_length=12)
    user_id = models.UUIDField(null=True, default=None)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "gate"], name="lock_one_a_gate")]
        indexes = [models.Index(fields=["until"], name="lock_age")]


class GateFailures(models.Model):
    """Failures in a row of one method of one account (L11); a hundred disable it until it is registered again.

    ``user_id`` says whose account it is, where it is somebody's; the others are forgotten some time after
    ``changed_at``.
    """

    subject = models.CharField(max_length=64)
    gate = models.CharField(max_length=16)
    in_a_row = models.PositiveIntegerField(default=0)
    user_id = models.UUIDField(null=True, default=None)
    changed_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "gate"], name="failures_once")]
        indexes = [
            models.Index(fields=["changed_at"], name="failures_age_of_nobody", condition=models.Q(user_id__isnull=True))
        ]
