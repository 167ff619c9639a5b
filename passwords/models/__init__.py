"""Resets with their sealed result, links to it, bulk jobs, history and policy."""

from __future__ import annotations

from passwords.models.bulk import UNDER_WAY, BulkAct, BulkChunk, BulkEnd, BulkItem, BulkJob, BulkState
from passwords.models.policy import PasswordHistory, PasswordPolicy
from passwords.models.reminder import PasswordReminder
from passwords.models.request import PasswordRequest, RequestState
from passwords.models.reset import PasswordReset, RevealLink

__all__ = [
    "UNDER_WAY",
    "BulkAct",
    "BulkChunk",
    "BulkEnd",
    "BulkItem",
    "BulkJob",
    "BulkState",
    "PasswordHistory",
    "PasswordPolicy",
    "PasswordReminder",
    "PasswordRequest",
    "PasswordReset",
    "RequestState",
    "RevealLink",
]
