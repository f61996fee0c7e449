# SPDX-License-Identifier: MIT
"""Scores of images as they come: `StackScorer` and `StackRanker`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from . import core
from .argument_checks import type_name
from .errors import naming_stack, stack_label
from .options import OptionArguments, make_options
from .pipeline import (
    LiveLook,
    PairScorer,
    Records,
    Scored,
    choices_of,
    core_threads,
    inspect_stack,
    joined_records,
    options_with_mask,
)
from .ranking import Ranking, order_stacks
from .results import StackScore, build_stack_score
from .stacks import Block, StackSource, is_array, resolve_stack

__all__ = ["StackRanker", "StackScorer"]


class StackScorer:
    """Scores images as they come, for scans that are still running.

    Parameters
    ----------
    reference_image_array : array_like, shape (h, w)
        The image all others are compared with.
    name : object, optional
        What errors and the result call the stack.
    **options
        As in `rank_stacks`; `reference_image`, `memory_limit` and `limits` mean nothing here.

    Examples
    --------
    >>> import numpy as np
    >>> from ndreg_preeval import StackScorer
    >>> scene = np.random.default_rng(1).normal(size=(64, 64))
    >>> scorer = StackScorer(scene)
    >>> for step in (2, 4, 6):
    ...     score = scorer.add(np.roll(scene, step, axis=1)).result()
    ...     print(score.n_images, score.shifts[-1, 1].round())
    2 -2.0
    3 -4.0
    4 -6.0
    """

    __module__ = "ndreg_preeval"

    def __init__(
        self, reference_image_array: Any, *, name: Any = "stack", **options: Unpack[OptionArguments]
    ) -> None:
        self._name = name
        self._options = options_with_mask(make_options(**options))
        if self._options.reference_image != 0:
            raise ValueError("reference_image must be 0: the reference is the image given first")
        self._threads = self._options.num_threads or core.default_threads()
        with naming_stack(name), self._open([reference_image_array]) as source:
            reference = source.read(0, 1).copy()
            self._info = inspect_stack(source, self._options).without_place()
            self._scorer = PairScorer(self._info, self._options, reference, 0)
        self._last = self._scorer.pairs.kept(reference)
        self._parts: list[Records] = []
        self._count = 1
        self._look = LiveLook(self._info, self._options, reference, self._threads)

    def add(self, images: Any) -> StackScorer:
        """Score one image or several.

        Parameters
        ----------
        images : array_like, shape (h, w) or (k, h, w), or sequence of k images
            Compared with the reference at once; not kept.

        Returns
        -------
        StackScorer
            Itself.

        Raises
        ------
        TypeError, ValueError
            When these are no images of the shape of the reference. Nothing was added then.
        """
        self._keep(self._score(images))
        return self

    def _score(self, images: Any) -> tuple[Records, Block | None, dict[int, Block]]:
        """Numbers of some images, the last of them where it is needed, and those that are looked at again; nothing is kept yet."""
        first = self._count
        with naming_stack(self._name):
            value = [images] if _is_one_image(images) else images
            with self._open(value) as source:
                if source.shape[1:] != self._info.shape[1:]:
                    raise ValueError(
                        f"images must have the shape of the reference, {self._info.shape[1:]}, "
                        f"not {source.shape[1:]}"
                    )
                block = source.read(0, source.shape[0])
            compared = (first, first + len(block.images))
            threads = core_threads(self._options, self._threads)
            records = self._scorer.score(block, first, compared, self._last, threads=threads)
            some = self._look.candidates(records, first, block, self._last)
        return records, self._scorer.pairs.kept(block), some

    def _keep(self, scored: tuple[Records, Block | None, dict[int, Block]]) -> None:
        records, self._last, some = scored
        self._look.add(some, self._count + len(records))
        self._parts.append(records)
        self._count += len(records)

    def result(self) -> StackScore:
        """Return the score of the images so far; images count from 1, the reference is 0.

        Returns
        -------
        StackScore
            ``rankable=False`` as long as no image was added.
        """
        if len(self._parts) > 1:
            self._parts = [joined_records(self._parts)]  # once: a scan may ask after every image
        info = self._info.with_count(self._count)
        scored = Scored(info, self._look.numbers(info, self._scorer.numbers(self._parts)))
        return build_stack_score(self._name, scored, self._options)[0]

    def _open(self, images: Any) -> StackSource:
        choices = choices_of(self._options)
        return resolve_stack(images, name=self._name, limits=self._options.limits, choices=choices).open()


class StackRanker:
    """Ranks stacks while their images come, for scans that are still running.

    Parameters
    ----------
    reference_images : mapping of name to array_like, shape (h, w)
        Image of each stack that its others are compared with.
    **options
        As in `StackScorer`.

    Examples
    --------
    >>> import numpy as np
    >>> from ndreg_preeval import StackRanker
    >>> rng = np.random.default_rng(1)
    >>> scene, noise = rng.normal(size=(64, 64)), rng.normal(size=(4, 64, 64))
    >>> ranker = StackRanker({"Fe-K": noise[0], "Ca-K": scene})
    >>> for i in (1, 2, 3):
    ...     ranking = ranker.add({"Fe-K": noise[i], "Ca-K": np.roll(scene, 2 * i, axis=1)}).result()
    ...     print(i, ranking.reference_stack)
    1 Ca-K
    2 Ca-K
    3 Ca-K
    """

    __module__ = "ndreg_preeval"

    def __init__(self, reference_images: Mapping[Any, Any], **options: Unpack[OptionArguments]) -> None:
        if not isinstance(reference_images, Mapping):
            raise TypeError(
                f"reference_images must be a mapping of stack names to images, not {type_name(reference_images)}"
            )
        if not reference_images:
            raise ValueError("reference_images is empty: there is no stack to rank")
        self._options = options_with_mask(make_options(**options))
        if "mask" in options:  # read once
            options |= {"mask": self._options.mask, "mask_valid": None}
        self._threads = self._options.num_threads or core.default_threads()
        self._scorers = {
            name: StackScorer(image, name=name, **options) for name, image in reference_images.items()
        }

    def add(self, images: Mapping[Any, Any]) -> StackRanker:
        """Score one image or several, of some or all stacks.

        Parameters
        ----------
        images : mapping of name to array_like
            As in `StackScorer.add`.

        Returns
        -------
        StackRanker
            Itself.

        Raises
        ------
        KeyError
            For a name without a reference image.
        TypeError, ValueError
            As `StackScorer.add`. Nothing was added to any stack then.
        """
        if not isinstance(images, Mapping):
            raise TypeError(f"images must be a mapping of stack names to images, not {type_name(images)}")
        for name in images:
            if name not in self._scorers:
                raise KeyError(f"{stack_label(name)} has no reference image")
        scored = {name: self._scorers[name]._score(some) for name, some in images.items()}
        for name, each in scored.items():
            self._scorers[name]._keep(each)
        return self

    def result(self) -> Ranking:
        """Rank the stacks by the images so far.

        Returns
        -------
        Ranking
            Its warnings say what makes it doubtful; no Python warning is given, since the next images may
            mend it. Its `correlogram` has no images.

        Raises
        ------
        ValueError
            As long as no stack has an image beside the reference.
        """
        results = [scorer.result() for scorer in self._scorers.values()]
        return order_stacks(results, [None] * len(results), self._options, self._threads)[0]


def _is_one_image(images: Any) -> bool:
    shape = getattr(images, "shape", None)
    if shape is not None:
        return len(shape) == 2
    if not isinstance(images, list | tuple) and is_array(images):
        return np.ndim(np.asanyarray(images)) == 2
    # Nested lists: an image is a sequence of rows, a row a sequence of numbers.
    for _ in range(2):
        if not isinstance(images, list | tuple) or not images:
            return False
        images = images[0]
    return np.ndim(images) == 0
