# SPDX-License-Identifier: MIT
"""Threads of a program that call at once, with the GIL and without: `tests/support/many_threads.py` goes on for longer."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import StackRanker, StackScorer, score_stack
from tests.support.many_threads import Together, same
from tests.support.scenes import drifting

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")


class Slow:
    """An image that does something when its pixels are asked for."""

    def __init__(self, image: Any, then: Callable[[], None]) -> None:
        self.image = image
        self.then = then
        self.asked = False

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if not self.asked:
            self.asked = True
            self.then()
        return np.array(self.image, dtype=dtype)


@pytest.mark.slow
def test_all_at_once(tmp_path: Path) -> None:
    together = Together(tmp_path)
    together.everything(0)
    assert together.done["calls"] == together.threads * len(together.jobs)


LIVE: dict[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {
    "scorer": (StackScorer, lambda image: image),
    "ranker": (lambda image, **options: StackRanker({"a": image}, **options), lambda image: {"a": image}),
}


def result_of(live: Any) -> Any:
    result = live.result()
    return result if isinstance(live, StackScorer) else result["a"]


@pytest.mark.parametrize("kind", sorted(LIVE))
@pytest.mark.parametrize("pairing", ["reference", "previous"])
def test_an_addition_waits_for_the_one_before(kind: str, pairing: Any) -> None:
    stack = drifting(0.3, n=5)
    make, images = LIVE[kind]
    live = make(stack[0], pairing=pairing)
    live.add(images(stack[1]))
    second = threading.Thread(target=lambda: live.add(images(stack[3:])))

    def meanwhile() -> None:
        second.start()
        second.join(0.3)  # it waits; did it not, this would be time enough
        assert result_of(live).n_images == 2

    live.add(images(Slow(stack[2], meanwhile)))
    second.join()
    found, expected = result_of(live), score_stack(stack, pairing=pairing)
    assert found.shifts.tobytes() == expected.shifts.tobytes()
    assert found.probability.tobytes() == expected.probability.tobytes()


@pytest.mark.parametrize("kind", sorted(LIVE))
def test_an_addition_within_another_one_is_refused_and_a_result_is_not(kind: str) -> None:
    stack = drifting(0.3, n=4)
    make, images = LIVE[kind]
    live = make(stack[0])
    live.add(images(stack[1]))
    said: list[Any] = []

    def within() -> None:
        said.append(result_of(live).n_images)
        with pytest.raises(RuntimeError, match=r"\.add was called from within Stack\w+\.add, by a handler"):
            live.add(images(stack[3]))

    live.add(images(Slow(stack[2], within)))
    assert said == [2]
    live.add(images(stack[3]))
    assert result_of(live).peak.tobytes() == score_stack(stack).peak.tobytes()


def test_an_addition_that_fails_lets_the_next_one_in() -> None:
    stack = drifting(0.3, n=3)
    scorer = StackScorer(stack[0])

    def fails() -> None:
        raise OSError("the camera is gone")

    for _ in range(2):
        with pytest.raises(OSError, match="the camera is gone"):
            scorer.add(Slow(stack[1], fails))
    assert scorer.add(stack[1]).result().n_images == 2


FORK = """
import os, sys, threading
import numpy as np
from ndreg_preeval import StackRanker, StackScorer
from tests.pipeline.test_many_threads import LIVE, Slow, result_of
from tests.support.scenes import drifting

stack = drifting(0.3, n=3)
for make, images in LIVE.values():
    live = make(stack[0])
    inside, go_on = threading.Event(), threading.Event()
    other = threading.Thread(target=lambda: live.add(images(Slow(stack[1], lambda: (inside.set(), go_on.wait())))))
    other.start()
    inside.wait()
    child = os.fork()
    if child == 0:
        assert live.add(images(stack[2])) is live
        os._exit(0 if result_of(live).n_images == 2 else 3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    go_on.set()
    other.join()
    assert result_of(live).n_images == 2
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_does_not_wait_for_a_thread_that_is_not_there() -> None:
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-W", "ignore", "-c", FORK]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_a_long_scan_has_few_parts() -> None:
    stack = drifting(0.3, n=9, shape=(8, 10))
    scorer = StackScorer(stack[0], method="peak_to_mean")
    most = 0
    for i in range(300):
        scorer.add(stack[1 + i % 8])
        most = max(most, len(scorer._done.parts))
    assert most <= 9
    assert scorer.result().n_images == 301
    again = StackScorer(stack[0], method="peak_to_mean").add(stack[[1 + i % 8 for i in range(300)]])
    assert same(scorer.result()) == same(again.result())


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has a GIL")
def test_the_package_does_not_bring_the_gil_back() -> None:
    program = (
        "import sys, numpy as np, ndreg_preeval\n"
        "ndreg_preeval.rank_stacks({'a': np.random.default_rng(0).normal(size=(3, 16, 16))})\n"
        "assert not sys._is_gil_enabled()"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], env=environment, check=True, timeout=300)
