# SPDX-License-Identifier: MIT
"""A ranking with its pictures: the part of `Ranking` that draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..results import RankingData
from .figure import plot_correlogram, plot_images, plot_ranking, plot_scores
from .page import ranking_html, save_html

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


class DrawnRanking(RankingData):
    """The data of a ranking, and the pictures of it; `Ranking` is described there."""

    def plot(
        self,
        path: str | PathLike[str] | None = None,
        *,
        figure: Figure | SubFigure | None = None,
        overwrite: bool = True,
    ) -> Figure | SubFigure:
        """Draw the ranking; needs matplotlib.

        Parameters
        ----------
        path : str or Path, optional
            Where to save it; the suffix decides the format.
        figure : matplotlib.figure.Figure or SubFigure, optional
            Draw into one of yours. It is enlarged where the panels would not fit.
        overwrite : bool
            Replace a file that exists, when the new one is complete.

        Returns
        -------
        matplotlib.figure.Figure or SubFigure
            The figure, which belongs to no window and shows itself in a notebook.

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> figure = ranking.plot("ranking.png")
        """
        return plot_ranking(self, path, figure=figure, overwrite=overwrite)

    def plot_scores(self, ax: Axes | None = None) -> Axes:
        """Draw the scores of the stacks as bars; needs matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw it; by default in a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes; new ones show themselves in a notebook.

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> ranking.plot_scores().figure.savefig("scores.pdf")
        """
        return plot_scores(self, ax)

    def plot_images(self, ax: Axes | None = None) -> Axes:
        """Draw what the method takes from every image, a line for each stack; needs matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw it; by default in a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes; new ones show themselves in a notebook.

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> from matplotlib.figure import Figure
        >>> axes = ranking.plot_images(Figure().add_subplot())
        """
        return plot_images(self, ax)

    def plot_correlogram(
        self,
        name: Any = None,
        image: int | None = None,
        second_opinion: bool = False,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw the correlogram of one image around zero shift, its peak marked; needs matplotlib.

        Parameters
        ----------
        name : object, optional
            Key of the stack; by default the best one.
        image : int, optional
            Index of the image in the stack; by default its worst image.
        second_opinion : bool
            Draw the smoother correlogram that confirms the peak.
        ax : matplotlib.axes.Axes, optional
            Where to draw it; by default in a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes; new ones show themselves in a notebook.

        Raises
        ------
        KeyError
            When there is no such stack.
        ValueError
            When it has no such image, none was compared, or its images are no longer at hand.

        Examples
        --------
        >>> import numpy as np
        >>> from ndreg_preeval import rank_stacks
        >>> scene = np.random.default_rng(1).normal(size=(64, 64))
        >>> ranking = rank_stacks({"Ca-K": [np.roll(scene, 2 * i, axis=1) for i in range(4)]})
        >>> axes = ranking.plot_correlogram("Ca-K", 2, second_opinion=True)
        """
        return plot_correlogram(self, name, image, second_opinion, ax)

    def save_html(self, path: str | PathLike[str], *, pictures: bool = True, overwrite: bool = True) -> None:
        """Write a report: one HTML file for any browser, which needs no other file and no network.

        It has the verdict in words, a table that can be sorted, the value of every image, pictures of the reference
        image and of the worst image of each stack with their correlograms, warnings and settings.

        Parameters
        ----------
        path : str or Path
            Where to save it. Images are read again for the pictures; where they are no longer at hand, the report
            says so.
        pictures : bool
            Show images and correlograms. They are read in this process, also after ``isolate=True``.
        overwrite : bool
            Replace a file that exists, when the new one is complete.

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
        >>> ranking.save_html("ranking.html")
        """
        save_html(self, path, pictures=pictures, overwrite=overwrite)

    def _repr_html_(self) -> str:
        return ranking_html(self)
