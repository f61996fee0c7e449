# SPDX-License-Identifier: MIT
"""Threads that share the work on one image: the same bits, errors that name it, and Ctrl-C."""

from __future__ import annotations

import itertools
import operator
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ndreg_preeval import _core
from tests.support.agreement import bits

# Large enough for two threads at least to share an image, and for a window to reach over the border
# between their shares.
SHAPES = [(520, 700), (257, 1009), (1031, 523)]
OPTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "no second opinion": {"confirm": False},
    "robust": {"confirm_window": "hann", "confirm_cutoff": 0.15, "judgement": "ratio"},
    "both windowed": {"window": "hann", "cutoff": 0.2, "confirm_window": "hann"},
    "aligner windowed": {"window": "hann", "confirm_window": None},
    "one axis windowed": {
        "window": "hann",
        "window_from": 600,
        "confirm_window": "hann",
        "confirm_window_from": 600,
    },
    "hot pixel": {"ignore_hot_pixel": True},
}


def stack_of(n: int, shape: tuple[int, int], dtype: str = "f4") -> NDArray[Any]:
    rng = np.random.default_rng(n)
    scene = rng.normal(size=shape)
    stack = [np.roll(scene, (3 * i, -5 * i), (0, 1)) + 0.3 * rng.normal(size=shape) for i in range(n)]
    return (100 * np.array(stack)).astype(dtype)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_one_image(options: dict[str, Any], precision: str) -> None:
    for shape in SHAPES:
        stack = stack_of(2, shape)
        if "ignore_hot_pixel" in options:
            stack[:, 7, 9] = 1e6
        scorer = _core.Scorer(stack[0], precision=precision, **options)
        expected = scorer.score(stack[1:], num_threads=1)
        assert (expected["peak_dy"], expected["peak_dx"]) == (-3, 5)
        assert bool(expected["flags"] & _core.HOT_PIXEL) == ("ignore_hot_pixel" in options)
        for num_threads in range(2, 9):
            assert bits(scorer.score(stack[1:], num_threads=num_threads)) == bits(expected)


@pytest.mark.parametrize("num_threads", range(2, 9))
def test_what_remains_of_a_stack_is_shared(num_threads: int) -> None:
    """Of seven images 1, 1, 3 and 2 are left when dealt out to 2, 3, 4 and 5 threads."""
    stack = stack_of(7, SHAPES[0])
    stack[2, 100, 100] = np.nan
    stack[4] = np.nan
    stack[5] = 3
    stack[6, 5, 5] = np.inf
    mask = np.random.default_rng(1).random(stack.shape) > 0.01
    scorer = _core.Scorer(stack[0], precision="single")
    for masks in (None, mask):
        expected = bits(scorer.score(stack, mask=masks, num_threads=1))
        assert bits(scorer.score(stack, mask=masks, num_threads=num_threads)) == expected
        expected = bits(scorer.score_consecutive(stack, mask=masks, num_threads=1))
        assert bits(scorer.score_consecutive(stack, mask=masks, num_threads=num_threads)) == expected


@pytest.mark.parametrize("num_threads", [1, 2, 3, 4])
@pytest.mark.parametrize("call", ["score", "score_consecutive"])
def test_errors_name_the_image(call: str, num_threads: int) -> None:
    stack = stack_of(7, SHAPES[0])
    scorer = _core.Scorer(stack[0], accept_invalid=False)
    for place in range(7):
        broken = stack.copy()
        broken[place:, 519, 699] = np.nan
        with pytest.raises(ValueError, match=rf"^image {place} must have valid pixels only, but 1 are"):
            getattr(scorer, call)(broken, num_threads=num_threads)
    assert getattr(scorer, call)(stack, num_threads=num_threads)["peak"].all()


class Stop(Exception):
    pass


def stop(*_: object) -> None:
    raise Stop


def work_on(image: NDArray[Any], call: str, num_threads: int) -> Callable[[], object]:
    if call == "Scorer":
        return partial(_core.Scorer, image, precision="single")
    scorer = _core.Scorer(image, precision="single", window="hann")
    if call == "correlogram":
        return partial(scorer.correlogram, image)
    return partial(scorer.score, image[None], num_threads=num_threads)


class Repeated:
    """Work done over and over without a step of Python, which would hear a signal, in between."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._begun = itertools.count()
        self._work = work

    def begun(self) -> int:
        """How often it has begun."""
        return int(repr(self._begun)[len("count(") : -1])

    def run(self) -> None:
        calls = map(operator.call, itertools.repeat(self._work, 20))
        deque(zip(self._begun, calls, strict=False), maxlen=0)


@pytest.mark.parametrize(
    ("call", "num_threads"), [("score", 1), ("score", 2), ("correlogram", 0), ("Scorer", 0)]
)
@pytest.mark.parametrize("kind", ["usual", "few levels", "invalid"])
def test_a_signal_is_heard_within_one_image(
    kind: str, call: str, num_threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large image, in the memory of two rows; preparing a usual one takes longer than nobody is asked."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # with many, an image is done before anybody is asked
    size = 8192 if kind == "usual" else 4096
    row = np.random.default_rng(2).integers(0, 2 if kind == "few levels" else 5000, 2 * size - 1).astype("f4")
    if kind == "invalid":
        row[-1] = np.nan
    repeated = Repeated(work_on(sliding_window_view(row, size), call, num_threads))
    sent: list[int] = []

    def interrupt() -> None:
        while repeated.begun() < 2:
            time.sleep(0.001)
        signal.raise_signal(signal.SIGINT)
        sent.append(repeated.begun())

    before = signal.signal(signal.SIGINT, stop)
    other = threading.Thread(target=interrupt)
    try:
        other.start()
        with pytest.raises(Stop):
            repeated.run()
    finally:
        other.join()
        signal.signal(signal.SIGINT, before)
    # In that image, or in the one that had begun when nobody had to be asked any more for the first.
    assert repeated.begun() - sent[0] <= 1
