# SPDX-License-Identifier: MIT
"""Threads that run tasks: their order, their gates, and what happens where there are none."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path

import h5py
import pytest

from ndreg_preeval import rank_stacks
from ndreg_preeval.pipeline.batch_scorer import GroupScorer
from ndreg_preeval.pipeline.thread_pool import Crew, Gate
from scenes import assert_same_numbers, three


def fail(error: BaseException) -> None:
    raise AssertionError from error


def test_urgent_tasks_go_first_and_gates_are_kept() -> None:
    done: list[str] = []
    inside = most = 0
    lock, start = threading.Lock(), threading.Event()
    gate = Gate(2)

    def narrow() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.002)
        with lock:
            inside -= 1

    with Crew(1, fail) as crew:
        crew.urgent([start.wait])  # type: ignore[list-item]
        crew.add([partial(done.append, "other")], Gate(1))
        crew.urgent([partial(done.append, "urgent")])
        start.set()
        while crew.backlog() or len(done) < 2:
            time.sleep(0.001)
    assert done == ["urgent", "other"]
    finished = threading.Semaphore(0)
    with Crew(5, fail) as crew:
        crew.add([narrow] * 20, gate)
        crew.add([finished.release], Gate(1))
        finished.acquire()  # though the first gate is full
        while crew.backlog():
            time.sleep(0.001)
    assert most == 2
    assert gate.inside == 0


def test_closing_forgets_what_nobody_has_begun() -> None:
    begun = threading.Event()
    crew = Crew(1, fail)

    def slow() -> None:
        begun.set()
        while not crew.stopping():
            time.sleep(0.001)

    crew.add([slow, partial(fail, ValueError())], Gate(1))
    begun.wait()
    crew.close()
    crew.close()
    assert crew.backlog() == 0


def test_what_a_task_raises_is_told() -> None:
    told: list[BaseException] = []
    error = RuntimeError("unforeseen")

    def raises() -> None:
        raise error

    with Crew(2, told.append) as crew:
        crew.urgent([raises])
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

    monkeypatch.setattr(GroupScorer, "_arrived", broken)
    with pytest.raises(RuntimeError, match="unforeseen"):
        rank_stacks(write(tmp_path))
