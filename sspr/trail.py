"""What the audit log says of the wizard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adminportal.audit.record import Actor as AuditActor
from adminportal.audit.record import Entry
from adminportal.audit.tags import Activity, Result
from sspr.flow import State
from sspr.models import Gate, RecoveryAttempt
from users.snapshots import snapshot_of, target_of

METHOD_NAMES: Final[dict[Gate, str]] = {
    Gate.EMAIL: "email",
    Gate.MOBILE_SMS: "mobile SMS",
    Gate.MOBILE_VOICE: "mobile voice call",
    Gate.OFFICE_VOICE: "office voice call",
    Gate.APP: "mobile app code",
    Gate.QUESTIONS: "security questions",
    Gate.RECOVERY_CODE: "recovery code",
}
"""{M} of the reasons."""

FAILED: Final[dict[str, str]] = {
    "SSPR_0009": "Password reset has been disabled entirely for this tenant.",
    "SSPR_0010": "User's password is managed on-premises.",
    "SSPR_0011": "Password reset is not enabled for this user.",
    "SSPR_0012": "User does not have a license.",
    "SSPR_0013": "This user is not a member of the password reset users group.",
    "SSPR_0014": "User's account has insufficient authentication methods defined.",
    "SSPR_0029": "We encountered a problem while resetting the user's on-premises password.",
    "SSPR_0030": "We could not reach your on-premises password reset service.",
    "SSPR_X101": "There is no user of this name.",
    "SSPR_X102": "The user is blocked from signing in.",
    "SSPR_X103": "The user is deleted.",
    "SSPR_X104": "The user is a guest of another organization.",
    "SSPR_X105": "The user's domain is federated.",
}
"""Why somebody goes the neutral way; the last five are ours."""

SUBMITTED_USER_ID: Final = "User submitted their user ID"
PRESENTED: Final = "User was presented with verification options"
WAITS: Final = "User holds a role and waits before choosing a new password"
COMPLETED_ALL: Final = "User completed all verification steps required"
SUBMITTED_PASSWORD: Final = "User submitted a new password"  # noqa: S105  # a sentence
SUCCEEDED: Final = "Successfully completed reset."
UNLOCKED: Final = "User successfully unlocked account"
RESET: Final = "User successfully reset password"
CANCELLED_EARLY: Final = "User cancelled before passing the required authentication methods"
CANCELLED_LATE: Final = "User cancelled before submitting a new password"
NEWER_ATTEMPT: Final = "A newer attempt for the same account was verified"
TOO_MANY_POSTS: Final = "User sent too many forms in one attempt"
CLOSED: Final = "Self-service is closed for the account"
TOO_MANY_STARTS: Final = "User began too many attempts and has to come back later"
NO_MORE_ENOUGH: Final = "What the user proved is not enough any more"
OVER_CODE: Final = "User typed a code that is over"
OTHER_NUMBER: Final = "User typed a number that is not the one on file"
CLOSED_MEANWHILE: Final = "Self-service was closed for the account during the attempt"
RESTORED_MEANWHILE: Final = "The portal was restored from a backup during the attempt"
CHANGED_MEANWHILE: Final = "The user's password was changed during the attempt"


def started(gate: Gate) -> str:
    """Return what is said when a method was chosen."""
    return f"User started the {METHOD_NAMES[gate]} verification option"


def completed(gate: Gate) -> str:
    """Return what is said when a method was proven."""
    return f"User completed the {METHOD_NAMES[gate]} verification option"


def blocked(gate: Gate) -> str:
    """Return what is said when too many proofs were wrong."""
    if gate is Gate.MOBILE_SMS:
        return "User entered too many invalid SMS verification codes and is blocked for 24 hours"
    return f"User tried {METHOD_NAMES[gate]} too many times and is blocked for 24 hours"


def paused(gate: Gate) -> str:
    """Return what is said when too many codes were asked for."""
    return f"User was sent {METHOD_NAMES[gate]} too many times and the method pauses for 1 hour"


def sent_too_often(gate: Gate, hours: int) -> str:
    """Return what is said when too many codes were asked for and the tenant has that close self-service."""
    return f"User was sent {METHOD_NAMES[gate]} too many times and is blocked for {hours} hours"


def began_too_often(hours: int) -> str:
    """Return what is said when a name was given too often and the tenant has that close self-service."""
    return f"User began too many attempts and is blocked for {hours} hours"


def abandoned(attempt: RecoveryAttempt, *, has_submitted: bool) -> str:
    """Return where an attempt stopped whose 15 minutes are over; ``has_submitted`` a password that was refused."""
    if attempt.state == State.NEW_PASSWORD:
        return f"User abandoned {'while' if has_submitted else 'before'} selecting a new password"
    if attempt.chosen_gate:
        return f"User abandoned after starting the {METHOD_NAMES[Gate(attempt.chosen_gate)]} verification option"
    if attempt.proven_gates:
        return f"User abandoned after completing the {METHOD_NAMES[Gate(attempt.proven_gates[-1])]} verification option"
    return "User abandoned after entering their user ID"


def methods_used(attempt: RecoveryAttempt) -> str:
    """Return the methods that were proven, as one line."""
    return ", ".join(METHOD_NAMES[Gate(gate)] for gate in attempt.proven_gates)


def progress(
    attempt: RecoveryAttempt,
    reason: str,
    *,
    result: Result = Result.SUCCESS,
    details: Mapping[str, str] | None = None,
) -> Entry:
    """Return the row of one step."""
    activity = Activity.SELF_SERVICE_PASSWORD_RESET_FLOW_ACTIVITY_PROGRESS
    return entry(activity, attempt, reason=reason, result=result, details=details)


def entry(
    activity: Activity,
    attempt: RecoveryAttempt,
    *,
    reason: str = "",
    result: Result = Result.SUCCESS,
    details: Mapping[str, str] | None = None,
) -> Entry:
    """Return a row about an attempt; a name that nobody has stands there as a keyed digest."""
    user = attempt.user
    known = {"Entrance": "sspr", "SsprCode": attempt.sspr_code, **(details or {})}
    return Entry(
        tenant_id=attempt.tenant_id,
        activity=activity,
        actor=actor_of(attempt),
        targets=(target_of(user),) if user else (),
        result=result,
        reason=reason,
        details={key: value for key, value in known.items() if value},
        correlation_id=attempt.pk,
    )


def actor_of(attempt: RecoveryAttempt) -> AuditActor:
    """Return who acts: the person that the attempt says it is, not more."""
    user = attempt.user
    if user is None:
        unknown = f"unknown:{attempt.subject[:16]}"
        return AuditActor(kind="user", id=None, display_name="", user_principal_name=unknown)
    return snapshot_of(user)
