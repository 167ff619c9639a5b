"""Reads of directory data, all inside the tenant's scope."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from users.models import User


def get_user(user_id: UUID) -> User:
    """Return a person of this tenant who is not deleted.

    :raises Http404: when there is none; another tenant's people do not exist here.
    """
    user = User.objects.filter(pk=user_id, deleted_at=None).first()
    if user is None:
        raise Http404
    return user
