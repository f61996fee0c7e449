# SPDX-License-Identifier: MIT
"""Stacks of one image per file: beside the same pixels in one file, and beside bare opening and reading."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import tifffile
from numpy.typing import NDArray

from common.goals import FILES_AS_ONE, MAPS_AS_BARE, NPY_AS_HDF5
from common.report import NOT_MEASURED, Section, table
from common.settings import ReadingSettings, progress
from common.timing import Measured, NotMeasured, Program, measure, require
from ndreg_preeval import rank_stacks, score_stack

from .drifting_scene import BEST, drifting_scene

SMALL = 128
"""Rows and columns of the smaller images."""
DISTINCT = 16
"""Images that are drawn; the stack has them again and again."""
THREADS = 2
MAPS = ("Al", "Si", "S", "Cl", "K", "Ca", "Ti", "Mn", "Fe", "Zn")
PATH = "/1.1/results/maps"
FILES, ONE, BARE = "files", "one file", "bare"

Images = Sequence[NDArray[np.uint16]]

NOTE = """\
Stacks of {count} images, each in a file of its own, in the page cache; medians of {runs} interleaved runs of `score_stack` with {threads} threads,
in milliseconds per image, from the list of names to the score. "{one}" is the same of the same pixels in one file; "{bare}" opens each file
with h5py or tifffile and reads its pixels, in one thread, and scores nothing. All scores are those of the same pixels in memory, bit for bit."""
TEN = "Ten maps of {size} x {size} in each file, ten stacks ranked by one call; bare opens each file once:"


@dataclass(frozen=True)
class Form:
    """A format of files, of one image or of all."""

    title: str
    ending: str
    write: Callable[[Path, NDArray[np.uint16]], None]
    read: Callable[[Path], Any] | None
    path: str = ""

    def name(self, file: Path) -> str:
        """What a user writes."""
        return f"{file}{self.path}"


def hdf5(title: str, filters: dict[str, Any] | None = None) -> Form:
    """HDF5, one image per chunk where there are filters."""

    def write(file: Path, pixels: NDArray[np.uint16]) -> None:
        chunks = None if filters is None else (1,) * (pixels.ndim - 2) + pixels.shape[-2:]
        with h5py.File(file, "w") as h5:
            h5.create_dataset(f"{PATH}/Ca", data=pixels, chunks=chunks, **(filters or {}))

    def read(file: Path) -> Any:
        with h5py.File(file, "r") as h5:
            return h5[f"{PATH}/Ca"][()]

    return Form(f"HDF5, {title}", ".h5", write, read, f"::{PATH}/Ca")


def write_tiff(file: Path, pixels: NDArray[np.uint16], **options: Any) -> None:
    tifffile.imwrite(file, pixels, photometric="minisblack", metadata=None, **options)


def write_tiff_deflate(file: Path, pixels: NDArray[np.uint16]) -> None:
    write_tiff(file, pixels, compression="zlib")


CONTIGUOUS = hdf5("contiguous")
NPY = Form(".npy", ".npy", np.save, np.load)
FORMS = (
    CONTIGUOUS,
    hdf5("gzip", {"compression": "gzip", "compression_opts": 4}),
    hdf5("bitshuffle-LZ4", dict(hdf5plugin.Bitshuffle())),
    Form("TIFF", ".tif", write_tiff, tifffile.imread),
    Form("TIFF, deflate", ".tif", write_tiff_deflate, tifffile.imread),
    NPY,
)


@contextmanager
def on_disk(form: Form, images: Images) -> Iterator[tuple[list[Path], Path]]:
    """Write files of one image each, and one of all."""
    with tempfile.TemporaryDirectory(prefix="many_files") as name:
        folder = Path(name).resolve()
        files = [folder / f"im_{index}{form.ending}" for index in range(len(images))]
        for file, image in zip(files, images, strict=True):
            form.write(file, image)
        one = folder / f"all{form.ending}"
        form.write(one, np.stack(images))
        yield files, one


def scored(stack: Any) -> bytes:
    """All numbers of a stack."""
    try:
        return score_stack(stack, num_threads=THREADS).values.tobytes()
    except (ValueError, TypeError, OSError) as error:
        raise NotMeasured(str(error)) from error


def timed(programs: dict[str, Callable[[], object]], runs: int, count: int) -> Measured:
    """Seconds per image of programs that were tried."""
    return Measured(measure([Program(name, run, count) for name, run in programs.items()], runs), {})


def measured(form: Form, images: Images, runs: int) -> Measured:
    """Seconds per image of the ways to read one form."""
    expected = score_stack(list(images), num_threads=THREADS).values.tobytes()
    with on_disk(form, images) as (files, one):
        names = [form.name(file) for file in files]
        for stack in (names, form.name(one)):
            require(scored(stack) == expected, f"{form.title}: other numbers than in memory")

        def bare() -> None:
            for file in files:
                assert form.read is not None
                form.read(file)

        return timed(
            {FILES: lambda: scored(names), ONE: lambda: scored(form.name(one)), BARE: bare}, runs, len(images)
        )


def measured_maps(images: Images, runs: int) -> Measured:
    """Seconds per image of ten maps in each file."""
    with tempfile.TemporaryDirectory(prefix="many_files") as name:
        folder = Path(name).resolve()
        files = [folder / f"scan_{index}.h5" for index in range(len(images))]
        for index, file in enumerate(files):
            with h5py.File(file, "w") as h5:
                for number, each in enumerate(MAPS):
                    h5[f"{PATH}/{each}"] = images[(index + number) % len(images)]
        stacks = {each: [f"{file}::{PATH}/{each}" for file in files] for each in MAPS}

        def ranked() -> bytes:
            ranking = rank_stacks(stacks, num_threads=THREADS)
            return b"".join(stack.values.tobytes() for stack in ranking.stacks.values())

        def bare() -> None:
            for file in files:
                with h5py.File(file, "r") as h5:
                    for each in MAPS:
                        h5[f"{PATH}/{each}"][()]

        in_memory = {
            each: [images[(index + number) % len(images)] for index in range(len(images))]
            for number, each in enumerate(MAPS)
        }
        expected = rank_stacks(in_memory, num_threads=THREADS)
        together = b"".join(stack.values.tobytes() for stack in expected.stacks.values())
        require(ranked() == together, "ten maps per file: other numbers than in memory")
        return timed({FILES: ranked, BARE: bare}, runs, len(images) * len(MAPS))


def many_files(settings: ReadingSettings) -> Section:
    """A row per form and size."""
    rows = []
    reasons = ""
    contiguous: Measured | None = None
    for size in (settings.size, SMALL):
        scene = drifting_scene(DISTINCT, size).cast("uint16")[BEST]
        images = [scene[index % DISTINCT] for index in range(settings.files)]
        for form in FORMS:
            title = f"{form.title}, {size} x {size}"
            try:
                found = measured(form, images, settings.runs)
            except NotMeasured as reason:
                rows.append([title, *[NOT_MEASURED] * 6])
                reasons += f"\nNot measured: {title}: {reason}."
                continue
            small = size == SMALL
            as_one, as_bare = found.ratio(FILES, ONE), found.ratio(FILES, BARE)
            npy = ""
            if form is CONTIGUOUS:
                contiguous = found
            elif form is NPY and contiguous is not None and not small:
                both = Measured({ONE: found.times[ONE], CONTIGUOUS.title: contiguous.times[ONE]}, {})
                npy = settings.goals.cell(NPY_AS_HDF5, title, both.ratio(ONE, CONTIGUOUS.title))
            rows.append(
                [
                    title,
                    *(found.milliseconds(each) for each in (FILES, ONE, BARE)),
                    f"{as_one:.2f}" if small else settings.goals.cell(FILES_AS_ONE, title, as_one),
                    settings.goals.cell(MAPS_AS_BARE, title, as_bare)
                    if small and form.path
                    else f"{as_bare:.2f}",
                    npy,
                ]
            )
            progress(str(rows[-1]))
    header = ["ms per image", FILES, ONE, BARE]
    header += [f"{FILES} / {ONE} <= {FILES_AS_ONE.limit}", f"{FILES} / {BARE} <= {MAPS_AS_BARE.limit}"]
    header += [f"{ONE}: .npy / HDF5 <= {NPY_AS_HDF5.limit}"]
    maps = measured_maps(images, settings.runs)
    ten = [
        f"{SMALL} x {SMALL}",
        *(maps.milliseconds(each) for each in (FILES, BARE)),
        f"{maps.ratio(FILES, BARE):.2f}",
    ]
    note = NOTE.format(count=settings.files, runs=settings.runs, threads=THREADS, one=ONE, bare=BARE)
    return Section(
        "Stacks made of files",
        note + reasons,
        [
            table(header, rows),
            TEN.format(size=SMALL),
            table(["ms per image", FILES, BARE, f"{FILES} / {BARE}"], [ten]),
        ],
    )
