# SPDX-License-Identifier: MIT
"""One image and its correlogram, as they are drawn: slow to make, so made off the GUI's thread."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ndreg_preeval.errors import naming_stack, stack_label
from ndreg_preeval.ewoks.handover import opened
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.resolve import resolve_stacks

from .model import Model

if TYPE_CHECKING:
    from ndreg_preeval.stacks.source import StackSpec


MARGIN: Final = 1.3
"""Times the distance of the peak: what is shown around zero shift at first."""

LEAST: Final = 16
"""Pixels around zero shift that are shown at least."""


@dataclass(frozen=True, eq=False)
class Picture:
    """Image `image` of the stack in row `row`.

    Attributes
    ----------
    n_images : int
        Of the stack; 0 when it could not be opened.
    pixels : (h, w) array or None
        The image; None when it could not be read, `trouble` says why.
    correlogram : (h, w) float64 array or None
        ``|r| / mean`` with zero shift at [h // 2, w // 2]; None where there is none,
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
        self._stacks = image_stacks
        self._specs: list[tuple[Any, StackSpec]] | None = None

    def make(self, row: int, image: int, second_opinion: bool = False) -> Picture:
        """Read an image and compute its correlogram; failures are told in the picture."""
        n_images, pixels, trouble = 0, None, ""
        try:
            n_images, pixels = self._read(row, image)
        except Exception as error:  # noqa: BLE001 - any reader may fail in its own way; the person is told
            trouble = error_text(error)
        correlogram, peak, reach, none = self._correlogram(row, image, second_opinion)
        return Picture(row, image, second_opinion, n_images, pixels, trouble, correlogram, peak, reach, none)

    def _read(self, row: int, image: int) -> tuple[int, NDArray[Any]]:
        name = self._model.names[row]
        with self._spec(name) as spec, naming_stack(name, spec.location), spec.open() as source:
            n_images = source.shape[0]
            if not 0 <= image < n_images:
                raise ValueError(f"there is no image {image}: the stack has {n_images}")
            # Copied: what was read may live no longer than its source.
            return n_images, drawable(source.read(image, image + 1).images[0])

    @contextlib.contextmanager
    def _spec(self, name: Any) -> Iterator[StackSpec]:
        with opened(self._stacks) as stacks:
            specs = self._specs or resolve_stacks(stacks, limits=Limits(), keep_going=True)
            if stacks is self._stacks:  # else it is closed again, and what was found with it
                self._specs = specs
            spec = next((spec for key, spec in specs if key is name or key == name), None)
            if spec is None:
                raise KeyError(f"the {stack_label(name)} is not among the images any more")
            yield spec

    def _correlogram(
        self, row: int, image: int, second_opinion: bool
    ) -> tuple[NDArray[np.float64] | None, tuple[int, int] | None, int, str]:
        position = self._model.position(row, image)
        ranking = self._model.ranking
        if ranking is None or not self._model.scores:
            return None, None, LEAST, "nothing was ranked"
        if position is None:
            return None, None, LEAST, "this image was not compared with another"
        try:
            values = ranking.correlogram(self._model.names[row], image, second_opinion=second_opinion)
        except Exception as error:  # noqa: BLE001 - as above
            return None, None, LEAST, error_text(error)
        mean = float(values.mean())
        shown = np.fft.fftshift(values / mean if mean > 0 else values)
        dy, dx = (int(each) for each in self._model.scores[row].peak_shifts[position])
        reach = max(LEAST, int(MARGIN * max(abs(dy), abs(dx))) + 4)
        return shown, (dy, dx), reach, ""


def unranked(image_stacks: Any, chosen: Any, order: Sequence[Any] | None) -> Model:
    """What is known of stacks that were not ranked, or not in this session; may open files.

    Parameters
    ----------
    image_stacks : mapping, sequence of URIs, or URI
        The stacks.
    chosen : object
        The reference stack, None where there is none.
    order : sequence or None
        Names from best to worst, as an earlier ranking had them.
    """
    if order:
        return Model(names=order, chosen=chosen, note="as ranked earlier: run it again to see why")
    try:
        with opened(image_stacks) as stacks:
            names = [name for name, _ in resolve_stacks(stacks, limits=Limits(), keep_going=True)]
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
