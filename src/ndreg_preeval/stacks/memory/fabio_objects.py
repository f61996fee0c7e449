# SPDX-License-Identifier: MIT
"""Images and series that fabio has open, frame by frame."""

from __future__ import annotations

import errno
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import clip
from ..optional_modules import errors_logged, is_a


class FabioFrames:
    """The frames of an image or series of fabio, asked for one at a time.

    fabio gives zeros for pixels that are missing, and only logs it: here that is an OSError.
    """

    def __init__(self, opened: Any) -> None:
        self._opened = opened
        self._alone = is_a(opened, "fabio", "FabioFrame")

    @classmethod
    def of(cls, value: Any) -> Any:
        """Return the frames of an object of fabio; any other object as it is."""
        return cls(value) if is_a(value, "fabio", "FabioImage", "FabioFrame") else value

    @classmethod
    def pixels_of(cls, value: Any) -> Any:
        """Return the pixels of an object of one frame; any other object as it is, or its frames."""
        frames = cls.of(value)
        return frames[0] if isinstance(frames, cls) and len(frames) == 1 else frames

    def __len__(self) -> int:
        if self._alone:
            return 1
        with errors_logged("fabio"):
            return int(self._opened.nframes)

    def __getitem__(self, index: int) -> NDArray[Any]:
        with errors_logged("fabio") as said:
            frame = self._opened if self._alone else self._opened.get_frame(index)
            pixels = frame.data
        if getattr(self._opened, "incomplete_file", False) is True:
            said.append("the file is not complete")
        if said or pixels is None:
            name = str(getattr(self._opened, "filename", None) or "")
            raise OSError(errno.EIO, f"fabio says: {clip('; '.join(said) or 'no pixels', 500)}", clip(name))
        return np.asarray(pixels)
