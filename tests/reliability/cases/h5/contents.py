# SPDX-License-Identifier: MIT
"""HDF5 datasets that hold no image stack, lead nowhere, or were never written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...outcomes import BAD_LAST, FOUR, NOT_BEST, OTHERS_IN_ORDER, error
from ...support import excellent
from ...uris import bad_uri, beside, write
from .layouts import H5_REFUSED, h5, virtual


def spoilt(fill: Callable[[Any, Path], Any], dataset: str = "/entry/stk_bad") -> Callable[[Path], Any]:
    """A file b.h5 that `fill` writes, beside the good ones."""

    def build(folder: Path) -> Any:
        import h5py

        with h5py.File(folder / "b.h5", "w") as handle:
            handle.create_group("entry")
            fill(handle, folder)
        return bad_uri(folder, dataset)

    return build


def holding(**options: Any) -> Callable[[Path], Any]:
    """A dataset created with these options."""
    return spoilt(lambda handle, _: handle.create_dataset("/entry/stk_bad", **options))


h5.add("missing_dataset", "no such dataset", spoilt(lambda handle, _: None, "/entry/missing"),
       error(KeyError, ValueError, OSError, naming=["stk_bad", "b.h5", "/entry/missing"]))  # fmt: skip
h5.add("missing_group", "no such group", spoilt(lambda handle, _: None, "/nogroup/missing"),
       error(KeyError, ValueError, OSError, naming=["stk_bad", "b.h5", "/nogroup/missing"]))  # fmt: skip
h5.add("group", "a group", spoilt(lambda handle, _: handle.create_group("/entry/stk_bad")), H5_REFUSED)
for name, shape in {
    "shape_1d": (40,),
    "shape_2d": (32, 40),
    "shape_4d": (4, 32, 40, 3),
    "shape_n0": (0, 32, 40),
    "shape_32d": (1,) * 32,
}.items():
    h5.add(
        name, f"{len(shape)} dimensions, {np.prod(shape)} values", holding(data=np.ones(shape)), H5_REFUSED
    )

h5.add(
    "dtype_compound", "compound", holding(data=np.zeros((4, 32, 40), [("x", "f8"), ("y", "f8")])), H5_REFUSED
)
h5.add("dtype_complex", "complex", holding(data=excellent() * (1 + 1j)), H5_REFUSED)
h5.add("dtype_fixed_str", "fixed strings", holding(data=np.full((4, 8, 8), b"text", "S4")), H5_REFUSED)
h5.add(
    "dtype_array_elem",
    "elements are arrays",
    holding(shape=(4, 32, 40), dtype="(3,)f8", fillvalue=None),
    H5_REFUSED,
)


def special(make: Callable[[Any], Any]) -> Callable[[Path], Any]:
    """A dataset of a type that h5py has a name for."""

    def fill(handle: Any, _: Path) -> None:
        import h5py

        dataset = handle.create_dataset("/entry/stk_bad", (4, 8, 8), make(h5py))
        if dataset.dtype.metadata and "vlen" in dataset.dtype.metadata:
            dataset[...] = "text"

    return spoilt(fill)


h5.add("dtype_vlen_str", "strings of variable length", special(lambda h: h.string_dtype()), H5_REFUSED)
h5.add("dtype_reference", "object references", special(lambda h: h.ref_dtype), H5_REFUSED)
h5.add("dtype_regionref", "region references", special(lambda h: h.regionref_dtype), H5_REFUSED)
h5.add(
    "dtype_datetime", "opaque datetime64", special(lambda h: h.opaque_dtype(np.dtype("M8[s]"))), H5_REFUSED
)

h5.add(
    "unallocated_nan",
    "no chunk written, fill value NaN",
    holding(shape=(4, 32, 40), dtype="f8", chunks=(1, 32, 40), fillvalue=np.nan),
    H5_REFUSED,
    BAD_LAST,
)
h5.add(
    "unallocated_prime_fill",
    "no chunk written, fill value 0.1, 37 x 41",
    holding(shape=(4, 37, 41), dtype="f8", chunks=(1, 37, 41), fillvalue=0.1),
    H5_REFUSED,
    BAD_LAST,
)

ALL = (0, 1, 2, 3)


def incomplete(missing: tuple[int, ...], fill: float | None = None) -> Callable[[Path], Any]:
    return lambda folder: beside(folder, virtual(folder, "stk_bad", excellent(), missing, fill))


h5.add("virtual_all_missing", "no source of a virtual dataset exists", incomplete(ALL), H5_REFUSED, BAD_LAST)
h5.add("virtual_all_missing_nan", "the same, fill value NaN", incomplete(ALL, np.nan), H5_REFUSED, BAD_LAST)
h5.add(
    "virtual_one_missing", "the source of the third image is missing", incomplete((2,)), H5_REFUSED, NOT_BEST
)


@h5.case("virtual_self", "a virtual dataset that maps onto itself", H5_REFUSED, FOUR)
def _(folder: Path) -> Any:
    import h5py

    layout = h5py.VirtualLayout((4, 32, 40), "f8")
    layout[...] = h5py.VirtualSource(".", "/entry/stk_bad", (4, 32, 40))
    with h5py.File(folder / "b.h5", "w") as handle:
        handle.create_virtual_dataset("/entry/stk_bad", layout)
    return bad_uri(folder)


def link(make: Callable[[Any], Any]) -> Callable[[Path], Any]:
    def fill(handle: Any, _: Path) -> None:
        import h5py

        handle["/entry/stk_bad"] = make(h5py)

    return spoilt(fill)


h5.add(
    "external_link_dangling", "a link to no file", link(lambda h: h.ExternalLink("none.h5", "/x")), H5_REFUSED
)
h5.add("soft_link_dangling", "a soft link to nothing", link(lambda h: h.SoftLink("/entry/none")), H5_REFUSED)
h5.add("soft_link_loop", "a soft link to itself", link(lambda h: h.SoftLink("/entry/stk_bad")), H5_REFUSED)


@h5.case(
    "external_storage_short",
    "a raw external file shorter than declared",
    H5_REFUSED,
    BAD_LAST,
    OTHERS_IN_ORDER,
)
def _(folder: Path) -> Any:
    import h5py

    raw = folder / "pixels.raw"
    stack = excellent()
    with h5py.File(folder / "b.h5", "w") as handle:
        storage = [(str(raw), 0, stack.nbytes)]
        handle.create_dataset("/entry/stk_bad", stack.shape, stack.dtype, external=storage)[...] = stack
    os.truncate(raw, stack.nbytes // 3)
    return bad_uri(folder)


# What is no HDF5 file at all.


@h5.case(
    "missing_file",
    "no such file: the class of the error says so",
    error(FileNotFoundError, naming=["stk_bad", "nosuch.h5"]),
)
def _(folder: Path) -> Any:
    return bad_uri(folder, file="nosuch.h5")


@h5.case(
    "symlink_loop",
    "a symbolic link to itself",
    error(OSError, ValueError, KeyError, naming=["stk_bad", "loop.h5"]),
)
def _(folder: Path) -> Any:
    (folder / "loop.h5").symlink_to("loop.h5")
    return bad_uri(folder, file="loop.h5")


def content(data: bytes) -> Callable[[Path], Any]:
    def build(folder: Path) -> Any:
        (folder / "b.h5").write_bytes(data)
        return bad_uri(folder)

    return build


h5.add("text_file", "a text file", content(b"no HDF5 here\n" * 500), H5_REFUSED)
h5.add("tiff_named_h5", "a TIFF file", content(b"II*\0\x08\0\0\0" + bytes(5000)), H5_REFUSED)


def truncated(keep: float) -> Callable[[Path], Any]:
    def build(folder: Path) -> Any:
        write(folder / "b.h5", {"stk_bad": excellent()})
        file = folder / "b.h5"
        os.truncate(file, int(keep) if keep >= 1 else int(file.stat().st_size * keep))
        return bad_uri(folder)

    return build


h5.add("truncated_90", "cut at 90 percent", truncated(0.9), H5_REFUSED)
h5.add("truncated_header", "cut inside the superblock", truncated(20), H5_REFUSED)
