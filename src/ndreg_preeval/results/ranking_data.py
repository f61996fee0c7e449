# SPDX-License-Identifier: MIT
"""Data of a ranking: a `Ranking` without its reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..argument_checks import as_int
from ..errors import naming_stack, shorten, stack_label
from ..methods import Method
from ..options import Options
from ..pipeline import core_mask, make_scorer
from ..stacks import StackSpec
from ..text import did_you_mean, printable, text_of
from .columns import MadeOnce
from .equality import same_attributes, unique_texts
from .provenance import Provenance, provenance_of
from .stack_score import StackScore
from .trust import about_words, trust_words

COMPARED: Final = ("method", "options", "warnings", "num_threads")
"""Attributes of a ranking that are compared, besides its names and stacks."""

COMPARED_OF_STACKS: Final = [each.name for each in fields(StackScore) if each.name != "name"]
"""Attributes of its stacks that are compared."""


@dataclass(frozen=True, eq=False, repr=False)
class RankingData(Mapping[Any, StackScore]):
    """The numbers of a `Ranking`, whose attributes are described there: a mapping of names to scores."""

    reference_stack: Any
    ranked_stack_names: list[Any] | None
    method: Method
    options: Options
    warnings: tuple[str, ...]
    num_threads: int
    stack_scores: tuple[StackScore, ...] = ()
    _specs: tuple[StackSpec | None, ...] = field(default=(), repr=False)
    _made: Provenance | float | None = field(default=None, repr=False)
    """Its provenance, or the moment (`time.time`) of which it is made when somebody asks: most calls nobody asks."""

    @property
    def scores(self) -> dict[Any, float]:
        """Score of each stack in rank order; larger is better."""
        return {stack.name: stack.score for stack in self.stack_scores}

    @property
    def trust(self) -> str:
        """Words on which stacks will align and how likely.

        They say of how many images, where some have no contrast, and "at rest" where nothing moves: the other images
        of the stack tell that from a static pattern, which stays while the sample moves.
        """
        if not self.stack_scores:
            return "Nothing was scored."
        if not self.method.asks_opinion:
            return f"The method {self.method.name!r} does not say how likely a stack aligns."
        names = [printable(name, 60) for name in texts_of_names(self)[1]]
        stacks = list(zip(names, self.stack_scores, strict=True))
        judged = [(name, stack) for name, stack in stacks if stack.error is None]
        failed = [name for name, stack in stacks if stack.error is not None]
        words = trust_words(
            [(name, stack.trust) for name, stack in judged], [about_words(stack) for _, stack in judged]
        )
        if not failed:
            return words
        listed = failed[0] if len(failed) == 1 else f"{len(failed)} stacks"
        return f"{words.removesuffix('.')}; {listed} {'was' if len(failed) == 1 else 'were'} not read."

    @MadeOnce
    def provenance(self) -> Provenance | None:
        """Time, version and command that made it, and what was read; None where it is not known."""
        made = self._made
        return provenance_of(made, self.stack_scores) if isinstance(made, float) else made

    @property
    def stacks(self) -> dict[Any, StackScore]:
        """Numbers of each stack in rank order, as a dict of its own."""
        return dict(self._by_name)

    @MadeOnce
    def _by_name(self) -> dict[Any, StackScore]:
        return {stack.name: stack for stack in self.stack_scores}

    def __getitem__(self, name: Any) -> StackScore:
        try:
            return self._by_name[name]
        except KeyError:
            raise KeyError(self._no_stack(name)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._by_name  # without the message of an error

    def __iter__(self) -> Iterator[Any]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __reversed__(self) -> Iterator[Any]:
        return iter(list(self._by_name)[::-1])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RankingData):
            return NotImplemented
        return self is other or (
            texts_of_names(self) == texts_of_names(other)
            and (self.ranked_stack_names is None) == (other.ranked_stack_names is None)
            and same_attributes(self, other, COMPARED)
            and len(self.stack_scores) == len(other.stack_scores)
            and all(
                same_attributes(mine, its, COMPARED_OF_STACKS)
                for mine, its in zip(self.stack_scores, other.stack_scores, strict=True)
            )
        )

    def __hash__(self) -> int:
        reference, names = texts_of_names(self)
        return hash((reference, *names))

    def correlogram(self, name: Any, image: int, second_opinion: bool = False) -> NDArray[np.float64]:
        """Compute the correlogram of one image again, from its stack.

        Parameters
        ----------
        name : object
            Key of the stack.
        image : int
            Index of the image in the stack; it is compared as it was in the ranking.
        second_opinion : bool
            Return the smoother correlogram that confirms the peak.

        Returns
        -------
        (h, w) float64 array
            ``|r|`` with zero shift at [0, 0].

        Raises
        ------
        KeyError
            When there is no such stack.
        ValueError
            When it has no such image, or its images are no longer at hand.

        Examples
        --------
        Of an image that moved by 4 pixels along its rows:

        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> np.argwhere(ranking.correlogram("Ca-K", 2) > 0.9).tolist()
        [[0, 60]]
        """
        stack, spec, index = self._find(name, image)
        with naming_stack(name, stack.location):
            return _correlogram(stack, spec, index, self.options, bool(second_opinion))

    def image(self, name: Any, image: int) -> NDArray[Any]:
        """Read one image again, from its stack.

        Parameters
        ----------
        name : object
            Key of the stack.
        image : int
            Index of the image in the stack.

        Returns
        -------
        (h, w) array
            Its pixels, as the stack holds them: nothing is masked or filled.

        Raises
        ------
        KeyError
            When there is no such stack.
        ValueError
            When it has no such image, or its images are no longer at hand.

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> np.array_equal(ranking.image("Ca-K", 0), scene)
        True
        """
        stack, spec, index = self._find(name, image)
        with naming_stack(name, stack.location), spec.open() as source:
            _check_shape(stack, source.shape)
            return np.array(source.read(index, index + 1).images[0])

    def _no_stack(self, name: Any) -> str:
        names = [stack.name for stack in self.stack_scores]
        return f"there is no {stack_label(name)} in this ranking{did_you_mean(name, names)}"

    def _find(self, name: Any, image: int) -> tuple[StackScore, StackSpec, int]:
        """Return a stack, where its images are, and the index of one of them from the front."""
        names = [stack.name for stack in self.stack_scores]
        if name not in names:
            raise KeyError(self._no_stack(name))
        place = names.index(name)
        stack, spec = self.stack_scores[place], self._specs[place] if self._specs else None
        with naming_stack(name, stack.location):
            if spec is None:
                raise ValueError(
                    "its images did not travel with the ranking: they were in memory, or it was read from JSON"
                )
            index = as_int("image", image)
            if not -stack.n_images <= index < stack.n_images:
                raise ValueError(f"image {shorten(image)} is outside its {stack.n_images} images")
            return stack, spec, index % stack.n_images

    def __repr__(self) -> str:
        best, number = shorten(self.reference_stack), len(self.stack_scores)
        return f"{type(self).__name__}(reference_stack={best}, {number} stacks)"

    def __getstate__(self) -> dict[str, Any]:
        state = {key: value for key, value in self.__dict__.items() if key not in ("_by_name", "provenance")}
        # Scores do not keep what they were read from.
        state["_made"] = self.provenance
        state["_specs"] = tuple(None if spec is None or spec.in_memory else spec for spec in self._specs)
        return state


def texts_of_names(ranking: Any) -> tuple[str | None, list[str]]:
    """Return the names of a ranking as texts that tell them apart.

    Returns
    -------
    str or None, list of str
        That of the reference stack, and of all stacks that were scored, in rank order.
    """
    keys = list(ranking.stacks)
    names = unique_texts(keys)
    if ranking.reference_stack in keys:
        return names[keys.index(ranking.reference_stack)], names
    return None if ranking.reference_stack is None else text_of(ranking.reference_stack), names


def _correlogram(
    stack: StackScore, spec: StackSpec, image: int, options: Options, second_opinion: bool
) -> NDArray[np.float64]:
    # The one image that is compared with no other one is its own reference.
    found = np.flatnonzero(stack.image_indices == image)
    reference = int(stack.reference_indices[found[0]]) if len(found) else image
    precision = options.precision
    if len(found) and precision == "auto":
        precision = "double" if stack.in_double[found[0]] else "single"
    with spec.open() as source:
        _check_shape(stack, source.shape)
        scorer = make_scorer(
            source.read(reference, reference + 1), precision, options, second_opinion=second_opinion
        )
        block = source.read(image, image + 1)
        mask = core_mask(block, options)
        return scorer.correlogram(
            block.images[0], mask=None if mask is None else mask[0], second_opinion=second_opinion
        )


def _check_shape(stack: StackScore, shape: tuple[int, ...]) -> None:
    if shape[1:] != stack.shape or shape[0] < stack.n_images:
        raise ValueError(f"its shape changed to {shape} since it was ranked")
