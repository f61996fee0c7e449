# SPDX-License-Identifier: MIT
"""HDF5 and NeXus files: a dataset is a stack, and a group stands for those in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ...errors import naming, printable_location, shorten
from ..backend import Backend
from ..choices import Choices
from ..names import short_names
from ..regular_file import absolute
from ..uris import UriMeaning, format_uri
from .locate import Files, locate, select_meaning
from .nexus import datasets_below, is_series, is_stack, series_names, stack_paths
from .one_image import read_image
from .specs import DatasetSpec, GroupSpec, UriSpec, is_dataset, is_group

if TYPE_CHECKING:
    from ...options import Limits


class Hdf5Backend(Backend):
    """HDF5; the files of the URI looked at last stay open: neighbours in a mapping often share a file."""

    def __init__(self) -> None:
        self._files = Files()
        self._file = ""

    def claims(self, meaning: UriMeaning) -> bool:  # noqa: ARG002
        """Return True: HDF5 files may have any name."""
        return True

    def expand(self, meanings: list[UriMeaning], text: str, *, plain: bool) -> list[UriMeaning]:
        """Return the dataset, or the stacks of a group."""
        if not plain and not any(meaning.path.strip("/") for meaning in meanings):
            # The error of the file itself is the better one.
            root = self._files_of(meanings).open(meanings[0].file)["/"]
            paths = stack_paths(self._files, root, "/", plain=False)
            if len(paths) == 1 and not is_dataset(locate(self._files, root, paths[0])):
                return [UriMeaning(meanings[0].file, paths[0])]  # a series is a file of its own
            there = datasets_below(self._files, root, "/")
            raise ValueError(f"{shorten(text)} names no dataset: give file::/path/of/dataset{there}")
        meaning, node = self._select(meanings)
        if is_dataset(node):
            return [meaning]
        if meaning.indices is not None:
            if series_names(node):
                return [meaning]
            raise ValueError(f"slice= needs a dataset, and {shorten(str(meaning))} is a group")
        paths = stack_paths(self._files, node, "/" + meaning.path.strip("/"), plain=plain)
        if not paths:
            what = (
                "neither NXdata with 3-D signals nor 3-D datasets" if plain else "no NXdata with 3-D signals"
            )
            there = datasets_below(self._files, node, "/" + meaning.path.strip("/"))
            raise ValueError(f"{shorten(str(meaning))} is a group, not a dataset, and holds {what}{there}")
        return [UriMeaning(meaning.file, path, image_axis=meaning.image_axis) for path in paths]

    def spec(self, meaning: UriMeaning, limits: Limits) -> UriSpec:
        """Return the spec of a dataset, or of a slice of it."""
        choices = Choices(meaning.image_axis)
        return UriSpec(absolute(meaning.file), meaning.path, limits, meaning.indices, str(meaning), choices)

    def names_one(self, meanings: list[UriMeaning]) -> str:
        """Return "dataset" for one."""
        return "dataset" if is_dataset(self._select(meanings)[1]) else ""

    def find(self, meanings: list[UriMeaning], text: str) -> dict[str, str]:
        """Return the stacks of a group, a file, or the dataset itself."""
        with naming(printable_location(text)):
            meaning, node = self._select(meanings)
            path = "/" + meaning.path.strip("/")
            if meaning.indices is not None and not is_dataset(node):
                if series_names(node):
                    return {short_names([path])[0]: format_uri(meaning.file, path, meaning.indices)}
                raise ValueError("a slice needs a dataset, and this is a group")
            if is_dataset(node):
                if not is_stack(node):
                    raise ValueError(f"this dataset is no stack of images: its shape is {node.shape}")
                return {
                    short_names([path])[0]: format_uri(
                        meaning.file, path, meaning.indices, meaning.image_axis
                    )
                }
            paths = stack_paths(self._files, node, path)
        if not paths:
            there = datasets_below(self._files, node, path)
            raise ValueError(
                f"no image stack was found in {shorten(text)}: neither NXdata with 3-D signals nor 3-D datasets{there}"
            )
        uris = [format_uri(meaning.file, each, image_axis=meaning.image_axis) for each in paths]
        return dict(zip(short_names(paths), uris, strict=True))

    def image(self, meanings: list[UriMeaning], limits: Limits) -> tuple[NDArray[Any], str]:
        """Return the pixels of a dataset of one image, and its name."""
        meaning, node = self._select(meanings)
        if not is_dataset(node):
            raise ValueError("it is a group, not a dataset: give the path of one dataset in it")
        name = meaning.path.rstrip("/").rpartition("/")[2]
        return read_image(node, limits, meaning.indices), name

    def object_spec(self, value: Any, limits: Limits) -> DatasetSpec | GroupSpec | None:
        """Return the spec of an h5py dataset, or of a group that is a series."""
        if is_group(value) and value and series_names(value):
            return GroupSpec(value, limits)
        return DatasetSpec(value, limits) if is_dataset(value) else None

    def stacks_of(self, value: Any) -> dict[str, Any] | None:
        """Return the stacks of an h5py group: what its URI would stand for, of those directly in it."""
        if not is_group(value) or not value:
            return None
        if is_series(self._files, value):
            return {short_names([str(value.name)])[0]: value}
        return {name: node for name, node in value.items() if is_dataset(node) and is_stack(node)} or None

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def _select(self, meanings: list[UriMeaning]) -> tuple[UriMeaning, Any]:
        return select_meaning(meanings, self._files_of(meanings))

    def _files_of(self, meanings: list[UriMeaning]) -> Files:
        """Return the open files if these meanings are of the same file, or close them first."""
        if meanings[0].file != self._file:
            self._files.close()
            self._file = meanings[0].file
        return self._files
