# SPDX-License-Identifier: MIT
"""Everything that threads of a program may do at once, and whether they get the bits of one thread alone.

    python -m tests.support.many_threads [SECONDS [THREADS]]

goes on for so long (60) with so many threads (8), and says what was done. On a free-threaded Python it says
whether the GIL was off at the beginning and at the end, too.
"""

from __future__ import annotations

import dataclasses
import random
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

import ndreg_preeval
from ndreg_preeval import StackRanker, StackScorer, core, rank_stacks, score_stack
from tests.support.scenes import drifting, three

Job = Callable[[], Any]

THREADS = 8


def same(value: Any) -> Any:
    """What of a result must be the same, bit for bit; NaN too."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, ndreg_preeval.StackScore):
        return tuple(same(getattr(value, each.name)) for each in dataclasses.fields(value))
    if isinstance(value, ndreg_preeval.Ranking):
        return (
            value.ranked_stack_names,
            [same(each) for each in value.stack_scores],
            value.warnings,
            value.trust,
        )
    return repr(value)


def at_rest(n: int = 6) -> Any:
    """A sample that does not move: its images are looked at again when the stack is done."""
    rng = np.random.default_rng(5)
    scene = rng.normal(size=(48, 40))
    return np.stack([scene + 0.3 * rng.normal(size=scene.shape) for _ in range(n)])


def jobs(folder: Path | None) -> dict[str, Job]:
    """What threads do, each call a new one of the same arguments; files of HDF5 only in a folder."""
    stack, others, still = drifting(0.3, n=6), three(n=4), at_rest()
    holed = stack.copy()
    holed[:, 3:6, 7:9] = np.nan
    scorer = core.Scorer(stack[0], precision="single")
    double = core.Scorer(stack[0], precision="double")
    mask = np.random.default_rng(2).random(stack.shape[1:]) > 0.05

    def told() -> list[int]:
        """Progress comes to who asked for it, and to nobody else."""
        seen: list[tuple[int, int]] = []
        rank_stacks(others, num_threads=2, progress=lambda done, total: seen.append((done, total)))
        return [seen[-1][0], *sorted({total for _, total in seen})]

    def scan() -> Any:
        live = StackScorer(still[0])
        for image in still[1:]:
            live.add(image)
        return live.result()

    def json() -> Any:
        return ndreg_preeval.Ranking.from_json(rank_stacks(others).to_json())

    def refused() -> str:
        try:
            score_stack(holed, invalid="raise", name="holed")
        except ValueError as error:
            return str(error)
        raise AssertionError

    found: dict[str, Job] = {
        "score": lambda: score_stack(stack, num_threads=1),
        "score, three threads": lambda: score_stack(stack, num_threads=3),
        "robust": lambda: score_stack(holed, method="robust", mask=mask),
        "ewoksndreg": lambda: score_stack(stack.astype(np.float32), method="ewoksndreg", pairing="previous"),
        "plain, double": lambda: score_stack(stack[:, ::-1], method="plain", precision="double"),
        "at rest": lambda: score_stack(still, num_threads=2),
        "rank": lambda: rank_stacks(others),
        "rank, previous": lambda: rank_stacks(others, pairing="previous", num_threads=2, window="hann"),
        "progress": told,
        "scan": scan,
        "json": json,
        "refused": refused,
        "shared scorer": lambda: scorer.score(stack, num_threads=2),
        "shared scorer, double": lambda: double.score(list(stack), mask=mask, num_threads=1),
        "shared scorer, consecutive": lambda: scorer.score_consecutive(stack, num_threads=1),
        "shared scorer, correlogram": lambda: scorer.correlogram(stack[3], second_opinion=True),
        "new scorer": lambda: core.Scorer(stack[1], mask=mask).score(stack, skip=1, num_threads=2),
        "methods": lambda: [core.method_named(name) for name in core.method_names()],
        "build": lambda: ndreg_preeval.build_config()["version"],
        "release": lambda: ndreg_preeval.release_memory() >= 0,
    }
    if folder is not None:
        found |= file_jobs(folder, others)
    return found


def file_jobs(folder: Path, stacks: Mapping[str, Any]) -> dict[str, Job]:
    """The same of files, of HDF5 and of NumPy."""
    import h5py

    with h5py.File(folder / "stacks.h5", "w") as file:
        for name, stack in stacks.items():
            file.create_dataset(
                f"packed/{name}", data=stack, chunks=(2, 16, 40), compression="gzip", shuffle=True
            )
            file[f"plain/{name}"] = stack
    np.save(folder / "clear.npy", stacks["clear"])
    file_name = str(folder / "stacks.h5")
    return {
        "hdf5, chunks": lambda: rank_stacks(f"{file_name}::/packed", num_threads=2),
        "hdf5, contiguous": lambda: rank_stacks(f"{file_name}::/plain", num_threads=1),
        "hdf5, one of them": lambda: score_stack(f"{file_name}::/packed/fair", pairing="previous"),
        "npy": lambda: score_stack(folder / "clear.npy", num_threads=2),
    }


class Together:
    """Threads that begin at once, and what they did.

    Parameters
    ----------
    folder : Path, optional
        For files; without, none are read.
    threads : int
    """

    def __init__(self, folder: Path | None = None, threads: int = THREADS) -> None:
        self.threads = threads
        self.jobs = jobs(folder)
        self.expected = {name: same(job()) for name, job in self.jobs.items()}
        self.done: Counter[str] = Counter()

    def at_once(self, work: Callable[[int], Any]) -> list[Any]:
        """Call work(thread) in all threads at once; what they return."""
        gate = threading.Barrier(self.threads)

        def begin(thread: int) -> Any:
            gate.wait()
            return work(thread)

        with ThreadPoolExecutor(self.threads) as pool:
            return [each.result() for each in [pool.submit(begin, i) for i in range(self.threads)]]

    def calls(self, seed: int) -> None:
        """Each thread does each job once, in an order of its own."""

        def work(thread: int) -> None:
            for name in random.Random(f"{seed} {thread}").sample(sorted(self.jobs), len(self.jobs)):
                assert same(self.jobs[name]()) == self.expected[name], name

        self.at_once(work)
        self.done["calls"] += self.threads * len(self.jobs)

    def one_result(self, seed: int) -> None:
        """All threads read all of one ranking, whose arrays and sentences are made when somebody asks."""
        stacks = {"still": at_rest(), **three(n=4)}
        expected = same(rank_stacks(stacks))
        shared = rank_stacks(stacks)
        names = [each.name for each in dataclasses.fields(ndreg_preeval.StackScore)]

        def work(thread: int) -> list[int]:
            order = random.Random(f"{seed} {thread}").sample(names, len(names))
            first = shared.stack_scores[0]
            made = {name: id(getattr(first, name)) for name in order}
            assert shared["still"].n_judged == 5
            assert same(shared) == expected
            assert shared == rank_stacks(stacks)
            assert "still" in str(shared)
            return [made[name] for name in names if isinstance(getattr(first, name), np.ndarray)]

        found = self.at_once(work)
        assert all(each == found[0] for each in found), "an array was made twice"
        self.done["readings of one result"] += self.threads

    def one_scan(self, seed: int) -> None:
        """All threads add to one live scan and ask for its result: whole additions, no number of another image."""
        n, shape = 1 + 3 * self.threads, (96, 80)  # large enough for calls of the core to meet
        images = {"clear": drifting(0.05, n, shape), "fair": drifting(0.8, n, shape)}
        known = {name: score_stack(stack) for name, stack in images.items()}
        rows = {name: [_row(score, i) for i in range(len(score.peak))] for name, score in known.items()}
        ranker = StackRanker({name: stack[0] for name, stack in images.items()})
        scorer = StackScorer(images["fair"][0])

        def work(thread: int) -> None:
            mine = slice(1 + 3 * thread, 4 + 3 * thread)
            for add in random.Random(f"{seed} {thread}").sample((True, False), 2):
                if add:
                    ranker.add({name: stack[mine] for name, stack in images.items()})
                else:
                    scorer.add(images["fair"][mine])
                for score in (*_scores(ranker), scorer.result()):
                    which = "clear" if score.name == "clear" else "fair"
                    assert (score.n_images - 1) % 3 == 0, "half an addition"
                    assert len(score.peak) == score.n_images - 1
                    assert {_row(score, i) for i in range(len(score.peak))} <= set(rows[which])

        self.at_once(work)
        for score in (*ranker.result().stack_scores, scorer.result()):
            which = "clear" if score.name == "clear" else "fair"
            assert sorted(_row(score, i) for i in range(len(score.peak))) == sorted(rows[which])
        self.done["additions to one scan"] += 2 * self.threads

    def everything(self, seed: int) -> None:
        """One round of all of it."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)  # with the GIL, threads take turns as often as they can
        try:
            self.calls(seed)
            self.one_result(seed)
            self.one_scan(seed)
        finally:
            sys.setswitchinterval(before)


