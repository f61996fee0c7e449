# SPDX-License-Identifier: MIT
"""What holds of every form of two stacks: the numbers of the arrays, however they are read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import Limits, rank_stacks, score_stack
from ndreg_preeval.cli import main
from ndreg_preeval.stacks import resolve_stack

from .scenes import assert_same_numbers, drifting

CA = (1000 * drifting(0.1) + 5000).astype(np.uint16)
FE = (1000 * drifting(0.6, seed=1) + 5000).astype(np.uint16)
STACKS = {"Ca": CA, "Fe": FE}
"""Two stacks whose order is known: Ca, Fe."""


def assert_one_form(uris: Mapping[str, Any], stacks: Mapping[str, NDArray[Any]] = STACKS) -> None:
    """Stacks by their URIs give what the arrays give: alone, together, in parts, and image by image."""
    for name, stack in stacks.items():
        expected = score_stack(stack)
        found = score_stack(uris[name])
        assert_same_numbers(found, expected)
        assert np.dtype(found.dtype).newbyteorder("=") == stack.dtype.newbyteorder("=")
        assert_same_numbers(
            score_stack(uris[name], memory_limit=3 * stack[0].nbytes, num_threads=2), expected
        )
        with resolve_stack(uris[name], limits=Limits()).open() as opened:
            assert opened.shape == stack.shape
            for start, stop in ((0, len(stack)), (2, 3), (1, 4)):
                block = opened.read(start, stop)
                np.testing.assert_array_equal(np.stack(list(block.images)), stack[start:stop])
    ranking = rank_stacks(dict(uris))
    for name, stack in stacks.items():
        assert_same_numbers(ranking.stacks[name], score_stack(stack))


def assert_everywhere(uris: Mapping[str, Any], stacks: Mapping[str, NDArray[Any]] = STACKS) -> None:
    """The same in threads, in processes and in a child process: specs travel."""
    expected = rank_stacks(dict(stacks)).scores
    with ThreadPoolExecutor(2) as threads:
        assert rank_stacks(dict(uris), executor=threads).scores == expected
    with ProcessPoolExecutor(1) as processes:
        assert rank_stacks(dict(uris), executor=processes).scores == expected
    assert rank_stacks(dict(uris), isolate=True).scores == expected


def assert_ranked_by_command(
    words: Sequence[str], capsys: pytest.CaptureFixture[str], stacks: Mapping[str, NDArray[Any]] = STACKS
) -> None:
    """``ndreg-preeval rank`` gives what the arrays give, under any names."""
    assert main(["rank", *words, "--json", "-", "-q"]) == 0
    found = [stack["score"] for stack in json.loads(capsys.readouterr().out)["stacks"]]
    assert found == list(rank_stacks(dict(stacks)).scores.values())
