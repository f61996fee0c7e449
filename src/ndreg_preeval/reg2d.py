# SPDX-License-Identifier: MIT
"""The pre-evaluation task of ewoksndreg as a plain function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from .argument_checks import type_name
from .options import RankingArguments
from .ranking import Ranking, rank_stacks

__all__ = ["evaluate", "reg2d_preeval"]


def reg2d_preeval(
    image_stacks: Any,
    reference_stack: Any = None,
    output_configuration: Mapping[str, Any] | None = None,
    skip: bool = False,
    **options: Unpack[RankingArguments],
) -> dict[str, Any]:
    """Choose the stack that is most suitable to align all of them by.

    Parameters
    ----------
    image_stacks : mapping, sequence of URIs, or URI
        As in `rank_stacks`.
    reference_stack : object, optional
        Force this stack; it must exist unless `skip` is true. An empty name forces nothing.
    output_configuration : mapping, optional
        Configuration to pass on. It is copied, never changed.
    skip : bool
        Rank nothing and return `reference_stack` as it came.
    **options
        As in `rank_stacks`.

    Returns
    -------
    dict
        ``image_stacks`` as they came; ``reference_stack``, the best or forced one;
        ``ranked_stack_names``, best first, or None when nothing was ranked;
        ``output_configuration`` with the *requested* ``reference_stack``.

    Raises
    ------
    TypeError, ValueError, KeyError, OSError
        As `rank_stacks`.

    Examples
    --------
    >>> import numpy as np
    >>> from ndreg_preeval import reg2d_preeval
    >>> rng = np.random.default_rng(1)
    >>> scene, noise = rng.normal(size=(64, 64)), rng.normal(size=(4, 64, 64))
    >>> stacks = {"Fe-K": noise, "Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]}
    >>> outputs = reg2d_preeval(stacks, output_configuration={"title": "scan 7"})
    >>> outputs["reference_stack"], outputs["ranked_stack_names"]
    ('Ca-K', ['Ca-K', 'Fe-K'])
    """
    return evaluate(image_stacks, reference_stack, output_configuration, skip, **options)[0]


def evaluate(
    image_stacks: Any,
    reference_stack: Any = None,
    output_configuration: Mapping[str, Any] | None = None,
    skip: bool = False,
    **options: Unpack[RankingArguments],
) -> tuple[dict[str, Any], Ranking | None]:
    """Return the outputs of `reg2d_preeval`, and the ranking that they come from.

    The parameters are those of `reg2d_preeval`; with `skip` there is no ranking.
    """
    if output_configuration is not None and not isinstance(output_configuration, Mapping):
        raise TypeError(
            f"output_configuration must be a mapping or None, not {type_name(output_configuration)}"
        )
    ranking = None
    if skip:
        chosen, ranked = reference_stack, None
    else:
        unnamed = isinstance(reference_stack, str) and not reference_stack
        forced = None if unnamed else reference_stack
        ranking = rank_stacks(image_stacks, reference_stack=forced, **options)
        chosen, ranked = ranking.reference_stack, ranking.ranked_stack_names
    outputs = {
        "image_stacks": image_stacks,
        "reference_stack": chosen,
        "ranked_stack_names": ranked,
        "output_configuration": {**(output_configuration or {}), "reference_stack": reference_stack},
    }
    return outputs, ranking
