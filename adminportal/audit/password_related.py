"""Which activities tell of a person's password."""

from __future__ import annotations

from adminportal.audit.activities import Activity

PASSWORD_RELATED: frozenset[Activity] = frozenset(
    {
        Activity.ACCOUNT_LOCKED,
        Activity.ACCOUNT_UNLOCKED,
        Activity.ADMIN_STARTED_PASSWORD_RESET,
        Activity.BLOCKED_FROM_SELF_SERVICE_PASSWORD_RESET,
        Activity.BREAK_GLASS_USED,
        Activity.CHANGE_PASSWORD_SELF_SERVICE,
        Activity.CHANGE_USER_PASSWORD,
        Activity.CONTACTED_ADMINISTRATOR,
        Activity.OPENED_SELF_SERVICE_PASSWORD_RESET_AGAIN,
        Activity.PRINTED_SIGN_IN_SLIPS,
        Activity.REFUSED_BY_ROLE,
        Activity.REPORTED_RESET_AS_UNWANTED,
        Activity.RESENT_SIGN_IN_LINK,
        Activity.RESET_PASSWORD_BY_ADMIN,
        Activity.RESET_PASSWORD_SELF_SERVICE,
        Activity.RESET_USER_PASSWORD,
        Activity.SELF_SERVICE_PASSWORD_RESET_FLOW_ACTIVITY_PROGRESS,
        Activity.SET_FORCE_CHANGE_USER_PASSWORD,
        Activity.SIGNED_OUT_OF_ALL_SESSIONS,
        Activity.TEMPORARY_PASSWORD_EXPIRED,
        Activity.TEMPORARY_PASSWORD_OPENED_BY_LINK,
        Activity.TEMPORARY_PASSWORD_USED,
        Activity.UNLOCK_USER_ACCOUNT_SELF_SERVICE,
        Activity.UPDATE_STS_REFRESH_TOKEN_VALID_FROM_TIMESTAMP,
        Activity.USER_STARTED_PASSWORD_CHANGE,
        Activity.USER_STARTED_PASSWORD_RESET,
        Activity.VIEWED_TEMPORARY_PASSWORD,
        Activity.WRITEBACK_FINISHED,
        Activity.WRITEBACK_OUTCOME_UNKNOWN,
        Activity.WRITEBACK_RESOLVED,
        Activity.WRITEBACK_STARTED,
    }
)
"""What whoever may reset a person also sees of that person's history."""
