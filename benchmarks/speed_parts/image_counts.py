# SPDX-License-Identifier: MIT
"""Cost against the number of images: what a call costs, and what an image costs."""

from __future__ import annotations

import warnings

import numpy as np

import ndreg_preeval
from common.known_shifts import Image, moved_stack, way_back
from common.report import Section, significant, table
from common.settings import Settings, progress
from common.timing import Program, measure, median, require

from .rankings import EVIDENCE, PEAK_TO_MEAN
from .scorers import score_of_many

COUNTS = (1, 10, 100, 1000, 10000)

NOTE = """\
Microseconds per float32 image, so many images per call, one thread: the core's `Scorer`, given one array or a list of
images (`peak_to_mean`, the reference known), and the public `rank_stacks` on a stack of one image more, everything included."""


def ranking(method: str, reference: Image, images: Image) -> Program:
    """The public function."""
    stack = np.concatenate([reference[None], images])

    def run() -> ndreg_preeval.Ranking:
        return ndreg_preeval.rank_stacks({"stack": stack}, method=method, num_threads=1)

    shifts = run().stacks["stack"].peak_shifts
    require(len(shifts) == len(images), "a shift per image")
    require((shifts == way_back(reference.shape)).all(), "shifts of rank_stacks")
    return Program(f"rank_stacks, {method}", run, len(images))


def image_counts(settings: Settings) -> Section:
    """A row per number of images."""
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
        for count in COUNTS:
            if settings.quick and count > 1000:
                continue
            row = [str(count)]
            for n in (16, 64):
                reference, images = moved_stack(count, (n, n))
                programs = [
                    score_of_many(PEAK_TO_MEAN, reference, images),
                    score_of_many(PEAK_TO_MEAN, reference, list(images), name="list"),
                    ranking(PEAK_TO_MEAN, reference, images),
                    ranking(EVIDENCE, reference, images),
                ]
                times = measure(programs, settings.runs)
                row += [significant(1e6 * median(times, program.name)) for program in programs]
            rows.append(row)
            progress(str(row))
    kinds = ["`Scorer`", "`Scorer`, list", "`rank_stacks`, `peak_to_mean`", "`rank_stacks`, `evidence`"]
    header = ["images", *(f"{n} x {n}: {kind}" for n in (16, 64) for kind in kinds)]
    return Section("Cost against the number of images", NOTE, [table(header, rows)])
