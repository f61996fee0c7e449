# SPDX-License-Identifier: MIT
"""Methods: how images are judged and how their judgements make the score of a stack."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from . import core
from .argument_checks import check_choice, check_cutoff, type_name
from .errors import shorten
from .text import did_you_mean

__all__ = ["METHODS", "Method", "resolve_method"]

Statistic = Literal["evidence", "confirmation", "peak_to_mean", "peak_minus_mean"]
Aggregation = Literal["every_image", "harmonic_mean", "mean", "minimum", "median"]
Window = Literal["hann"]
Normalization = Literal["phase"]

STATISTICS: tuple[str, ...] = get_args(Statistic)
AGGREGATIONS: tuple[str, ...] = get_args(Aggregation)
WINDOWS: tuple[str | None, ...] = (None, *get_args(Window))
NORMALIZATIONS: tuple[str | None, ...] = ("phase", None)


@dataclass(frozen=True)
class Method:
    """Rules by which each image is judged and the judgements make one score.

    Parameters
    ----------
    statistic : {"evidence", "confirmation", "peak_to_mean", "peak_minus_mean"}
        What is taken from each image: the probability that it aligns, in the light of a second,
        low-passed correlogram, by a model of several numbers (fitted for no window and the cutoff
        0.25) or by how often the second one confirms the peak; the peak of the correlogram divided
        by its mean; or the peak less the mean.
    aggregation : {"every_image", "harmonic_mean", "mean", "minimum", "median"}
        How the values of the images make the score of the stack; "every_image" makes of
        probabilities about that of all images together.
    window : {None, "hann"}
        Window applied to the images. Where a second opinion is asked for, it belongs to
        the second correlogram, otherwise to the only one.
    cutoff : float or None
        Gaussian low pass ``exp(-f**2 / (2 * cutoff**2))`` with f in cycles per pixel.
        Belongs to the same correlogram as `window`. None: no filter.
    window_from : int
        Axes shorter than this many pixels (8 at least) get no window.
    include_reference : bool
        Whether the reference image, compared with itself, enters the aggregate.
    ignore_hot_pixel : bool
        Whether static outliers are left out: gaps, dead and hot pixels, which both images of a pair
        have at the same place. Little is left of the probability where an aligner that has them in
        goes elsewhere; aligners follow them unless they are masked.
    normalization : {"phase", None}
        What the aligner makes of the cross-power spectrum: phases, or, with None, the spectrum as it
        is (plain cross-correlation, as in scikit-image). The second opinion is always one of phases;
        "evidence" has a model of its own for either.
    name : str
        What tables and files call this method.

    Raises
    ------
    TypeError, ValueError
        For a parameter of the wrong kind or value.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from ndreg_preeval import METHODS, Method
    >>> list(METHODS)
    ['evidence', 'plain', 'robust', 'peak_to_mean', 'ewoksndreg']
    >>> Method(statistic="peak_to_mean", aggregation="median", name="typical peak").scores_are_chances
    False
    >>> replace(METHODS["robust"], cutoff=0.15).cutoff
    0.15
    """

    __module__ = "ndreg_preeval"

    statistic: Statistic = "evidence"
    aggregation: Aggregation = "every_image"
    window: Window | None = None
    cutoff: float | None = None
    window_from: int = 8
    include_reference: bool = False
    ignore_hot_pixel: bool = False
    normalization: Normalization | None = "phase"
    name: str = "custom"

    def __post_init__(self) -> None:
        check_choice("method.statistic", self.statistic, STATISTICS)
        check_choice("method.aggregation", self.aggregation, AGGREGATIONS)
        check_choice("method.window", self.window, WINDOWS)
        check_choice("method.normalization", self.normalization, NORMALIZATIONS)
        object.__setattr__(self, "cutoff", check_cutoff("method.cutoff", self.cutoff))
        window_from: object = self.window_from
        if isinstance(window_from, bool) or not isinstance(window_from, int):
            raise TypeError(f"method.window_from must be an int, not {type_name(window_from)}")
        if not 8 <= window_from < 2**31:
            raise ValueError(
                f"method.window_from must be 8 pixels or more (below 2**31), not {shorten(window_from)}"
            )
        for argument in ("include_reference", "ignore_hot_pixel"):
            value = getattr(self, argument)
            if not isinstance(value, bool):
                raise TypeError(f"method.{argument} must be True or False, not {type_name(value)}")
        if not isinstance(self.name, str):
            raise TypeError(f"method.name must be a str, not {type_name(self.name)}")

    @property
    def asks_opinion(self) -> bool:
        """Whether a second correlogram is asked about each peak."""
        return self.statistic in ("evidence", "confirmation")

    @property
    def scores_are_chances(self) -> bool:
        """Whether the score of a stack is the probability that every image aligns."""
        return self.statistic == "evidence" and self.aggregation == "every_image"


def resolve_method(method: str | Method) -> Method:
    """Return the method itself, or the one of that name.

    Raises
    ------
    TypeError
        When `method` is neither text nor a `Method`.
    ValueError
        When no method has that name.
    """
    if isinstance(method, Method):
        # Constructed anew so that a subclass or an unpickled object passes the same checks.
        return method if type(method) is Method else replace(method)
    if not isinstance(method, str):
        raise TypeError(f"method must be a name or a Method, not {type_name(method)}")
    try:
        return METHODS[method]
    except KeyError:
        names = ", ".join(map(repr, METHODS))
        raise ValueError(
            f"method must be one of {names} or a Method, not {shorten(method)}{did_you_mean(method, METHODS)}"
        ) from None


METHODS: Final[dict[str, Method]] = {name: Method(**core.method_named(name)) for name in core.method_names()}
"""The named methods, the default one first."""

PURPOSES: Final[dict[str, str]] = {
    "evidence": "for aligners by phase cross-correlation: how likely every image aligns",
    "plain": "the same for aligners by plain cross-correlation",
    "robust": "how far a second, smoother correlogram confirms the peaks, without a model of what aligns",
    "peak_to_mean": "peak of the correlogram divided by its mean, as ewoksndreg documents it",
    "ewoksndreg": "the score that ewoksndreg computes: to compare with what it chose",
}
"""Purpose of each named method, in one line."""

DEFAULT_METHOD: Final = next(iter(METHODS))
