"""What a name sees that cannot reset: methods and masked values that look like anybody's, the same every time.

Drawn from a keyed digest of the tenant (or the domain, where no tenant owns it) and the folded name, and nothing else
but the methods that are enabled: the same name sees the same for as long as these stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from typing import Final

from adminportal import sealing
from sspr.eligibility import Verdict, Way, are_apart
from sspr.models import Gate, RecoveryAttempt, SsprPolicy

SEED_PURPOSE: Final = "sspr-decoy"
DOTS: Final = "•••••"
PHONE_DOTS: Final = "••••••••"
COMMON_INITIALS: Final = "aaabbccddeefghhiijjjkkklllmmmmnnooppprrrsssstttuvw17"
"""First letters of addresses about as often as people have them."""
OWN_INITIAL_OF_256: Final = 190
"""In how many of 256 cases an alternate address begins like the user name, as most people's do."""
NEVER_DRAWN: Final = frozenset({Gate.QUESTIONS, Gate.RECOVERY_CODE})
"""Methods that few have and that need more than a mask; who has none of the others sees questions after all."""


def seed_of(folded_upn: str, *, place: str) -> str:
    """Return what the decoy of a name is drawn from; ``place`` is the tenant's id or the domain.

    The oldest sealing key makes it, so that a new one changes nobody's methods.
    """
    return sealing.keyed_digest(SEED_PURPOSE, f"{place}\x00{folded_upn}", key_id=sealing.key_ids()[-1])


def initial_of(folded_upn: str, seed: str) -> str:
    """Return the letter with which the decoy's alternate address begins."""
    own = folded_upn[:1]
    draw = _draw(seed, "initial")
    if own.isascii() and own.isalpha() and draw[0] < OWN_INITIAL_OF_256:
        return own
    return COMMON_INITIALS[draw[1] % len(COMMON_INITIALS)]


def decoy_verdict(seed: str, *, policy: SsprPolicy, available: Collection[Gate]) -> Verdict:
    """Return the methods that a name without any sees under these settings, enough of them to go on."""
    required = policy.gates_required
    enabled = [gate for gate in Gate if gate in policy.gates and gate in available]
    candidates = [gate for gate in enabled if gate not in NEVER_DRAWN] or enabled
    drawn = sorted(candidates, key=lambda gate: _draw(seed, gate))
    fewest = _fewest(drawn, required=required)
    number = fewest + _draw(seed, "number")[0] % (len(drawn) - fewest + 1) if drawn else 0
    chosen = frozenset(drawn[:number])
    return Verdict(ways=tuple(_way(gate) for gate in Gate if gate in chosen), required=required)


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
        return f"{value[:1].casefold()}{DOTS}@{DOTS}"
    digits = "".join(sign for sign in value.casefold().partition("x")[0] if sign.isdecimal())
    return f"{PHONE_DOTS}{digits[-2:]}" if digits else ""


def decoy_questions(seed: str, keys: Sequence[str], *, number: int) -> list[str]:
    """Return the questions that a decoy is asked, always the same."""
    return sorted(keys, key=lambda key: _draw(seed, f"question {key}"))[:number]


def _fewest(drawn: Sequence[Gate], *, required: int) -> int:
    """Return how many of the methods, in the order they were drawn, are enough to go on."""
    for number in range(required, len(drawn) + 1):
        if required == 1 or any(_apart(drawn[:number])):
            return number
    return len(drawn)


def _apart(gates: Sequence[Gate]) -> Iterator[bool]:
    return (are_apart(_way(one), _way(other), by_kind=False) for one, other in combinations(gates, 2))


def _way(gate: Gate) -> Way:
    """Return the place of a decoy's method: text and call go to the same mobile phone."""
    return Way(gate=gate, key="mobile" if gate in (Gate.MOBILE_SMS, Gate.MOBILE_VOICE) else gate.value)


def _draw(seed: str, what: str) -> bytes:
    return hashlib.sha256(f"{seed}\x00{what}".encode()).digest()
