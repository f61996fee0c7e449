# SPDX-License-Identifier: MIT
"""Scores of images as they come: `StackScorer` and `StackRanker`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Unpack

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
    Turns,
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


class Done(NamedTuple):
    """A stack as it is after some images; never changed: who looks at it while images are added sees one moment."""

    n_images: int
    """Number of images, the reference among them."""
    parts: tuple[Records, ...]
    """Their records: the last of a few parts are small."""
    last: Block | None
    """The last image, where the next one is compared with it."""
    kept: dict[int, Block]
    """Images that are looked at again."""


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

    Notes
    -----
    Several threads may share one. Calls of `add` wait for each other, and images count in the order in which
    they got their turn; `result` waits for nobody, and has all images of an `add` or none. What reads the
    images (an object's ``__array__``, a handler of a signal) may ask for the result, but cannot add.

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
        self._turns = Turns("StackScorer.add")
        with naming_stack(name), self._open([reference_image_array]) as source:
            reference = source.read(0, 1).copy()
            self._info = inspect_stack(source, self._options).without_place()
            self._scorer = PairScorer(self._info, self._options, reference, 0)
        self._look = LiveLook(self._info, self._options, self._threads)
        self._done = Done(1, (), self._scorer.pairs.kept(reference), self._look.first(reference))

    def add(self, images: Any) -> StackScorer:
        """Score one image or several.

        Parameters
        ----------
        images : array_like, shape (h, w) or (k, h, w), or sequence of k images
            Compared with the reference at once; not kept. Nobody may write to them meanwhile.

        Returns
        -------
        StackScorer
            Itself.

        Raises
        ------
        TypeError, ValueError
            When these are no images of the shape of the reference. Nothing was added then.
        RuntimeError
            From within another call of it, in the same thread.
        """
        with self._turns.one():
            self._done = self._after(self._done, images)
        return self

    def result(self) -> StackScore:
        """Return the score of the images so far; images count from 1, the reference is 0.

        Returns
        -------
        StackScore
            ``rankable=False`` as long as no image was added. Never waits for an `add` of another thread: its
            images count when it has returned.
        """
        return self._score(self._done)

    def _after(self, done: Done, images: Any) -> Done:
        """Return the stack as it is with some images more."""
        first = done.n_images
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
            records = self._scorer.score(block, first, compared, done.last, threads=threads)
            some = self._look.candidates(records, first, block, done.last)
        count = first + len(records)
        kept = self._look.needed(done.kept | some, count)
        return Done(count, _with_part(done.parts, records), self._scorer.pairs.kept(block), kept)

    def _score(self, done: Done) -> StackScore:
        info = self._info.with_count(done.n_images)
        numbers = self._look.numbers(info, self._scorer.numbers(done.parts), done.kept)
        return build_stack_score(self._name, Scored(info, numbers), self._options)[0]

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

    Notes
    -----
    Several threads may share one, as a `StackScorer`: `result` has the images of all stacks of an `add`, or
    of none.

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
        self._turns = Turns("StackRanker.add")
        self._done = {name: scorer._done for name, scorer in self._scorers.items()}

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
        TypeError, ValueError, RuntimeError
            As `StackScorer.add`. Nothing was added to any stack then.
        """
        if not isinstance(images, Mapping):
            raise TypeError(f"images must be a mapping of stack names to images, not {type_name(images)}")
        for name in images:
            if name not in self._scorers:
                raise KeyError(f"{stack_label(name)} has no reference image")
        with self._turns.one():
            done = self._done
            added = {name: self._scorers[name]._after(done[name], some) for name, some in images.items()}
            self._done = done | added
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
        done = self._done
        results = [scorer._score(done[name]) for name, scorer in self._scorers.items()]
        return order_stacks(results, [None] * len(results), self._options, self._threads)[0]


def _with_part(parts: tuple[Records, ...], records: Records) -> tuple[Records, ...]:
    """Return the parts with one more; each is larger than all that follow, so they stay few in a long scan."""
    joined = [records]
    size = len(records)
    before = list(parts)
    while before and len(before[-1]) <= size:
        joined.insert(0, before.pop())
        size += len(joined[0])
    return (*before, joined_records(joined) if len(joined) > 1 else records)


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
