"""``python -m tests.benchmarks``: takes every figure, prints the table, writes ``var/bench.json``."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.benchmarks import bulk_figures, figures, wizard_figures
from tests.benchmarks.report import Figure, table, write
from tests.benchmarks.stand import ROOT, Stand
from tests.benchmarks.wire import Child

FEW, MANY = 1_000, 100_000
PARTS = ("users", "sign-in", "neutral", "wizard", "mail", "bulk")
RESULTS = 100


def main() -> int:
    """Return 0 when every target is held, 1 otherwise."""
    reader = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    reader.add_argument("--only", choices=PARTS, action="append", help="take these figures alone; may be repeated")
    reader.add_argument("--everybody", action="store_true", help=f"reset {MANY:,} people in bulk instead of a tenth")
    asked = reader.parse_args()
    wanted = asked.only or list(PARTS)
    started = time.perf_counter()
    with Stand() as stand:
        try:
            found, facts = _measure(stand, wanted, everybody=asked.everybody)
        except Exception:
            print(stand.logs(), file=sys.stderr)
            raise
    facts["seconds"] = round(time.perf_counter() - started)
    path = Path(os.environ.get("VAR_DIR") or ROOT / "var") / "bench.json"
    write(path, found, facts=facts)
    print(f"\n{table(found)}\n\n{_footing(facts)}\nWritten to {path}.")
    missed = [figure.name for figure in found if not figure.is_held]
    if missed:
        print("Missed: " + "; ".join(missed) + ".", file=sys.stderr)
    return 1 if missed else 0


def _measure(stand: Stand, wanted: list[str], *, everybody: bool) -> tuple[list[Figure], dict[str, object]]:
    few = _loaded(stand, "portal", "few", FEW)
    steps: list[tuple[str, Callable[[], list[Figure]]]] = [("time of one hash", lambda: figures.hash_time(few))]
    if "sign-in" in wanted:
        bare = _loaded(stand, "bare", "bare", FEW)
        steps.append(("work of sign-in", lambda: figures.work_of_sign_in(few)))
        steps.append(("sign-in and change without their hashes", lambda: figures.sign_in_time(few, bare)))
    if "neutral" in wanted:
        steps.append(("known and unknown names", lambda: figures.neutral_times(few)))
    if "wizard" in wanted:
        steps += _wizard_steps(stand)
    if {"mail", "wizard"} & set(wanted):
        steps.append(("start of the worker", lambda: stand.start_worker(database="few") or []))
    if "mail" in wanted:
        steps.append(("reset to mail", lambda: figures.reset_to_mail(stand, few)))
    if "wizard" in wanted:
        steps.append(("code to mail", lambda: _code_to_mail(stand, few)))
    if {"users", "bulk"} & set(wanted):
        many = _loaded(stand, "portal", "many", MANY)
    if "users" in wanted:
        pages = lambda: figures.active_users(few, many, few_people=FEW, many_people=MANY)  # noqa: E731
        steps.append(("Active users", pages))
    if "bulk" in wanted:
        steps += _bulk_steps(stand, everybody=everybody)
    found: list[Figure] = []
    for name, step in steps:
        print(f"Measuring: {name} …", flush=True)
        found += step()
    return found, _facts(few)


def _wizard_steps(stand: Stand) -> list[tuple[str, Callable[[], list[Figure]]]]:
    """The worker is not there yet: a code on its way would disturb the name that is asked about next."""
    wizard = _loaded(stand, "wizard", "wizard", FEW)
    bare = _loaded(stand, "bare_reset", "bare-reset", FEW)
    return [
        ("the whole wizard", lambda: wizard_figures.flows(wizard, bare)),
        ("known and unknown names in the wizard", lambda: wizard_figures.neutral_times(wizard)),
    ]


def _code_to_mail(stand: Stand, few: Child) -> list[Figure]:
    wizard = stand.child("wizard", database="few", is_new=False)
    wizard.ask("prepare")
    return wizard_figures.code_to_mail(stand, wizard, few)


def _bulk_steps(stand: Stand, *, everybody: bool) -> list[tuple[str, Callable[[], list[Figure]]]]:
    bulk = stand.child("bulk", database="many", is_new=False)
    bulk.ask("load")
    people = MANY if everybody else MANY // 10
    speed = partial(bulk_figures.bulk_speed, stand, bulk, database="many", everybody=everybody, people=people)
    return [
        ("preview of a bulk reset", lambda: bulk_figures.preview_time(bulk, people=MANY)),
        (f"bulk reset of {people:,}", speed),
        ("results of a bulk reset", lambda: bulk_figures.results_time(bulk, many=MANY, few=RESULTS)),
    ]


def _loaded(stand: Stand, module: str, database: str, people: int) -> Child:
    settings = f"tests.benchmarks.{module}_settings" if module.startswith("bare") else "adminportal.settings"
    child = stand.child(module, database=database, settings=settings)
    seconds = child.ask("load", people=people)
    print(f"Filled database {database} with {people:,} people in {seconds:.0f} s.", flush=True)
    return child


def _facts(portal: Child) -> dict[str, object]:
    cores = os.cpu_count() or 1
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": cores,
        "load": round(os.getloadavg()[0], 2),
        **portal.ask("facts"),
    }


def _footing(facts: dict[str, object]) -> str:
    return (
        f"Argon2 {facts['argon2']}, {facts['hasher']}; PostgreSQL {facts['postgresql']}, Python {facts['python']}, "
        f"{facts['cores']} cores, load {facts['load']}; {facts['seconds']} s in all."
    )


if __name__ == "__main__":
    sys.exit(main())
