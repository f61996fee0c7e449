# SPDX-License-Identifier: MIT
"""Image stacks of a file, of a group of it, or of a pattern or folder: `find_stacks`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..limits import Limits
from .formats import Formats
from .resolve import list_stacks
from .uris import parse_uri, uri_text

if TYPE_CHECKING:
    import os

    from silx.io.url import DataUrl


def find_stacks(uri: str | os.PathLike[str] | DataUrl) -> dict[str, str]:
    """Find the image stacks in a group or in a whole file.

    A stack is a signal or auxiliary signal of 3 dimensions in an NXdata group. Where the group, or
    the groups it leads to by their ``default``, hold several NXdata groups, the innermost group of
    this chain that holds at least two stacks decides; without such, all stacks below the group
    count. Without any, 3-dimensional datasets directly in the group do.

    Without these, everything below the group is looked through, to any depth: datasets of 3 dimensions, and families of
    images of one shape whose paths differ in one number, as ``/1.1/xrf/Ca``, ``/2.1/xrf/Ca``, ..., which are given as the
    pattern ``/*.1/xrf/Ca``. If what is there belongs together (siblings of one image shape, for images those that
    ``default`` attributes lead to, or else signals of NXdata), that alone is given, and `rank_stacks` takes it by the
    URI of the group; else all of it is, with the stacks of 4-dimensional datasets, each as a slice. What is beside
    the signal of an NXdata group does not stand for the group where the signal has more than 3 dimensions.

    Soft and external links are followed, and each dataset is given once. A TIFF file is one stack, and so is
    a group of ``data_000001``, ``data_000002``, ..., as detectors write long series.

    Of a pattern with ``{stack}`` each of its values is a stack, and of a folder each of its folders; both
    are given as what `rank_stacks` takes for one stack of images in many files.

    Parameters
    ----------
    uri : str, Path or DataUrl
        File, or file and path of a group: ``"scan.h5"``, ``"scan.h5::/entry"``; a pattern, or a folder.

    Returns
    -------
    dict
        Name to URI or pattern, in the order of the file, or natural order. The names are the paths without what all share.

    Raises
    ------
    OSError, KeyError
        When there is no such file or group.
    ValueError
        When it holds no image stack.

    Warns
    -----
    RankingWarning
        For broken links and damaged objects, and where the search ended early: it looks at 100 000 objects
        at most, and for 10 s. For signals of NXdata that are left out, or listed along an axis that is a guess.

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
    listed = list_stacks(uri, Limits())
    if listed is not None:
        return listed
    meanings = parse_uri(uri)
    with Formats() as formats:
        return formats.of(meanings).find(meanings, uri_text(uri))
