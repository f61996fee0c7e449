# SPDX-License-Identifier: MIT
"""`rank_stacks` on a stack, beside loops over the same images: bare FFT pairs, and what peers make of them.

Everything in one process, in one thread, and hot: as whoever calls it again and again sees it.
"""

from __future__ import annotations

from common.child_process import Worker
from common.goals import DOUBLE_PAIR, EVIDENCE_PAIR, EWOKSNDREG, OPENCV, PAIR, ROBUST_PAIR
from common.report import Section, table
from common.settings import Settings, progress
from common.timing import Measured

from .cases import Case
from .fft_pairs import PAIRS
from .peers import SCORES
from .programs import Wanted, title_of, together
from .rankings import DOUBLE, EVIDENCE, FEWER, FEWER_IMAGES, PEAK_TO_MEAN, ROBUST, chosen_precision

IMAGES = 9
OWN = (PEAK_TO_MEAN, EVIDENCE, ROBUST, FEWER)
DTYPES = ("float32", "float64", "uint32")

NOTE = f"""\
One call of `rank_stacks` with one stack of {IMAGES} images in memory, one thread, beside loops over the same images, all in one
process and in turn, hot. A *bare pair* is one forward and one inverse real 2-D FFT and nothing else, of all {IMAGES} images, in
the images' own precision, in float64 for uint32. "MKL" is called directly with a plan for two dimensions, "mkl_fft" is its Python
package. Times are per image: those of calls and loops divided by {IMAGES}. Goals compare with the fastest bare pair of the row.
float64 has noise in all its bits, uint32 counts of about 100 000; `precision` is what the package chose by itself, as the result
tells it. numpy, OpenCV and scikit-image compare each other image with the first one (numpy transforms that one once, the other two
cannot keep it), here in a stack of the first {FEWER_IMAGES}; ewoksndreg's own function `peak_eval` gets the whole stack."""


def wanted_of(cases: list[Case]) -> list[Wanted]:
    """All programs of some cases; pairs and peers of the first one only."""
    first = cases[0]
    programs = [(name, first) for name in (*PAIRS, *SCORES)]
    if first.dtype == "float64":
        programs.append((DOUBLE, first))
    return programs + [(name, case) for case in cases for name in OWN]


def precision_of(images: int, rows: int, columns: int, dtype: str) -> str:
    """What the package chooses for the stack of a case; called in a worker."""
    return chosen_precision(Case(images, rows, columns, dtype).stack())


class Tables:
    """Rows of the three tables, case by case."""

    def __init__(self, settings: Settings) -> None:
        self._goals = settings.goals
        self.times: list[list[str]] = []
        self.verdicts: list[list[str]] = []
        self.factors: list[list[str]] = []

    def add(self, case: Case, paired: Case, precision: str, found: Measured) -> None:
        """A row in each for a case; `paired` is the one whose pairs were measured."""
        pairs = {title_of(name, paired): name for name in PAIRS}
        mine = {name: title_of(name, case) for name in OWN}
        own_pairs = [found.milliseconds(title) if case == paired else "" for title in pairs]
        self.times.append([case.title, *(found.milliseconds(mine[name]) for name in OWN), *own_pairs])

        best = found.fastest(pairs)
        title = case.title
        cell = self._goals.cell
        figures = [
            cell(PAIR[case.dtype], title, found.ratio(mine[PEAK_TO_MEAN], best)),
            cell(EVIDENCE_PAIR[case.dtype], title, found.ratio(mine[EVIDENCE], best)),
            cell(ROBUST_PAIR, title, found.ratio(mine[ROBUST], best)),
            found.factor(mine[FEWER], best, 2),
        ]
        double = ""
        if case.dtype == "float64":
            double = cell(DOUBLE_PAIR, title, found.ratio(title_of(DOUBLE, case), best))
        self.verdicts.append([title, *figures, double, precision, pairs.get(best, best)])
        progress(str(self.verdicts[-1]))
        if case != paired:
            return
        ratios = {name: found.ratio(title_of(name, case), mine[PEAK_TO_MEAN]) for name in SCORES}
        cells = {name: found.factor(title_of(name, case), mine[PEAK_TO_MEAN]) for name in SCORES}
        if case.rows >= 512:
            cells["ewoksndreg"] = cell(EWOKSNDREG[case.dtype], title, ratios["ewoksndreg"])
        if case.dtype == "float32":
            cells["OpenCV"] = cell(OPENCV, title, ratios["OpenCV"])
        self.factors.append([title, *cells.values()])
        progress(str(self.factors[-1]))


def stacks(settings: Settings) -> Section:
    """Tables of times, of ratios with goals, and of the other peers."""
    tables = Tables(settings)
    missing: dict[str, str] = {}
    with Worker() as worker:
        for dtypes in (("float32",), ("float64", "uint32")):
            for size in settings.sizes:
                cases = [Case(IMAGES, size, size, dtype) for dtype in dtypes]
                found = together(worker, wanted_of(cases), settings.runs)
                missing |= found.missing
                for case in cases:
                    tables.add(case, cases[0], worker.call(precision_of, *case), found)
    order = {dtype: k for k, dtype in enumerate(DTYPES)}
    for rows in (tables.times, tables.verdicts, tables.factors):
        rows.sort(key=lambda row: order[row[0].split()[0]])
    note = NOTE + "".join(f" Not measured: {name} ({reason})." for name, reason in missing.items())
    own = [f"`{PEAK_TO_MEAN}`", f"`{EVIDENCE}`", f"`{ROBUST}`", f"`{PEAK_TO_MEAN}`, {FEWER_IMAGES} images"]
    header = [
        "/ fastest bare pair",
        f"{own[0]} <= {PAIR['float32'].limit} (float32), {PAIR['float64'].limit}",
        f"{own[1]} <= {EVIDENCE_PAIR['float32'].limit} (float32), {EVIDENCE_PAIR['float64'].limit}",
        f"{own[2]} <= {ROBUST_PAIR.limit}",
        own[3],
        f'`{PEAK_TO_MEAN}`, `precision="double"` <= {DOUBLE_PAIR.limit}',
        "precision",
        "fastest pair",
    ]
    titles = dict.fromkeys(SCORES, "") | {
        "ewoksndreg": f"ewoksndreg >= {EWOKSNDREG['float32'].limit} (from 512)",
        "OpenCV": f"OpenCV >= {OPENCV.limit} (float32)",
    }
    return Section(
        "Stacks beside bare pairs and peers, hot",
        note,
        [
            table(["milliseconds", *own, *(f"{name} pair" for name in PAIRS)], tables.times),
            table(header, tables.verdicts),
            table(["/ `peak_to_mean`", *(title or name for name, title in titles.items())], tables.factors),
        ],
    )
