"""A person who can sign in."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from users.models.tenant import Tenant
from users.names import fold_text, fold_upn


class UserType(models.TextChoices):
    """Whether the password is kept by this organisation."""

    MEMBER = "member", _("Member")
    GUEST = "guest", _("Guest")


class User(AbstractBaseUser):
    """A person of one tenant; the password columns are written by the reset and the change services alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+", db_index=False)
    user_principal_name = models.CharField(max_length=113)
    upn_folded = models.CharField(max_length=113, unique=True)
    user_type = models.CharField(max_length=8, choices=UserType.choices, default=UserType.MEMBER)
    display_name = models.CharField(max_length=256)
    given_name = models.CharField(max_length=64, blank=True, default="")
    surname = models.CharField(max_length=64, blank=True, default="")
    job_title = models.CharField(max_length=128, blank=True, default="")
    department = models.CharField(max_length=64, blank=True, default="")
    office = models.CharField(max_length=128, blank=True, default="")
    fax = models.CharField(max_length=64, blank=True, default="")
    street_address = models.CharField(max_length=1024, blank=True, default="")
    city = models.CharField(max_length=128, blank=True, default="")
    state = models.CharField(max_length=128, blank=True, default="")
    postal_code = models.CharField(max_length=40, blank=True, default="")
    country = models.CharField(max_length=128, blank=True, default="")
    mail = models.CharField(max_length=254, blank=True, default="")
    preferred_language = models.CharField(max_length=10, blank=True, default="")
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, default=None)

    account_enabled = models.BooleanField(default=True)
    block_reason = models.CharField(max_length=256, blank=True, default="")
    last_sign_in_at = models.DateTimeField(null=True, default=None)
    sessions_valid_from = models.DateTimeField(null=True, default=None)

    password = models.CharField(max_length=256)
    password_issued_at = models.DateTimeField(null=True, default=None)
    password_changed_at = models.DateTimeField(null=True, default=None)
    is_temporary = models.BooleanField(default=False)
    must_change = models.BooleanField(default=False)
    temporary_expires_at = models.DateTimeField(null=True, default=None)
    password_never_expires = models.BooleanField(default=False)
    strong_password_required = models.BooleanField(default=True)

    directory_name = models.CharField(max_length=128, blank=True, default="")
    on_premises_sync_enabled = models.BooleanField(default=False)

    sort_name = models.CharField(max_length=256, default="")
    sort_department = models.CharField(max_length=256, default="")
    sort_office = models.CharField(max_length=256, default="")
    sort_city = models.CharField(max_length=256, default="")
    sort_country = models.CharField(max_length=256, default="")
    search_names = models.TextField(default="")
    search_text = models.TextField(default="")

    last_login = None
    USERNAME_FIELD = "upn_folded"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "sort_name", "id"], name="user_by_name"),
            models.Index(fields=["tenant", "upn_folded", "id"], name="user_by_upn"),
            models.Index(fields=["tenant", "password_changed_at", "id"], name="user_by_password_change"),
            models.Index(fields=["tenant", "account_enabled", "sort_name", "id"], name="user_by_status"),
            # The end of a temporary password stands in it, so that those who are over are found by name without a look
            # at the others.
            models.Index(
                fields=["tenant", "sort_name", "id", "temporary_expires_at"],
                name="user_must_change",
                condition=models.Q(must_change=True),
            ),
            models.Index(
                fields=["tenant", "sort_name", "id"],
                name="user_never_issued",
                condition=models.Q(password_issued_at=None),
            ),
            models.Index(
                fields=["tenant", "sort_name", "id"], name="user_guest", condition=models.Q(user_type=UserType.GUEST)
            ),
        ]

    def __str__(self) -> str:
        return self.user_principal_name

    @property
    def initials(self) -> str:
        """Return up to two letters for the picture."""
        words = self.display_name.split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()

    def fold(self, *, alternate_email: str = "") -> None:
        """Fill the stored folded columns from the names; to be called before each save of a name.

        Each word starts after a blank so that a short fragment is found as the prefix of a word.
        """
        self.upn_folded = fold_upn(self.user_principal_name)
        self.sort_name = fold_text(self.display_name)[:256]
        for place in ("department", "office", "city", "country"):
            setattr(self, f"sort_{place}", fold_text(getattr(self, place))[:256])
        names = [self.display_name, self.user_principal_name, self.department, self.office]
        self.search_names = "".join(f" {fold_text(part)}" for part in names if part)
        self.search_text = self.search_names + (f" {fold_text(alternate_email)}" if alternate_email else "")
