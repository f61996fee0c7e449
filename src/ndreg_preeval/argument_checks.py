# SPDX-License-Identifier: MIT
"""Checks of arguments, one for each kind: rule and value in every message."""

from __future__ import annotations

import math
import numbers
import operator

import numpy as np

from .errors import shorten


def type_name(value: object) -> str:
    """Name the type of a value, as error messages do."""
    return "None" if value is None else type(value).__name__


def check_choice(argument: str, value: object, choices: tuple[str | None, ...]) -> None:
    """Refuse what is not one of the choices."""
    if value is None and None in choices:
        return
    listed = ", ".join(map(repr, choices))
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be one of {listed}, not {type_name(value)}")
    if value not in choices:
        raise ValueError(f"{argument} must be one of {listed}, not {shorten(value)}")


def check_positive(argument: str, value: object) -> float | None:
    """Return a finite positive float, or None for None."""
    if value is None:
        return None
    number = as_float(argument, value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{argument} must be finite and positive, or None, not {shorten(value)}")
    return number


def as_float(argument: str, value: object) -> float:
    """Return a real number as float; text and bool are none."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{argument} must be a real number or None, not {type_name(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{argument} is too large: {shorten(value)}") from None


def as_int(argument: str, value: object) -> int:
    """Return a whole number as int; bool and float are none.

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