def _row(score: Any, i: int) -> tuple[bytes, ...]:
    return tuple(
        getattr(score, name)[i].tobytes() for name in ("peak", "mean", "shifts", "p_value", "opinion")
    )


def _scores(ranker: StackRanker) -> tuple[Any, ...]:
    try:
        found = ranker.result().stack_scores
    except ValueError:  # nobody has added anything yet
        return ()
    assert len({each.n_images for each in found}) == 1, "an addition to one stack without the other"
    return found


def gil() -> str:
    """Whether this Python has a GIL now."""
    return "with the GIL" if getattr(sys, "_is_gil_enabled", lambda: True)() else "without the GIL"


def main(seconds: float, threads: int) -> None:
    """Rounds of all of it, as many as there is time for."""
    warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
    begin = gil()
    with tempfile.TemporaryDirectory() as folder:
        together = Together(Path(folder), threads)
        end = time.monotonic() + seconds
        rounds = 0
        while rounds == 0 or time.monotonic() < end:
            together.everything(rounds)
            rounds += 1
    done = ", ".join(f"{count} {what}" for what, count in together.done.items())
    print(
        f"Python {sys.version.split()[0]}, {begin}, {gil()} at the end: {threads} threads, {rounds} rounds in {seconds:g} s: {done}"
    )
    print("the bits of one thread, all of them")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60, int(sys.argv[2]) if len(sys.argv) > 2 else THREADS)
