# SPDX-License-Identifier: MIT
"""One image of a TIFF file, of a stack that is made of many: its page is looked at once, and read in any thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..base import ImageSpec, KnownImage, Storage
from ..choices import Choices
from ..selection import Indices
from .source import TiffSource, TiffSpec, open_regular

if TYPE_CHECKING:
    from ...options import Limits


@dataclass(frozen=True)
class TiffImageSpec(ImageSpec):
    """A file of one image, or one image of a series.

    Parameters
    ----------
    file_path : str
        Absolute, so that it means the same in another process.
    limits : Limits
    indices : tuple of int, slice and ..., optional
        What to take of the series; two axes must be left, but for axes of length 1.
    location : str
        How messages call it.
    series : int, optional
        The series of the file; else the only one.
    """

    __module__ = "ndreg_preeval.stacks"

    file_path: str
    limits: Limits
    indices: Indices | None = None
    location: str = field(default="", compare=False)
    series: int | None = None
    concurrent = True

    def __post_init__(self) -> None:
        if not self.location:
            object.__setattr__(self, "location", self._of_file().location)

    def __reduce__(self) -> tuple[Any, ...]:
        return (TiffImageSpec, (self.file_path, self.limits, self.indices, self.location, self.series))

    def examine(self) -> KnownImage:
        """Open the file and look at its pages; raises as `TiffSpec.open` does."""
        with self._of_file().open_images() as source:
            count = source.shape[0]
            if count > 1:
                raise ValueError(
                    f"one image is wanted, and the file has {count}: take one of them, as in ?slice=0, or name the "
                    "file alone as a stack"
                )
            return _KnownPage(source)

    def _of_file(self) -> TiffSpec:
        return TiffSpec(self.file_path, self.limits, self.indices, self.location, Choices(0), self.series)


class _KnownPage(KnownImage):
    """An image whose segments are known."""

    def __init__(self, source: TiffSource) -> None:
        self._source = source
        self.shape = source.shape[1:]
        self.dtype = source.dtype
        self.states = (source.state,)
        self.notes = source.notes
        self.warnings = source.warnings
        self.working_bytes = source.working_bytes
        if source.whole != self.shape:
            self.working_bytes += source.bytes_per_image

    def storage(self) -> Storage:
        """Return the strips or tiles of the page, and how they are stored."""
        found = self._source.storage()
        return found._replace(chunks=None if found.chunks is None else found.chunks[1:])

    def read(self, out: NDArray[Any]) -> NDArray[np.bool_] | None:
        with open_regular(self._source.state.path) as file:
            self._source.on(file).read_into(out)
        return None
