# SPDX-License-Identifier: MIT
"""What stacks can witness for each other: all were moved by the same translations.

A stack that is locked at zero shift by a pattern of the detector looks perfect when it is judged
alone. Next to stacks that saw the sample move it does not. For each image the places of the
peaks of all stacks are weighed as hypotheses of the one true shift; a peak whose place the
others make unlikely loses its value. Peaks that nobody contradicts lose nothing, so that a
stack among strangers scores as if it were alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import _core
from .findings import abbreviate
from .scoring import StackScore

AT_ZERO = 0.5
"""Share of the wrong peaks that lie at zero shift, where patterns of the detector put them."""

BY_CHANCE = 0.2
"""Chance that a wrong peak elsewhere lies where another stack's is: structures repeat themselves."""

AT_REST = 0.1
"""Prior probability that the sample did not move between two images."""

SAME = 1
"""Pixels along each axis by which the places of one shift may differ."""

SUREST = 0.999
"""No image is trusted more than this, so that one stack can always be outvoted."""


def agreement(places: NDArray[np.intp], probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weigh the peaks of k stacks in one image against each other.

    Parameters
    ----------
    places : (k, 2) int array
        Whole-pixel shift of each stack's peak.
    probability : (k,) float array
        How likely each is right when judged alone.

    Returns
    -------
    (k,) float array
        Between 0 and 1: how likely each place is the true shift given all peaks, relative to
        how likely its own peak makes it. 1 when nobody contradicts.

    Notes
    -----
    A right peak lies at the true shift, a wrong one at zero with probability `AT_ZERO` or at
    a place with chance `BY_CHANCE`. By Bayes' rule the odds of a place s against "no peak is
    right" are ``prior(s) * prod(1 + odds_k / chance(s))`` over the stacks with a peak at s.
    """
    with np.errstate(all="ignore"):  # weights may underflow to 0, as they should
        return _agreement(places, np.minimum(probability, SUREST))


def _agreement(places: NDArray[np.intp], probability: NDArray[np.float64]) -> NDArray[np.float64]:
    odds = probability / (1 - probability)
    zero = (places == 0).all(axis=1)
    chance = np.where(zero, AT_ZERO, (1 - AT_ZERO) * BY_CHANCE)
    prior = np.where(zero, AT_REST, (1 - AT_REST) * BY_CHANCE)

    shifts, first = np.unique(places, axis=0, return_index=True)
    log_odds = np.empty(len(shifts))
    for i, shift in enumerate(shifts):
        here = (abs(places - shift) <= SAME).all(axis=1)
        # Evidence for a place is that of its own kind of coincidence, zero or not.
        log_odds[i] = np.log(prior[first[i]]) + np.log1p(odds[here] / chance[first[i]]).sum()
    top = max(0.0, float(log_odds.max()))
    weights = np.exp(log_odds - top)
    total = weights.sum() + np.exp(-top)
    together = (
        np.array([weights[(abs(shifts - place) <= SAME).all(axis=1)].sum() for place in places]) / total
    )
    alone = prior * (1 + odds / chance)
    return np.asarray(np.minimum(1.0, together * (1 + alone) / alone))


def with_consensus(stacks: Sequence[StackScore]) -> list[StackScore]:
    """Judge stacks again, each in the light of the others.

    Stacks of the same length and image shape are taken to share their motion image by image.
    """
    result = list(stacks)
    groups: dict[tuple[object, ...], list[int]] = {}
    for i, stack in enumerate(stacks):
        if stack.method.consensus and stack.rankable:
            groups.setdefault((stack.n_images, stack.shape, stack.reference_image), []).append(i)
    for members in groups.values():
        if len(members) < 2:
            continue
        places = np.stack([stacks[i].peak_shifts for i in members])
        probability = np.stack([stacks[i].probability for i in members])
        found = np.stack(
            [agreement(*image) for image in zip(places.swapaxes(0, 1), probability.T, strict=True)]
        )
        for i, own in zip(members, found.T, strict=True):
            result[i] = _judged(stacks[i], own.copy())
    return result


def _judged(stack: StackScore, own: NDArray[np.float64]) -> StackScore:
    values = stack.probability * own
    for array in (own, values):
        array.setflags(write=False)
    texts = stack.warnings
    # Only peaks that looked trustworthy are news.
    contradicted = (own < 0.5) & (stack.probability >= 0.5)
    if contradicted.any():
        images = abbreviate(stack.image_indices[contradicted])
        count = f"{int(contradicted.sum())} of {len(own)}"
        texts += (
            f"The other stacks saw another motion in {images} ({count}): peaks that looked good alone.",
        )
    score = _core.aggregate(values, stack.method.aggregation)
    return dataclasses.replace(stack, score=score, values=values, agreement=own, warnings=texts)
