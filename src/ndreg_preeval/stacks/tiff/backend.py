# SPDX-License-Identifier: MIT
"""TIFF files, known by their ending; each is one stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..backend import OneStackPerFile
from ..choices import Choices
from ..regular_file import absolute
from ..uris import UriMeaning
from .source import TiffSpec

if TYPE_CHECKING:
    from ...options import Limits


class TiffBackend(OneStackPerFile):
    """TIFF."""

    name = "TIFF"
    endings = (".tif", ".tiff", ".btf")

    def spec(self, meaning: UriMeaning, limits: Limits) -> TiffSpec:
        """Return the spec of a file, or of a slice of its series."""
        choices = Choices(meaning.image_axis)
        return TiffSpec(absolute(meaning.file), limits, meaning.indices, self.location(meaning), choices)
