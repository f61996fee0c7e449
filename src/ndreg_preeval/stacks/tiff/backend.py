# SPDX-License-Identifier: MIT
"""TIFF files, known by their ending or their first bytes; a file is one stack, or several."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH119, PTH122

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import naming, printable_location
from ..axes import split_meaning
from ..backend import OneStackPerFile, refuse_axis
from ..choices import Choices
from ..hints import is_tiff
from ..names import short_names
from ..regular_file import absolute, check_regular_file
from ..uris import UriMeaning
from .contents import look_into, ways_out
from .image_file import TiffImageSpec
from .source import TiffSpec

if TYPE_CHECKING:
    from ...options import Limits


class TiffBackend(OneStackPerFile):
    """TIFF."""

    name = "TIFF"
    endings: tuple[str, ...] = (".tif", ".tiff", ".btf")

    def begins(self, head: bytes) -> bool:
        """Return whether a file begins as TIFF files do, whatever its ending (.lsm, .stk, .svs, ...)."""
        return is_tiff(head)

    def expand(self, meanings: list[UriMeaning], text: str, *, plain: bool) -> list[UriMeaning]:
        """Return the stack of a file, or the stacks of its series and along an axis of it."""
        (meaning,) = super().expand(meanings, text, plain=plain)
        contents = look_into(meaning.file, meaning.series)
        if contents is None or (len(contents.numbers) > 1 and not plain):
            return self._of_one(meaning)
        found: list[UriMeaning] = []
        several = len(contents.numbers) > 1
        for which, (number, name) in enumerate(zip(contents.numbers, contents.names, strict=True)):
            series = meaning._replace(series=number) if several else meaning
            asked = self.choices.stacks_axis if meaning.stacks_axis is None else meaning.stacks_axis
            asked = contents.counted(which, asked)
            said = asked if meaning.stacks_axis is not None else None
            some = split_meaning(series._replace(stacks_axis=said), contents.axes[which], asked)
            found += (
                [each._replace(label="/".join(filter(None, [name, each.label]))) for each in some]
                if several
                else some
            )
        return found

    def spec(self, meaning: UriMeaning, limits: Limits) -> TiffSpec:
        """Return the spec of a file, or of a slice of one of its series."""
        return TiffSpec(
            absolute(meaning.file),
            limits,
            meaning.indices,
            self.location(meaning),
            Choices(meaning.image_axis),
            meaning.series,
        )

    def names_one(self, meanings: list[UriMeaning]) -> str:
        """Return "TIFF stack", unless the file holds several."""
        found = self.expand(meanings, "", plain=True)
        if len(found) > 1 or found[0].label:
            return ""
        self._check_axes(meanings[0])
        return super().names_one(meanings)

    def find(self, meanings: list[UriMeaning], text: str) -> dict[str, str]:
        """Return the URI itself, under the name of the file, or those of its stacks by their names."""
        check_regular_file(meanings[0].file)
        with naming(printable_location(text)):
            found = self.expand(meanings, text, plain=True)
            if len(found) == 1 and not found[0].label:
                self._check_axes(meanings[0])
                return {os.path.splitext(os.path.basename(meanings[0].file))[0]: text}
        return dict(zip(short_names([each.named_path for each in found]), map(str, found), strict=True))

    def image_spec(self, meaning: UriMeaning, limits: Limits, choices: Choices) -> TiffImageSpec:  # noqa: ARG002
        """Return the spec of a file of one image, or of a slice that leaves one; nothing is opened."""
        refuse_axis(meaning)
        return TiffImageSpec(
            absolute(meaning.file), limits, meaning.indices, self.location(meaning), meaning.series
        )

    def image(self, meanings: list[UriMeaning], limits: Limits) -> tuple[NDArray[Any], str]:
        """Return the pixels of a file of one image, or of a slice that leaves one."""
        (meaning,) = super().expand(meanings, "", plain=False)
        with self.spec(meaning, limits).open_image() as source:
            return np.array(source.read(0, 1).images[0]), ""

    def _of_one(self, meaning: UriMeaning) -> list[UriMeaning]:
        if meaning.stacks_axis is None:
            return [meaning]
        raise ValueError(
            f"stacks={meaning.stacks_axis} needs one axis more than a stack has, and no axis of this file counts "
            "stacks; of a file of several series it needs &series= too"
        )

    def _check_axes(self, meaning: UriMeaning) -> None:
        """Raise ValueError where an axis too many is in the file, and nothing says which counts stacks."""
        contents = look_into(meaning.file, meaning.series) if meaning.indices is None else None
        if contents is not None and len(contents.axes[0].shape) > 3:
            letters, shape = contents.letters[0], contents.axes[0].shape
            raise ValueError(
                f"the images of this file have the axes {letters} of lengths {shape}: {ways_out(letters, shape)}"
            )
