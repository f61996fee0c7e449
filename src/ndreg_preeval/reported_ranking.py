# SPDX-License-Identifier: MIT
"""`Ranking`: the data of a ranking with its reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import report

if TYPE_CHECKING:
    from os import PathLike

    from silx.io.url import DataUrl

__all__ = ["Ranking"]


class Ranking(report.DrawnRanking):
    """Which stack to align by, and why: a mapping of the names of the stacks to their scores, in rank order.

    Attributes
    ----------
    reference_stack : object
        The caller's key of the best stack, or of the one that was forced.
    ranked_stack_names : list or None
        All keys, best first; None when a stack was forced.
    method : Method
        How the stacks were judged.
    options : Options
        Every other option.
    warnings : tuple of str
        What a person should know about the ranking as a whole; what concerns one stack is
        in its `StackScore.warnings`.
    num_threads : int
        Threads that each core call could use.
    stack_scores : tuple of StackScore
        In rank order; empty when a stack was forced.

    Notes
    -----
    ``ranking["Ca-K"]`` is the `StackScore` of a stack; `len`, ``in``, iteration, ``items()`` and the like are those
    of a mapping, which is empty when a stack was forced.

    Pickling keeps all numbers. `correlogram` works afterwards for stacks in files; stacks in
    memory stay behind. Rankings are equal where all their numbers and texts are; NaN is equal to NaN, and
    names are compared as text.
    """

    __module__ = "ndreg_preeval"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain Python objects, ready for JSON.

        Returns
        -------
        dict
            Names are text, and None stands for numbers that are not finite; ``stacks`` is a list, best first.
        """
        return report.to_dict(self)

    def to_json(self, indent: int | None = None) -> str:
        """Return everything as JSON.

        Parameters
        ----------
        indent : int, optional
            Spaces per level; without it all is one line.

        Returns
        -------
        str
            The dictionary of `to_dict` as strict JSON, in ASCII.
        """
        return report.to_json(self, indent)

    def save_nexus(self, url: str | PathLike[str] | DataUrl, *, overwrite: bool = False) -> str:
        """Write everything to a NeXus file, ready to be plotted by silx view.

        Parameters
        ----------
        url : str, Path or DataUrl
            File, or file and path of the group to make: ``"ranking.h5"``, ``"scan.h5::/entry/ranking"``.
            Without a path the group is ``/entry/ranking``. Other groups of an existing file stay as they are.
        overwrite : bool
            Replace the group if it is a ranking that was written before; nothing else is ever replaced.

        Returns
        -------
        str
            The URI of the group.

        Raises
        ------
        FileExistsError
            When the group exists and must not be replaced.
        TypeError, ValueError
            When `url` is no URL, or leads through what is no group.
        OSError
            When the file cannot be written. It is then as it was.
        """
        return report.save_nexus(self, url, overwrite=overwrite)

    def __str__(self) -> str:
        return report.table(self)
