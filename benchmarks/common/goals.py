# SPDX-License-Identifier: MIT
"""Goals beside figures: which are set, and which are met."""

from __future__ import annotations

from dataclasses import dataclass, field

from .report import NOT_MEASURED, table


@dataclass(frozen=True)
class Goal:
    """A bound on a ratio."""

    name: str
    bound: float
    at_most: bool = True

    @property
    def title(self) -> str:
        return f"{self.name} {'<=' if self.at_most else '>='} {self.limit}"

    @property
    def limit(self) -> str:
        return self.number(self.bound)

    def number(self, figure: float) -> str:
        """A figure with the digits of this goal."""
        return f"{figure:.2f}" if self.bound < 4 else f"{figure:.1f}"

    def met(self, figure: float) -> bool:
        return figure <= self.bound if self.at_most else figure >= self.bound


# Beside the fastest bare pair of the images' own precision; of float64 for uint32.
PAIR = {
    "float32": Goal("`peak_to_mean` / fastest bare pair, float32", 0.60),
    "float64": Goal("`peak_to_mean` / fastest bare pair, float64", 0.50),
    "uint32": Goal("`peak_to_mean` / fastest bare pair, uint32", 0.50),
}
EVIDENCE_PAIR = {
    "float32": Goal("`evidence` / fastest bare pair, float32", 0.80),
    "float64": Goal("`evidence` / fastest bare pair, float64", 0.65),
    "uint32": Goal("`evidence` / fastest bare pair, uint32", 0.65),
}
ROBUST_PAIR = Goal("`robust` / fastest bare pair", 0.90)
DOUBLE_PAIR = Goal('`peak_to_mean`, precision="double" / fastest bare pair, float64', 0.75)
EWOKSNDREG = {
    dtype: Goal(f"ewoksndreg / `peak_to_mean`, {dtype}, from 512", 18, at_most=False)
    for dtype in ("float32", "float64")
}
OPENCV = Goal("OpenCV / `peak_to_mean`, float32", 4, at_most=False)
SMALL_CALL = Goal("two stacks of two images of 16 x 16, ms", 0.15)
AWKWARD = Goal("awkward sizes: `peak_to_mean` / SciPy's bare pair", 1.3)
NATIVE = Goal("generic wheel / `-march=native`", 1.05)
THREADS_AS_PROCESSES = Goal("`rank_stacks`: gain of threads / gain of as many processes", 0.90, at_most=False)
ONE_IMAGE = {
    2: Goal("one huge image, `rank_stacks`: gain of 2 threads", 1.8, at_most=False),
    16: Goal("one huge image, `rank_stacks`: gain of 16 threads", 8, at_most=False),
}
PAGE_FAULTS = Goal("page faults: second of two equal stacks / first", 0.05)
FLOOR = Goal("files: time with 2 threads / max(decode / cores, compute / cores)", 1.15)
FILES_AS_ONE = Goal("one image per file / all in one file", 1.3)
MAPS_AS_BARE = Goal("maps of 128 x 128, one per file / h5py opening and reading each", 2)
NPY_AS_HDF5 = Goal(".npy / contiguous HDF5", 1.1)
SPARE_MEMORY = 150
"""MiB that a ranking may take beyond its memory_limit."""


def end_to_end(layout: str, times: float) -> Goal:
    """How many times faster than the original package files are ranked."""
    return Goal(f"ewoksndreg / `rank_stacks` with 2 threads, {layout}", times, at_most=False)


def growth_of(memory_limit: int) -> Goal:
    """How far the memory may grow, in MiB like the limit."""
    return Goal(
        f"files: growth of memory in MiB, memory_limit {memory_limit} MiB", memory_limit + SPARE_MEMORY
    )


@dataclass
class Goals:
    """All figures that have a goal, in the order in which they came."""

    figures: dict[Goal, list[tuple[str, float]]] = field(default_factory=dict)

    def cell(self, goal: Goal, case: str, figure: float | None) -> str:
        """Note a figure; return it as it stands in a table."""
        if figure is None:
            return NOT_MEASURED
        self.figures.setdefault(goal, []).append((case, figure))
        return f"{goal.number(figure)} {'✓' if goal.met(figure) else '✗'}"

    def summary(self) -> str:
        """A row per goal: how many of its cases meet it, and the worst one."""
        rows = []
        for goal, figures in self.figures.items():
            case, worst = (max if goal.at_most else min)(figures, key=lambda each: each[1])
            met = sum(goal.met(figure) for _, figure in figures)
            rows.append([goal.title, f"{met} of {len(figures)}", f"{goal.number(worst)} ({case})"])
        return table(["goal", "met in", "worst figure"], rows)
