# SPDX-License-Identifier: MIT
"""`Ranking`: the data of a ranking with its reports."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from . import report
from .atomic_write import write_text

if TYPE_CHECKING:
    from pandas import DataFrame
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
    provenance : Provenance or None
        `version`, `date`, `command_line`, and what was read (`inputs`: `stack`, `uri`, `shape`, `dtype`, `files`,
        `size`, `modified`); never the machine, or the user. It is not compared.

    Notes
    -----
    ``ranking["Ca-K"]`` is the `StackScore` of a stack; `len`, ``in``, iteration, ``items()`` and the like are those
    of a mapping, which is empty when a stack was forced.

    Pickling keeps all numbers. `correlogram` works afterwards for stacks in files; stacks in
    memory stay behind. Rankings are equal where all their numbers and texts are; NaN is equal to NaN, and
    names are compared as text.

    Examples
    --------
    A mapping of stacks, best first:

    >>> import numpy as np
    >>> from ndreg_preeval import rank_stacks
    >>> rng = np.random.default_rng(1)
    >>> scene, noise = rng.normal(size=(64, 64)), rng.normal(size=(4, 64, 64))
    >>> ranking = rank_stacks({"Fe-K": noise, "Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
    >>> ranking.reference_stack, list(ranking)
    ('Ca-K', ['Ca-K', 'Fe-K'])
    >>> ranking.trust
    'Ca-K aligns (99 %); the other one hardly.'
    >>> ranking["Fe-K"].reasons
    ('no peak above the noise in images 1-3',)
    """

    __module__ = "ndreg_preeval"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain Python objects, ready for JSON.

        Returns
        -------
        dict
            Names are text, and None stands for numbers that are not finite; ``stacks`` is a list, best first.

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> ranking.to_dict()["stacks"][0]["name"]
        'Ca-K'
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

    def save_json(self, path: str | PathLike[str], indent: int | None = 1, *, overwrite: bool = True) -> None:
        """Write everything as JSON, which `from_json` reads back.

        Parameters
        ----------
        path : str or Path
            File to write.
        indent : int, optional
            Spaces per level; with None all is one line.
        overwrite : bool
            Replace a file that exists, once all is written.

        Raises
        ------
        FileExistsError
            When the file exists, and ``overwrite=False``.
        OSError
            When the file cannot be written. It is then as it was.

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> ranking.save_json("ranking.json")
        """
        write_text(path, self.to_json(indent) + "\n", overwrite=overwrite)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Make a ranking of what `to_dict` gave, of this format or format 2.

        Parameters
        ----------
        found : mapping
            What `to_dict` gave, or `json.loads` made of JSON.

        Returns
        -------
        Ranking
            Equal to what was written; keys are text. It has no images, so that `correlogram` has nothing to show.

        Raises
        ------
        FormatVersionError
            When it was written in a later format, or before format 2.
        ValueError
            For what is no ranking; names the place that is wrong.

        Warns
        -----
        RankingWarning
            When an option is lost: masks, which format 2 does not hold, and options of a later version.

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> from ndreg_preeval import Ranking
        >>> Ranking.from_dict(ranking.to_dict()) == ranking
        True
        """
        return cls(**report.arguments_from_dict(found))

    @classmethod
    def from_json(cls, source: str | bytes | PathLike[str]) -> Self:
        """Make a ranking of what `to_json` or `save_json` wrote.

        Parameters
        ----------
        source : str, bytes or Path
            Text of the JSON; a `Path` is read.

        Returns
        -------
        Ranking
            As from `from_dict`.

        Raises
        ------
        FormatVersionError, ValueError
            As `from_dict`; and for what is no JSON.
        OSError
            When the file cannot be read.

        Warns
        -----
        RankingWarning
            As from `from_dict`.

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import Ranking, rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(32, 32))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, i, axis=1) for i in range(4)]})
        >>> Ranking.from_json(ranking.to_json()) == ranking
        True
        """
        text = Path(source).read_bytes() if isinstance(source, PathLike) else source
        return cls(**report.arguments_from_json(text))

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of what `to_json` writes.

        Returns
        -------
        dict
            It is the file ``ranking.schema.json`` of the package.

        Examples
        --------
        >>> from ndreg_preeval import Ranking
        >>> Ranking.json_schema()["type"]
        'object'
        """
        return report.json_schema()

    def to_csv(
        self, path: str | PathLike[str] | None = None, *, images: bool = True, overwrite: bool = True
    ) -> str | None:
        """Write a table as CSV, which needs no other package.

        Parameters
        ----------
        path : str or Path, optional
            File to write; without it the text is returned.
        images : bool
            A row per compared image, as of the command line; or a row per stack.
        overwrite : bool
            Replace a file that exists, once all is written.

        Returns
        -------
        str or None
            The text, where no file is written.

        Raises
        ------
        FileExistsError
            When the file exists, and ``overwrite=False``.
        OSError
            When the file cannot be written. It is then as it was.

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> print(ranking.to_csv(images=False)[:29])
        rank,stack,score,trust,trust_
        >>> ranking.to_csv("images.csv")
        """
        text = report.to_csv(self, images=images)
        if path is None:
            return text
        write_text(path, text, overwrite=overwrite)
        return None

    def to_dataframe(self, *, images: bool = False) -> DataFrame:
        """Return a table as data frame; needs pandas.

        Parameters
        ----------
        images : bool
            A row per compared image, or a row per stack.

        Returns
        -------
        pandas.DataFrame
            Best stack first; columns are called as attributes of `StackScore` and members of `to_dict`. ``stack`` is the
            caller's key, ``rank`` missing where nothing was ranked, and NaN a number that there is not.

        Raises
        ------
        ImportError
            When pandas is not installed.

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> table = ranking.to_dataframe(images=True)
        >>> table.loc[table["probability"] > 0.9, "image"].tolist()
        [1, 2, 3]
        """
        return report.to_dataframe(self, images=images)

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

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> ranking.save_nexus("ranking.h5")
        'ranking.h5::/entry/ranking'
        """
        return report.save_nexus(self, url, overwrite=overwrite)

    def __str__(self) -> str:
        return report.table(self)
