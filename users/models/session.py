"""Signed-in browsers."""

from __future__ import annotations

from django.db import models

from adminportal import sealing
from users.models.tenant import Tenant
from users.models.user import User


class Session(models.Model):
    """One session; the key itself is only in the cookie, here is its SHA-256.

    ``second_factor_at`` says when the second factor was given in it, ``registration_asked_at`` when its person answered
    the question for more security information (registered, reviewed or skipped), ``password_expired_at`` since when the
    password was over that it began with: nothing opens in it before a new one is chosen.
    """

    key_digest = models.CharField(max_length=64, primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True, default=None)
    second_factor_at = models.DateTimeField(null=True, default=None)
    registration_asked_at = models.DateTimeField(null=True, default=None)
    password_expired_at = models.DateTimeField(null=True, default=None)
    ended_at = models.DateTimeField(null=True, default=None)
    ip_address = models.CharField(max_length=45, blank=True, default="")
    user_agent = models.CharField(max_length=256, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["user"], name="session_live", condition=models.Q(ended_at=None)),
            models.Index(fields=["last_seen_at"], name="session_age"),
        ]

    @property
    def reference(self) -> str:
        """How a page names this session: not even the digest of a key leaves the server."""
        return sealing.keyed_digest("session-reference", self.key_digest)[:32]
