# SPDX-License-Identifier: MIT
"""Threads, blocks and forms of input change nothing, bit for bit; Python goes on meanwhile."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import _core
from tests.support import oracle
from tests.support.agreement import assert_agrees, bits
from tests.support.oracle import Floats


def noisy_stack(n: int, h: int, w: int, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    scene = rng.normal(size=(h, w))
    return np.array([np.roll(scene, (i, -i), (0, 1)) + 0.2 * rng.normal(size=(h, w)) for i in range(n)])


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("num_threads", [0, 1, 2, 3, 4, 5, 6, 7, 8, 1000])
def test_thread_count_changes_nothing(num_threads: int, precision: str) -> None:
    stack = noisy_stack(14, 33, 40)
    scorer = _core.Scorer(stack[0], precision=precision)
    one_by_one = b"".join(bits(scorer.score([image], num_threads=1)) for image in stack)
    for _ in range(3):
        assert bits(scorer.score(stack, num_threads=num_threads)) == one_by_one
    consecutive = scorer.score_consecutive(stack, num_threads=num_threads)
    assert bits(consecutive) == bits(scorer.score_consecutive(stack, num_threads=1))


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("block", [1, 2, 3, 5, 8, 13, 21])
def test_blocks_change_nothing(block: int, precision: str) -> None:
    stack = noisy_stack(21, 18, 25)
    scorer = _core.Scorer(stack[0], precision=precision)
    whole = scorer.score(stack, num_threads=2)
    assert whole.dtype == _core.PAIR_SCORE
    assert whole.shape == (21,)
    parts = [scorer.score(stack[k : k + block], num_threads=2) for k in range(0, 21, block)]
    assert bits(np.concatenate(parts)) == bits(whole)
    # consecutive pairs: blocks share the image at their border
    whole = scorer.score_consecutive(stack, num_threads=2)
    parts = [scorer.score_consecutive(stack[k : k + block + 1]) for k in range(0, 20, block)]
    assert bits(np.concatenate(parts)) == bits(whole)


def test_forms_of_input() -> None:
    stack = noisy_stack(6, 17, 20)
    scorer = _core.Scorer(stack[0])
    expected = bits(scorer.score(stack))
    for form in (list(stack), tuple(stack), [image.copy() for image in stack], stack.copy()):
        assert bits(scorer.score(form)) == expected
        assert bits(scorer.score(form, mask=np.ones(stack.shape, bool))) == expected
    assert bits(_core.Scorer(stack[0], mask=np.ones(stack[0].shape, bool)).score(stack)) == expected


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("options", [{}, {"confirm": False}, {"window": "hann", "cutoff": 0.2}])
def test_consecutive_is_each_with_the_one_before(options: dict[str, Any], precision: str) -> None:
    stack = noisy_stack(7, 19, 22)
    mask = np.random.default_rng(1).random(stack.shape) > 0.05
    stack[3, 4, 5] = np.nan
    stack[5] = 2.5
    scorer = _core.Scorer(stack[0], precision=precision, **options)
    records = scorer.score_consecutive(stack, mask=mask)
    assert records.shape == (6,)
    for k in range(6):
        pair = _core.Scorer(stack[k], mask=mask[k], precision=precision, **options)
        alone = pair.score(stack[k + 1 : k + 2], mask=mask[k + 1 : k + 2])
        assert bits(records[k]) == bits(alone[0])
        if precision == "double":
            masks = {"reference_mask": mask[k], "mask": mask[k + 1]}
            assert_agrees(records[k], stack[k], stack[k + 1], **masks, **options)
    assert list(records["flags"] & oracle.NO_CONTRAST) == [0, 0, 0, 0, 1, 0]
    assert not records["peak"][4:].any()


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_compare(n: int) -> None:
    stack = noisy_stack(2, 9, 8)
    scorer = _core.Scorer(stack[0])
    assert scorer.score_consecutive(stack[:n]).shape == (0,)
    assert scorer.score_consecutive(list(stack[:n])).shape == (0,)
    assert scorer.score(stack[:n]).shape == (n,)
    assert scorer.score(list(stack[:n])).shape == (n,)
    assert scorer.score(stack[:n]).dtype == _core.PAIR_SCORE


def test_one_scorer_in_many_python_threads() -> None:
    stack = noisy_stack(10, 40, 41)
    scorer = _core.Scorer(stack[0])
    expected = bits(scorer.score(stack))
    consecutive = bits(scorer.score_consecutive(stack))
    with ThreadPoolExecutor(8) as pool:
        scores = [pool.submit(scorer.score, stack, num_threads=1 + i % 3) for i in range(16)]
        steps = [pool.submit(scorer.score_consecutive, stack, num_threads=1 + i % 3) for i in range(16)]
        r = [pool.submit(scorer.correlogram, stack[i % 10]) for i in range(10)]
    assert {bits(future.result()) for future in scores} == {expected}
    assert {bits(future.result()) for future in steps} == {consecutive}
    for i, future in enumerate(r):
        assert (future.result() == scorer.correlogram(stack[i])).all()


def test_many_scorers_in_many_python_threads() -> None:
    def work(i: int) -> bytes:
        stack = noisy_stack(4, 16 + 3 * i, 50 - 2 * i, seed=i)
        precision = "single" if i % 2 else "double"
        return bits(_core.Scorer(stack[0], precision=precision).score(stack, num_threads=2))

    expected = [work(i) for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(4):
            assert list(pool.map(work, range(8))) == expected


def endless(n: int = 60_000) -> Floats:
    """More images than anybody waits for, in the memory of one."""
    return np.broadcast_to(noisy_stack(1, 128, 128)[0], (n, 128, 128))


class Stop(Exception):
    pass


def stop(*_: object) -> None:
    raise Stop


@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize("call", ["score", "score_consecutive"])
def test_python_goes_on_and_signals_are_heard(call: str, num_threads: int) -> None:
    """Another thread counts while this one computes, then interrupts it as Ctrl-C would."""
    scorer = _core.Scorer(endless(1)[0])
    ticks = 0
    begun = threading.Event()

    def tick() -> None:
        nonlocal ticks
        begun.wait()
        while ticks < 40:
            time.sleep(0.005)
            ticks += 1
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, stop)
    counter = threading.Thread(target=tick)
    try:
        counter.start()
        work = partial(getattr(scorer, call), endless(), num_threads=num_threads)
        done: deque[Any] = deque()
        with pytest.raises(Stop):
            # No step of Python, which would hear the signal, before the result arrives.
            done.extend(map(operator.call, [begun.set, work]))
    finally:
        begun.set()
        counter.join()
        signal.signal(signal.SIGINT, before)
    # With the GIL held not one tick would have come, and without an ear for signals there were scores.
    assert ticks == 40
    assert list(done) == [None], "more than that it had begun"
    again = scorer.score(endless(2), num_threads=num_threads)
    assert (again["peak"] > 0.9).all()


FORK = """
import os, sys, time
import numpy as np
from ndreg_preeval import _core
stack = np.random.default_rng(0).normal(size=(8, 32, 32))
scorer = _core.Scorer(stack[0])
expected = scorer.score(stack, num_threads=2).tobytes()
child = os.fork()
if child == 0:
    same = scorer.score(stack, num_threads=2).tobytes() == expected
    same = same and _core.Scorer(stack[0]).score(stack, num_threads=4).tobytes() == expected
    os._exit(0 if same else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert scorer.score(stack, num_threads=2).tobytes() == expected
print("same")
"""


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_child_of_a_process_that_used_threads() -> None:
    assert run(FORK) == "same"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", 1), ("2", 2), ("2,3", 2), ("0", 0), ("-3", 0), ("abc", 0), ("", 0), ("4096", 0), ("9" * 20, 0)],
)
def test_odd_thread_environments(value: str, expected: int) -> None:
    """0: what this process may use, as for a variable that makes no sense or asks for too much."""
    code = (
        "import numpy as np; from ndreg_preeval import _core;"
        "a = np.random.default_rng(0).normal(size=(6, 16, 16));"
        "print(_core.default_threads(), _core.usable_cpus(), float(_core.Scorer(a[0]).score(a)['peak'].sum()))"
    )
    threads, cpus, total = run(code, OMP_NUM_THREADS=value).split()
    assert int(threads) == min(expected or int(cpus), int(cpus))
    a = np.random.default_rng(0).normal(size=(6, 16, 16))
    assert float(total) == float(_core.Scorer(a[0]).score(a, num_threads=1)["peak"].sum())


def test_usable_cpus() -> None:
    assert 1 <= _core.usable_cpus() <= (os.cpu_count() or 1)
    assert 1 <= _core.default_threads() <= _core.usable_cpus()


@pytest.mark.skipif(not os.access("/proc/self/io", os.R_OK), reason="the system does not count what is read")
def test_the_number_of_threads_is_known_without_reading_files() -> None:
    """Control groups are looked up once a second at most; every look reads two files or more."""

    def reads() -> int:
        with Path("/proc/self/io").open() as file:
            return int(dict(line.split(": ") for line in file)["syscr"])

    before = reads()
    found = {_core.default_threads() for _ in range(100_000)}
    assert len(found) == 1
    assert reads() - before < 100_000


@pytest.mark.skipif(not Path("/proc/self/task").is_dir() or not hasattr(os, "fork"), reason="not Linux")
def test_threads_of_our_own_sleep_between_calls() -> None:
    """In a forked process, where OpenMP is of no use, whatever the build."""
    program = """
import os, sys, time
import numpy as np
from ndreg_preeval import _core

def names():
    for task in os.listdir("/proc/self/task"):
        yield open(f"/proc/self/task/{task}/comm").read().strip()

stack = np.random.default_rng(0).normal(size=(9, 64, 64))
scorer = _core.Scorer(stack[0])
expected = scorer.score(stack, num_threads=1).tobytes()
if _core.build_config()["threads"] == "off":
    sys.exit()
scorer.score(stack, num_threads=3)
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
assert "ndreg_pool" not in names(), "in a child that did not work yet"
for again in range(20):
    assert scorer.score(stack, num_threads=3).tobytes() == expected
    assert list(names()).count("ndreg_pool") <= 2
for _ in range(6000):  # a thread gets its name when it begins
    if list(names()).count("ndreg_pool") == 2:
        break
    time.sleep(0.01)
else:
    sys.exit("they did not stay")
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)
