# SPDX-License-Identifier: MIT
"""From Ctrl-C, or from the answer that a call is to stop, to its end; and what other threads get meanwhile."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
from numpy.typing import NDArray

from common.child_process import Worker
from common.known_shifts import moved_scene
from common.report import Section
from common.timing import require
from ndreg_preeval import _core, rank_stacks

from .latencies import Latency, LatencySettings, section, within

CTRL_C = within("Ctrl-C", 200)
ONE_IMAGE = within("Ctrl-C within one image of 4096 x 4096, or while chunks are decoded", 500)
STOP = within("a call of the core that is told to stop", 200)
GAP = within("the longest time that no other thread ran", 250)

SIDE = 512
CODECS: dict[str, dict[str, Any]] = {
    "gzip": {"compression": "gzip"},
    "bitshuffle-lz4": dict(hdf5plugin.Bitshuffle(cname="lz4")),
    "blosc2": dict(hdf5plugin.Blosc2()),
}


@cache
def noise(side: int) -> NDArray[Any]:
    """An image of white noise."""
    return np.random.default_rng(side).standard_normal((side, side), dtype=np.float32)


def endless(side: int) -> NDArray[Any]:
    """More images than anybody waits for, in the memory of one."""
    return np.broadcast_to(noise(side), (10_000_000, side, side))


def check_answer() -> None:
    """Whatever was stopped before, the next ranking is right."""
    reference, moved = moved_scene((64, 96))
    other = np.random.default_rng(0).standard_normal((2, 64, 96))
    names = rank_stacks({"noise": other, "scene": np.stack([reference, moved])}).ranked_stack_names
    require(names == ["scene", "noise"], f"ranked {names}")


def over_and_over(call: Callable[[], object]) -> Callable[[], None]:
    """A call that lasts until it is stopped."""

    def run() -> None:
        while True:
            call()

    return run


def call_named(name: str, argument: Any, threads: int) -> Callable[[], object]:
    """What is interrupted."""
    if name == "files":
        long, short = argument
        rank_stacks({"file": short}, num_threads=threads)  # whatever is imported late is imported now
        return lambda: rank_stacks({"file": long}, num_threads=threads)
    if name == "arrays":
        return lambda: rank_stacks({"endless": endless(argument)}, num_threads=threads)
    image = noise(argument)
    if name == "Scorer":
        return over_and_over(lambda: _core.Scorer(image, precision="single"))
    scorer = _core.Scorer(image, precision="single", window="hann")
    if name == "correlogram":
        return over_and_over(lambda: scorer.correlogram(image))
    return over_and_over(lambda: scorer.score(image[None], num_threads=threads))


def interrupted(name: str, argument: Any, threads: int, moment: float) -> float:
    """Seconds from a signal to KeyboardInterrupt, `moment` seconds after the call has begun."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    check_answer()
    call = call_named(name, argument, threads)
    sent = []

    def interrupt() -> None:
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(moment, interrupt)
    timer.start()
    try:
        call()
    except KeyboardInterrupt:
        took = time.perf_counter() - sent[0]
    else:
        raise AssertionError("it ended before it was interrupted")
    timer.join()
    check_answer()
    return took


def stopped(name: str, side: int, threads: int, moment: float) -> float:
    """Seconds from the moment at which another thread wants a call of the core stopped to its end."""
    stop = threading.Event()
    wanted = []

    def want() -> None:
        wanted.append(time.perf_counter())
        stop.set()

    timer = threading.Timer(moment, want)
    scorer = _core.Scorer(noise(side), precision="single")
    images = np.broadcast_to(noise(side), (200_000, side, side))
    timer.start()
    try:
        getattr(scorer, name)(images, num_threads=threads, stop=stop.is_set)
    except _core.Cancelled:
        took = time.perf_counter() - wanted[0]
    else:
        raise AssertionError("it ended before it was stopped")
    timer.join()
    check_answer()
    return took


