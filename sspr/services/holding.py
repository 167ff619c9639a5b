"""How every step begins: the open attempts of the account are held, and the form is spent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sspr import attempts, trail
from sspr.flow import Event, State
from sspr.models import RecoveryAttempt
from sspr.services.ending import end_attempt


def hold(
    attempt: RecoveryAttempt, *, states: Collection[State], moves: int, now: datetime, is_new_post: bool = True
) -> list[RecoveryAttempt] | None:
    """Take every open attempt of the account and spend the form of ``moves``; return the other ones.

    None where the form answers no page of now: nothing may be done then. What the row holds is put on ``attempt``.
    ``is_new_post`` is false for the second part of one post. Inside a transaction that commits for every answer.
    """
    everyone = attempts.lock_all(attempt.subject)
    mine = next((other for other in everyone if other.pk == attempt.pk), None)
    if mine is None or mine.cookie_digest != attempt.cookie_digest or now > mine.expires_at:
        return None
    attempts.take_over(attempt, mine)
    state = State(attempt.state)
    if is_new_post and mine.posts >= attempts.MOST_POSTS:
        end_attempt(attempt, Event.TOO_MANY_POSTS, reason=trail.TOO_MANY_POSTS, now=now)
        return None
    if state not in states:
        attempts.count_post(attempt)
        return None
    if is_new_post and not attempts.claim(attempt, moves=moves, state=state, now=now):
        return None
    if not is_new_post and attempt.moves != moves:
        return None
    return [other for other in everyone if other.pk != attempt.pk]
