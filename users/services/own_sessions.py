"""Whether the session somebody acts with still goes on, asked under the locks of whoever the act is about."""

from __future__ import annotations

from users.access import Decision
from users.models import Session
from users.services.people import Refused
from users.sessions import is_live


def judge_own_session(session: Session | None) -> Decision | None:
    """Return the refusal where the actor's own session is over, asked under the locks of people; None where it is not.

    A reset or a sign-out everywhere that was quicker has ended it, and nothing may go on from it.
    """
    return None if session is None or is_live(session) else Decision(allowed=False, code="RESET_STEP_UP")


def require_own_session(session: Session | None) -> None:
    """Ask the same where a refusal takes everything back; without a session it is nobody's own act.

    :raises Refused: when the session is over.
    """
    refusal = judge_own_session(session)
    if refusal:
        raise Refused(refusal)
