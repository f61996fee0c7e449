# SPDX-License-Identifier: MIT
"""What a version of the package says of stacks: this one, or another in a process of its own.

Nothing of the package is imported before it is known which one is meant.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from common.child_process import Worker

Stacks = Mapping[str, NDArray[Any]]


class Judged(NamedTuple):
    """The numbers of a stack; of its compared images where there are several."""

    score: float
    trust: float
    probability: list[float]
    shifts: list[list[float]]
    evidence: list[bool]
    """Whether the image has any: the trust is that of those which have."""


def rank(stacks: Stacks, **options: Any) -> Any:
    """Rank without a word, in one thread."""
    import ndreg_preeval  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
        return ndreg_preeval.rank_stacks(stacks, num_threads=1, **options)


def judge(stacks: Stacks, method: str) -> dict[str, Judged]:
    """What the package of this process says."""
    # Copies: whoever changes them does no harm.
    ranking = rank({name: stack.copy() for name, stack in stacks.items()}, method=method)
    return {
        str(name): Judged(
            score.score,
            score.trust,
            score.probability.tolist(),
            score.shifts.tolist(),
            (score.mean > 0).tolist(),
        )
        for name, score in ranking.stacks.items()
    }


def judge_file(folder: str, file: str, method: str) -> dict[str, Judged]:
    """What the package in a folder says of the stacks in a file; once a folder, always that one."""
    if folder not in sys.path:
        # An editable installation has a finder of its own, which comes before every folder.
        sys.meta_path[:] = [BuiltinImporter, FrozenImporter, PathFinder]
        sys.path.insert(0, folder)
    import ndreg_preeval  # noqa: PLC0415

    assert Path(ndreg_preeval.__file__).is_relative_to(folder), ndreg_preeval.__file__
    with np.load(file) as stacks:
        return judge({name: stacks[name] for name in stacks.files}, method)


class OtherVersion:
    """The package as it is installed in another folder (`pip install --target`)."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder.resolve())
        self._closing = ExitStack()
        self._worker = self._closing.enter_context(Worker())
        self._place = self._closing.enter_context(tempfile.TemporaryDirectory())

    def judge(self, stacks: Stacks, method: str) -> dict[str, Judged]:
        """As `judge`."""
        file = Path(self._place) / "stacks.npz"
        np.savez(file, **dict(stacks))  # type: ignore[arg-type]
        found = self._worker.call(judge_file, self._folder, str(file), method)
        return {name: Judged(*each) for name, each in found.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.__exit__(kind, error, trace)
