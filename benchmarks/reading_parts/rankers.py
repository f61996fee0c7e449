# SPDX-License-Identifier: MIT
"""Rankings of stacks, of this package and of ewoksndreg, and what their answers have to be."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

import ndreg_preeval
from common.timing import NotMeasured, optional, require

from .hdf5_layouts import Stored
from .readers import check_pixels, images_of


def digest(ranking: ndreg_preeval.Ranking, stored: Stored) -> str:
    """The best stack, which has to be the known one, and all numbers of all images, bit for bit."""
    require(ranking.reference_stack == stored["best"], f"best is {ranking.reference_stack}")
    best = ranking.stacks[stored["best"]]
    require(np.array_equal(best.peak_shifts, stored["shifts"]), "shifts of the best stack")
    numbers = hashlib.sha256()
    for name in stored["uris"]:
        stack = ranking.stacks[name]
        for each in (getattr(stack, field.name) for field in fields(stack)):
            if isinstance(each, np.ndarray):
                numbers.update(np.ascontiguousarray(each).tobytes())
    return f"{ranking.reference_stack} {numbers.hexdigest()}"


def ranking_of(stacks: Any, method: str, threads: int) -> ndreg_preeval.Ranking:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
        return ndreg_preeval.rank_stacks(stacks, method=method, num_threads=threads)


def rank(stored: Stored, method: str, threads: int) -> Callable[[], ndreg_preeval.Ranking]:
    """From the URIs to the ranking."""
    return lambda: ranking_of(stored["uris"], method, threads)


def rank_in_memory(stored: Stored, method: str) -> Callable[[], ndreg_preeval.Ranking]:
    """The same for the same pixels, read before; one thread."""
    stacks = {name: np.stack(list(images_of(uri))) for name, uri in stored["uris"].items()}
    check_pixels(stacks.values(), stored)
    return lambda: ranking_of(stacks, method, 1)


def ewoksndreg(stored: Stored) -> Callable[[], Any]:
    """The task `Reg2DPreEvaluation`, as a workflow runs it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its dependencies
        task_class = optional("ewoksndreg.tasks.reg2d_preeval").Reg2DPreEvaluation
        input_context = optional("ewoksndreg.io.input_stack").input_context
    uris = stored["uris"]
    with input_context(uris) as stacks:
        found = sum(len(stack) for stack in stacks.values())
    if found != stored["images"]:
        raise NotMeasured(f"it ignores the slice of a URI and takes {found} images for {stored['images']}")

    def run() -> Any:
        task = task_class(inputs={"image_stacks": uris})
        task.execute()
        return task.get_output_values()

    return run


def best_of(values: Any, stored: Stored) -> str:
    """What the task found best, which has to be the known one."""
    best = str(values["reference_stack"])
    require(best == stored["best"], f"ewoksndreg finds {best} best")
    return best
