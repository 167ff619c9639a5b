"""Every figure of the benchmark, each from samples taken in turn."""

from __future__ import annotations

import random
from functools import partial

from tests.benchmarks.rank import rank_test
from tests.benchmarks.report import Figure
from tests.benchmarks.sampling import WARM_UP, alternate, milliseconds
from tests.benchmarks.stand import Stand
from tests.benchmarks.wire import Child

PAGE_ROUNDS = 25
SIGN_IN_ROUNDS = 150
CHANGE_ROUNDS = 40
MAIL_ROUNDS = 40
RANK_ROUNDS = 300
MAIL_ALLOWANCE_MS = 30


def active_users(few: Child, many: Child, *, few_people: int, many_people: int) -> list[Figure]:
    """Compare each page of Active users at both sizes, and count its queries at the larger."""
    here, there = few.ask("addresses"), many.ask("addresses")
    figures = []
    for name in here:
        samples = alternate(
            {
                f"{many_people:,} people": partial(_open, many, there[name]),
                f"{few_people:,} people": partial(_open, few, here[name]),
            },
            rounds=PAGE_ROUNDS,
        )
        medians = milliseconds(samples)
        larger, smaller = medians.values()
        queries = max(few.ask("count_queries", address=here[name]), many.ask("count_queries", address=there[name]))
        title = f"Active users, {name}"
        figures.append(Figure(name=title, value=larger / smaller, at_most=1.5, medians_ms=medians))
        figures.append(Figure(name=f"{title}: queries", value=queries, unit="queries", at_most=12))
    return figures


def _open(portal: Child, address: str, _number: int) -> float:
    seconds: float = portal.ask("open_page", address=address)
    return seconds


def hash_time(portal: Child) -> list[Figure]:
    """Say what a hash costs on this machine with this build of Argon2."""
    medians = milliseconds(alternate({"hash": lambda _number: portal.ask("hash_once")}, rounds=MAIL_ROUNDS))
    return [Figure(name="One hash", value=medians["hash"], unit="ms")]


def work_of_sign_in(portal: Child) -> list[Figure]:
    """Count what a sign-in and a forced change do."""
    portal.ask("issue_passwords", people=CHANGE_ROUNDS + WARM_UP + 1)
    figures = []
    for kind, title, hashes in (("sign in", "Sign-in", 1), ("change", "Forced change", 2)):
        work = portal.ask("count_work", kind=kind, number=0)
        # A change makes the new hash too; what is left is the check.
        figures += [
            Figure(
                name=f"{title}: hashes for the check",
                value=work["hashes"] - (hashes - 1),
                unit="hashes",
                at_most=1,
                at_least=1,
            ),
            Figure(name=f"{title}: commits", value=work["commits"], unit="commits", at_most=2),
            Figure(name=f"{title}: queries", value=work["queries"], unit="queries"),
        ]
    return figures


def sign_in_time(portal: Child, bare: Child) -> list[Figure]:
    """Compare the requests without their hashes with Django's own sign-in view without its hash."""
    signing = alternate(
        {
            "portal": lambda number: portal.ask("sign_in", number=1 + number, hashes=False),
            "Django": lambda number: bare.ask("sign_in", number=1 + number, hashes=False),
        },
        rounds=SIGN_IN_ROUNDS,
    )
    changing = alternate(
        {
            "portal": lambda number: portal.ask("change", number=1 + number, hashes=False),
            "Django's sign-in": lambda number: bare.ask("sign_in", number=500 + number, hashes=False),
            "Django's change": lambda number: bare.ask("change", number=600 + number, hashes=False),
        },
        rounds=CHANGE_ROUNDS,
    )
    return [
        _to_bare("Sign-in without its hash, to Django's sign-in", milliseconds(signing), "Django", at_most=2),
        _to_bare(
            "Forced change without its hashes, to Django's sign-in",
            milliseconds(changing),
            "Django's sign-in",
            at_most=2,
        ),
        _to_bare("Forced change without its hashes, to Django's change", milliseconds(changing), "Django's change"),
    ]


def _to_bare(name: str, medians: dict[str, float], other: str, *, at_most: float | None = None) -> Figure:
    shown = {key: value for key, value in medians.items() if key in ("portal", other)}
    return Figure(name=name, value=medians["portal"] / medians[other], at_most=at_most, medians_ms=shown)


def neutral_times(portal: Child) -> list[Figure]:
    """Compare wrong sign-ins of people who are there with those of names that nobody has."""
    coin = random.Random(1)  # noqa: S311  # which comes first, no secret
    known: list[float] = []
    unknown: list[float] = []
    for number in range(RANK_ROUNDS + WARM_UP):
        turns = [(known, True), (unknown, False)]
        coin.shuffle(turns)
        for samples, is_known in turns:
            seconds = portal.ask("sign_in_wrongly", number=300 + number, is_known=is_known)
            if number >= WARM_UP:
                samples.append(seconds)
    medians = milliseconds({"known name": known, "unknown name": unknown})
    ranks = rank_test(known, unknown)
    note = f"known is slower in {ranks.first_is_greater:.1%} of pairs"
    return [
        Figure(name="Wrong sign-in, known to unknown name", value=_ratio(medians), medians_ms=medians),
        Figure(name="Mann–Whitney, known and unknown name", value=ranks.p, unit="p", at_least=0.01, note=note),
    ]


def _ratio(medians: dict[str, float]) -> float:
    first, second = medians.values()
    return first / second


def reset_to_mail(stand: Stand, portal: Child) -> list[Figure]:
    """Compare *Reset password* pressed until the mail is in the sink with its parts."""
    _mail_of_reset(stand, portal, number=0)
    content = stand.sink.received[-1].raw.decode()
    answers: list[float] = []

    def press(number: int) -> float:
        answered, arrived = _mail_of_reset(stand, portal, number=1 + number)
        answers.append(answered)
        return arrived

    samples = alternate(
        {
            "press to mail": press,
            "one hash": lambda _number: portal.ask("hash_once"),
            "one bare delivery": lambda _number: portal.ask("bare_delivery", content=content),
        },
        rounds=MAIL_ROUNDS,
    )
    medians = milliseconds(samples | {"press to answer": answers[WARM_UP:]})
    allowed = medians["one hash"] + medians["one bare delivery"] + MAIL_ALLOWANCE_MS
    return [
        Figure(
            name="Reset pressed to mail in the sink",
            value=medians["press to mail"],
            unit="ms",
            at_most=round(allowed, 1),
            medians_ms=medians,
        )
    ]


def _mail_of_reset(stand: Stand, portal: Child, *, number: int) -> tuple[float, float]:
    """Return the seconds until the page answered and until the mail was accepted."""
    address = f"reset.{number}@mail.example"
    started, answered = portal.ask("reset", number=number, address=address)
    return answered - started, stand.sink.arrival_of(address) - started
