# SPDX-License-Identifier: MIT
"""Checks of the dtypes, shapes and sizes that the pixels of a stack can have, and values that stand for none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import clip, shorten
from ..text import printable

if TYPE_CHECKING:
    from ..options import Limits

ACCEPTED: Final = "bool, integer, float16, float32, float64 or long double"


ONE_IMAGE: Final = "the images of a stack are given as a list, by a pattern ('Ca/im_*.tif', for a shell in quotes), or by their folder"
"""Way out, for messages about images one by one."""

DAMAGED: Final = (OSError, KeyError, RuntimeError, ValueError, TypeError, OverflowError)
"""Errors that reading metadata ends in where it is damaged, or nothing that was expected."""

FILL_ATTRIBUTES: Final = ("_FillValue", "missing_value")
"""Attributes of netCDF that name values which stand for no value."""

MAX_FILL_VALUES: Final = 16
"""Largest number of such values: comparing costs time for each."""


def pixel_dtype(dtype: object) -> np.dtype[Any]:
    """Return the dtype that pixels of `dtype` are read as.

    Every accepted dtype is read as it is, but for bfloat16, which numpy alone does not know:
    it is read as float32, which holds it exactly.

    Raises
    ------
    TypeError
        For complex, object, string, datetime, structured and other dtypes that are no grey values.
    """
    given = dtype if isinstance(dtype, np.dtype) else np.dtype(dtype)  # type: ignore[call-overload]
    if given.kind in "biuf":
        return given
    if is_bfloat16(given):
        return np.dtype(np.float32)
    raise TypeError(f"the pixels must be {ACCEPTED}, not {describe(given)}")


def is_bfloat16(dtype: np.dtype[Any]) -> bool:
    """Return whether this is the bfloat16 of the package ml_dtypes."""
    return dtype.kind == "V" and dtype.name == "bfloat16"


def as_pixels(array: NDArray[Any]) -> NDArray[Any]:
    """Return a base class view, in a dtype that numpy can calculate with.

    Raises TypeError as `pixel_dtype` does.
    """
    dtype = pixel_dtype(array.dtype)
    if type(array) is np.ndarray and dtype is array.dtype:
        return array
    view = np.asarray(array)
    return view.astype(dtype) if is_bfloat16(view.dtype) else view


def spare_axis(shape: tuple[int, ...], axes: int) -> int | None:
    """Return the axis of length 1 to drop where there is one axis too many, None where there is none.

    >>> spare_axis((5, 1, 96, 128), 3), spare_axis((5, 2, 96, 128), 3)
    (1, None)
    """
    spare = spare_axes(shape, axes)
    return spare[0] if len(shape) == axes + 1 and spare else None


def spare_axes(shape: tuple[int, ...], axes: int, most: int = 1) -> tuple[int, ...]:
    """Return the axes of length 1 to drop where there are up to `most` too many; none where that is not enough.

    That of samples, which may be last, comes first, then those before the images. Which of several it is
    does not matter for the pixels.

    >>> spare_axes((5, 1, 96, 128), 3), spare_axes((1, 96, 128, 1), 3), spare_axes((1, 96, 128), 2)
    ((1,), (3,), (0,))
    >>> spare_axes((5, 96, 128), 3), spare_axes((5, 2, 96, 128), 3), spare_axes((5, 1, 1, 96, 128), 3, 2)
    ((), (), (1, 2))
    """
    excess = len(shape) - axes
    if excess <= 0:
        return ()
    ones = [axis for axis, length in enumerate(shape) if length == 1]
    if excess > min(most, len(ones)):
        return ()
    if shape[-1] == 1:
        ones = [ones[-1], *ones[:-1]]
    return tuple(sorted(ones[:excess]))


def without_spare_axis(shape: tuple[int, ...], axes: int) -> tuple[int, ...]:
    """Return a shape without the axes that `spare_axes` finds."""
    spare = spare_axes(shape, axes)
    if not spare:
        return shape
    return tuple(length for axis, length in enumerate(shape) if axis not in spare)


ALL_STACKS: Final = "; or rank them all: stacks_axis=0 says which axis counts them, in a URI &stacks=0"
"""Way out for something with four axes."""


class NoImages(ValueError):
    """A part of a series that is empty; it goes no further than the series."""


def check_stack_shape(
    shape: tuple[int, ...], names: Sequence[str | None] | None = None
) -> tuple[int, int, int]:
    """Return the shape of a stack of images.

    Raises
    ------
    ValueError
        Unless it is (n, height, width), each at least 1; names the axes, if they have names.
    """
    if len(shape) != 3:
        hint = f": that is one image, not a stack; {ONE_IMAGE}" if len(shape) == 2 else ""
        if len(shape) > 3:
            zeros = ", ".join("0" * (len(shape) - 3))
            cuts = [zeros, f":, {zeros}", f"..., {zeros}"]
            arrays = " or ".join(f"[{cut}]" for cut in cuts)
            uris = " or ".join(f"&slice={cut.replace(' ', '')}" for cut in cuts)
            hint = f": take one of its stacks, as in {arrays}; by a URI as in {uris}"
            if len(shape) == 4:
                hint += ALL_STACKS
            if names is not None and any(names):
                called = ", ".join(printable(name, 40) if name else "?" for name in names)
                hint = f" of the axes ({called}){hint}"
        raise ValueError(f"a stack must have the shape (n, height, width), not {shorten(shape)}{hint}")
    n, height, width = shape
    if n == 0:
        raise ValueError("the stack holds no image")
    check_image_shape((height, width))
    return n, height, width


def check_image_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the shape of an image.

    Raises
    ------
    ValueError
        Unless it is (height, width), each at least 1.
    """
    if len(shape) != 2:
        raise ValueError(f"an image must have the shape (height, width), not {shorten(shape)}")
    height, width = shape
    if height == 0 or width == 0:
        raise ValueError(f"the images have no pixels: their height is {height}, their width {width}")
    return height, width


