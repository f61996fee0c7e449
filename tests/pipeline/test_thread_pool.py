# SPDX-License-Identifier: MIT
"""Threads that run tasks: their order, their limits, and what happens where there are none."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import FrameType

import h5py
import pytest

from ndreg_preeval import rank_stacks
from ndreg_preeval.pipeline.batch_scorer import BatchScorer
from ndreg_preeval.pipeline.thread_pool import ConcurrencyLimit, ThreadPool
from tests.support.scenes import assert_same_numbers, three


def fail(error: BaseException) -> None:
    raise AssertionError from error


def test_some_tasks_go_first_and_limits_are_kept() -> None:
    done: list[str] = []
    inside = most = 0
    lock, start = threading.Lock(), threading.Event()
    limit, pair = ConcurrencyLimit(2), threading.Barrier(2)

    def narrow() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        pair.wait()  # two are inside, and a third one has time to show
        time.sleep(0.002)
        with lock:
            inside -= 1

    with ThreadPool(1, fail) as pool:
        pool.submit([start.wait], first=True)  # type: ignore[list-item]
        pool.submit([partial(done.append, "other")], limit=ConcurrencyLimit(1))
        pool.submit([partial(done.append, "urgent")], first=True)
        start.set()
        while pool.backlog() or len(done) < 2:
            time.sleep(0.001)
    assert done == ["urgent", "other"]
    finished = threading.Semaphore(0)
    with ThreadPool(5, fail) as pool:
        pool.submit([narrow] * 20, limit=limit)
        pool.submit([finished.release], limit=ConcurrencyLimit(1))
        finished.acquire()  # though the first limit is reached
        while pool.backlog():
            time.sleep(0.001)
    assert most == 2
    assert limit.running == 0


def test_closing_forgets_what_nobody_has_begun() -> None:
    begun = threading.Event()
    pool = ThreadPool(1, fail)

    def slow() -> None:
        begun.set()
        while not pool.cancelled():
            time.sleep(0.001)

    pool.submit([slow, partial(fail, ValueError())], limit=ConcurrencyLimit(1))
    begun.wait()
    pool.close()
    pool.close()
    assert pool.backlog() == 0


@pytest.mark.parametrize("first", [True, False])
def test_a_task_that_outlasts_the_pool_hands_nothing_on(first: bool) -> None:
    begun, closing = threading.Event(), threading.Event()
    done: list[str] = []
    pool = ThreadPool(2, fail)

    def last() -> None:
        begun.set()
        closing.wait()
        pool.submit([partial(done.append, "more")] * 5, first=first)

    pool.submit([last])
    begun.wait()
    waiting = threading.Thread(target=pool.close)
    waiting.start()
    while not pool.cancelled():
        time.sleep(0.001)
    closing.set()
    waiting.join()
    assert done == []
    assert pool.backlog() == 0


def test_what_a_task_raises_is_told() -> None:
    told: list[BaseException] = []
    error = RuntimeError("unforeseen")

    def raises() -> None:
        raise error

    with ThreadPool(2, told.append) as pool:
        pool.submit([raises], first=True)
        while not told:
            time.sleep(0.001)
    assert told == [error]


def write(folder: Path) -> dict[str, str]:
    with h5py.File(folder / "scan.h5", "w") as file:
        for name, pixels in three().items():
            file.create_dataset(name, data=pixels, chunks=(2, 16, 16), compression="gzip")
    return {name: f"{folder}/scan.h5::/{name}" for name in three()}


@pytest.mark.parametrize("possible", [0, 1])
def test_a_system_without_threads_to_spare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, possible: int
) -> None:
    original = threading.Thread.start
    left = possible

    def start(self: threading.Thread) -> None:
        nonlocal left
        if left == 0:
            raise RuntimeError("can't start new thread")
        left -= 1
        original(self)

    monkeypatch.setattr(threading.Thread, "start", start)
    found = rank_stacks(write(tmp_path), num_threads=4)
    for name, stack in rank_stacks(three()).stacks.items():
        assert_same_numbers(found.stacks[name], stack)


def test_an_error_where_none_may_be_is_no_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(BatchScorer, "_arrived", broken)
    with pytest.raises(RuntimeError, match="unforeseen"):
        rank_stacks(write(tmp_path))


def test_an_interrupt_at_any_moment_leaves_a_pool_that_can_be_closed() -> None:
    """Interrupts meet the caller's thread where functions begin, and where calls have come back."""
    left = 0

    def interrupt(frame: FrameType | None, event: str, _: object) -> None:
        nonlocal left
        if event in ("call", "c_return"):
            while frame is not None:
                if frame.f_code is threading.Thread.start.__code__:
                    return  # how the interpreter starts a thread is its own affair
                frame = frame.f_back
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

    for moment in itertools.count(1):
        pool = ThreadPool(2, fail)
        limit = ConcurrencyLimit(1)
        left, interrupted = moment, False
        sys.setprofile(interrupt)
        try:
            for _ in range(2):
                pool.submit([pool.cancelled] * 3, limit=limit)  # type: ignore[list-item]
                pool.submit([pool.cancelled], first=True)  # type: ignore[list-item]
                pool.backlog()
        except KeyboardInterrupt:
            interrupted = True
        finally:
            sys.setprofile(None)
        closing = threading.Thread(target=pool.close, daemon=True)
        closing.start()
        closing.join(300)
        assert not closing.is_alive(), f"interrupted at the moment {moment}, it cannot be closed"
        # One that was just starting finds nothing to do, and ends.
        while any(
            each.name.startswith("ndreg_preeval-") and each.is_alive() for each in threading.enumerate()
        ):
            time.sleep(0.001)
        if not interrupted:
            break
    assert moment > 10
