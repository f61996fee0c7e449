# SPDX-License-Identifier: MIT
"""`Options` of a ranking: declared once for every way to give them, and checked once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, ClassVar, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..argument_checks import (
    as_int,
    check_axis,
    check_choice,
    check_count,
    check_cutoff,
    check_leaves_pixels,
    check_mask,
    check_memory,
    check_not_negative,
    check_stacks_axis,
    type_name,
)
from ..declared_option import DeclaredOption, declare
from ..errors import shorten
from ..limits import USUAL_LIMITS, Limits
from ..methods import (
    DEFAULT_METHOD,
    METHODS,
    NORMALIZATIONS,
    PURPOSES,
    WINDOWS,
    Method,
    Normalization,
    Window,
    resolve_method,
)

__all__ = [
    "DECLARED_OPTIONS",
    "DeclaredInvalid",
    "ImageKey",
    "Invalid",
    "OnError",
    "Options",
    "Pairing",
    "Precision",
]

Pairing = Literal["reference", "previous"]
Precision = Literal["auto", "single", "double"]
Invalid = Literal["fill", "raise"]
DeclaredInvalid = Literal["fill", "ignore"]
ImageKey = Literal["projections", "ignore"]
OnError = Literal["raise", "rank_last"]

Check = Callable[[str, Any], Any]
"""Check of an option, by its name and value: returns the value to keep."""

MAX_THREADS: Final = 1024
"""Largest number of threads that is ever asked for."""


@dataclass(frozen=True, eq=False)
class Options:
    """Everything that decides the numbers of a ranking, checked on construction.

    The parameters are those of `rank_stacks`.
    """

    method: Method = field(
        default=METHODS[DEFAULT_METHOD],
        metadata=declare(
            "how stacks are judged", str, choices=tuple(METHODS), form="ranking", purposes=PURPOSES
        ),
    )
    reference_image: int = field(
        default=0,
        metadata=declare(
            "index of the image that all others are compared with; negative counts from the end",
            int,
            unit="INDEX",
            examples=(0, -1),
            form="ranking",
        ),
    )
    image_axis: int | None = field(
        default=None,
        metadata=declare(
            "axis that counts the images, of the three of a stack; by default as the names of the axes say, "
            "else the first",
            int,
            flag="--axis",
            unit="AXIS",
            examples=(0, 2, -1),
            form="reading",
            group="input",
        ),
    )
    stacks_axis: int | None = field(
        default=None,
        metadata=declare(
            "axis that counts stacks (elements, channels), of whatever has one axis more than a stack; by default "
            "as the names of the axes say",
            int,
            unit="AXIS",
            examples=(0, 1, -1),
            form="reading",
            group="input",
        ),
    )
    pairing: Pairing = field(
        default="reference",
        metadata=declare(
            "what an image is compared with: the reference image, or the image before it",
            str,
            choices=get_args(Pairing),
            form="ranking",
        ),
    )
    precision: Precision = field(
        default="auto",
        metadata=declare(
            "precision of the transforms; auto is single, and double for images where that could find something else",
            str,
            choices=get_args(Precision),
            form="reading",
        ),
    )
    window: Window | None = field(
        default=None,
        metadata=declare(
            "window that the aligner applies to the images",
            str,
            choices=WINDOWS,
            form="aligner",
            group="aligner",
        ),
    )
    cutoff: float | None = field(
        default=None,
        metadata=declare(
            "Gaussian low pass of the aligner, in cycles per pixel, at most sqrt(1/2)",
            float,
            unit="F",
            examples=(0.15,),
            form="aligner",
            group="aligner",
        ),
    )
    max_shift: float | None = field(
        default=None,
        metadata=declare(
            "farthest shift that the aligner accepts, in pixels along each axis",
            float,
            unit="PIXELS",
            examples=(20,),
            form="aligner",
            group="aligner",
        ),
    )
    normalization: Normalization | None = field(
        default="phase",
        metadata=declare(
            "what the aligner makes of the cross-power spectrum: phases, or nothing (plain cross-correlation)",
            str,
            choices=NORMALIZATIONS,
            form="aligner",
            group="aligner",
        ),
    )
    invalid: Invalid = field(
        default="fill",
        metadata=declare(
            "what becomes of NaN and infinite pixels: filled with the mean of the valid ones, or refused",
            str,
            choices=get_args(Invalid),
            form="aligner",
            group="input",
        ),
    )
    mask: NDArray[np.bool_] | None = field(
        default=None,
        metadata=declare(
            "pixels that are valid, the same in all images: an array of bool (True = valid), or the URI or file "
            "(HDF5, TIFF, npy) of one; integers need mask_valid",
            object,
            unit="URI",
            examples=("mask.tif", "master.h5::/entry/instrument/detector/pixel_mask"),
            form="aligner",
            group="input",
        ),
    )
    mask_valid: int | None = field(
        default=None,
        metadata=declare(
            "value of valid pixels in a mask of integers",
            int,
            unit="VALUE",
            examples=(0, 1, 255),
            form="aligner",
            group="input",
        ),
    )
    declared_invalid: DeclaredInvalid = field(
        default="fill",
        metadata=declare(
            "what becomes of pixels that metadata of a file declare invalid (_FillValue, missing_value, "
            "pixel_mask, underload_value): filled as those that a mask takes out, or taken as they are",
            str,
            choices=get_args(DeclaredInvalid),
            form="reading",
            group="input",
        ),
    )
    image_key: ImageKey = field(
        default="projections",
        metadata=declare(
            "what an image_key of NXtomo does: select the projections, or nothing",
            str,
            choices=get_args(ImageKey),
            form="reading",
            group="input",
        ),
    )
    num_threads: int | None = field(
        default=None,
        metadata=declare(
            "number of threads; by default OMP_NUM_THREADS, else the CPUs that the process may use",
            int,
            flag="--threads",
            unit="N",
            group="machine",
            examples=(4,),
            form="reading",
        ),
    )
    memory_limit: int | None = field(
        default=None,
        metadata=declare(
            "bytes of images that are held at a time; by default 256M, and up to 1G where chunks span many images",
            int,
            unit="SIZE",
            group="machine",
            examples=(256 << 20,),
            form="reading",
        ),
    )
    limits: Limits = field(
        default=USUAL_LIMITS,
        metadata=declare(
            "what a file may declare before its pixels are read; see `ndreg_preeval.Limits`",
            object,
            flag="",
            examples=({"image_bytes": 2 << 30},),
        ),
    )
    on_error: OnError = field(
        default="raise",
        metadata=declare(
            "what a stack that cannot be read does: raise its error, or be ranked last",
            str,
            choices=get_args(OnError),
            form="ranking",
            group="input",
        ),
    )

    def __post_init__(self) -> None:
        mine = vars(self)
        mine["method"] = resolve_method(self.method)
        # The value that a field has by default needs no check: most fields of most calls have it.
        for name, default, check in CHECKED:
            if mine[name] is not default:
                mine[name] = check(name, mine[name])
        if self.mask_valid is not None and self.mask is None:
            raise ValueError("mask_valid is the value of valid pixels in a mask: it needs mask=")
        if self.mask is not None:
            mine["mask"] = check_mask("mask", self.mask, self.mask_valid)
            if isinstance(self.mask, np.ndarray):
                mine["mask_valid"] = None  # the mask is made by it
        self._check_one_filter()

    def _check_one_filter(self) -> None:
        """Methods without a second correlogram have one filter: two wishes must agree."""
        if self.method.asks_opinion:
            return
        for name in ("window", "cutoff"):
            mine, methods = getattr(self, name), getattr(self.method, name)
            if mine is not None and methods is not None and mine != methods:
                raise ValueError(
                    f"{name}={mine!r} contradicts {name}={methods!r} of the method: with the statistic "
                    f"{self.method.statistic!r} both describe the same correlogram"
                )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Options):
            return NotImplemented
        if (self.mask is None) != (other.mask is None):
            return False
        if self.mask is not None and not np.array_equal(self.mask, other.mask):  # type: ignore[arg-type]
            return False
        return all(
            getattr(self, each.name) == getattr(other, each.name)
            for each in fields(self)
            if each.name != "mask"
        )

    __hash__: ClassVar[None]  # type: ignore[assignment]  # as Python has it beside __eq__

    def goes_on_after(self, error: Exception) -> bool:
        """Return whether the other stacks are ranked although one failed with this error."""
        return self.on_error != "raise" and not isinstance(error, MemoryError)

    def reference_index(self, n_images: int) -> int:
        """Return `reference_image` counted from 0 within a stack of n images.

        Raises
        ------
        ValueError
            When the stack has no such image.
        """
        index = self.reference_image
        if not -n_images <= index < n_images:
            raise ValueError(
                f"reference_image={shorten(index)} is outside the {n_images} images of the stack "
                f"(allowed: {-n_images} to {n_images - 1})"
            )
        return index % n_images

    def check_mask_shape(self, shape: tuple[int, int]) -> None:
        """Raise ValueError when the mask does not fit images of this shape, or leaves nothing of them."""
        if self.mask is not None and self.mask.shape != shape:
            raise ValueError(f"mask must have the shape of the images, {shape}, not {self.mask.shape}")
        if self.mask is not None:
            check_leaves_pixels(self.mask, "True = valid")


Options.__module__ = "ndreg_preeval.options"  # in pickles, wherever the class lies


def _one_of(choices: tuple[str | None, ...]) -> Check:
    def check(name: str, value: Any) -> Any:
        check_choice(name, value, choices)
        return value

    return check


def _threads(name: str, value: object) -> int | None:
    threads = check_count(name, value, "1, or None for all usable CPUs")
    # More threads than any machine has are a wish for all of them, not an error.
    return threads and min(threads, MAX_THREADS)


def _limits(name: str, value: object) -> Limits:
    if not isinstance(value, Limits):
        raise TypeError(f"{name} must be a Limits or None, not {type_name(value)}")
    return value


CHECKS: Final[dict[str, Check]] = {
    "reference_image": as_int,
    "image_axis": check_axis,
    "stacks_axis": check_stacks_axis,
    "pairing": _one_of(get_args(Pairing)),
    "precision": _one_of(get_args(Precision)),
    "window": _one_of(WINDOWS),
    "cutoff": check_cutoff,
    "max_shift": partial(check_not_negative, unit="pixels"),
    "normalization": _one_of(NORMALIZATIONS),
    "invalid": _one_of(get_args(Invalid)),
    "declared_invalid": _one_of(get_args(DeclaredInvalid)),
    "image_key": _one_of(get_args(ImageKey)),
    "on_error": _one_of(get_args(OnError)),
    "mask_valid": as_int,
    "num_threads": _threads,
    "memory_limit": check_memory,
    "limits": _limits,
}
"""Checks of all options but method and mask, in their order; each returns the value to keep."""

NAMES: Final = frozenset(each.name for each in fields(Options))

CHECKED: Final = [(name, getattr(Options, name), check) for name, check in CHECKS.items()]
"""Checks with the name of the option, and the value that it has by default."""


def _declared_options() -> tuple[DeclaredOption, ...]:
    found = []
    for each in fields(Options):
        known = dict(each.metadata)
        if known["flag"] is None:
            known["flag"] = "--" + each.name.replace("_", "-")
        known["examples"] = known["examples"] or tuple(c for c in known["choices"] if c is not None)
        default = {"method": DEFAULT_METHOD, "limits": None}.get(each.name, each.default)
        found.append(DeclaredOption(each.name, default, **known))
    return tuple(found)


DECLARED_OPTIONS: Final = _declared_options()
"""All options of a ranking, of which command line, Ewoks model and Orange form are made."""
