# SPDX-License-Identifier: MIT
"""Ctrl-C, threads and forks around a running ranking."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...core_calls import Core
from ...outcomes import Got, require
from ...processes import in_fork, script
from ...support import good, images, rank, strict_warnings
from ...table import Section
from ...uris import good_file

behave = Section("behave")
ORDER = ["zeta", "alpha", "kilo"]
FRESH: dict[str, Any] = {"fresh": True, "memory": None}


def right(**options: Any) -> bool:
    """Whether a ranking with enough images for several threads comes out right."""
    return rank(good(n=12, shape=(64, 60)), **options) == ORDER


def endless() -> dict[str, Any]:
    """Stacks that take minutes to rank and no memory."""
    return {name: np.broadcast_to(stack[0], (10_000_000, 32, 40)) for name, stack in good().items()}


@behave.scenario(
    "sigint_many_images", "Ctrl-C ends a long run within a call, the next one is right", slow=True, **FRESH
)
def _(_: Path) -> None:
    strict_warnings()
    stacks = endless()
    for calls in (1, 2, 5):
        at_the_signal: list[int] = []

        def interrupt(core: Core, calls: int = calls, at: list[int] = at_the_signal) -> None:
            core.wait_for(calls)
            os.kill(os.getpid(), signal.SIGINT)
            at.append(core.begun)

        with Core() as core:
            other = threading.Thread(target=interrupt, args=(core,))
            other.start()
            try:
                rank(stacks)
            except KeyboardInterrupt:
                other.join()
            else:
                raise AssertionError("30 million images were ranked")
        more = core.begun - at_the_signal[0]
        require(more <= 1, f"{more} calls of the core were begun after Ctrl-C")
        require(right(), "wrong rank after Ctrl-C")


@behave.scenario("handlers_unchanged", "no signal handler is changed by use", **FRESH)
def _(folder: Path) -> None:
    import h5py  # noqa: F401

    def handlers() -> list[Any]:
        status = Path("/proc/self/status").read_text().splitlines()
        masks = [line for line in status if line.startswith(("SigBlk", "SigIgn", "SigCgt"))]
        return [*(signal.getsignal(number) for number in sorted(signal.valid_signals())), *masks]

    before = handlers()
    strict_warnings()
    require(right() and rank(good_file(folder)) == ORDER, "wrong rank")
    require(handlers() == before, f"handlers were {before}, are {handlers()}")


LEAVE = """
asked = threading.Semaphore(0)
stacks = {k: np.broadcast_to(v[0], (10_000_000, 32, 40)) for k, v in good().items()}
def progress(done, total):
    asked.release()
def work():
    asked.release()
    rank(stacks, progress=progress)
