"""What a name sees that cannot reset: methods and masked values that look like anybody's, the same every time.

Drawn from a keyed digest of the tenant (or the domain, where no tenant owns it) and the folded name, and nothing else
but the methods that are enabled: the same name sees the same for as long as these stay.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from anyascii import anyascii

from adminportal.sealing import Secret
from sspr.eligibility import (
    ADMIN_GATES,
    ADMIN_GATES_REQUIRED,
    WITH_SECOND_FACTOR_REQUIRED,
    Verdict,
    Way,
    are_apart,
)
from sspr.models import Gate, RecoveryAttempt, SsprPolicy

SECRET_NAME: Final = "sspr-decoys"  # noqa: S105  # a name
"""Of the secret of the installation that decoys are drawn by."""
DOTS: Final = "•••••"
UNTELLING: Final = "a"
"""Shown where an address begins with what no decoy begins with."""
PHONE_DOTS: Final = "••••••••"
COMMON_INITIALS: Final = "aaabbccddeefghhiijjjkkklllmmmmnnooppprrrsssstttuvw17"
"""First letters of addresses about as often as people have them."""
OWN_INITIAL_OF_256: Final = 190
"""In how many of 256 cases an alternate address begins like the user name, as most people's do."""
PLACES: Final[dict[str, tuple[Gate, ...]]] = {
    "email": (Gate.EMAIL,),
    "mobile": (Gate.MOBILE_SMS, Gate.MOBILE_VOICE),
    "office": (Gate.OFFICE_VOICE,),
    "app": (Gate.APP,),
}
"""What people have, and the methods that come with it: who has a mobile phone gets text and call alike."""
UNDEFAULTED: Final = frozenset({Gate.MOBILE_VOICE, Gate.QUESTIONS, Gate.RECOVERY_CODE})
"""Methods that nobody's default opens: a default telephone opens the text."""
HAD_OF_256: Final[dict[str, int]] = {
    "email": 210,
    "mobile": 200,
    "office": 90,
    "app": 60,
    "questions": 60,
    "recovery": 40,
    "role": 24,
    "default": 16,
}
"""How many of 256 have it; a decoy that were anything else could be told by it."""


def seed_of(folded_upn: str, *, place: str, secret: Secret) -> str:
    """Return what the decoy of a name is drawn from; ``place`` is the tenant's id or the domain.

    ``secret`` is the installation's: sealing keys come and go, and none of them changes what a name is shown.
    """
    return hmac.new(secret.expose().encode(), f"{place}\x00{folded_upn}".encode(), hashlib.sha256).hexdigest()


def initial_of(folded_upn: str, seed: str) -> str:
    """Return the letter with which the decoy's alternate address begins."""
    own = folded_upn[:1]
    draw = _draw(seed, "initial")
    if own.isascii() and own.isalpha() and draw[0] < OWN_INITIAL_OF_256:
        return own
    return COMMON_INITIALS[draw[1] % len(COMMON_INITIALS)]


def decoy_verdict(seed: str, *, policy: SsprPolicy, available: Collection[Gate]) -> Verdict:
    """Return the methods that a name without any sees under these settings, enough of them to go on."""
    of_role_holder = _ways_of_role_holder(seed, available) if _has(seed, "role") else ()
    if of_role_holder:
        return Verdict(ways=of_role_holder, required=ADMIN_GATES_REQUIRED, by_kind=True)
    usable = frozenset(gate for gate in Gate if gate in policy.gates and gate in available)
    places = [place for place, gates in PLACES.items() if usable & set(gates)]
    chosen = _draw_places(seed, places, policy)
    required = _required(chosen, policy)
    gates = {gate for place in chosen for gate in PLACES[place]} & usable
    gates |= set(_beside(seed, usable, policy, required=required, available=available, is_all=not chosen))
    return Verdict(ways=tuple(_way(gate) for gate in Gate if gate in gates), required=required)


