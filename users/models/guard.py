"""Counters of smart lockout, kept for every typed name, known or not."""

from __future__ import annotations

from django.db import models


class SignInGuard(models.Model):
    """Failures of one user name from familiar or from unfamiliar places.

    ``name_digest`` is a keyed digest of the folded name: somebody may type a password there. ``user_id`` says whose
    name it is, where it is somebody's, so that those who are locked can be listed.
    """

    name_digest = models.CharField(max_length=64)
    is_familiar = models.BooleanField()
    # No foreign key: its check would wait for the row of the person, which a reset holds while it deletes this one.
    user_id = models.UUIDField(null=True, default=None)
    failures = models.PositiveIntegerField(default=0)
    failures_in_a_row = models.PositiveIntegerField(default=0)
    locks = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, default=None)
    last_failure_at = models.DateTimeField(null=True, default=None)
    recent_wrong = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name_digest", "is_familiar"], name="guard_once")]
        indexes = [
            models.Index(
                fields=["user_id"],
                name="guard_of_locked",
                condition=models.Q(user_id__isnull=False, locked_until__isnull=False),
            )
        ]
