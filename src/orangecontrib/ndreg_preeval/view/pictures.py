# SPDX-License-Identifier: MIT
"""One image and its correlogram, as they are drawn: slow to make, so made off the GUI's thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ndreg_preeval.errors import naming_stack, stack_label
from ndreg_preeval.ewoks.handover import entered
from ndreg_preeval.options import Limits
from ndreg_preeval.pipeline import choices_of
from ndreg_preeval.stacks import resolve_stacks

from .model import Model

if TYPE_CHECKING:
    from ndreg_preeval import Ranking
    from ndreg_preeval.stacks import StackSpec

    Specs = Sequence[tuple[Any, StackSpec]]


MARGIN: Final = 1.3
"""Range around zero shift that is shown at first, as a multiple of the distance of the peak."""

LEAST: Final = 16
"""Least range around zero shift that is shown, in pixels."""


@dataclass(frozen=True, eq=False)
class Picture:
    """Image `image` of the stack in row `row`.

    Attributes
    ----------
    n_images : int
        Number of images of the stack; 0 when it could not be opened.
    pixels : (h, w) array or None
        The image; None when it could not be read, `trouble` says why.
    correlogram : (h, w) float64 array or None
        ``|r| / mean`` with zero shift at [h // 2, w // 2]; None when it could not be made,
        `no_correlogram` says why.
    peak : (int, int) or None
        dy, dx of its highest pixel, from zero shift.
    reach : int
        Pixels around zero shift that hold the peak, with some room.
    """

    row: int
    image: int
    second_opinion: bool
    n_images: int = 0
    pixels: NDArray[Any] | None = None
    trouble: str = ""
    correlogram: NDArray[np.float64] | None = None
    peak: tuple[int, int] | None = None
    reach: int = LEAST
    no_correlogram: str = ""


class Pictures:
    """The images of all stacks of a result.

    Parameters
    ----------
    model : Model
        What was found.
    image_stacks : mapping, sequence of URIs, or URI
        Where the images are, as `rank_stacks` takes them.
    """

    def __init__(self, model: Model, image_stacks: Any) -> None:
        self._model = model
        self._stacks = lasting(image_stacks, model.ranking)
        self._moved = self._stacks is not image_stacks
        self._specs: Specs | None = None

    def make(self, row: int, image: int, second_opinion: bool = False) -> Picture:
        """Read an image and compute its correlogram; failures are told in the picture."""
        picture = Picture(row, image, second_opinion)
        try:
            if self._specs is None:
                ranking = self._model.ranking
                choices = None if ranking is None else choices_of(ranking.options)
                self._specs = resolve_stacks(self._stacks, limits=Limits(), keep_going=True, choices=choices)
            return self._with_correlogram(self._with_pixels(picture, self._specs), self._specs)
        except Exception as error:  # noqa: BLE001 - any reader may fail in its own way; the person is told
            return replace(picture, trouble=error_text(error), no_correlogram=error_text(error))

    def _with_pixels(self, picture: Picture, specs: Specs) -> Picture:
        name = self._model.names[picture.row]
        try:
            spec = _find(specs, name)
            if spec is None:
                raise KeyError(f"the {stack_label(name)} is not among the images any more")
            with naming_stack(name, spec.location), spec.open() as source:
                n_images, image = source.shape[0], picture.image
                if not 0 <= image < n_images:
                    raise ValueError(f"there is no image {image}: the stack has {n_images}")
                # Copied: what was read may live no longer than its source.
                pixels = drawable(source.read(image, image + 1).images[0])
        except Exception as error:  # noqa: BLE001 - as above
            return replace(picture, trouble=error_text(error))
        return replace(picture, n_images=n_images, pixels=pixels)

    def _with_correlogram(self, picture: Picture, specs: Specs) -> Picture:
        ranking, row = self._model.ranking, picture.row
        if ranking is None or not self._model.scores:
            return replace(picture, no_correlogram="nothing was ranked")
        position = self._model.position(row, picture.image)
        if position is None:
            return replace(picture, no_correlogram="this image was not compared with another")
        if self._moved:
            # The ranking knows the stacks as they were opened for it.
            ranking = replace(ranking, _specs=tuple(_find(specs, name) for name in self._model.names))
        try:
            values = ranking.correlogram(self._model.names[row], picture.image, picture.second_opinion)
        except Exception as error:  # noqa: BLE001 - as above
            return replace(picture, no_correlogram=error_text(error))
        mean = float(values.mean())
        shown = np.fft.fftshift(values / mean if mean > 0 else values)
        dy, dx = (int(each) for each in self._model.scores[row].peak_shifts[position])
        reach = max(LEAST, int(MARGIN * max(abs(dy), abs(dx))) + 4)
        return replace(picture, correlogram=shown, peak=(dy, dx), reach=reach)


def _find(specs: Specs, name: Any) -> StackSpec | None:
    return next((spec for key, spec in specs if key is name or key == name), None)


def lasting(image_stacks: Any, ranking: Ranking | None = None) -> Any:
    """The URIs of stacks that are there only while a `with` lasts; other stacks as they are.

    The next task enters and leaves the same object: whoever looks at images meanwhile must not.
    """
    if not (isinstance(image_stacks, Mapping) and hasattr(image_stacks, "__exit__")):
        return image_stacks
    if ranking is not None and ranking.stack_scores:
        uris = {stack.name: stack.location for stack in ranking.stack_scores}
    else:
        try:
            with entered(image_stacks) as stacks:
                specs = resolve_stacks(stacks, limits=Limits())
        except Exception:  # noqa: BLE001 - whoever uses the stacks will be told
            return image_stacks
        uris = {name: spec.location for name, spec in specs}
    # Stacks in memory have no URI, and nothing to close.
    return uris if uris and all(uris.values()) else image_stacks


def unranked(image_stacks: Any, chosen: Any, order: Sequence[Any] | None) -> Model:
    """Facts about stacks that were not ranked, or not in this session; may open files.

    Parameters
    ----------
    image_stacks : mapping, sequence of URIs, or URI
        The stacks.
    chosen : object
        The reference stack; None where no stack was chosen.
    order : sequence or None
        Names from best to worst, as an earlier ranking had them.
    """
    if order:
        return Model(names=order, chosen=chosen, note="as ranked earlier: run it again to see why")
    try:
        names = [name for name, _ in resolve_stacks(image_stacks, limits=Limits(), keep_going=True)]
    except Exception as error:  # noqa: BLE001 - as above
        return Model(names=[] if chosen is None else [chosen], chosen=chosen, note=error_text(error))
    return Model(names=names, chosen=chosen)


def drawable(pixels: NDArray[Any]) -> NDArray[Any]:
    """A copy of an image in a type that plots know: native order, no bool, half or long double."""
    kind = pixels.dtype
    if kind.kind == "b":
        return pixels.astype(np.uint8)
    if kind.kind == "f":
        return pixels.astype(np.float32 if kind.itemsize <= 4 else np.float64)
    return pixels.astype(kind.newbyteorder("="))


def error_text(error: BaseException) -> str:
    """The message of an error and its notes."""
    # str() of a KeyError is the repr of its message.
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    notes = "; ".join(getattr(error, "__notes__", ()))
    return (text or type(error).__name__) + (f" ({notes})" if notes else "")
