# SPDX-License-Identifier: MIT
"""Image stacks of a file or of a group of it: `find_stacks`."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH119, PTH122

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import naming, printable_location, shorten
from .hdf5 import Files, is_dataset, is_stack, select_meaning, stack_paths
from .names import short_names
from .regular_file import check_regular_file
from .tiff import is_tiff
from .uris import format_uri, parse_uri, uri_text

if TYPE_CHECKING:
    from silx.io.url import DataUrl


def find_stacks(uri: str | os.PathLike[str] | DataUrl) -> dict[str, str]:
    """Find the image stacks in a group or in a whole file.

    A stack is a signal or auxiliary signal of 3 dimensions in an NXdata group. Where the group, or
    the groups it leads to by their ``default``, hold several NXdata groups, the innermost group of
    this chain that holds at least two stacks decides; without such, all stacks below the group
    count. Without any, 3-dimensional datasets directly in the group do.

    Soft and external links are followed, and each dataset is given once. A TIFF file is one stack.

    Parameters
    ----------
    uri : str, Path or DataUrl
        File, or file and path of a group: ``"scan.h5"``, ``"scan.h5::/entry"``.

    Returns
    -------
    dict
        Name to URI, in the order of the file. The names are the paths without what all share.

    Raises
    ------
    OSError, KeyError
        When there is no such file or group.
    ValueError
        When it holds no image stack.

    Warns
    -----
    RankingWarning
        For every broken link.

    Examples
    --------
    >>> import os, tempfile
    >>> import h5py
    >>> import numpy as np
    >>> from ndreg_preeval import find_stacks
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = os.path.join(folder.name, "scan.h5")
    >>> with h5py.File(path, "w") as file:
    ...     for name in ("Ca-K", "Fe-K"):
    ...         file[f"entry/results/{name}"] = np.zeros((3, 8, 8))
    >>> found = find_stacks(f"{path}::/entry/results")
    >>> list(found)
    ['Ca-K', 'Fe-K']
    >>> found["Ca-K"] == f"{path}::/entry/results/Ca-K"
    True
    >>> folder.cleanup()
    """
    meanings = parse_uri(uri)
    if not meanings[0].path and is_tiff(meanings[0].file):
        check_regular_file(meanings[0].file)
        return {os.path.splitext(os.path.basename(meanings[0].file))[0]: uri_text(uri)}
    with naming(printable_location(uri_text(uri))), Files() as files:
        meaning, node = select_meaning(meanings, files)
        if meaning.indices is not None and not is_dataset(node):
            raise ValueError("a slice needs a dataset, and this is a group")
        path = "/" + meaning.path.strip("/")
        if is_dataset(node):
            if not is_stack(node):
                raise ValueError(f"this dataset is no stack of images: its shape is {node.shape}")
            return {short_names([path])[0]: format_uri(meaning.file, path, meaning.indices)}
        paths = stack_paths(files, node, path)
    if not paths:
        raise ValueError(
            f"no image stack was found in {shorten(uri_text(uri))}: neither NXdata with 3-D signals "
            "nor 3-D datasets"
        )
    return dict(zip(short_names(paths), (format_uri(meaning.file, each) for each in paths), strict=True))
