# SPDX-License-Identifier: MIT
"""The options of a ranking and the limits of its input, checked once."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .argument_checks import as_float, as_int, check_choice, check_positive, type_name
from .errors import shorten
from .methods import (
    DEFAULT_METHOD,
    METHODS,
    NORMALIZATIONS,
    WINDOWS,
    Method,
    Normalization,
    Window,
    resolve_method,
)

__all__ = ["Limits", "Options", "make_options"]

Pairing = Literal["reference", "previous"]
Precision = Literal["auto", "single", "double"]
Invalid = Literal["fill", "raise"]
OnError = Literal["raise", "rank_last"]

MAX_THREADS = 1024


@dataclass(frozen=True)
class Limits:
    """What a stack may ask for before its pixels are read; None lifts a limit.

    Parameters
    ----------
    image_bytes : int or None
        Largest image, counted as height * width * 8 bytes.
    stack_bytes : int or None
        Largest stack, counted as n * height * width * itemsize bytes.
    ratio : int or None
        How many times its file size a dataset may declare, above `ratio_floor`.
    ratio_floor : int
        Datasets up to this many bytes are not held against the size of their file.
    chunk_bytes : int or None
        Largest chunk of a chunked dataset, in bytes.
    virtual_depth : int or None
        How deep virtual datasets may refer to virtual datasets.
    open_seconds : int or None
        How long opening one stack may take with ``isolate=True``; nothing can stop libhdf5
        in the own process.
    """

    __module__ = "ndreg_preeval"

    image_bytes: int | None = 1 << 30
    stack_bytes: int | None = 1 << 40
    ratio: int | None = 4096
    ratio_floor: int = 256 << 20
    chunk_bytes: int | None = 256 << 20
    virtual_depth: int | None = 8
    open_seconds: int | None = 120

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is None and each.name != "ratio_floor":
                continue
            number = as_int(f"limits.{each.name}", value)
            if number < 0:
                raise ValueError(f"limits.{each.name} must not be negative, not {number}")
            object.__setattr__(self, each.name, number)


@dataclass(frozen=True, eq=False)
class Options:
    """Everything that decides the numbers of a ranking, checked on construction.

    The parameters are those of `rank_stacks`.
    """

    method: Method = METHODS[DEFAULT_METHOD]
    reference_image: int = 0
    pairing: Pairing = "reference"
    precision: Precision = "auto"
    window: Window | None = None
    cutoff: float | None = None
    max_shift: float | None = None
    normalization: Normalization | None = "phase"
    invalid: Invalid = "fill"
    mask: NDArray[np.bool_] | None = None
    num_threads: int | None = None
    memory_limit: int | None = None
    limits: Limits = field(default_factory=Limits)
    on_error: OnError = "raise"

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("method", resolve_method(self.method))
        put("reference_image", as_int("reference_image", self.reference_image))
        check_choice("pairing", self.pairing, get_args(Pairing))
        check_choice("precision", self.precision, get_args(Precision))
        check_choice("window", self.window, WINDOWS)
        put("cutoff", check_positive("cutoff", self.cutoff))
        put("max_shift", _check_max_shift(self.max_shift))
        check_choice("normalization", self.normalization, NORMALIZATIONS)
        check_choice("invalid", self.invalid, get_args(Invalid))
        check_choice("on_error", self.on_error, get_args(OnError))
        put("mask", _check_mask(self.mask))
        put("num_threads", _check_num_threads(self.num_threads))
        put("memory_limit", _check_memory_limit(self.memory_limit))
        if not isinstance(self.limits, Limits):
            raise TypeError(f"limits must be a Limits or None, not {type_name(self.limits)}")
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

    __hash__ = None  # type: ignore[assignment]

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
        """Raise ValueError when the mask does not fit images of this shape."""
        if self.mask is not None and self.mask.shape != shape:
            raise ValueError(f"mask must have the shape of the images, {shape}, not {self.mask.shape}")

    def working_precision(self, dtype: np.dtype[Any]) -> Literal["single", "double"]:
        """Return the precision for pixels of this dtype.

        Under "auto" what single precision holds without loss runs in single precision:
        bool, integers up to 16 bit, float16 and float32.
        """
        if self.precision != "auto":
            return self.precision
        exact = {"b": 1, "i": 2, "u": 2, "f": 4}.get(dtype.kind, 0)
        return "single" if dtype.itemsize <= exact else "double"


def make_options(
    *,
    method: str | Method = DEFAULT_METHOD,
    limits: Limits | None = None,
    mask: ArrayLike | None = None,
    **others: Any,
) -> Options:
    """Return `Options` from the arguments of the public functions.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, the rule, and what came instead.
    """
    known = {each.name for each in fields(Options)}
    for name in others:
        if name not in known:
            raise TypeError(f"there is no option {shorten(name)}; options are {', '.join(sorted(known))}")
    return Options(
        method=resolve_method(method),
        limits=Limits() if limits is None else limits,
        mask=mask,  # type: ignore[arg-type]  # Options coerces and checks it
        **others,
    )


def _check_num_threads(value: object) -> int | None:
    if value is None:
        return None
    number = as_int("num_threads", value)
    if number < 1:
        raise ValueError(
            f"num_threads must be at least 1, or None for all usable CPUs, not {shorten(number)}"
        )
    # More threads than any machine has are a wish for all of them, not an error.
    return min(number, MAX_THREADS)


def _check_memory_limit(value: object) -> int | None:
    if value is None:
        return None
    number = as_int("memory_limit", value)
    if number < 1:
        raise ValueError(f"memory_limit must be at least 1 byte, or None, not {shorten(number)}")
    return number


def _check_max_shift(value: object) -> float | None:
    if value is None:
        return None
    number = as_float("max_shift", value)
    if not 0 <= number < float("inf"):
        raise ValueError(
            f"max_shift must be finite and not negative, in pixels, or None, not {shorten(value)}"
        )
    return number


def _check_mask(value: object) -> NDArray[np.bool_] | None:
    if value is None:
        return None
    try:
        mask = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"mask must be a rectangular array of bool (True = valid): {error}") from None
    if mask.dtype != np.bool_:
        raise TypeError(f"mask must be an array of bool (True = valid pixel), not of {mask.dtype}")
    if mask.ndim != 2:
        raise ValueError(f"mask must have the shape (height, width) of an image, not {mask.shape}")
    # A private copy: what is frozen must not change with the caller's array.
    mask = np.array(mask, dtype=np.bool_, order="C")
    mask.setflags(write=False)
    return mask
