"""Self service: its settings, attempts, and what people registered for it."""

from __future__ import annotations

from sspr.models.ask import AskKind, PublicAsk
from sspr.models.attempt import GateFailures, RecoveryAttempt, RecoveryLock
from sspr.models.campaign import Campaign, CampaignPerson
from sspr.models.policy import CustomQuestion, Gate, Reach, Registration, SecurityAnswer, SsprPolicy

__all__ = [
    "AskKind",
    "Campaign",
    "CampaignPerson",
    "CustomQuestion",
    "Gate",
    "GateFailures",
    "PublicAsk",
    "Reach",
    "RecoveryAttempt",
    "RecoveryLock",
    "Registration",
    "SecurityAnswer",
    "SsprPolicy",
]
