# SPDX-License-Identifier: MIT
"""Virtual datasets read source by source give what HDF5 gives, whatever their mappings."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.hdf5.readers.libhdf5 import LibhdfReader
from ndreg_preeval.stacks.hdf5.readers.virtual import VirtualReader
from ndreg_preeval.stacks.hdf5.source import Hdf5Source
from ndreg_preeval.stacks.hdf5.specs import UriSpec

SHAPE = (12, 10, 14)
PIXELS = np.random.default_rng(0).integers(1, 1000, SHAPE).astype("<u2")
STORED = {"chunks": True, "compression": "gzip"}


def write_source(folder: Path, number: int, pixels: NDArray[Any], **options: Any) -> h5py.VirtualSource:
    with h5py.File(folder / f"part{number}.h5", "w") as file:
        return h5py.VirtualSource(file.create_dataset("data", data=pixels, **options))


def write_virtual(folder: Path, parts: list[Any], shape: tuple[int, ...] = SHAPE, dtype: Any = "<u2") -> None:
    layout = h5py.VirtualLayout(shape, dtype)
    for place, source in parts:
        layout[place] = source
    with h5py.File(folder / "all.h5", "w") as file:
        file.create_virtual_dataset("v", layout, fillvalue=7)


def opened(folder: Path, text: Any = None) -> Hdf5Source:
    source = UriSpec(str(folder / "all.h5"), "/v", Limits(), text).open()
    assert isinstance(source, Hdf5Source)
    return source


def whole(source: Hdf5Source, step: int = 5) -> NDArray[Any]:
    n = source.shape[0]
    return np.concatenate(
        [np.asarray(source.read(start, min(start + step, n)).images) for start in range(0, n, step)]
    )


@pytest.mark.parametrize("options", [{}, {"chunks": (2, 5, 7)}, STORED], ids=str)
@pytest.mark.parametrize("slices", [None, (slice(None, None, -2), slice(2, 9, 3), slice(1, None))], ids=str)
def test_files_one_after_the_other(tmp_path: Path, options: Any, slices: Any) -> None:
    parts = [
        (slice(start, start + 4), write_source(tmp_path, start, PIXELS[start : start + 4], **options))
        for start in (0, 4, 8)
    ]
    write_virtual(tmp_path, parts)
    with opened(tmp_path, slices) as source:
        assert isinstance(source._reader, VirtualReader)
        np.testing.assert_array_equal(whole(source), PIXELS[slices or ...])


def test_one_image_per_file_without_an_image_axis(tmp_path: Path) -> None:
    parts = [(i, write_source(tmp_path, i, PIXELS[i], **({} if i % 2 else STORED))) for i in range(12)]
    write_virtual(tmp_path, parts)
    with opened(tmp_path) as source:
        assert isinstance(source._reader, VirtualReader)
        np.testing.assert_array_equal(whole(source, 3), PIXELS)


def test_modules_of_a_detector_and_gaps_between_them(tmp_path: Path) -> None:
    expected = np.full(SHAPE, 7, "<u2")
    parts = []
    tiles = itertools.product((0, 6), (slice(0, 4), slice(5, 10)), (slice(0, 6), slice(7, 14)))
    for number, (first, rows, columns) in enumerate(tiles):
        place = (slice(first, first + 6), rows, columns)
        expected[place] = PIXELS[place]
        parts.append((place, write_source(tmp_path, number, PIXELS[place], **STORED)))
    write_virtual(tmp_path, parts)
    with opened(tmp_path) as source:
        assert isinstance(source._reader, VirtualReader)
        np.testing.assert_array_equal(whole(source), expected)
    with opened(tmp_path, (slice(1, None, 3), slice(4, 5), slice(None))) as source:
        np.testing.assert_array_equal(whole(source), expected[1::3, 4:5])


def test_parts_of_sources(tmp_path: Path) -> None:
    source = write_source(tmp_path, 0, PIXELS, **STORED)
    write_virtual(tmp_path, [(slice(0, 3), source[5:8, 2:8, 1:9])], (3, 6, 8))
    with opened(tmp_path) as found:
        assert isinstance(found._reader, VirtualReader)
        np.testing.assert_array_equal(whole(found), PIXELS[5:8, 2:8, 1:9])


def test_a_virtual_dataset_of_virtual_datasets(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    write_virtual(inner, [(slice(0, 12), write_source(inner, 0, PIXELS, **STORED))])
    layout = h5py.VirtualLayout(SHAPE, "<u2")
    layout[:] = h5py.VirtualSource(str(inner / "all.h5"), "v", SHAPE)
    with h5py.File(tmp_path / "all.h5", "w") as file:
        file.create_virtual_dataset("v", layout)
    with opened(tmp_path) as source:
        np.testing.assert_array_equal(whole(source), PIXELS)


@pytest.mark.parametrize("what", ["overlapping", "interleaved", "of another type"])
def test_others_are_put_together_by_hdf5(tmp_path: Path, what: str) -> None:
    """The later of two that overlap hides the other; values that do not fit are clipped."""
    if what == "overlapping":
        parts: list[Any] = [
            (slice(0, 8), write_source(tmp_path, 0, PIXELS[:8])),
            (slice(4, 12), write_source(tmp_path, 1, PIXELS[::-1][:8])),
        ]
    elif what == "interleaved":
        parts = [(slice(k, None, 2), write_source(tmp_path, k, PIXELS[k::2])) for k in (0, 1)]
    else:
        parts = [(slice(0, 12), write_source(tmp_path, 0, PIXELS.astype("<i4") * 100))]
    write_virtual(tmp_path, parts)
    with h5py.File(tmp_path / "all.h5") as file:
        expected = file["v"][()]
    with opened(tmp_path) as source:
        assert isinstance(source._reader, LibhdfReader)
        np.testing.assert_array_equal(whole(source), expected)


def test_many_files_are_not_kept_open(tmp_path: Path) -> None:
    n = 40
    parts = [(i, write_source(tmp_path, i, PIXELS[i % 12], **STORED)) for i in range(n)]
    write_virtual(tmp_path, parts, (n, *SHAPE[1:]))
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    with opened(tmp_path) as source:
        np.testing.assert_array_equal(whole(source, 1), PIXELS[np.arange(n) % 12])
        assert sum(1 for _ in Path("/proc/self/fd").iterdir()) < before + n
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before


def test_a_damaged_source_is_named(tmp_path: Path) -> None:
    parts = [
        (slice(start, start + 4), write_source(tmp_path, start, PIXELS[start : start + 4], **STORED))
        for start in (0, 4, 8)
    ]
    write_virtual(tmp_path, parts)
    with h5py.File(tmp_path / "part4.h5", "r+") as file:
        file["data"].id.write_direct_chunk((0, 0, 0), b"nonsense")
    with opened(tmp_path) as source:
        np.testing.assert_array_equal(source.read(0, 4).images, PIXELS[:4])
        with pytest.raises(
            OSError, match=r"all\.h5::/v, images 4 to 7: the source '/?data' in '.*part4\.h5': the chunk at"
        ):
            source.read(4, 8)
