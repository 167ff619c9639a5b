"""The vocabulary of the audit log: results, services, categories, and what is true of every activity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adminportal.audit.activities import Activity
from adminportal.audit.password_related import PASSWORD_RELATED

__all__ = [
    "ACTIVITY_FACTS",
    "ALIASES",
    "PASSWORD_RELATED",
    "SERVICE_PREFIXES",
    "Activity",
    "ActivityFacts",
    "Category",
    "Result",
    "Service",
    "UnknownActivity",
    "activity_named",
]


class Result(StrEnum):
    """How the activity ended."""

    FAILURE = "failure"
    SUCCESS = "success"
    TIMEOUT = "timeout"


class Service(StrEnum):
    """Which part of the product logged it."""

    AUTHENTICATION_METHODS = "Authentication Methods"
    CORE_DIRECTORY = "Core Directory"
    PASSWORD_PORTAL = "Password Portal"
    SELF_SERVICE_PASSWORD_MANAGEMENT = "Self-service Password Management"


SERVICE_PREFIXES: dict[Service, str] = {
    Service.AUTHENTICATION_METHODS: "AUTHM_",
    Service.CORE_DIRECTORY: "CORE_",
    Service.PASSWORD_PORTAL: "PORTAL_",
    Service.SELF_SERVICE_PASSWORD_MANAGEMENT: "SSGM_",
}
"""What the public id of a record of the service starts with."""


class Category(StrEnum):
    """What the activity is about."""

    ADMINISTRATION = "Administration"
    ADMINISTRATIVE_UNIT = "AdministrativeUnit"
    APPLICATION_MANAGEMENT = "ApplicationManagement"
    BULK_MANAGEMENT = "BulkManagement"
    DIRECTORY = "Directory"
    DIRECTORY_MANAGEMENT = "DirectoryManagement"
    GROUP_MANAGEMENT = "GroupManagement"
    POLICY = "Policy"
    REQUEST_MANAGEMENT = "RequestManagement"
    ROLE_MANAGEMENT = "RoleManagement"
    SIGN_IN = "SignIn"
    USER_MANAGEMENT = "UserManagement"


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """What an activity always says beside its name; ``operation`` is Add, Assign, Update, Unassign, Delete or empty."""

    service: Service
    category: Category
    operation: str = ""


class UnknownActivity(ValueError):
    """A text is the name of no activity."""


_TABLE: dict[tuple[Service, Category], dict[Activity, str]] = {
    (Service.SELF_SERVICE_PASSWORD_MANAGEMENT, Category.USER_MANAGEMENT): {
        Activity.BLOCKED_FROM_SELF_SERVICE_PASSWORD_RESET: "",
        Activity.CHANGE_PASSWORD_SELF_SERVICE: "Update",
        Activity.RESET_PASSWORD_BY_ADMIN: "Update",
        Activity.RESET_PASSWORD_SELF_SERVICE: "Update",
        Activity.SELF_SERVICE_PASSWORD_RESET_FLOW_ACTIVITY_PROGRESS: "",
        Activity.UNLOCK_USER_ACCOUNT_SELF_SERVICE: "Update",
        Activity.SECURITY_INFO_SAVED_FOR_SELF_SERVICE_PASSWORD_RESET: "",
        Activity.USER_REGISTERED_FOR_SELF_SERVICE_PASSWORD_RESET: "",
    },
    (Service.SELF_SERVICE_PASSWORD_MANAGEMENT, Category.DIRECTORY_MANAGEMENT): {
        Activity.ENABLE_PASSWORD_WRITEBACK_FOR_DIRECTORY: "Update",
        Activity.DISABLE_PASSWORD_WRITEBACK_FOR_DIRECTORY: "Update",
        Activity.SELF_SERVICE_PASSWORD_RESET_POLICY_CHANGES: "Update",
    },
    (Service.AUTHENTICATION_METHODS, Category.USER_MANAGEMENT): {
        Activity.ADMIN_DELETED_SECURITY_INFO: "Delete",
        Activity.ADMIN_REGISTERED_SECURITY_INFO: "Add",
        Activity.ADMIN_STARTED_PASSWORD_RESET: "",
        Activity.ADMIN_UPDATED_SECURITY_INFO: "Update",
        Activity.USER_CANCELED_SECURITY_INFO_REGISTRATION: "",
        Activity.USER_CHANGED_DEFAULT_SECURITY_INFO: "Update",
        Activity.USER_DELETED_SECURITY_INFO: "Delete",
        Activity.USER_REGISTERED_ALL_REQUIRED_SECURITY_INFO: "",
        Activity.USER_REGISTERED_SECURITY_INFO: "Add",
        Activity.USER_REVIEWED_SECURITY_INFO: "",
        Activity.USER_STARTED_PASSWORD_CHANGE: "",
        Activity.USER_STARTED_PASSWORD_RESET: "",
        Activity.USER_STARTED_SECURITY_INFO_REGISTRATION: "",
        Activity.USER_UPDATED_SECURITY_INFO: "Update",
    },
    (Service.AUTHENTICATION_METHODS, Category.POLICY): {
        Activity.AUTHENTICATION_METHODS_POLICY_UPDATE: "Update",
        Activity.AUTHENTICATION_METHODS_POLICY_RESET: "Update",
    },
    (Service.CORE_DIRECTORY, Category.USER_MANAGEMENT): {
        Activity.ADD_USER: "Add",
        Activity.UPDATE_USER: "Update",
        Activity.DELETE_USER: "Delete",
        Activity.RESTORE_USER: "Update",
        Activity.HARD_DELETE_USER: "Delete",
        Activity.CHANGE_USER_PASSWORD: "Update",
        Activity.RESET_USER_PASSWORD: "Update",
        Activity.SET_FORCE_CHANGE_USER_PASSWORD: "Update",
        Activity.DISABLE_ACCOUNT: "Update",
        Activity.ENABLE_ACCOUNT: "Update",
        Activity.CHANGE_USER_LICENSE: "Assign",
        Activity.UPDATE_STS_REFRESH_TOKEN_VALID_FROM_TIMESTAMP: "Update",
        Activity.SET_USER_MANAGER: "Update",
    },
    (Service.CORE_DIRECTORY, Category.DIRECTORY_MANAGEMENT): {
        Activity.SET_PASSWORD_POLICY: "Update",
        Activity.UPDATE_DOMAIN: "Update",
        Activity.UPDATE_COMPANY: "Update",
    },
    (Service.CORE_DIRECTORY, Category.ROLE_MANAGEMENT): {
        Activity.ADD_MEMBER_TO_ROLE: "Assign",
        Activity.REMOVE_MEMBER_FROM_ROLE: "Unassign",
    },
    (Service.CORE_DIRECTORY, Category.GROUP_MANAGEMENT): {
        Activity.ADD_GROUP: "Add",
        Activity.UPDATE_GROUP: "Update",
        Activity.DELETE_GROUP: "Delete",
        Activity.ADD_MEMBER_TO_GROUP: "Assign",
        Activity.REMOVE_MEMBER_FROM_GROUP: "Unassign",
        Activity.ADD_OWNER_TO_GROUP: "Assign",
        Activity.REMOVE_OWNER_FROM_GROUP: "Unassign",
        Activity.CREATE_GROUP_SETTINGS: "Add",
        Activity.UPDATE_GROUP_SETTINGS: "Update",
    },
    (Service.CORE_DIRECTORY, Category.ADMINISTRATIVE_UNIT): {
        Activity.ADD_ADMINISTRATIVE_UNIT: "Add",
        Activity.UPDATE_ADMINISTRATIVE_UNIT: "Update",
        Activity.DELETE_ADMINISTRATIVE_UNIT: "Delete",
        Activity.ADD_MEMBER_TO_ADMINISTRATIVE_UNIT: "Assign",
        Activity.REMOVE_MEMBER_FROM_ADMINISTRATIVE_UNIT: "Unassign",
    },
    (Service.CORE_DIRECTORY, Category.APPLICATION_MANAGEMENT): {
        Activity.ADD_APPLICATION: "Add",
        Activity.UPDATE_APPLICATION: "Update",
        Activity.DELETE_APPLICATION: "Delete",
        Activity.ADD_SERVICE_PRINCIPAL_CREDENTIALS: "Add",
        Activity.REMOVE_SERVICE_PRINCIPAL_CREDENTIALS: "Delete",
    },
    (Service.CORE_DIRECTORY, Category.POLICY): {Activity.UPDATE_POLICY: "Update"},
    (Service.PASSWORD_PORTAL, Category.USER_MANAGEMENT): {
        Activity.VIEWED_TEMPORARY_PASSWORD: "",
        Activity.TEMPORARY_PASSWORD_OPENED_BY_LINK: "",
        Activity.TEMPORARY_PASSWORD_USED: "",
        Activity.TEMPORARY_PASSWORD_EXPIRED: "",
        Activity.RESENT_SIGN_IN_LINK: "",
        Activity.PRINTED_SIGN_IN_SLIPS: "",
        Activity.VIEWED_CONTACT_DATA: "",
        Activity.EXPORTED_USERS: "",
        Activity.ASKED_TO_REGISTER: "",
        Activity.CONTACT_CHANGE_WAITING: "",
        Activity.CONTACT_CHANGE_STOPPED: "",
        Activity.REPORTED_RESET_AS_UNWANTED: "",
        Activity.OPENED_SELF_SERVICE_PASSWORD_RESET_AGAIN: "",
    },
    (Service.PASSWORD_PORTAL, Category.BULK_MANAGEMENT): {
        Activity.PREVIEWED_BULK_RESET: "",
        Activity.STARTED_BULK_RESET: "",
        Activity.CANCELED_BULK_RESET: "",
        Activity.PAUSED_BULK_RESET: "",
        Activity.RESUMED_BULK_RESET: "",
        Activity.RETRIED_BULK_RESET: "",
        Activity.FINISHED_BULK_RESET: "",
        Activity.EXPORTED_BULK_RESULTS: "",
        Activity.PURGED_BULK_RESULTS: "",
        Activity.IMPORTED_USERS: "Add",
    },
    (Service.PASSWORD_PORTAL, Category.REQUEST_MANAGEMENT): {
        Activity.CONTACTED_ADMINISTRATOR: "",
        Activity.TOOK_PASSWORD_REQUEST: "",
        Activity.CLOSED_PASSWORD_REQUEST: "",
        Activity.REQUESTED_USER_NAME: "",
    },
    (Service.PASSWORD_PORTAL, Category.SIGN_IN): {
        Activity.SIGNED_IN: "",
        Activity.SIGN_IN_FAILED: "",
        Activity.ACCOUNT_LOCKED: "",
        Activity.ACCOUNT_UNLOCKED: "",
        Activity.SIGNED_OUT: "",
        Activity.FRESH_PROOF_GIVEN: "",
        Activity.REMOVED_TRUSTED_BROWSER: "",
        Activity.SIGNED_OUT_OF_ALL_SESSIONS: "",
    },
    (Service.PASSWORD_PORTAL, Category.ADMINISTRATION): {
        Activity.REFUSED_BY_ROLE: "",
        Activity.EXPORTED_AUDIT: "",
        Activity.VIEWED_AUDIT: "",
        Activity.EXPORTED_ADMIN_LIST: "",
        Activity.VERIFIED_AUDIT_CHAIN: "",
        Activity.CHANGED_DELIVERY_SETTINGS: "Update",
        Activity.BREAK_GLASS_USED: "",
        Activity.RESTORED_FROM_BACKUP: "",
        Activity.SELF_SERVICE_PASSWORD_RESET_SLOWED_DOWN: "",
        Activity.TEXT_MESSAGES_HELD_BACK: "",
        Activity.AUDIT_REDACTED: "",
    },
    (Service.PASSWORD_PORTAL, Category.DIRECTORY): {
        Activity.WRITEBACK_STARTED: "",
        Activity.WRITEBACK_FINISHED: "",
        Activity.WRITEBACK_OUTCOME_UNKNOWN: "",
        Activity.WRITEBACK_RESOLVED: "",
        Activity.SYNCHRONIZATION_RUN: "",
    },
}

ACTIVITY_FACTS: dict[Activity, ActivityFacts] = {
    activity: ActivityFacts(service, category, operation)
    for (service, category), activities in _TABLE.items()
    for activity, operation in activities.items()
}
"""Service, category and operation of every activity."""

ALIASES: dict[str, Activity] = {
    "Reset password": Activity.RESET_USER_PASSWORD,
    "Set force change password flag": Activity.SET_FORCE_CHANGE_USER_PASSWORD,
    Activity.CHANGED_DELIVERY_SETTINGS: Activity.UPDATE_COMPANY,
    Activity.UPDATE_POLICY: Activity.UPDATE_COMPANY,
    Activity.UPDATE_STS_REFRESH_TOKEN_VALID_FROM_TIMESTAMP: Activity.SIGNED_OUT_OF_ALL_SESSIONS,
}
"""Names that other products write, or that what they name is written under another one; a filter finds ours."""


def activity_named(name: str) -> Activity:
    """Return the activity that is written for a name or alias, whatever its case.

    :raises UnknownActivity: when nothing is called so.
    """
    try:
        return _BY_FOLDED_NAME[name.strip().casefold()]
    except KeyError:
        raise UnknownActivity(f"No activity is called {name!r}.") from None


_BY_FOLDED_NAME = {str(name).casefold(): one for name, one in [*((one, one) for one in Activity), *ALIASES.items()]}
