"""Figures of bulk jobs: their speed beside bare hashes, the memory of their workers, preview and results."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import psutil

from tests.benchmarks.report import Figure
from tests.benchmarks.sampling import alternate, milliseconds
from tests.benchmarks.stand import CORES, Stand
from tests.benchmarks.wire import Child

FEW = 1_000
ROUNDS = 15
TURN_SECONDS = 2.0
HASHES_A_TURN = 400
"""Some two seconds of hashes on two cores."""


def bulk_speed(stand: Stand, bulk: Child, *, database: str, everybody: bool, people: int) -> list[Figure]:
    """Reset many people and make as many bare hashes, in turns of a few seconds, each on all cores.

    A machine that other tenants share is faster in one minute than in the next: halves before and after differed more
    from each other than the job from them.
    """
    queries = bulk.ask("count_queries_of_chunk")
    floors = [stand.child("floor", database=database, is_new=False) for _core in range(CORES)]
    worker = stand.start_bulk_worker(database=database)
    bulk.ask("run_chosen", people=FEW)
    small = _most_memory(worker)
    bulk.ask("vacuum")
    seconds, bare = _in_turns(bulk, worker, floors, everybody=everybody, people=people)
    large = _most_memory(worker)
    note = f"{people / seconds:.1f} people a second, {people / bare:.1f} bare hashes a second"
    name = f"Bulk of {people:,}"
    memory = f"{small:.0f} MiB after {FEW:,} people, {large:.0f} MiB after {people:,} more"
    return [
        Figure(name=f"{name}, to the floor of bare hashes", value=bare / seconds, at_least=0.90, note=note),
        Figure(name=f"{name}: memory of a worker", value=large / small, at_most=1.1, note=memory),
        Figure(name=f"{name}: queries a person", value=queries, unit="queries a person"),
    ]


def _in_turns(
    bulk: Child, worker: psutil.Process, floors: Sequence[Child], *, everybody: bool, people: int
) -> tuple[float, float]:
    """Return the seconds of the job without those in which its workers stood still, and those of as many hashes."""
    stood = bare = 0.0
    left = people
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(bulk.ask, "run_filter", everybody=everybody)
        while left and not wait([job], timeout=TURN_SECONDS).done:
            number = min(HASHES_A_TURN, left)
            stopped_at = time.perf_counter()
            with _standing_still(worker):
                bare += _hash(floors, number)
                was_over = job.done()
            # A job that was over as its workers were stopped has told its time without this turn.
            stood += 0 if was_over else time.perf_counter() - stopped_at
            left -= number
        seconds = job.result()["seconds"] - stood
    return seconds, bare + (_hash(floors, left) if left else 0)


@contextmanager
def _standing_still(worker: psutil.Process) -> Iterator[None]:
    """Let the processes of a worker stand still, for less time than their claims last."""
    processes = worker.children()
    try:
        for process in processes:
            process.suspend()
        yield
    finally:
        for process in processes:
            process.resume()


def preview_time(bulk: Child, *, people: int) -> list[Figure]:
    """Compare the preview of everybody, and of everybody whom a search finds, with one count of the same."""
    figures = []
    for name, everybody in (("everybody", True), ("everybody of a search", False)):
        samples = alternate(
            {
                "preview": lambda _number, everybody=everybody: bulk.ask("time_preview", everybody=everybody),
                "count": lambda _number, everybody=everybody: bulk.ask("time_count", everybody=everybody),
            },
            rounds=ROUNDS,
        )
        medians = milliseconds(samples)
        title = f"Preview of {name} among {people:,}, to one count"
        figures.append(Figure(name=title, value=medians["preview"] / medians["count"], at_most=20, medians_ms=medians))
    return figures


def results_time(bulk: Child, *, many: int, few: int) -> list[Figure]:
    """Compare the page of a job with many results with that of a job with few."""
    large, small = (bulk.ask("fill_results", rows=rows) for rows in (many, few))
    samples = alternate(
        {
            f"{many:,} results": lambda _number: bulk.ask("open_results", job=large),
            f"{few:,} results": lambda _number: bulk.ask("open_results", job=small),
        },
        rounds=ROUNDS,
    )
    medians = milliseconds(samples)
    slow, quick = medians.values()
    return [Figure(name="Results of a bulk job", value=slow / quick, at_most=1.5, medians_ms=medians)]


def _hash(floors: Sequence[Child], number: int) -> float:
    """Return the seconds that all cores together need for so many bare hashes."""
    share = number // len(floors)
    started = time.perf_counter()
    with ThreadPoolExecutor(len(floors)) as pool:
        list(pool.map(lambda child: child.ask("hash_many", number=share), floors))
    return (time.perf_counter() - started) * number / (share * len(floors))


def _most_memory(worker: psutil.Process) -> float:
    """Return the most memory in MiB that one process of the worker ever held."""
    return max(_peak_mib(child.pid) for child in worker.children())


def _peak_mib(pid: int) -> float:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        (kib,) = (line.split()[1] for line in status if line.startswith("VmHWM"))
    return int(kib) / 1024
