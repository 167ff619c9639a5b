"""Figures of the wizard, each from samples taken in turn."""

from __future__ import annotations

import random
from statistics import median

from tests.benchmarks.rank import rank_test
from tests.benchmarks.report import Figure
from tests.benchmarks.sampling import WARM_UP, alternate, milliseconds
from tests.benchmarks.stand import Stand
from tests.benchmarks.wire import Child

FLOW_ROUNDS = 60
RANK_ROUNDS = 300
MAIL_ROUNDS = 40
FIRST_OF_RANKS, FIRST_OF_MAILS = 100, 500
"""From which person on each figure asks, so that no name is given twice."""


def flows(wizard: Child, bare: Child) -> list[Figure]:
    """Compare the whole wizard without its hash with Django's own password reset without its hash."""
    samples = alternate(
        {
            "wizard": lambda number: wizard.ask("flow", number=number),
            "Django": lambda number: bare.ask("flow", number=number),
        },
        rounds=FLOW_ROUNDS,
    )
    medians = milliseconds(samples)
    title = "Whole wizard without its hash, to Django's password reset"
    return [
        Figure(name="Whole wizard without its hash", value=1 / median(samples["wizard"]), unit="flows a second"),
        Figure(name="Django's password reset", value=1 / median(samples["Django"]), unit="flows a second"),
        Figure(name=title, value=medians["wizard"] / medians["Django"], medians_ms=medians),
    ]


def neutral_times(wizard: Child) -> list[Figure]:
    """Compare a name that somebody has with one that nobody has, at page one and when a code is asked for."""
    coin = random.Random(2)  # noqa: S311  # which comes first, no secret
    samples: dict[bool, list[list[float]]] = {True: [], False: []}
    for number in range(RANK_ROUNDS + WARM_UP):
        turns = [True, False]
        coin.shuffle(turns)
        for is_known in turns:
            seconds = wizard.ask("ask", number=FIRST_OF_RANKS + number, is_known=is_known)
            if number >= WARM_UP:
                samples[is_known].append(seconds)
    figures = []
    for place, step in enumerate(("user ID given", "code asked for")):
        known, unknown = ([pair[place] for pair in samples[is_known]] for is_known in (True, False))
        figures += _compare(step, known, unknown)
    return figures


def _compare(step: str, known: list[float], unknown: list[float]) -> list[Figure]:
    medians = milliseconds({"known name": known, "unknown name": unknown})
    ranks = rank_test(known, unknown)
    note = f"known is slower in {ranks.first_is_greater:.1%} of pairs"
    ratio = medians["known name"] / medians["unknown name"]
    return [
        Figure(name=f"Wizard, {step}: known to unknown name", value=ratio, medians_ms=medians),
        Figure(name=f"Mann–Whitney, {step}", value=ranks.p, unit="p", at_least=0.01, note=note),
    ]


def code_to_mail(stand: Stand, wizard: Child, portal: Child) -> list[Figure]:
    """Compare the press that asks for a code, until its mail is in the sink, with a bare delivery of the same mail."""
    _press(stand, wizard, number=0)
    content = stand.sink.received[-1].raw.decode()
    answers: list[float] = []

    def press(number: int) -> float:
        answered, arrived = _press(stand, wizard, number=1 + number)
        answers.append(answered)
        return arrived

    samples = alternate(
        {
            "press to mail": press,
            "one bare delivery": lambda _number: portal.ask("bare_delivery", content=content),
        },
        rounds=MAIL_ROUNDS,
    )
    medians = milliseconds(samples | {"press to answer": answers[WARM_UP:]})
    ratio = medians["press to mail"] / medians["one bare delivery"]
    return [Figure(name="Code asked for to mail in the sink, to a bare delivery", value=ratio, medians_ms=medians)]


def _press(stand: Stand, wizard: Child, *, number: int) -> tuple[float, float]:
    """Return the seconds until the page answered and until the mail was accepted."""
    address, started, answered = wizard.ask("send_code", number=FIRST_OF_MAILS + number)
    return answered - started, stand.sink.arrival_of(address) - started
