# SPDX-License-Identifier: MIT
"""A program that type checkers read, and nobody runs: what they have to accept, and, in the lines with "ignore", refuse.

mypy and pyright complain of an "ignore" that nothing needs: `nox -s lint types`.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true, reportUnusedExpression=false

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import assert_type

import numpy as np

from ndreg_preeval import (
    Limits,
    Method,
    Ranking,
    StackRanker,
    StackScore,
    StackScorer,
    find_stacks,
    rank_stacks,
    reg2d_preeval,
    score_stack,
)

image = np.zeros((64, 64))
stack = np.zeros((4, 64, 64))

ranking = rank_stacks({"Ca-K": stack}, method="robust", window="hann", mask=image > 0)
assert_type(ranking, Ranking)
assert_type(ranking["Ca-K"], StackScore)
assert_type(score_stack(stack, name="Ca-K", cutoff=0.15, limits=Limits(ratio=None)), StackScore)
assert_type(StackScorer(image, pairing="previous", max_shift=20).add(image).result(), StackScore)
assert_type(StackRanker({"Ca-K": image}, method=Method(statistic="evidence")).result(), Ranking)
assert_type(StackRanker({"Ca-K": image}, options=ranking.options).add({"Ca-K": stack}), StackRanker)
reg2d_preeval(find_stacks("scan.h5"), on_error="rank_last", executor=ThreadPoolExecutor(), isolate=False)

rank_stacks(stack, pairing="next")  # type: ignore[arg-type]
score_stack(stack, pairing="next")  # type: ignore[arg-type]
score_stack(stack, methd="plain")  # type: ignore[call-arg]
score_stack(stack, max_shift="20")  # type: ignore[arg-type]
score_stack(stack, on_error=True)  # type: ignore[arg-type]
StackScorer(image, precision="half")  # type: ignore[arg-type]
StackScorer(image, executor=ThreadPoolExecutor())  # type: ignore[call-arg]
StackRanker({"Ca-K": image}, num_threads="2")  # type: ignore[arg-type]
StackRanker([image])  # type: ignore[arg-type]
reg2d_preeval(stack, cuttoff=0.15)  # type: ignore[call-arg]
ranking.plot(dpi=300)  # type: ignore[call-arg]
ranking.reference  # type: ignore[attr-defined]  # noqa: B018