def describe(dtype: np.dtype[Any]) -> str:
    """Return the usual name of the dtype."""
    kinds = {
        "c": "complex",
        "O": "object",
        "S": "bytes",
        "U": "string",
        "T": "string",
        "M": "datetime",
        "m": "timedelta",
    }
    if dtype.subdtype is not None:
        return f"an array per pixel ({shorten(str(dtype))})"
    name = "structured" if dtype.names is not None else kinds.get(dtype.kind, "raw bytes")
    return f"{name} ({shorten(str(dtype))})"


def check_sizes(shape: tuple[int, int, int], itemsize: int, stored: int, limits: Limits) -> None:
    """Refuse a stack that asks for more memory or time than its file can be worth.

    Parameters
    ----------
    shape : tuple of 3 int
        (n, height, width) of what is to be read.
    itemsize : int
        Bytes per pixel.
    stored : int
        Bytes of all files that hold its pixels.
    limits : Limits

    Raises
    ------
    ValueError
        With both figures and the limit that would have to be raised.
    """
    n, height, width = shape
    refuse_above("image_bytes", height * width * 8, limits.image_bytes, f"one image of {height} x {width}")
    declared = n * height * width * itemsize
    refuse_above("stack_bytes", declared, limits.stack_bytes, f"the stack of shape {shape}")
    if limits.ratio is not None and declared > max(limits.ratio_floor, limits.ratio * stored):
        raise ValueError(
            f"the stack of shape {shape} declares {declared} bytes, more than {limits.ratio} times the "
            f"{stored} bytes of its file: raise Limits.ratio if it is to be trusted"
        )


def refuse_above(option: str, wanted: int, limit: int | None, what: str) -> None:
    if limit is not None and wanted > limit:
        raise ValueError(
            f"{what} takes {wanted} bytes, more than the limit of {limit}: raise Limits.{option} to allow it"
        )


class FillValues(dict[str, NDArray[Any]]):
    """Values that stand for no value, in the type of the pixels, by the attribute that says so."""

    def find(self, pixels: NDArray[Any]) -> dict[str, NDArray[np.bool_]]:
        """Return where pixels have such a value, by what declares it; only what is found."""
        found = {}
        for name, values in self.items():
            hit = pixels == values[0]
            for value in values[1:]:
                hit |= pixels == value
            if hit.any():
                found[f"{name} = {', '.join(str(value) for value in values.tolist())}"] = hit
        return found


def fill_values(attributes: Mapping[str, Any], dtype: np.dtype[Any], warnings: list[str]) -> FillValues:
    """Return the values that attributes declare to stand for none; what is damaged is told and ignored.

    Parameters
    ----------
    attributes : mapping of str to object
        Those of a dataset or array.
    dtype : numpy.dtype
        Type that the pixels are read as.
    warnings : list of str
        Takes a sentence on each attribute that cannot be used.
    """
    found = FillValues()
    for name in FILL_ATTRIBUTES:
        try:
            if name not in attributes:
                continue
            given = np.ravel(np.asarray(attributes[name]))
        except DAMAGED as error:
            warnings.append(f"Its attribute {name} cannot be read, and is ignored: {clip(str(error), 300)}")
            continue
        if given.dtype.kind not in "biuf" or not 0 < len(given) <= MAX_FILL_VALUES:
            warnings.append(
                f"Its attribute {name} = {shorten(given.tolist())} is no value of pixels: it is ignored."
            )
            continue
        values = _held(given, dtype)
        known = [value for each in found.values() for value in each.tolist()]
        if any(value not in known for value in values):
            found[name] = np.array(values, dtype)
    return found


def filled_pixels(declarations: Iterable[str]) -> tuple[str, ...]:
    """Tell what declares pixels invalid that were met while images were read, a sentence for each."""
    return tuple(f"Pixels that {each} declares invalid are filled." for each in sorted(declarations))


def _held(given: NDArray[Any], dtype: np.dtype[Any]) -> list[Any]:
    """The values that this type can hold; NaN is invalid without being declared."""
    kept = set()
    for value in given:
        with np.errstate(all="ignore"):
            try:
                held = np.asarray(value).astype(dtype)
            except (OverflowError, ValueError):
                continue
        # A float32 has 1e20 only nearly; an integer has -32768 or has not.
        if held == value or (dtype.kind == "f" and np.isfinite(held) and np.isfinite(value)):
            kept.add(held[()])
    return sorted(kept)