def _ways_of_role_holder(seed: str, available: Collection[Gate]) -> tuple[Way, ...]:
    """Return what a holder of a role would see, whatever is allowed to others; nothing where no two kinds are set up.

    Without such decoys, a method that the tenant has not enabled would tell that the name is an administrator's.
    """
    usable = ADMIN_GATES & frozenset(available)
    places = [place for place, gates in PLACES.items() if usable & set(gates)]
    chosen = _draw_places(seed, places, SsprPolicy(gates_required=ADMIN_GATES_REQUIRED))
    gates = {gate for place in chosen for gate in PLACES[place]} & usable
    ways = tuple(_way(gate) for gate in Gate if gate in gates)
    return tuple(way for way in ways if any(are_apart(way, other, by_kind=True) for other in ways))


def decoy_preferred(seed: str, ways: Collection[Way]) -> tuple[Gate, ...]:
    """Return the method that somebody with these ways made their default, as few people do; or nothing."""
    registered = [way.gate for way in ways if way.gate not in UNDEFAULTED]
    if not registered or not _has(seed, "default"):
        return ()
    return (min(registered, key=lambda gate: _draw(seed, f"default {gate.value}")),)


def decoy_mask(gate: Gate, attempt: RecoveryAttempt) -> str:
    """Return the masked value that a decoy shows for a method; of the same shape as :func:`mask` gives."""
    if gate is Gate.EMAIL:
        return f"{attempt.decoy_initial}{DOTS}@{DOTS}"
    if gate in (Gate.MOBILE_SMS, Gate.MOBILE_VOICE, Gate.OFFICE_VOICE):
        return f"{PHONE_DOTS}{int.from_bytes(_draw(attempt.decoy_seed, _way(gate).key)[:8]) % 100:02}"
    return ""


def mask(gate: Gate, value: str) -> str:
    """Return as much of an address or number as its owner needs to know it again.

    Neither length nor domain nor country: nothing by which a real one could be told from a decoy.
    """
    if gate is Gate.EMAIL:
        initial = anyascii(value[:1]).casefold()[:1]
        return f"{initial if initial.isalnum() else UNTELLING}{DOTS}@{DOTS}"
    digits = "".join(sign for sign in value.casefold().partition("x")[0] if sign.isdecimal())
    return f"{PHONE_DOTS}{digits[-2:]}" if digits else ""


def decoy_questions(seed: str, keys: Sequence[str], *, number: int) -> list[str]:
    """Return the questions that a decoy is asked, always the same."""
    return sorted(keys, key=lambda key: _draw(seed, f"question {key}"))[:number]


def _draw_places(seed: str, places: Sequence[str], policy: SsprPolicy) -> list[str]:
    """Return what the decoy has: as people have it, and at least as much as they need."""
    order = sorted(places, key=lambda place: (not _has(seed, place), _draw(seed, place)))
    chosen = [place for place in order if _has(seed, place)] or order[:1]
    for place in order[len(chosen) :]:
        if len(chosen) < _required(chosen, policy):
            chosen.append(place)
    return chosen


def _required(chosen: Collection[str], policy: SsprPolicy) -> int:
    """Return how many methods the decoy would have to prove; nobody has an app alone where an app asks for two."""
    has_app = "app" in chosen and policy.two_gates_with_second_factor
    return max(policy.gates_required, WITH_SECOND_FACTOR_REQUIRED) if has_app else policy.gates_required


def _beside(
    seed: str,
    usable: Collection[Gate],
    policy: SsprPolicy,
    *,
    required: int,
    available: Collection[Gate],
    is_all: bool,
) -> Iterator[Gate]:
    if Gate.QUESTIONS in usable and (required > 1 or policy.questions_alone) and (is_all or _has(seed, "questions")):
        yield Gate.QUESTIONS
    if required > 1 and Gate.RECOVERY_CODE in available and _has(seed, "recovery"):
        yield Gate.RECOVERY_CODE


def _has(seed: str, what: str) -> bool:
    return _draw(seed, f"has {what}")[0] < HAD_OF_256[what]


def _way(gate: Gate) -> Way:
    """Return the place of a decoy's method: text and call go to the same mobile phone."""
    return Way(gate=gate, key="mobile" if gate in (Gate.MOBILE_SMS, Gate.MOBILE_VOICE) else gate.value)


def _draw(seed: str, what: str) -> bytes:
    return hashlib.sha256(f"{seed}\x00{what}".encode()).digest()
