# SPDX-License-Identifier: MIT
"""Equality of results: in all that JSON can carry of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from ..text import text_of


def unique_texts(keys: Iterable[object]) -> list[str]:
    """Return the caller's keys as texts, in order; later ones that would clash get a number: "7", "7 (2)"."""
    found: dict[str, None] = {}
    texts = [text_of(key) for key in keys]
    given = set(texts)
    for text in texts:
        name, number = text, 2
        # Nor the name that another one has of its own.
        while name in found or (name in given and name != text):
            name, number = f"{text} ({number})", number + 1
        found[name] = None
    return list(found)


def same(one: Any, other: Any) -> bool:
    """Return whether two values of a result are equal.

    Numbers that are not finite are equal to each other, since JSON has null for all of them, whatever
    else is no number is equal as text, and arrays are equal whatever their dtype.
    """
    if one is other:
        return True
    if one is None or other is None:
        return False
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return _same_arrays(one, other)
    if _is_number(one) and _is_number(other):
        return bool(one == other) or not (math.isfinite(one) or math.isfinite(other))
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if is_dataclass(one) and is_dataclass(other):
        return type(one) is type(other) and same_attributes(one, other, [each.name for each in fields(one)])
    return text_of(one) == text_of(other)


def same_attributes(one: object, other: object, names: Sequence[str]) -> bool:
    """Return whether these attributes of two objects are equal, as `same` says."""
    return all(same(getattr(one, name), getattr(other, name)) for name in names)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.bool_ | np.integer | np.floating)


def _same_arrays(one: Any, other: Any) -> bool:
    if not isinstance(one, np.ndarray) or not isinstance(other, np.ndarray) or one.shape != other.shape:
        return False
    equal = one == other
    if one.dtype.kind == "f" and other.dtype.kind == "f":
        equal |= ~(np.isfinite(one) | np.isfinite(other))
    return bool(np.all(equal))
