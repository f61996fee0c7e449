# SPDX-License-Identifier: MIT
"""Checks of arguments, one for each kind: rule and value in every message."""

from __future__ import annotations

import functools
import inspect
import math
import numbers
import operator
import os
from collections.abc import Callable, Iterable
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from .errors import shorten
from .text import did_you_mean, nearest

Given = ParamSpec("Given")
Result = TypeVar("Result")

HIGHEST_FREQUENCY: Final = math.sqrt(0.5)
"""Highest frequency of an image, along its diagonal, in cycles per pixel."""

LEAST_MEMORY: Final = 1024
"""Smallest limit of memory, in bytes. Less is a number of other units: nobody means it."""

MAX_AXES: Final = 64
"""Largest number of axes of an array."""


def type_name(value: object) -> str:
    """Name the type of a value, as error messages do."""
    return "None" if value is None else type(value).__name__


def knows_its_keywords(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Decorator: a keyword that a function does not have is refused with the one that was meant."""
    known = [
        name
        for name, each in inspect.signature(function).parameters.items()
        if each.kind is each.KEYWORD_ONLY
    ]
    all_names = frozenset(inspect.signature(function).parameters)

    @functools.wraps(function)
    def checked(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        for name in kwargs:
            if name not in all_names:
                raise TypeError(unknown_keyword(function.__name__, name, known))
        return function(*args, **kwargs)

    return checked


def unknown_keyword(function: str, name: str, known: Iterable[str]) -> str:
    """What Python 3.13 says of a keyword that a function does not have."""
    likely = nearest(name, known, most=1)
    meant = f". Did you mean {likely[0]!r}?" if likely else ""
    return f"{function}() got an unexpected keyword argument {shorten(name)}{meant}"


def check_choice(argument: str, value: object, choices: tuple[str | None, ...]) -> None:
    """Refuse what is not one of the choices."""
    if value is None and None in choices:
        return
    listed = ", ".join(map(repr, choices))
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be one of {listed}, not {type_name(value)}")
    if value not in choices:
        known = [choice for choice in choices if choice is not None]
        raise ValueError(
            f"{argument} must be one of {listed}, not {shorten(value)}{did_you_mean(value, known)}"
        )


def check_positive(argument: str, value: object) -> float | None:
    """Return a finite positive float, or None for None."""
    if value is None:
        return None
    number = as_float(argument, value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{argument} must be finite and positive, or None, not {shorten(value)}")
    return number


def check_cutoff(argument: str, value: object) -> float | None:
    """Return the cutoff of a low pass in cycles per pixel, or None for None."""
    cutoff = check_positive(argument, value)
    if cutoff is not None and cutoff > HIGHEST_FREQUENCY:
        raise ValueError(
            f"{argument} must be at most sqrt(1/2) = 0.7071 cycles per pixel, the highest frequency of an image, or None "
            f"for no low pass, not {shorten(value)}; a Gaussian blur of s pixels is the cutoff 1 / (2 pi s)"
        )
    return cutoff


def check_memory(argument: str, value: object) -> int | None:
    """Return a number of bytes of memory, or None for None."""
    number = None if value is None else as_int(argument, value)
    if number is not None and number < LEAST_MEMORY:
        raise ValueError(
            f"{argument} must be at least {LEAST_MEMORY} bytes, or None, not {shorten(number)}: it counts bytes; "
            "256 MiB are 256 << 20 (on the command line 256M)"
        )
    return number


def check_not_negative(argument: str, value: object, unit: str) -> float | None:
    """Return a finite float that is not negative, or None for None."""
    if value is None:
        return None
    number = as_float(argument, value)
    if not 0 <= number < math.inf:
        raise ValueError(
            f"{argument} must be finite and not negative, in {unit}, or None, not {shorten(value)}"
        )
    return number


def check_count(argument: str, value: object, least: str) -> int | None:
    """Return a positive int, or None for None; `least` says in the message what is allowed."""
    if value is None:
        return None
    number = as_int(argument, value)
    if number < 1:
        raise ValueError(f"{argument} must be at least {least}, not {shorten(number)}")
    return number


def check_axis(argument: str, value: object) -> int | None:
    """Return an axis of a stack, or None for None."""
    if value is None:
        return None
    axis = as_int(argument, value)
    if not -3 <= axis < 3:
        raise ValueError(
            f"{argument} must be 0, 1 or 2 of the three axes of a stack, or -1, -2 or -3 from the end, "
            f"not {shorten(axis)}"
        )
    return axis


def check_stacks_axis(argument: str, value: object) -> int | None:
    """Return an axis of any number of axes, or None for None."""
    if value is None:
        return None
    axis = as_int(argument, value)
    if not -MAX_AXES <= axis < MAX_AXES:
        raise ValueError(
            f"{argument} must be an axis, counted from 0 or, negative, from the end, not {shorten(axis)}"
        )
    return axis


def check_mask(argument: str, value: object, valid: int | None) -> Any:
    """Return a private, read-only copy of a mask, or None for None; a URI is left to those who can read it."""
    if value is None or is_uri_like(value):
        return value
    return as_mask(argument, value, valid)


def check_leaves_pixels(mask: NDArray[np.bool_], means: str) -> None:
    """Raise ValueError for a mask without a valid pixel."""
    if not mask.any():
        height, width = mask.shape
        raise ValueError(f"mask= leaves no pixel of {height} x {width}; is {means}?")


def is_uri_like(value: object) -> bool:
    """Return whether this may name a file: text, a path, or a DataUrl, which is known by its name."""
    return isinstance(value, str | os.PathLike) or type(value).__name__ == "DataUrl"


def as_mask(argument: str, value: object, valid: int | None) -> NDArray[np.bool_]:
    """Return a private, read-only copy of a mask, True = valid.

    Parameters
    ----------
    argument : str
        How messages call it.
    value : array_like
        Of bool, or of integers.
    valid : int or None
        The value of valid pixels; needed for integers.
    """
    try:
        mask = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{argument} must be a rectangular array of bool (True = valid): {error}") from None
    if mask.dtype.kind not in "biu":
        raise TypeError(f"{argument} must be an array of bool (True = valid pixel), not of {mask.dtype}")
    if mask.dtype.kind != "b" and valid is None:
        raise TypeError(
            f"{argument} must be an array of bool (True = valid pixel), or come with mask_valid=, the value that "
            f"marks valid pixels: of {mask.dtype}, 1 means valid to some programs and bad to others"
        )
    if mask.ndim != 2:
        raise ValueError(f"{argument} must have the shape (height, width) of an image, not {mask.shape}")
    # A private copy: what is frozen must not change with the caller's array.
    mask = np.array(mask if valid is None else mask == valid, dtype=np.bool_, order="C")
    if valid is not None:
        check_leaves_pixels(mask, f"mask_valid={shorten(valid)} what marks valid pixels")
    mask.setflags(write=False)
    return mask


def as_float(argument: str, value: object) -> float:
    """Return a real number as float; text and bool are rejected."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{argument} must be a real number or None, not {type_name(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{argument} is too large: {shorten(value)}") from None


def as_int(argument: str, value: object) -> int:
    """Return a whole number as int; bool and float are rejected.

    Raises
    ------
    TypeError
        For anything but an integer.
    """
    if isinstance(value, bool | np.bool_ | np.ndarray):
        raise TypeError(f"{argument} must be an integer, not {type_name(value)}")
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{argument} must be an integer, not {type_name(value)}") from None
