# SPDX-License-Identifier: MIT
"""The images that all cases share, and the call that all cases make."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

NOISE = {"kilo": 4.0, "zeta": 0.05, "alpha": 0.8}
"""Noise of the good stacks relative to their texture: zeta is best, then alpha, then kilo."""

SHAPE = (32, 40)


def images(noise: float, *, n: int = 4, shape: tuple[int, int] = SHAPE, seed: int = 0) -> NDArray[np.float64]:
    """White texture of unit variance, rolled by whole pixels from image to image, plus noise."""
    rng = np.random.default_rng([seed, zlib.crc32(str(noise).encode())])
    texture = rng.standard_normal(shape)
    rolled = [np.roll(texture, (i % 4, -(i % 3)), (0, 1)) for i in range(n)]
    return np.stack([image + noise * rng.standard_normal(shape) for image in rolled])


def good(
    *,
    n: int = 4,
    shape: tuple[int, int] = SHAPE,
    seed: int = 0,
    change: Callable[[NDArray[np.float64]], Any] | None = None,
) -> dict[str, Any]:
    """The three good stacks, the worst one first; `change` turns each array into what a case tests."""
    stacks = {name: images(noise, n=n, shape=shape, seed=seed) for name, noise in NOISE.items()}
    return {name: stack if change is None else change(stack) for name, stack in stacks.items()}


def excellent(*, n: int = 4, shape: tuple[int, int] = SHAPE) -> NDArray[np.float64]:
    """A stack better than zeta, to be spoilt."""
    return images(0.02, n=n, shape=shape)


def faulty(bad: Any, *, at: int = 1, stacks: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The good stacks with the faulty `stk_bad` as number `at` of the mapping."""
    items = list((good() if stacks is None else stacks).items())
    items.insert(at, ("stk_bad", bad))
    return dict(items)


def to_range(stack: NDArray[np.float64], low: float, high: float, dtype: Any) -> NDArray[Any]:
    """Map the range of a stack onto low..high, in longdouble so that 64 bit integers keep their ends."""
    wide = stack.astype(np.longdouble)
    wide = (wide - wide.min()) / (wide.max() - wide.min())
    wide = wide * (np.longdouble(high) - np.longdouble(low)) + np.longdouble(low)
    if np.issubdtype(dtype, np.integer):
        wide = np.rint(wide)
    made: NDArray[Any] = wide.astype(dtype)
    return made


def strict_warnings() -> None:
    """Every warning is an error, but for what the package says about a ranking."""
    import ndreg_preeval

    warnings.resetwarnings()
    warnings.simplefilter("error")
    # Python 3.12 warns of fork in a process with threads: that is what some cases are about.
    warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=ndreg_preeval.RankingWarning)


def rank(stacks: Any, **options: Any) -> list[Any]:
    """The call under test."""
    import ndreg_preeval

    names = ndreg_preeval.rank_stacks(stacks, **options).ranked_stack_names
    assert names is not None
    return names
