# SPDX-License-Identifier: MIT
"""TIFF files of every layout, for tests; imported after tifffile was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.selection import parse_slice
from ndreg_preeval.stacks.tiff.source import TiffSpec

STACK = np.random.default_rng(0).integers(0, 1000, (9, 37, 53)).astype(np.uint16)


def write(folder: Path, value: Any = STACK, name: str = "a.tif", **options: Any) -> Path:
    tifffile.imwrite(folder / name, value, **{"photometric": "minisblack", **options})
    return folder / name


def spec(file: Path, text: str = "", **limits: Any) -> TiffSpec:
    return TiffSpec(str(file), Limits(**limits), parse_slice(text) if text else None)


def everything(stack_spec: Any) -> NDArray[Any]:
    with stack_spec.open() as source:
        return np.asarray(source.read(0, source.shape[0]).images)


LAYOUTS: dict[str, dict[str, Any]] = {
    "tifffile": {},
    "plain": {"metadata": None},
    "big-endian": {"byteorder": ">"},
    "BigTIFF": {"bigtiff": True, "byteorder": ">"},
    "ImageJ": {"imagej": True},
    "OME": {"ome": True},
    "one page": {"truncate": True},
    "volume": {"volumetric": True},
    "strips": {"rowsperstrip": 7, "metadata": None},
    "tiles": {"tile": (16, 32)},
    "deflate": {"compression": "zlib"},
    "deflate, strips": {"compression": "zlib", "predictor": True, "rowsperstrip": 5, "metadata": None},
    "lzw, tiles": {"compression": "lzw", "predictor": True, "tile": (32, 16)},
    "zstd, big-endian": {"compression": "zstd", "byteorder": ">", "rowsperstrip": 10},
    "packbits": {"compression": "packbits"},
    "OME, deflate": {"ome": True, "compression": "zlib"},
    "ImageJ, lzw": {"imagej": True, "compression": "lzw"},
    "png": {"compression": "png"},
}
