# SPDX-License-Identifier: MIT
"""EDF files: fabio reads the headers, and plain pixels are read at their place by any thread."""

from __future__ import annotations

import copy
import errno
import math
import re
from typing import IO, TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import clip
from ..hints import is_edf
from ..optional_modules import errors_logged
from ..pixel_checks import refuse_above
from ..regular_file import check_regular_file, open_without_waiting, read_at
from .base import INDEX, LibraryFile, LibraryFormat
from .guarded_stream import GuardedStream, uncompressed

if TYPE_CHECKING:
    from ...options import Limits

COMPRESSED: Final = (".gz", ".bz2")

AXES_WITHOUT_END: Final = re.compile(rb"(?i)dim_[0-9]{2}")
"""fabio counts the axes up to the largest number of one."""


class _Place(NamedTuple):
    """Where the pixels of a frame lie, and how they are stored."""

    start: int
    plain: bool


class EdfFile(LibraryFile):
    """An open file: its frames are the images, or one frame of three axes is the stack."""

    dtype: np.dtype[Any]

    def __init__(self, path: str, limits: Limits) -> None:
        from fabio.edfimage import EdfImage

        self._path = path
        self._limits = limits
        self._raw: IO[bytes] | None = None
        self._content = uncompressed(path, limits)
        self._stream = GuardedStream(path, self._content, AXES_WITHOUT_END)
        try:
            with errors_logged("fabio") as said:
                self._image = EdfImage().read(self._stream)
            self._stream.trust()
            frames = [self._image.get_frame(index) for index in range(self._image.nframes)]
            if self._image.incomplete_file:
                raise self._damaged(len(frames) - 1, "what follows is no frame", said)
            self._places = [self._examine(index, frame) for index, frame in enumerate(frames)]
            shapes = {tuple(int(length) for length in frame.shape) for frame in frames}
            types = {np.dtype(frame.dtype).newbyteorder(_byte_order(frame)) for frame in frames}
            if len(shapes) > 1 or len(types) > 1:
                raise ValueError(
                    f"its {len(frames)} frames differ in shape or type: {clip(str(sorted(shapes)), 200)}, "
                    f"{clip(', '.join(map(str, types)), 200)}"
                )
            self._raw = open(path, "rb", opener=open_without_waiting)  # noqa: SIM115 - closed with this
        except BaseException:
            self.close()
            raise
        self._frame_shape, self.dtype = shapes.pop(), types.pop()
        several = len(frames) > 1 or len(self._frame_shape) == 1
        self.shape: tuple[int, ...] = (len(frames), *self._frame_shape) if several else self._frame_shape
        self._several = several
        plain = all(place.plain for place in self._places)
        if self._content is not None:
            self.compression: str = "gzip" if path.lower().endswith(".gz") else "bzip2"
        elif plain:
            self.compression = "none"
        self.concurrent: bool = self._content is None and plain
        if self.concurrent:
            self._stream.close()
            self._image = None  # headers, which may be many
            self.reopens = True

    def read(self, index: INDEX) -> NDArray[Any]:
        """Return part of the frames."""
        first, *rest = index
        if not self._several:
            if self._places[0].plain and self._content is None:
                return self._rows(first)[(slice(None) if isinstance(first, slice) else 0, *rest)]
            return self._frame(0)[index]
        which = [first] if isinstance(first, int) else range(first.start, first.stop, first.step)
        parts = [self._frame(frame)[tuple(rest)] for frame in which]
        return parts[0] if isinstance(first, int) else np.stack(parts)

    def read_into(self, index: INDEX, out: NDArray[Any]) -> bool:
        """Read whole frames where they are wanted."""
        first, *rest = index
        whole = [slice(0, length, 1) for length in self._frame_shape]
        if not (self.concurrent and self._several and isinstance(first, slice) and rest == whole):
            return False
        for place, frame in enumerate(range(first.start, first.stop, first.step)):
            self._fill(out[place], frame)
        return True

    def again(self) -> EdfFile:
        """Open a file of plain pixels again."""
        found = copy.copy(self)
        found._raw = open(self._path, "rb", opener=open_without_waiting)  # noqa: SIM115 - closed with it
        return found

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._stream.close()
        if self._raw is not None:
            self._raw.close()

    def _examine(self, index: int, frame: Any) -> _Place:
        """Look at what a header declares; the file has all of it."""
        shape = tuple(int(length) for length in frame.shape)
        if min(shape, default=0) < 1 or len(shape) > 8:
            raise self._damaged(index, f"it declares the shape {clip(str(shape), 200)}", [])
        needed = math.prod(shape) * np.dtype(frame.dtype).itemsize
        order = str(_value(frame, "ByteOrder"))
        if np.dtype(frame.dtype).itemsize > 1 and ("Low" in order) == ("High" in order):
            # fabio takes the lowest byte first, and logs that.
            what = f"its ByteOrder is {clip(order, 60)!r}, not 'LowByteFirst' or 'HighByteFirst'"
            raise self._damaged(index, what, [])
        external = getattr(frame, "bfname", None)
        coded = str(_value(frame, "Compression") or "none").upper()
        plain = external is None and coded.startswith("NO")
        if external is not None:
            found = check_regular_file(external) - int(getattr(frame, "bfstart", 0) or 0)
        else:
            found = min(int(frame.blobsize or 0), self._stream.size - int(frame.start))
        if (plain or (external is not None and coded.startswith("NO"))) and found < needed:
            raise self._damaged(
                index, f"it declares {needed} bytes of pixels, and the file has {max(0, found)}", []
            )
        if not coded.startswith("NO"):
            most = self._limits.ratio
            if most is not None:
                refuse_above(
                    "ratio", needed, max(self._limits.ratio_floor, most * max(0, found)), f"frame {index}"
                )
        return _Place(int(frame.start), plain)

    def _frame(self, index: int) -> NDArray[Any]:
        if self._places[index].plain:
            out = np.empty(self._frame_shape, self.dtype)
            self._fill(out, index)
            return out
        with errors_logged("fabio") as said:
            frame = self._image.get_frame(index)
            kept = frame._dtype
            found = np.asarray(frame.data)
            frame._data, frame._dtype = None, kept  # fabio would keep all frames
        if said:
            raise self._damaged(index, "fabio says", said)
        return found.astype(self.dtype, copy=False)

    def _rows(self, which: int | slice) -> NDArray[Any]:
        """Return part of the only frame, along its first axis: it may be a whole stack."""
        first = which if isinstance(which, slice) else slice(which, which + 1, 1)
        rows = range(*first.indices(self._frame_shape[0]))
        out = np.empty((rows[-1] + 1 - rows[0], *self._frame_shape[1:]), self.dtype)
        self._fill(out, 0, rows[0] * math.prod(self._frame_shape[1:]) * self.dtype.itemsize)
        return out[:: rows.step]

    def _fill(self, out: NDArray[Any], index: int, offset: int = 0) -> None:
        memory = memoryview(out.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
        start = self._places[index].start + offset
        if self._content is not None:
            memory[:] = self._content[start : start + len(memory)]
            return
        assert self._raw is not None
        if read_at(self._raw.fileno(), memory, start) < len(memory):
            raise self._damaged(index, "it was cut while it was read", [])

    def _damaged(self, index: int, text: str, said: list[str]) -> OSError:
        more = f": {clip('; '.join(said), 300)}" if said else ""
        return OSError(
            errno.EIO,
            f"it is cut off or damaged after the start of frame {index}: {text}{more}",
            clip(self._path),
        )


class EdfFormat(LibraryFormat):
    """The format of the ESRF, one frame or several in a file."""

    name = "EDF"
    safe_to_open = True
    endings: ClassVar[tuple[str, ...]] = (".edf", ".cor", *(f".edf{each}" for each in COMPRESSED))
    modules: ClassVar[tuple[str, ...]] = ("fabio",)

    @classmethod
    def begins(cls, head: bytes) -> bool:
        """Return whether it begins with a header of EDF, and not of d*TREK."""
        return is_edf(head)

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> EdfFile:  # noqa: ARG003
        """Open a file and read the headers of all its frames."""
        return EdfFile(path, limits)


def _value(frame: Any, name: str) -> Any:
    return next((value for key, value in frame.header.items() if key.upper() == name.upper()), None)


def _byte_order(frame: Any) -> str:
    return ">" if "High" in str(_value(frame, "ByteOrder")) else "<"
