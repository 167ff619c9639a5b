"""Authentication methods: what a person has registered to prove who they are, beside the password."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from adminportal import sealing
from users.models.tenant import Tenant
from users.models.user import User


class MethodKind(models.TextChoices):
    """What a method is; a person has at most one of each kind, and up to five authenticator apps."""

    EMAIL = "email", _("Email")
    EXTRA_EMAIL = "extra_email", _("Second email")
    MOBILE_PHONE = "mobile_phone", _("Mobile phone")
    ALTERNATE_PHONE = "alternate_phone", _("Alternate phone")
    OFFICE_PHONE = "office_phone", _("Office phone")
    AUTHENTICATOR = "authenticator", _("Authenticator app")


class AuthenticationMethod(models.Model):
    """One registered method.

    ``value`` is the address or the number (empty for an app), ``label`` what its owner calls an app. ``sealed_key`` is
    the TOTP key, sealed for the purpose ``totp`` with this row's id as context; ``last_step`` is the last time step
    (RFC 6238) that a code was accepted for, so that each code works once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="authentication_methods")
    kind = models.CharField(max_length=16, choices=MethodKind.choices)
    value = models.CharField(max_length=254, blank=True, default="")
    label = models.CharField(max_length=64, blank=True, default="")
    sealed_key = models.TextField(blank=True, default="")
    last_step = models.BigIntegerField(null=True, default=None)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True, default=None)

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"], name="method_one_of_a_kind", condition=~models.Q(kind="authenticator")
            ),
            models.UniqueConstraint(fields=["user"], name="method_one_default", condition=models.Q(is_default=True)),
        ]
        indexes = [models.Index(fields=["kind", "value"], name="method_by_value", condition=~models.Q(value=""))]


class RecoveryCode(models.Model):
    """One of ten printed one-time codes of 80 bits; only a keyed digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, unique=True)
    key_id = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, default=None)

    objects = ScopedManager(tenant="tenant")


class TrustedDevice(models.Model):
    """A browser that need not give the second factor again until ``expires_at``; the cookie holds the key."""

    key_digest = models.CharField(max_length=64, primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="trusted_devices")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, default=None)
    revoked_at = models.DateTimeField(null=True, default=None)
    user_agent = models.CharField(max_length=256, blank=True, default="")

    objects = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [models.Index(fields=["user"], name="trusted_live", condition=models.Q(revoked_at=None))]

    @property
    def reference(self) -> str:
        """How a page names this browser: not even the digest of a key leaves the server."""
        return sealing.keyed_digest("trusted-browser-reference", self.key_digest)[:32]
