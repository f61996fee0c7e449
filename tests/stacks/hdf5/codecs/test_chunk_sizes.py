# SPDX-License-Identifier: MIT
"""What chunks declare, against what the libraries that made them say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval.stacks.hdf5.codecs.lzf import lzf_length
from ndreg_preeval.stacks.hdf5.readers.raw_file import RawFile

RNG = np.random.default_rng(2)
CONTENTS: dict[str, NDArray[Any]] = {
    "zeros": np.zeros(5000, np.uint8),
    "few levels": RNG.integers(0, 3, 5000, np.uint8),
    "runs": np.repeat(RNG.integers(0, 9, 40, np.uint8), 300),
    "a little": np.zeros(40, np.uint8),
}


def lzf(content: NDArray[Any], folder: Path) -> bytes:
    with h5py.File(folder / "one.h5", "w") as file:
        made = file.create_dataset("d", data=content, chunks=content.shape, compression="lzf")
        skipped, raw = made.id.read_direct_chunk((0,))
    assert not skipped, "it was not compressed"
    return bytes(raw)


@pytest.mark.parametrize("kind", CONTENTS)
def test_length_of_lzf(tmp_path: Path, kind: str) -> None:
    raw = lzf(CONTENTS[kind], tmp_path)
    assert lzf_length(raw) == len(CONTENTS[kind])
    for cut in range(len(raw)):
        assert lzf_length(raw[:cut]) < len(CONTENTS[kind])
    assert lzf_length(raw + b"\0a") == len(CONTENTS[kind]) + 1
    assert lzf_length(raw + b"\0") == -1


@pytest.mark.parametrize(("libver", "base"), [("earliest", 24), ("latest", 12)])
def test_where_hdf5_takes_a_file_to_end(tmp_path: Path, libver: str, base: int) -> None:
    path = tmp_path / "one.h5"
    with h5py.File(path, "w", libver=libver) as file:
        file["d"] = np.arange(9)

    def allocated() -> int:
        status = path.stat()
        raw = RawFile.open(str(path), (status.st_dev, status.st_ino))
        assert raw is not None
        try:
            return raw.allocated()
        finally:
            raw.close()

    data = bytearray(path.read_bytes())
    assert allocated() == len(data)
    data[base] = 64  # all addresses count from there
    path.write_bytes(data)
    assert allocated() == 0
