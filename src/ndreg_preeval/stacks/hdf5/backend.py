# SPDX-License-Identifier: MIT
"""HDF5 and NeXus files: a dataset is a stack, and a group stands for those in it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

from numpy.typing import NDArray

from ...errors import RankingWarning, naming, printable_location, shorten
from ..axes import split_meaning
from ..backend import Backend, refuse_axis
from ..choices import Choices
from ..names import short_names
from ..regular_file import absolute
from ..selection import Indices
from ..uris import UriMeaning, format_uri
from .axis_names import stored_axes
from .finding import Below, Candidate, images_below, list_warnings, stacks_below, taken, told_below
from .images import Hdf5ImageSpec
from .locate import Files, locate, paths_like, select_meaning
from .nexus import is_series, is_stack, series_names
from .one_image import read_image
from .specs import DatasetSpec, GroupSpec, Member, UriSpec, is_dataset, is_group

if TYPE_CHECKING:
    from ...options import Limits


NOTHING: Final = "neither NXdata with 3-D signals nor 3-D datasets with any pixel"


class Hdf5Backend(Backend):
    """HDF5; the files of the URI looked at last stay open: neighbours in a mapping often share a file."""

    def __init__(self) -> None:
        self._files = Files()
        self._file = ""
        self._notes: dict[tuple[str, str], str] = {}
        """What a person should know of stacks that a search found, by file and path."""
        self._images: dict[tuple[str, str], tuple[str, ...]] = {}
        """Paths of the images of those that are made of such."""
        self._found: set[tuple[str, str]] = set()
        """Files and paths of stacks of groups that hold several."""
        self._image_path = ""
        """Path of the only image of the last file that was named without one."""

    def claims(self, meaning: UriMeaning) -> bool:  # noqa: ARG002
        """Return True: HDF5 files may have any name."""
        return True

    def expand(self, meanings: list[UriMeaning], text: str, *, plain: bool) -> list[UriMeaning]:
        """Return the dataset, or the stacks of a group."""
        meaning, node = self._select(meanings)
        if is_dataset(node):
            self._found.discard((meaning.file, meaning.path))
            return self._split(meaning, node)
        path = "/" + meaning.path.strip("/")
        bare = not meaning.path.strip("/")
        if meaning.indices is None:
            bare = not any(each.path.strip("/") for each in meanings)
        if meaning.indices is not None and not (bare and not plain):
            if series_names(node):
                return [meaning]
            raise ValueError(f"slice= needs a dataset, and {shorten(str(meaning))} is a {_kind(path)}")
        below = stacks_below(self._files, node, path, plain=plain, stacks_axis=self._asked(meaning))
        if below.stacks and (plain or not bare or len(below.stacks) == 1):
            return [part for each in below.stacks for part in self._taken(meaning, each, below, node)]
        there = told_below(self._files, node, path, below, meaning.file)
        if bare and not plain:
            raise ValueError(f"{shorten(text)} names no dataset: give file::/path/of/dataset{there}")
        if there and plain:
            what = "nothing that is clearly one set of stacks"
        else:
            what = NOTHING if plain else "no NXdata with 3-D signals"
        if _kind(path) == "file":
            raise ValueError(f"the file {shorten(meaning.file)} holds {what}{there}")
        raise ValueError(f"{shorten(str(meaning))} is a group, not a dataset, and holds {what}{there}")

    def spec(self, meaning: UriMeaning, limits: Limits) -> UriSpec:
        """Return the spec of a dataset, or of a slice of it."""
        choices = Choices(meaning.image_axis)
        note = self._notes.get((meaning.file, meaning.path), "")
        return UriSpec(
            absolute(meaning.file),
            meaning.path,
            limits,
            meaning.indices,
            str(meaning),
            choices,
            note,
            (meaning.file, meaning.path) in self._found,
        )

    def names_one(self, meanings: list[UriMeaning]) -> str:
        """Return "dataset" for one, unless an axis of it counts stacks."""
        meaning, node = self._select(meanings)
        return "dataset" if is_dataset(node) and not self._split(meaning, node)[0].label else ""

    def find(self, meanings: list[UriMeaning], text: str) -> dict[str, str]:
        """Return the stacks of a group, a file, or the dataset itself."""
        with naming(printable_location(text)):
            meaning, node = self._select(meanings)
            path = "/" + meaning.path.strip("/")
            if meaning.indices is not None and not is_dataset(node):
                if series_names(node):
                    return {short_names([path])[0]: format_uri(meaning.file, path, meaning.indices)}
                raise ValueError(f"a slice needs a dataset, and this is a {_kind(path)}")
            if is_dataset(node):
                found = self._split(meaning.at(path), node)
                if not (found[0].label or is_stack(node)):
                    way = (
                        ": name the axis of its stacks, as in &stacks=0" if len(node.shape or ()) == 4 else ""
                    )
                    raise ValueError(f"this dataset is no stack of images: its shape is {node.shape}{way}")
                return _by_names(found)
            asked = self._asked(meaning)
            below = stacks_below(self._files, node, path, plain=True, hurry=True, stacks_axis=asked)
        candidates = below.stacks or (below.found.candidates if below.found else [])
        for told in list_warnings(below.found) if below.found and not below.stacks else ():
            warnings.warn(told, RankingWarning, stacklevel=3)
        if not candidates:
            there = told_below(self._files, node, path, below, meaning.file)
            what = there.removeprefix("; ") or NOTHING
            raise ValueError(f"no image stack was found in {shorten(text)}: {what}")
        return _by_names([part for each in candidates for part in self._parts(meaning, each, node)])

    def image(self, meanings: list[UriMeaning], limits: Limits) -> tuple[NDArray[Any], str]:
        """Return the pixels of a dataset of one image, and its name."""
        meaning, node = self._select(meanings)
        if not is_dataset(node):
            kind = _kind(meaning.path)
            raise ValueError(f"it is a {kind}, not a dataset: give the path of one dataset in it")
        name = meaning.path.rstrip("/").rpartition("/")[2]
        return read_image(node, limits, meaning.indices), name

    def image_spec(self, meaning: UriMeaning, limits: Limits, choices: Choices) -> Hdf5ImageSpec:
        """Return the spec of a dataset of one image, or of a slice that leaves one.

        Nothing is opened where a dataset is named. Else that is meant which holds the only image of the file.
        """
        refuse_axis(meaning)
        if not meaning.path.strip("/"):
            meaning = meaning.at(self._only_image(meaning))
        of_dataset = (meaning.path, limits, meaning.indices, str(meaning), choices)
        return Hdf5ImageSpec(absolute(meaning.file), *of_dataset)

    def _only_image(self, meaning: UriMeaning) -> str:
        """Return the path of the only image of a file, or of the file before if this one has it, too."""
        _, root = self._select([meaning])
        if self._image_path and self._image_path in root:
            return self._image_path
        found = list(self.images_within(meaning._replace(indices=None)).values())
        if len(found) != 1 or found[0].indices is not None:
            what = f"holds {len(found)} images" if found else "names no dataset"
            below = stacks_below(self._files, root, "/", plain=True)
            there = told_below(self._files, root, "/", below, meaning.file)
            raise ValueError(f"{shorten(str(meaning))} {what}: give file::/path/of/dataset{there}")
        self._image_path = found[0].path
        return self._image_path

    def paths_like(self, file: str, pattern: str) -> list[str]:
        """Return the paths of a file that a pattern matches."""
        with naming(printable_location(file)):
            return paths_like(self._files, self._files_of([UriMeaning(file, "")]).open(file)["/"], pattern)

    def images_of(self, meaning: UriMeaning) -> tuple[list[UriMeaning], str] | None:
        """Return the images that a pattern stands for which a search found."""
        images = self._images.get((meaning.file, meaning.path))
        if images is None:
            return None
        return [meaning.at(path) for path in images], self._notes[meaning.file, meaning.path]

    def images_within(self, meaning: UriMeaning) -> dict[str, UriMeaning]:
        """Return the datasets of one image in a file or group, or the maps of a dataset by element."""
        try:
            meaning, node = self._select([meaning])
        except (OSError, KeyError, ValueError):
            return {}
        found = images_below(self._files, node, "/" + meaning.path.strip("/"))
        return {name: meaning.at(path)._replace(indices=indices) for name, path, indices in found}

    def object_spec(self, value: Any, limits: Limits) -> DatasetSpec | GroupSpec | None:
        """Return the spec of an h5py dataset, or of the one stack of a group."""
        if isinstance(value, Member):
            return GroupSpec(value.group, limits, value.path, indices=value.indices, found=value.found)
        if not is_group(value) or not value:
            return DatasetSpec(value, limits) if is_dataset(value) else None
        if series_names(value) and is_series(self._files, value):
            return GroupSpec(value, limits)
        below = stacks_below(self._files, value, ".", plain=False, stacks_axis=self.choices.stacks_axis)
        if len(below.stacks) == 1 and not below.stacks[0].images:
            return GroupSpec(value, limits, below.stacks[0].path)
        what = f"holds {len(below.stacks)} stacks" if below.stacks else "holds no NXdata with 3-D signals"
        if below.found and below.stacks:
            what = "holds one made of several datasets: name it by its URI, or give a list of these"
        there = told_below(self._files, value, str(value.name), below)
        raise ValueError(f"this is a {_kind(value.name)}, not a dataset, and {what}{there}")

    def stacks_of(self, value: Any) -> dict[str, Any] | None:
        """Return the stacks of an h5py group: what its URI would stand for."""
        if not is_group(value) or not value:
            return None
        below = stacks_below(self._files, value, ".", plain=True, stacks_axis=self.choices.stacks_axis)
        if not below.stacks:
            there = told_below(self._files, value, str(value.name), below)
            what = there.removeprefix("; ") or NOTHING
            place = f"group {shorten(str(value.name))}"
            if _kind(value.name) == "file":
                place = f"file {shorten(str(value.file.filename))}"
            raise ValueError(f"no image stack was found in the {place}: {what}")
        named, stacks = [], []
        for each in below.stacks:
            for part in self._parts(UriMeaning("", ""), each, value):
                named.append((part.at(str(value.name)) if each.path == "." else part).named_path)
                stacks.append(self._member(value, each, part.indices, len(below.stacks) > 1))
        return dict(zip(short_names(named), stacks, strict=True))

    def _member(self, group: Any, candidate: Candidate, indices: Indices | None, found: bool) -> Any:
        """Return a stack below an open group; images of datasets as a list of these."""
        if candidate.images:
            nodes = [locate(self._files, group, each) for each in candidate.images]
            # Files that links led to are closed when all is resolved: what lies in these is named.
            return [
                node if node.file == group.file else format_uri(str(node.file.filename), str(node.name))
                for node in nodes
            ]
        return Member(group, candidate.path, indices, found)

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def _taken(self, meaning: UriMeaning, candidate: Candidate, below: Below, group: Any) -> list[UriMeaning]:
        """Return the meaning of a stack that a file or group stands for, or of several along an axis."""
        if len(below.stacks) > 1:
            self._found.add((meaning.file, candidate.path))
        else:
            self._found.discard((meaning.file, candidate.path))
        if below.found:
            self._notes[meaning.file, candidate.path] = taken(candidate, file=_kind(meaning.path) == "file")
            if candidate.images:
                self._images[meaning.file, candidate.path] = candidate.images
        return self._parts(meaning, candidate, group)

    def _asked(self, meaning: UriMeaning) -> int | None:
        """Return the axis that counts stacks, as a URI says it or else the caller."""
        return self.choices.stacks_axis if meaning.stacks_axis is None else meaning.stacks_axis

    def _parts(self, meaning: UriMeaning, candidate: Candidate, group: Any) -> list[UriMeaning]:
        """Return the stacks of what lies below a group; an axis of stacks is that of datasets that have one."""
        found = meaning.at(candidate.path)._replace(stacks_axis=None)
        if candidate.images:
            return [found]
        if candidate.indices is not None:
            label = candidate.name.rpartition("/")[2]
            return [found._replace(indices=candidate.indices, label=label)]
        node = locate(self._files, group, candidate.path)
        several = is_dataset(node) and len(node.shape or ()) > 3
        return self._split(found._replace(stacks_axis=meaning.stacks_axis) if several else found, node, group)

    def _split(self, meaning: UriMeaning, node: Any, root: Any = None) -> list[UriMeaning]:
        """Return the stacks of a dataset: several where one of its axes counts them."""
        few = not is_dataset(node) or node.shape is None or len(node.shape) < 4
        if few and (meaning.stacks_axis is None or not is_dataset(node)):
            return [meaning]
        above = meaning.path.rstrip("/").rpartition("/")[0] or "/"
        root = self._files.open(meaning.file)["/"] if root is None else root
        found_in = locate(self._files, root, above)
        return split_meaning(meaning, stored_axes(self._files, node, found_in), self.choices.stacks_axis)

    def _select(self, meanings: list[UriMeaning]) -> tuple[UriMeaning, Any]:
        meaning, node = select_meaning(meanings, self._files_of(meanings))
        if meaning.series is not None:
            raise ValueError(
                f"series= is for files of several series, as TIFF has them: not {shorten(str(meaning))}"
            )
        return meaning, node

    def _files_of(self, meanings: list[UriMeaning]) -> Files:
        """Return the open files if these meanings are of the same file, or close them first."""
        if meanings[0].file != self._file:
            self._files.close()
            self._file = meanings[0].file
        return self._files


def _kind(path: str | None) -> str:
    """Return what a path of no dataset leads to; h5py knows no name of groups without a link."""
    return "file" if path is not None and not path.strip("/") else "group"


def _by_names(found: list[UriMeaning]) -> dict[str, str]:
    """Return the URIs of stacks by their names."""
    return dict(zip(short_names([each.named_path for each in found]), map(str, found), strict=True))
