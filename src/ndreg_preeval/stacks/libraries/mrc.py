# SPDX-License-Identifier: MIT
"""MRC and CCP4 files: mrcfile knows their headers, their pixels are read at their place.

The library itself would read all pixels at once, or map them: a file that is cut while it is mapped ends the
process.
"""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH116, PTH123

from __future__ import annotations

import errno
import math
import os
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from ...errors import clip
from ..hints import MRC
from .base import LibraryFile, LibraryFormat
from .raw_pixels import RawPixels

if TYPE_CHECKING:
    from ...options import Limits

HEADER_BYTES: Final = 1024

IMOD_STAMP: Final = 1146047817
"""Number at byte 152 of files that IMOD wrote."""


class MrcFormat(LibraryFormat):
    """MRC2014, by mrcfile: modes 0, 1, 2, 6 and 12, either byte order, with or without extended header."""

    name = "MRC"
    endings: ClassVar[tuple[str, ...]] = (".mrc", ".mrcs", ".st", ".rec", ".ccp4", ".map", ".ali", ".preali")
    magic: ClassVar[tuple[tuple[int, bytes], ...]] = MRC
    modules: ClassVar[tuple[str, ...]] = ("mrcfile",)
    extra: ClassVar[str | None] = "em"
    many_axes = True

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> LibraryFile:  # noqa: ARG003
        """Read the header; the axes are sections, rows and columns, as they are stored."""
        from mrcfile import utils
        from mrcfile.dtypes import HEADER_DTYPE

        with open(path, "rb") as file:
            head = file.read(HEADER_BYTES)
        if len(head) < HEADER_BYTES or head[208:211] != b"MAP":
            raise OSError(errno.EIO, "it is no MRC file: there is no 'MAP ' at byte 208", clip(path))
        header, notes = _header(head, HEADER_DTYPE, utils)
        dtype = utils.data_dtype_from_header(header)
        if dtype == np.int8 and _unsigned_by_imod(header, head):
            dtype, notes = np.dtype(np.uint8), (*notes, "Its bytes are without sign, as IMOD says.")
        lengths = [int(header[name]) for name in ("nx", "ny", "nz", "nsymbt")]
        volumes = utils.spacegroup_is_volume_stack(header["ispg"])
        if min(lengths) < 0 or (volumes and not 0 < int(header["mz"]) <= lengths[2]):
            raise OSError(errno.EIO, f"its header is damaged: nx, ny, nz, nsymbt = {lengths}", clip(path))
        shape = tuple(int(length) for length in utils.data_shape_from_header(header))
        names = ("volume", "slice", "row", "column")[-len(shape) :]
        found = RawPixels(path, HEADER_BYTES + lengths[3], dtype, shape, names, notes)
        beyond = os.stat(path).st_size - HEADER_BYTES - lengths[3] - math.prod(shape) * dtype.itemsize
        if beyond > 0:
            found.warnings = (f"The file has {beyond} bytes after its pixels, which are not read.",)
        return found


def _header(head: bytes, header_dtype: Any, utils: Any) -> tuple[Any, tuple[str, ...]]:
    """The header in the byte order that its machine stamp says, unless only the other one makes sense."""
    header = np.frombuffer(head, header_dtype)[0]
    try:
        order = utils.byte_order_from_machine_stamp(header["machst"])
    except ValueError:
        order = "<"
    for each in (order, {"<": ">", ">": "<"}[order]):
        # As a record array: its fields have the byte order with them.
        found = np.frombuffer(head, header_dtype.newbyteorder(each)).reshape(()).view(np.recarray)
        try:
            utils.dtype_from_mode(found.mode)
        except ValueError:
            continue
        note = () if each == order else ("Its byte order is not that of its machine stamp.",)
        return found, note
    utils.dtype_from_mode(header["mode"].astype(header["mode"].dtype.newbyteorder(order)))
    raise ValueError("unknown mode")


def _unsigned_by_imod(header: Any, head: bytes) -> bool:
    """Return whether IMOD wrote bytes without sign: bit 0 of its flags says that they have one."""
    order = (
        header.mode.dtype.newbyteorder("=") if header.mode.dtype.isnative else np.dtype("i4").newbyteorder()
    )
    stamp, flags = np.frombuffer(head, order, 2, 152)
    return bool(stamp == IMOD_STAMP and not flags & 1)