threading.Thread(target=work, daemon=True).start()
"""


@behave.scenario(
    "daemon_thread_at_exit", "main ends while a daemon thread is inside rank()", slow=True, **FRESH
)
def _(_: Path) -> None:
    for times in (1, 2, 3, 6):  # the thread has begun, has scored images, has scored more
        done = script(LEAVE + "asked.acquire()\n" * times)
        require(done.returncode == 0, f"exit status {done.returncode}, {times}: {done.stderr[-500:]}")
        require(not done.stderr, f"printed {done.stderr[-500:]}")


@behave.scenario("gil_released", "another thread goes on while the core ranks images", slow=True, **FRESH)
def _(_: Path) -> None:
    strict_warnings()
    require(right(), "wrong rank")  # whatever is imported late is imported now
    image = images(0.8, n=1, shape=(1999, 2003))[0]
    beats = [0]
    with Core() as core:

        def beat() -> None:
            """Beat while a call of the core lasts, then end the ranking."""
            while beats[0] < 100:
                time.sleep(0)
                beats[0] += not core.results
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            rank({"only": np.broadcast_to(image, (3000, 1999, 2003))}, num_threads=1)
        except KeyboardInterrupt:
            thread.join()
        else:
            raise AssertionError("nothing else ran while 3000 images were ranked")


def _fork_after_use() -> None:
    strict_warnings()
    require(right(), "wrong rank in the parent")
    require(right(num_threads=4), "wrong rank in the parent with 4 threads")
    in_fork(right)
    in_fork(lambda: right(num_threads=4))


for number in ("1", "4"):
    behave.scenario(
        f"fork_after_use_{number}",
        f"a fork after use, OMP_NUM_THREADS={number}",
        env={"OMP_NUM_THREADS": number},
        **FRESH,
    )(lambda _: _fork_after_use())


@behave.scenario("fork_then_parent", "the fork calls and exits, then the parent calls again", **FRESH)
def _(_: Path) -> None:
    strict_warnings()
    require(right(num_threads=4), "wrong rank before the fork")
    in_fork(lambda: right(num_threads=4))
    require(right(num_threads=4), "wrong rank in the parent after the fork")


def job(_: int) -> bool:
    return right()


@behave.scenario("fork_pool", "a pool of forks after use in the parent: 8 jobs", **FRESH)
def _(_: Path) -> None:
    strict_warnings()
    require(right(num_threads=4), "wrong rank in the parent")
    with multiprocessing.get_context("fork").Pool(2) as pool:
        require(all(pool.map(job, range(8))), "wrong rank in the pool")


@behave.scenario("fork_hdf5", "HDF5 in the parent, fork, HDF5 in the fork", **FRESH)
def _(folder: Path) -> None:
    stacks = good_file(folder)
    strict_warnings()
    require(rank(stacks) == ORDER, "wrong rank in the parent")
    in_fork(lambda: rank(stacks) == ORDER)
    require(rank(stacks) == ORDER, "wrong rank in the parent after the fork")


def together(jobs: list[Callable[[], Any]]) -> list[Any]:
    """What the jobs give, each in a thread, all started at once."""
    gate = threading.Barrier(len(jobs))
    results: list[Any] = [None] * len(jobs)

    def work(place: int, job: Callable[[], Any]) -> None:
        gate.wait()
        try:
            results[place] = job()
        except BaseException as error:  # noqa: BLE001 - judged by the caller
            results[place] = error

    workers = [threading.Thread(target=work, args=item) for item in enumerate(jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results


@behave.scenario("threads_different", "8 threads with data and shapes of their own, 4 calls each", **FRESH)
def _(_: Path) -> None:
    import ndreg_preeval

    strict_warnings()
    sets = [good(n=4 + i, shape=(32 + i, 40 + 3 * i), seed=i) for i in range(8)]

    def scores(stacks: Any) -> list[Any]:
        return list(ndreg_preeval.rank_stacks(stacks).scores.items())

    def repeated(stacks: Any) -> list[Any]:
        return [scores(stacks) for _ in range(4)]

    alone = [[scores(stacks)] * 4 for stacks in sets]
    crowded = together([functools.partial(repeated, stacks) for stacks in sets])
    require(crowded == alone, f"alone {alone}, at once {crowded}")


@behave.scenario("threads_same_arrays", "8 threads that share the same arrays", **FRESH)
def _(_: Path) -> None:
    strict_warnings()
    stacks = good(n=12, shape=(64, 60))
    results = together([lambda: [rank(stacks) for _ in range(4)]] * 8)
    require(results == [[ORDER] * 4] * 8, f"ranked {results}")


def disturbed(stacks: dict[str, Any], disturb: Callable[[int], None]) -> list[Any]:
    """Outcomes of 30 calls while another thread disturbs the data."""
    stop = threading.Event()

    def work() -> None:
        for turn in range(10**9):
            if stop.is_set():
                return
            disturb(turn)
            time.sleep(0)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        return [rank(stacks) for _ in range(30)]
    finally:
        stop.set()
        thread.join()


@behave.scenario("mutate_values", "another thread overwrites pixels meanwhile", **FRESH)
def _(_: Path) -> None:
    strict_warnings()
    stacks = good(n=12, shape=(64, 60))
    values = np.array([np.nan, 1e300, -np.inf, 0.0, -1e300])

    def disturb(turn: int) -> None:
        for stack in stacks.values():
            stack[turn % 12, :, turn % 60] = values[turn % 5]

    for names in disturbed(stacks, disturb):
        Got(names=names, given=tuple(stacks)).check()


@behave.scenario("mutate_dict", "another thread adds keys to the mapping meanwhile", slow=True, **FRESH)
def _(_: Path) -> None:
    strict_warnings()
    stacks: dict[str, Any] = good(n=12, shape=(64, 60))
    extra = images(3.0, n=2)

    def disturb(turn: int) -> None:
        if turn < 200:
            stacks[f"late {turn}"] = extra

    for names in disturbed(stacks, disturb):
        require(names[0] == "zeta" and len(set(names)) == len(names), f"ranked {names}")
        require({"zeta", "alpha", "kilo"} <= set(names) <= set(stacks), f"ranked {names}")


@behave.scenario("small_thread_stack", "called from a thread with a stack of 64 KB", **FRESH)
def _(_: Path) -> None:
    strict_warnings()
    threading.stack_size(64 * 1024)
    results = together([lambda: [right() for _ in range(3)]])
    require(results == [[True] * 3], f"came to {results}")
