# SPDX-License-Identifier: MIT
"""The same answer each time, errors fit to travel, and random input against the formulas."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...outcomes import MESSAGE_LIMIT, Got, message, require
from ...support import excellent, faulty, good, images, rank, strict_warnings
from ...uris import bad_uri, write
from .threads import FRESH, ORDER, behave, right


@behave.scenario(
    "deterministic_repeat", "30 repeats of 40 near-tied stacks give one order", slow=True, **FRESH
)
def _(_: Path) -> None:
    base = images(0.8, n=3)
    rng = np.random.default_rng(4)
    stacks = {f"s{i}": base + 1e-13 * rng.standard_normal(base.shape) for i in range(40)}
    strict_warnings()
    first = rank(stacks)
    for repeat in range(30):
        copies = {name: stack.copy() for name, stack in stacks.items()}
        again = rank(copies, num_threads=1 + repeat % 3)
        require(again == first, f"repeat {repeat}: {again}, first {first}")


def _at_depth(frames: int, call: Callable[[], Any]) -> Any:
    return call() if frames <= 0 else _at_depth(frames - 1, call)


def _depth() -> int:
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


@behave.scenario("recursion_limit", "called 40 frames from the recursion limit", **FRESH)
def _(_: Path) -> None:
    stacks = good()
    strict_warnings()
    for left in (5, 10, 20, 40, 80, 160):
        frames = sys.getrecursionlimit() - _depth() - left
        try:
            got = _at_depth(frames, lambda: rank(stacks))
        except RecursionError:
            continue
        require(got == ORDER, f"{left} frames from the limit: {got}")
    require(right(), "wrong rank afterwards")


def failure(stacks: Any) -> Exception:
    """The error that these stacks come to."""
    try:
        got = rank(stacks)
    except Exception as error:  # noqa: BLE001 - the error is what is asked for
        return error
    raise AssertionError(f"no error: ranked {got!r:.300}")


@behave.scenario("error_picklable", "errors of arrays and files survive pickle", **FRESH)
def _(folder: Path) -> None:
    write(folder / "b.h5", {"flat": np.ones((3, 3))})
    (folder / "text.h5").write_text("no HDF5")
    strict_warnings()
    failing = (
        faulty(np.zeros((3, 3))),
        faulty(excellent() * 1j),
        faulty(None),
        bad_uri(folder),
        bad_uri(folder, "/entry/flat"),
        bad_uri(folder, file="nosuch.h5"),
        bad_uri(folder, file="text.h5"),
    )
    for stacks in failing:
        error = failure(stacks)
        again = pickle.loads(pickle.dumps(error))
        require(type(again) is type(error), f"{error!r} becomes {again!r}")
        require(message(again) == message(error), f"{message(error)!r} becomes {message(again)!r}")
        number = getattr(error, "errno", None)
        require(getattr(again, "errno", None) == number, f"errno {number} is lost: {again!r}")
        require("stk_bad" in message(again), f"not named: {again!r}")


@behave.scenario(
    "error_message_bounded", "a name of 1 MB or a big array: short message, little effort", **FRESH
)
def _(folder: Path) -> None:
    from tests.support.effort import counted

    huge = "n" * 1_000_000
    ghost = {name: f"{folder}/{'x' * 300_000}.h5::/{name}" for name in ("a", "b")}
    strict_warnings()
    for stacks in (
        {huge: np.zeros((3, 3)), "other": excellent()},
        {huge: images(0.1, n=1), huge + "2": images(0.1, n=1)},
        {("tuple", *range(200_000)): None, "other": excellent()},
        {"a": np.zeros((3000, 3000)), "b": excellent()},
        {"a": np.zeros((3, 3), object), "b": excellent()},
        {"a": [["text" * 100_000] * 4] * 4, "b": excellent()},
        {f"stack {i}": images(0.1, n=1, shape=(4, 4)) for i in range(2000)},
        {huge: f"{folder}/none.h5::/x", "other": excellent()},
        ghost,
        list(ghost.values()),
        huge,
    ):
        failure(stacks)  # whatever is imported late is imported now
        with counted() as effort:
            error = failure(stacks)
        size = len(message(error).encode("utf-8", "backslashreplace"))
        require(size < MESSAGE_LIMIT, f"a message of {size} bytes: {message(error)[:200]}")
        number = len(stacks) if isinstance(stacks, dict | list) else 1
        frugal = effort.calls < 20_000 + 1000 * number and effort.memory < 64 << 20
        require(frugal, f"{effort} to refuse: {message(error)[:200]}")


KINDS = ("f8", "f4", "f2", "u1", "i2", "u4", "i8", ">f4", ">u2", "?")


def random_stack(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> NDArray[Any]:
    """A small stack of random contents and layout."""
    stack = rng.standard_normal(shape) * 10 ** rng.uniform(-3, 3)
    if rng.random() < 0.5 and shape[0]:
        stack = np.broadcast_to(stack[:1], shape) + rng.uniform(0, 1) * stack  # something to align
    fate = rng.integers(8)
    if stack.size and fate == 0:
        stack[..., rng.integers(shape[-1])] = rng.choice([np.nan, np.inf, -np.inf])
    if shape[0] and fate == 1:
        stack[rng.integers(shape[0])] = rng.choice([0.0, 0.1, np.nan])
    if fate == 2:
        stack = np.full(shape, rng.choice([0.0, 0.1, np.nan, 1e300]))
    with np.errstate(all="ignore"):
        made = stack.astype(kind)
    layout = rng.integers(4)
    if layout == 0:
        made = np.asfortranarray(made)
    elif layout == 1:
        made = np.repeat(made, 2, axis=-1)[..., ::2]
    elif layout == 2:
        made = np.ascontiguousarray(made[..., ::-1])[..., ::-1]
    return made


def _one_random_call(rng: np.random.Generator) -> bool:
    """Rank some random stacks; true when the best one was compared with the formulas."""
    from tests.support import oracle

    names = [f"stack {i}" for i in range(rng.integers(1, 5))]
    floats = bool(rng.random() < 0.4)
    stacks = {}
    for name in names:
        shape = tuple(int(rng.integers(1, high)) for high in (6, 24, 24))
        if not floats and rng.random() < 0.1:
            shape = tuple(rng.permutation([*shape[1:], 0, 3])[: rng.integers(1, 5)])
        kind = "f8" if floats else str(rng.choice(KINDS))
        stacks[name] = random_stack(rng, shape, kind)
    shapes = {name: (stack.shape, stack.dtype) for name, stack in stacks.items()}
    try:
        got = Got(names=rank(stacks), given=tuple(stacks))
    except (ValueError, TypeError) as error:
        named = any(name in message(error) for name in names)
        require(named, f"{error!r} names no stack of {shapes}")
        return False
    got.check()
    if not floats or got.names is None:
        return False
    scores = {name: oracle.stack_score(stack) for name, stack in stacks.items() if len(stack) > 1}
    best = rank(stacks)[0]
    require(best in scores, f"{best} of one image is best of {shapes}")
    short = max(scores.values()) - scores[best]
    require(short <= 1e-6, f"{best} ranks best of {shapes}, formulas give {scores}")
    return True


@behave.scenario(
    "fuzz_arrays",
    "600 random small inputs: the names or an error that names one; float64 agrees with the formulas",
    slow=True,
    **FRESH,
)
def _(_: Path) -> None:
    rng = np.random.default_rng(20)
    strict_warnings()
    compared = 0
    for number in range(600):
        try:
            compared += _one_random_call(rng)
        except Exception as error:
            error.add_note(f"input {number}")
            raise
    require(compared > 100, f"only {compared} inputs were compared with the formulas")
