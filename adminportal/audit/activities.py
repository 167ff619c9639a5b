"""The name of every activity. Names never change their meaning; retired ones stay here as comments."""

from __future__ import annotations

from enum import StrEnum


class Activity(StrEnum):
    """What happened, by the exact name that is stored and shown."""

    ACCOUNT_LOCKED = "Account locked"
    ACCOUNT_UNLOCKED = "Account unlocked"
    ADD_APPLICATION = "Add application"
    ADD_GROUP = "Add group"
    ADD_MEMBER_TO_GROUP = "Add member to group"
    ADD_MEMBER_TO_ROLE = "Add member to role"
    ADD_SERVICE_PRINCIPAL_CREDENTIALS = "Add service principal credentials"
    ADD_USER = "Add user"
    ADMIN_DELETED_SECURITY_INFO = "Admin deleted security info"
    ADMIN_REGISTERED_SECURITY_INFO = "Admin registered security info"
    ADMIN_STARTED_PASSWORD_RESET = "Admin started password reset"
    ADMIN_UPDATED_SECURITY_INFO = "Admin updated security info"
    AUDIT_REDACTED = "Audit redacted"
    AUTHENTICATION_METHODS_POLICY_RESET = "Authentication Methods Policy Reset"
    AUTHENTICATION_METHODS_POLICY_UPDATE = "Authentication Methods Policy Update"
    BLOCKED_FROM_SELF_SERVICE_PASSWORD_RESET = (
        "Blocked from self-service password reset"
    )
    BREAK_GLASS_USED = "Break-glass used"
    CANCELED_BULK_RESET = "Canceled bulk reset"
    CHANGED_DELIVERY_SETTINGS = "Changed delivery settings"
    CHANGE_PASSWORD_SELF_SERVICE = "Change password (self-service)"
    CHANGE_USER_LICENSE = "Change user license"
    CHANGE_USER_PASSWORD = "Change user password"
    CLOSED_PASSWORD_REQUEST = "Closed password request"
    CONTACTED_ADMINISTRATOR = "Contacted administrator"
    CONTACT_CHANGE_STOPPED = "Contact change stopped"
    CONTACT_CHANGE_WAITING = "Contact change waiting"
    CREATE_GROUP_SETTINGS = "Create group settings"
    DELETE_APPLICATION = "Delete application"
    DELETE_GROUP = "Delete group"
    DELETE_USER = "Delete user"
    DISABLE_ACCOUNT = "Disable account"
    DISABLE_PASSWORD_WRITEBACK_FOR_DIRECTORY = (
        "Disable password writeback for directory"
    )
    ENABLE_ACCOUNT = "Enable account"
    ENABLE_PASSWORD_WRITEBACK_FOR_DIRECTORY = "Enable password writeback for directory"
    EXPORTED_AUDIT = "Exported audit"
    EXPORTED_BULK_RESULTS = "Exported bulk results"
    FINISHED_BULK_RESET = "Finished bulk reset"
    FRESH_PROOF_GIVEN = "Fresh proof given"
    HARD_DELETE_USER = "Hard Delete user"
    IMPORTED_USERS = "Imported users"
    PREVIEWED_BULK_RESET = "Previewed bulk reset"
    PRINTED_SIGN_IN_SLIPS = "Printed sign-in slips"
    PURGED_BULK_RESULTS = "Purged bulk results"
    REFUSED_BY_ROLE = "Refused by role"
    REMOVE_MEMBER_FROM_GROUP = "Remove member from group"
    REMOVE_MEMBER_FROM_ROLE = "Remove member from role"
    REMOVE_SERVICE_PRINCIPAL_CREDENTIALS = "Remove service principal credentials"
    REPORTED_RESET_AS_UNWANTED = "Reported reset as unwanted"
    REQUESTED_USER_NAME = "Requested user name"
    RESENT_SIGN_IN_LINK = "Resent sign-in link"
    RESET_PASSWORD_BY_ADMIN = "Reset password (by admin)"
    RESET_PASSWORD_SELF_SERVICE = "Reset password (self-service)"
    RESET_USER_PASSWORD = "Reset user password"
    RESTORED_FROM_BACKUP = "Restored from backup"
    RESTORE_USER = "Restore user"
    RETRIED_BULK_RESET = "Retried bulk reset"
    SECURITY_INFO_SAVED_FOR_SELF_SERVICE_PASSWORD_RESET = (
        "Security info saved for self-service password reset"
    )
    SELF_SERVICE_PASSWORD_RESET_FLOW_ACTIVITY_PROGRESS = (
        "Self-service password reset flow activity progress"
    )
    SELF_SERVICE_PASSWORD_RESET_POLICY_CHANGES = (
        "Self-service password reset policy changes"
    )
    SET_FORCE_CHANGE_USER_PASSWORD = "Set force change user password"
    SET_PASSWORD_POLICY = "Set password policy"
    SET_USER_MANAGER = "Set user manager"
    SIGNED_IN = "Signed in"
    SIGNED_OUT = "Signed out"
    SIGNED_OUT_OF_ALL_SESSIONS = "Signed out of all sessions"
    SIGN_IN_FAILED = "Sign-in failed"
    STARTED_BULK_RESET = "Started bulk reset"
    SYNCHRONIZATION_RUN = "Synchronization run"
    TEMPORARY_PASSWORD_EXPIRED = "Temporary password expired"
    TEMPORARY_PASSWORD_OPENED_BY_LINK = "Temporary password opened by link"
    TEMPORARY_PASSWORD_USED = "Temporary password used"
    TOOK_PASSWORD_REQUEST = "Took password request"
    UNLOCK_USER_ACCOUNT_SELF_SERVICE = "Unlock user account (self-service)"
    UPDATE_APPLICATION = "Update application"
    UPDATE_COMPANY = "Update company"
    UPDATE_DOMAIN = "Update domain"
    UPDATE_GROUP = "Update group"
    UPDATE_GROUP_SETTINGS = "Update group settings"
    UPDATE_POLICY = "Update policy"
    UPDATE_STS_REFRESH_TOKEN_VALID_FROM_TIMESTAMP = (
        "Update StsRefreshTokenValidFrom Timestamp"
    )
    UPDATE_STSREFRESHTOKENVALIDFROM_TIMESTAMP = (
        "Update StsRefreshTokenValidFrom Timestamp"
    )
    UPDATE_USER = "Update user"
    USER_CANCELED_SECURITY_INFO_REGISTRATION = (
        "User canceled security info registration"
    )
    USER_CHANGED_DEFAULT_SECURITY_INFO = "User changed default security info"
    USER_DELETED_SECURITY_INFO = "User deleted security info"
    USER_REGISTERED_ALL_REQUIRED_SECURITY_INFO = (
        "User registered all required security info"
    )
    USER_REGISTERED_FOR_SELF_SERVICE_PASSWORD_RESET = (
        "User registered for self-service password reset"
    )
    USER_REGISTERED_SECURITY_INFO = "User registered security info"
    USER_REVIEWED_SECURITY_INFO = "User reviewed security info"
    USER_STARTED_PASSWORD_CHANGE = "User started password change"
    USER_STARTED_PASSWORD_RESET = "user started password reset"
    USER_STARTED_SECURITY_INFO_REGISTRATION = "User started security info registration"
    USER_UPDATED_SECURITY_INFO = "User updated security info"
    VERIFIED_AUDIT_CHAIN = "Verified audit chain"
    VIEWED_CONTACT_DATA = "Viewed contact data"
    VIEWED_TEMPORARY_PASSWORD = "Viewed temporary password"
    WRITEBACK_FINISHED = "Writeback finished"
    WRITEBACK_OUTCOME_UNKNOWN = "Writeback outcome unknown"
    WRITEBACK_RESOLVED = "Writeback resolved"
    WRITEBACK_STARTED = "Writeback started"
