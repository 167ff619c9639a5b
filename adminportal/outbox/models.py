"""The rows of the outbox: one message to one recipient, and what a trial's inbox caught."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """How a message travels."""

    EMAIL = "email", _("Email")
    SMS = "sms", _("Text message")
    VOICE = "voice", _("Phone call")


class Lane(models.TextChoices):
    """Which queue carries it: the messages of a bulk job never stand before those of single people."""

    SINGLE = "mail", _("Single")
    BULK = "bulk-mail", _("Bulk")


class State(models.TextChoices):
    """Where a message stands; a row ends in one of the others than queued and sending."""

    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Not sent in time")
    CANCELLED = "cancelled", _("Withdrawn")
    HELD_BACK = "held_back", _("Not sent")


class Failure(models.TextChoices):
    """Why the last attempt did not succeed; the sentence is what the message trace shows."""

    ADDRESS_INVALID = "address_invalid", _("The address cannot be written to.")
    CHANNEL_UNAVAILABLE = "channel_unavailable", _("This way of sending is not set up.")
    CODE_GONE = "code_gone", _("The code was used, replaced or over before the message went out.")
    CONTENT_REFUSED = "content_refused", _("The receiving server refused the message.")
    CONTENT_UNBUILDABLE = ("content_unbuildable", _("The message could not be put together."))
    HELD_BACK_BUDGET = "held_back_budget", _("The text messages and calls of this day are used up.")
    HELD_BACK_KIND = "held_back_kind", _("Nothing is sent to this country or kind of number.")
    HELD_BACK_PLACE = "held_back_place", _("Too many codes went there before.")
    HELD_BACK_PREFIX = "held_back_prefix", _("Too many codes went to numbers like this one.")
    KEY_GONE = "key_gone", _("The key that made its link has been removed.")
    NO_ANSWER = ("no_answer", _("The receiving server gave no answer; it is tried once more."))
    NO_ANSWER_TWICE = ("no_answer_twice", _("No answer twice: it may have arrived, and is not sent a third time."))
    RECIPIENT_REFUSED = ("recipient_refused", _("The receiving server does not know or accept the address."))
    RESTORED = "restored", _("The portal was restored from a backup, which ended what the message carried.")
    SECRET_GONE = ("secret_gone", _("The password was used, replaced or wiped before the message went out."))
    SENDER_REFUSED = ("sender_refused", _("The sending server did not accept the sender; an operator must look at it."))
    SIGN_IN_REFUSED = (
        "sign_in_refused",
        _("The sending server refused the portal's sign-in; an operator must look at it."),
    )
    TRY_LATER = "try_later", _("The receiving server asked to try again later.")
    UNREACHABLE = "unreachable", _("The server that sends it could not be reached.")


HELD_BACK = (
    Failure.HELD_BACK_BUDGET,
    Failure.HELD_BACK_KIND,
    Failure.HELD_BACK_PLACE,
    Failure.HELD_BACK_PREFIX,
)
"""Why a limit let nothing go out; whoever asked for the message does not learn it."""
WAY_IS_CLOSED = (
    Failure.UNREACHABLE,
    Failure.SIGN_IN_REFUSED,
    Failure.SENDER_REFUSED,
    Failure.CHANNEL_UNAVAILABLE,
    Failure.NO_ANSWER,
    Failure.NO_ANSWER_TWICE,
)
"""Failures that tell about the server rather than about one recipient."""


class OutboundMessage(models.Model):
    """A message to one recipient: its secret link is derived on delivery, never stored.

    ``secret_purpose`` names the feature that opens further secrets of its content at delivery; they are not stored
    here either.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant_id = models.UUIDField()
    template = models.CharField(max_length=64)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    to = models.CharField(max_length=254)
    language = models.CharField(max_length=16)
    about_user_id = models.UUIDField(null=True)
    context = models.JSONField(default=dict)
    lane = models.CharField(max_length=12, choices=Lane.choices, default=Lane.SINGLE)
    secret_purpose = models.CharField(max_length=64, default="", blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    generation = models.PositiveIntegerField(default=1)
    key_id = models.CharField(max_length=16)
    link_purpose = models.CharField(max_length=64, default="", blank=True)
    link_digest = models.CharField(max_length=64, null=True)  # noqa: DJ001  # unique among links only
    link_closed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    uncertain_attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    not_after = models.DateTimeField()
    created_at = models.DateTimeField()
    issued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=32, choices=Failure.choices, default="", blank=True)
    failure_detail = models.CharField(max_length=300, default="", blank=True)
    provider_id = models.CharField(max_length=200, default="", blank=True)
    correlation_id = models.UUIDField()

    class Meta:
        """Indexes for the dispatcher, and for the trace by tenant, person and attempt."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["lane", "next_attempt_at"], name="outbox_due_of_lane", condition=models.Q(state="queued")
            ),
            models.Index(fields=["claimed_until"], name="outbox_claimed", condition=models.Q(state="sending")),
            models.Index(fields=["not_after"], name="outbox_waiting", condition=models.Q(state="queued")),
            models.Index(fields=["tenant_id", "-created_at", "-id"], name="outbox_trace"),
            models.Index(fields=["tenant_id", "about_user_id", "-created_at"], name="outbox_person"),
            models.Index(fields=["correlation_id"], name="outbox_correlation"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Not unique=True, which brings a second index for LIKE along; nobody looks for a part of a digest.
            models.UniqueConstraint(fields=["link_digest"], name="outbox_link_once"),
            models.CheckConstraint(
                condition=models.Q(link_purpose="") | models.Q(link_digest__isnull=False), name="outbox_link_has_digest"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="sending") | models.Q(claimed_until__isnull=False),
                name="outbox_sending_is_claimed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.id}"


class DevMessage(models.Model):
    """What the channel ``inbox:`` caught in a trial or a test: a message as its recipient would see it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=998, default="", blank=True)
    text = models.TextField()
    html = models.TextField(default="", blank=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        """Read newest first, often by recipient."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-created_at", "-id"], name="outbox_inbox_newest"),
            models.Index(fields=["to"], name="outbox_inbox_to"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.id}"
