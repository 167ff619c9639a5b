"""The tenant's settings of self-service password reset."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from users.models import Group, Tenant, User


class Reach(models.TextChoices):
    """For whom self-service password reset is enabled."""

    NONE = "none", _("None")
    SELECTED = "selected", _("Selected")
    ALL = "all", _("All")


class Gate(models.TextChoices):
    """A way to prove who one is in the wizard; the words are those of the blade *Authentication methods*."""

    EMAIL = "email", _("Email")
    MOBILE_SMS = "mobile_sms", _("Mobile phone (SMS)")
    MOBILE_VOICE = "mobile_voice", _("Mobile phone (voice)")
    OFFICE_VOICE = "office_voice", _("Office phone (voice)")
    APP = "app", _("Mobile app code")
    QUESTIONS = "questions", _("Security questions")
    RECOVERY_CODE = "recovery", _("Recovery code")


def default_gates() -> list[str]:
    """Return the methods of a tenant that never chose any."""
    return [Gate.EMAIL.value, Gate.MOBILE_SMS.value, Gate.APP.value]


class SsprPolicy(models.Model):
    """Settings of one tenant; one without a row has the defaults. ``version`` rises with every change."""

    tenant = models.OneToOneField(Tenant, primary_key=True, on_delete=models.CASCADE, related_name="sspr_policy")
    version = models.PositiveIntegerField(default=1)
    reach = models.CharField(max_length=8, choices=Reach.choices, default=Reach.NONE)
    group = models.ForeignKey(Group, null=True, default=None, on_delete=models.PROTECT, related_name="+")
    gates_required = models.PositiveSmallIntegerField(default=1)
    two_gates_with_second_factor = models.BooleanField(default=True)
    gates = models.JSONField(default=default_gates)
    questions_to_register = models.PositiveSmallIntegerField(default=5)
    questions_to_reset = models.PositiveSmallIntegerField(default=3)
    must_register = models.BooleanField(default=True)
    reconfirm_days = models.PositiveSmallIntegerField(default=180)
    notify_users = models.BooleanField(default=True)
    notify_admins = models.BooleanField(default=True)
    customize_helpdesk = models.BooleanField(default=False)
    helpdesk_link = models.CharField(max_length=254, blank=True, default="")
    allow_unlock = models.BooleanField(default=False)
    admins_may_use = models.BooleanField(default=True)
    admin_wait_minutes = models.PositiveSmallIntegerField(default=0)
    code_minutes = models.PositiveSmallIntegerField(default=10)
    explain_reason = models.BooleanField(default=False)
    questions_redraw_on_error = models.BooleanField(default=False)
    questions_alone = models.BooleanField(default=False)
    sends_lock_hours = models.PositiveSmallIntegerField(default=0)
    start_lock_hours = models.PositiveSmallIntegerField(default=0)
    sms_a_day = models.PositiveIntegerField(default=500)
    sms_countries = models.JSONField(default=list)


class CustomQuestion(models.Model):
    """A security question of the tenant's own wording."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "text"], name="question_once")]


class Registration(models.Model):
    """When a person registered for self-service and last looked at it."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="sspr_registration")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    registered_at = models.DateTimeField(null=True, default=None)
    reviewed_at = models.DateTimeField(null=True, default=None)
    must_register_again = models.BooleanField(default=False)

    objects = ScopedManager(tenant="tenant")


class SecurityAnswer(models.Model):
    """A registered answer, hashed with Argon2id; ``question`` is a built-in key or ``own:<uuid>``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="security_answers")
    question = models.CharField(max_length=48)
    answer = models.CharField(max_length=256)
    created_at = models.DateTimeField()

    objects = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "question"], name="answer_once")]
