# SPDX-License-Identifier: MIT
"""Score of one stack: `score_stack`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from . import report  # noqa: F401 - notebooks show scores by it
from .errors import RankingWarning, stack_label
from .options import OptionArguments, make_options
from .pipeline import Scored, choose_engine, score_stacks
from .progress import open_progress
from .results import StackScore, build_stack_score, lone_stack_warnings
from .stacks import is_uri, provisional_name, uri_text

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["StackScore", "score_stack"]


def score_stack(
    stack: Any,
    *,
    name: Any = None,
    executor: Executor | None = None,
    isolate: bool = False,
    progress: bool | Callable[[int, int], None] | None = None,
    **options: Unpack[OptionArguments],
) -> StackScore:
    """Score one stack.

    Parameters
    ----------
    stack : array_like or URI
        Images of shape (n, h, w), in any form that `rank_stacks` takes for one stack.
    name : object, optional
        What errors and the result call it; by default where its pixels come from.
    executor : concurrent.futures.Executor, optional
        As in `rank_stacks`.
    isolate : bool
        As in `rank_stacks`.
    progress : bool or callable(done, total), optional
        As in `rank_stacks`.
    **options
        As in `rank_stacks`; `on_error` means nothing for one stack.

    Returns
    -------
    StackScore
        Score 0 and ``rankable=False`` for a stack with fewer than two images.

    Raises
    ------
    TypeError, ValueError, KeyError, OSError
        As `rank_stacks`.

    Warns
    -----
    RankingWarning
        For what makes the score doubtful.

    Examples
    --------
    >>> import numpy as np
    >>> from ndreg_preeval import score_stack
    >>> scene = np.random.default_rng(1).normal(size=(64, 64))
    >>> score = score_stack([np.roll(scene, 2 * i, axis=1) for i in range(5)])
    >>> score.rankable, score.score > 0.9
    (True, True)
    >>> score.image_indices
    array([1, 2, 3, 4])
    >>> score.shifts[:, 1].round()
    array([-2., -4., -6., -8.])
    """
    chosen = make_options(**options)
    if chosen.on_error != "raise":
        chosen = replace(chosen, on_error="raise")
    label = name
    if name is None:
        label = provisional_name(uri_text(stack)) if is_uri(stack) else "stack"
    with open_progress(progress) as report_progress, choose_engine(executor, isolate, chosen) as engine:
        chosen = engine.with_mask(chosen)
        spec = engine.resolve_one(stack, label)
        (scored,) = score_stacks(engine, [(label, spec)], report_progress)
    assert isinstance(scored, Scored)
    if name is None:
        label = scored.info.location or label
    result, to_issue = build_stack_score(label, scored, chosen)
    for text in [*to_issue, *lone_stack_warnings(result, chosen)]:
        warnings.warn(f"{stack_label(label)}: {text}", RankingWarning, stacklevel=2)
    return result
