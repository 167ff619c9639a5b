"""Codes that were sent to prove control of an address or a number."""

from __future__ import annotations

import uuid

from django.db import models


class Purpose(models.TextChoices):
    """What a code is good for; one made for another purpose is wrong."""

    SELF_SERVICE = "sspr"
    FRESH_PROOF = "proof"
    CONTACT = "contact"
    METHOD = "method"


class Challenge(models.Model):
    """One code on its way to one destination: derived from its message, kept here as a keyed digest alone.

    ``bound_to`` is what it belongs to: the attempt of the wizard, or the person for proofs and changes. ``user_id`` is
    None for a name that nobody has; such a row costs the same work and no code is right for it. ``tenant_id`` is a
    plain UUID for the same reason. Of one ``bound_to`` and ``purpose`` only the newest row is alive.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant_id = models.UUIDField()
    user_id = models.UUIDField(null=True)
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    bound_to = models.UUIDField()
    method = models.CharField(max_length=16)
    channel = models.CharField(max_length=8)
    destination_digest = models.CharField(max_length=64)
    message_id = models.UUIDField(unique=True)
    code_digest = models.CharField(max_length=64)
    key_id = models.CharField(max_length=16)
    digits = models.PositiveSmallIntegerField()
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, default=None)
    replaced_at = models.DateTimeField(null=True, default=None)
    confirmed_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bound_to", "purpose"],
                name="challenge_newest_only",
                condition=models.Q(used_at=None, replaced_at=None),
            )
        ]
        indexes = [
            models.Index(fields=["user_id", "-created_at"], name="challenge_of_person"),
            models.Index(fields=["expires_at"], name="challenge_age"),
        ]


class ContactChange(models.Model):
    """A change of contact data that waits, because its owner could give no fresh proof.

    It is carried out at ``due_at`` unless it was stopped from one of the old addresses. An empty ``new_value`` removes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant_id = models.UUIDField()
    user_id = models.UUIDField()
    kind = models.CharField(max_length=16)
    new_value = models.CharField(max_length=254, blank=True, default="")
    old_value = models.CharField(max_length=254, blank=True, default="")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, default=None)
    stopped_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "kind"],
                name="contact_change_one_waits",
                condition=models.Q(done_at=None, stopped_at=None),
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="contact_change_due", condition=models.Q(done_at=None, stopped_at=None)
            )
        ]
