# SPDX-License-Identifier: MIT
"""What threads and processes do: called in workers, which keep their stack and their CPUs."""

from __future__ import annotations

import functools
import hashlib
import os
import time
import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

import ndreg_preeval
from common.known_shifts import Image, plain_answer, ranked_stack, way_back
from common.timing import require
from ndreg_preeval import _core

from .cpus import PINS

SCORER, RANKING = "`Scorer`", "`rank_stacks`"
METHOD = "peak_to_mean"
COMPARED = 2048
"""Plain numpy needs more than ten times the memory of a larger image."""
TOLERANCE = 1e-5


class Work(NamedTuple):
    """Images per call, as tuples of what JSON can carry."""

    kind: str
    images: int
    """Beside the reference."""
    size: int


def start_on(cpus: Sequence[int]) -> None:
    """Run on these CPUs from now on, and the threads that are started later."""
    if PINS:
        os.sched_setaffinity(0, cpus)
    warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)  # one stack, all images moved alike


@functools.lru_cache(maxsize=1)
def stack_of(images: int, size: int) -> Image:
    return ranked_stack(images + 1, (size, size))


def compare(stack: Image, peak: Image, mean: Image, shifts: Image) -> None:
    """All shifts with the known one, the numbers of the first and the last image with plain numpy."""
    require(len(shifts) == len(stack) - 1, "a shift per image")
    require((np.asarray(shifts) == way_back(stack.shape)).all(), "shifts")
    if stack.shape[-1] > COMPARED:
        return
    for k in (0, -1):
        answer = plain_answer(stack[0], stack[1:][k])
        require(abs(peak[k] / answer.peak - 1) < TOLERANCE, f"peak {peak[k]}, not {answer.peak}")
        require(abs(mean[k] / answer.mean - 1) < TOLERANCE, f"mean {mean[k]}, not {answer.mean}")


def scorer_call(stack: Image) -> Callable[[int], bytes]:
    """The core's scorer, whose reference is known already."""
    scorer = _core.Scorer(stack[0], precision="single", confirm=False)

    def call(threads: int) -> bytes:
        return scorer.score(stack[1:], num_threads=threads).tobytes()

    records = np.frombuffer(call(1), _core.PAIR_SCORE)
    shifts = np.stack([records["peak_dy"], records["peak_dx"]], axis=1)
    compare(stack, records["peak"], records["mean"], shifts)
    return call


def ranking_call(stack: Image) -> Callable[[int], ndreg_preeval.Ranking]:
    """The public call, everything included."""

    def call(threads: int) -> ndreg_preeval.Ranking:
        return ndreg_preeval.rank_stacks({"stack": stack}, method=METHOD, num_threads=threads)

    found = call(1).stacks["stack"]
    compare(stack, found.peak, found.mean, found.peak_shifts)
    return call


def bits(result: bytes | ndreg_preeval.Ranking) -> bytes:
    """All numbers of a result."""
    if isinstance(result, bytes):
        return result
    stack = result.stacks["stack"]
    numbers = (stack.score, stack.trust, stack.peak, stack.mean, stack.rms, stack.shifts, stack.p_value)
    return b"".join(np.asarray(each, np.float64).tobytes() for each in numbers) + stack.flags.tobytes()


@functools.lru_cache(maxsize=2)
def call_of(work: Work) -> Callable[[int], bytes | ndreg_preeval.Ranking]:
    stack = stack_of(work.images, work.size)
    return scorer_call(stack) if work.kind == SCORER else ranking_call(stack)


def prepare(kind: str, images: int, size: int, threads: Sequence[int]) -> str:
    """Make the images, and require the same bits for all these numbers of threads; their digest."""
    call = call_of(Work(kind, images, size))
    alone = bits(call(1))
    for number in threads:
        require(bits(call(number)) == alone, f"{kind}: {number} threads change the numbers")
    return hashlib.sha256(alone).hexdigest()


def rate(kind: str, images: int, size: int, threads: int, start: float, seconds: float) -> float:
    """Images per second of calls that begin at a time of day and go on for so long."""
    call = call_of(Work(kind, images, size))
    time.sleep(max(0.0, start - time.time()))
    begin = time.perf_counter()
    done = 0
    while not done or time.perf_counter() < begin + seconds:
        call(threads)
        done += 1
    return done * images / (time.perf_counter() - begin)
