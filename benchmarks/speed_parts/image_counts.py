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

from .scorers import PEAK_TO_MEAN, ROBUST, score_of_many

COUNTS = (1, 10, 100, 1000, 10000)

NOTE = """\
Microseconds per float32 image, so many images per call, one thread: the core's `Scorer`, given one array or a list of
images, and the public `rank_stacks` on a stack of one image more, everything included."""


def ranking(reference: Image, images: Image) -> Program:
    """The public function with method "robust"."""
    stack = np.concatenate([reference[None], images])

    def run() -> ndreg_preeval.Ranking:
        return ndreg_preeval.rank_stacks({"stack": stack}, method="robust", num_threads=1)

    shifts = run().stacks["stack"].shifts
    require(len(shifts) == len(images), "a shift per image")
    require(np.abs(shifts - way_back(reference.shape)).max() < 0.5, "shifts of rank_stacks")
    return Program("rank_stacks", run, len(images))


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
                    score_of_many(ROBUST, reference, images),
                    ranking(reference, images),
                ]
                times = measure(programs, settings.runs)
                row += [significant(1e6 * median(times, program.name)) for program in programs]
            rows.append(row)
            progress(str(row))
    kinds = ["`peak_to_mean`", "`peak_to_mean`, list", "`robust`", "`rank_stacks`, robust"]
    header = ["images", *(f"{n} x {n}: {kind}" for n in (16, 64) for kind in kinds)]
    return Section("Cost against the number of images", NOTE, [table(header, rows)])