def longest_gap(side: int) -> float:
    """Longest time in seconds between two beats of a thread while images are ranked."""
    check_answer()
    stop = threading.Event()
    beats = [time.perf_counter()]

    def beat() -> None:
        while not stop.wait(0.002):
            beats.append(time.perf_counter())

    thread = threading.Thread(target=beat)
    thread.start()
    rank_stacks({"one": np.broadcast_to(noise(side), (4, side, side))}, num_threads=1)
    stop.set()
    thread.join()
    return float(np.diff(beats).max())


def repetitive(folder: Path, codec: str, images: int, count: int) -> str:
    """A stack of `count` images: one compressed chunk of so many images, stored again and again."""
    chunk = (images, SIDE, SIDE)
    stack = np.zeros(chunk, "<u2")
    stack[:, :, :60] = np.random.default_rng(0).poisson(100, (SIDE, 60))
    file = folder / f"{codec}-{images}-{count}.h5"
    with h5py.File(file, "w") as opened:
        made = opened.create_dataset("data", (count, SIDE, SIDE), "<u2", chunks=chunk, **CODECS[codec])
        made[:images] = stack
        _, raw = made.id.read_direct_chunk((0, 0, 0))
        for start in range(images, count, images):
            made.id.write_direct_chunk((start, 0, 0), raw)
    return f"{file}::/data"


def elsewhere(function: Callable[..., float], *arguments: Any) -> float:
    """What the function measures in a process of its own."""
    with Worker() as worker:
        return worker.call(function, *arguments)


def moment_of(run: int) -> float:
    """Seconds; other ones from run to run."""
    return 0.2 + 0.037 * run


def stopping(settings: LatencySettings) -> Section:
    """All of them."""
    threads = (1,) if settings.quick else (1, 2)
    large = 1024 if settings.quick else 4096

    def ctrl_c(name: str, argument: Any, count: int) -> Callable[[int], float]:
        return lambda run: elsewhere(interrupted, name, argument, count, moment_of(run))

    def told(name: str, side: int, count: int) -> Callable[[int], float]:
        return lambda run: elsewhere(stopped, name, side, count, moment_of(run))

    found = []
    with tempfile.TemporaryDirectory(prefix="latency-") as name:
        for count in threads:
            many = f", {count} thread{'s' * (count > 1)}"
            for side in (32, 1024, 2048):
                case = f"Ctrl-C: many arrays of {side} x {side}{many}"
                found.append(Latency(case, CTRL_C, ctrl_c("arrays", side, count)))
            for codec, images in (("gzip", 1), ("gzip", 128), ("bitshuffle-lz4", 16), ("blosc2", 16)):
                uris = [repetitive(Path(name), codec, images, n) for n in (2048, 2 * images)]
                case = f"Ctrl-C: {codec}, chunks of {images} x {SIDE} x {SIDE}{many}"
                found.append(Latency(case, ONE_IMAGE, ctrl_c("files", uris, count)))
            for call in ("score", "score_consecutive"):
                case = f"`stop`: `{call}` of many images of 1024 x 1024{many}"
                found.append(Latency(case, STOP, told(call, 1024, count)))
        for call in ("score", "correlogram", "Scorer"):
            case = f"Ctrl-C: one image of {large} x {large}, `{call}`"
            found.append(Latency(case, ONE_IMAGE, ctrl_c(call, large, 1)))
        gap = partial(elsewhere, longest_gap, 2000)
        case = "another thread, while images of 2000 x 2000 are ranked"
        found.append(Latency(case, GAP, lambda _: gap()))
        note = (
            "From the signal to `KeyboardInterrupt`, files closed and threads gone; for `stop`, from the moment at "
            "which another thread makes it true to the end of the call. Each run in a process of its own, at "
            "another moment; the next ranking has to be right."
        )
        return section("Stopping", note, found, settings)
