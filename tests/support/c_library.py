# SPDX-License-Identifier: MIT
"""The C interface through ctypes: a shared library made of the static one that came with the package."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_uint32,
    c_uint64,
    c_void_p,
)
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ndreg_preeval
from ndreg_preeval import _core

COMPILER = next(
    (name for name in (os.environ.get("CXX", ""), "c++", "g++", "clang++") if name and shutil.which(name)), ""
)
PIXEL_TYPES = {
    code: number
    for number, code in enumerate(["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4"])
} | {"f8": 11, f"f{np.dtype('g').itemsize}": 12}


class Image(Structure):
    _fields_ = (
        ("struct_size", c_uint64),
        ("data", c_void_p),
        ("height", c_int64),
        ("width", c_int64),
        ("row_stride", c_int64),
        ("column_stride", c_int64),
        ("mask", c_void_p),
        ("mask_row_stride", c_int64),
        ("mask_column_stride", c_int64),
        ("type", c_int32),
        ("swapped", c_int32),
    )


ShouldStop = ctypes.CFUNCTYPE(c_int32, c_void_p)
Progress = ctypes.CFUNCTYPE(None, c_int64, c_int64, c_void_p)


class Run(Structure):
    _fields_ = (
        ("struct_size", c_uint64),
        ("num_threads", c_int32),
        ("has_first_index", c_int32),
        ("should_stop", ShouldStop),
        ("progress", Progress),
        ("user", c_void_p),
        ("first_index", c_int64),
    )


class Stack(Structure):
    _fields_ = (
        ("struct_size", c_uint64),
        ("name", c_char_p),
        ("images", POINTER(Image)),
        ("count", c_int64),
    )


class Summary(Structure):
    _fields_ = (
        ("score", c_double),
        ("trust", c_double),
        ("count", c_int64),
        ("reference_invalid_pixels", c_int64),
        ("reference_flags", c_uint32),
        ("has_evidence", c_int32),
        ("judged", c_int64),
    )


def static_library() -> Path | None:
    """Where the package keeps it; None in builds that are not pip's."""
    try:
        file = Path(ndreg_preeval.get_cmake_dir()).parents[1] / "libndreg_preeval.a"
    except FileNotFoundError:
        return None
    return file if file.is_file() else None


def link(archive: Path, folder: Path) -> Path:
    """Make a shared library of a static one, as docs/c_api.md says."""
    made = folder / "libndreg_preeval.so"
    words = [
        COMPILER,
        "-shared",
        "-o",
        made,
        "-Wl,--whole-archive",
        archive,
        "-Wl,--no-whole-archive",
        "-pthread",
    ]
    if _core.build_config()["threads"] == "openmp":
        words.append("-fopenmp")
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return made


def views(images: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> ctypes.Array[Image]:
    """Describe the images of a stack (n, h, w) where they lie; the arrays must outlive them."""
    dtype = images.dtype
    described = (Image * len(images))()
    for view, image in zip(described, images, strict=True):
        view.struct_size = ctypes.sizeof(Image)
        view.data = image.__array_interface__["data"][0]
        view.height, view.width = image.shape
        view.row_stride, view.column_stride = image.strides
        view.type = PIXEL_TYPES[dtype.kind + str(dtype.itemsize)]
        view.swapped = int(dtype.newbyteorder("=") != dtype)
        if mask is not None:
            view.mask = mask.__array_interface__["data"][0]
            view.mask_row_stride, view.mask_column_stride = mask.strides
    return described


class CLibrary:
    """What the tests need of it; errors are `CError`."""

    def __init__(self, file: Path) -> None:
        self.lib = ctypes.CDLL(str(file))
        for name in ("version", "last_error", "method_name", "option_name", "status_text"):
            getattr(self.lib, f"ndreg_preeval_{name}").restype = c_char_p
        for name in ("method_name", "option_name"):
            getattr(self.lib, f"ndreg_preeval_{name}").argtypes = [c_int64]
        for name in ("method", "scorer", "stack_scorer", "stack_score", "ranking"):
            getattr(self.lib, f"ndreg_preeval_{name}_destroy").argtypes = [c_void_p]
            getattr(self.lib, f"ndreg_preeval_{name}_destroy").restype = None

    def call(self, name: str, *arguments: Any) -> None:
        status = getattr(self.lib, f"ndreg_preeval_{name}")(*arguments)
        if status:
            raise CError(status, self.lib.ndreg_preeval_last_error().decode())

    def names(self, what: str) -> list[str]:
        found: list[str] = []
        while name := getattr(self.lib, f"ndreg_preeval_{what}_name")(len(found)):
            found.append(name.decode())
        return found

    def method(self, name: str, **options: str | float) -> Handle:
        made = c_void_p()
        self.call("method_create", name.encode(), byref(made))
        handle = Handle(self, "method", made)
        for option, value in options.items():
            if isinstance(value, str):
                self.call("method_set_text", made, option.encode(), value.encode())
            else:
                self.call("method_set_number", made, option.encode(), c_double(value))
        return handle

    def scorer(self, reference: ctypes.Array[Image], method: Handle | None = None) -> Handle:
        made = c_void_p()
        self.call("scorer_create", byref(reference[0]), method and method.value, None, byref(made))
        return Handle(self, "scorer", made)

    def score(
        self,
        scorer: Handle,
        images: ctypes.Array[Image],
        run: Run | None = None,
        *,
        consecutive: bool = False,
    ) -> NDArray[np.void]:
        out = np.zeros(len(images) - consecutive, _core.PAIR_SCORE)
        name = "scorer_score_consecutive" if consecutive else "scorer_score"
        self.call(
            name,
            scorer.value,
            images,
            c_int64(len(images)),
            None if run is None else byref(run),
            out.ctypes.data_as(c_void_p),
            c_uint64(out.itemsize),
        )
        return out

    def rank(
        self,
        stacks: dict[str, ctypes.Array[Image]],
        method: Handle | None,
        pairing: int = 0,
        reference: int = 0,
    ) -> tuple[list[str], dict[str, Summary]]:
        """Names, best first, and what is known of each stack."""
        given = (Stack * len(stacks))()
        for stack, (name, images) in zip(given, stacks.items(), strict=True):
            stack.struct_size = ctypes.sizeof(Stack)
            stack.name, stack.images, stack.count = name.encode(), images, len(images)
        made = c_void_p()
        self.call(
            "rank_stacks",
            given,
            c_int64(len(given)),
            method and method.value,
            c_int32(pairing),
            c_int64(reference),
            None,
            byref(made),
        )
        ranking = Handle(self, "ranking", made)
        order = (c_int64 * len(given))()
        self.call("ranking_order", ranking.value, order, c_int64(len(order)))
        summaries = {}
        for index, name in enumerate(stacks):
            score, summaries[name] = c_void_p(), Summary()
            self.call("ranking_stack", ranking.value, c_int64(index), byref(score))
            self.call("stack_score_summary", score, byref(summaries[name]), c_uint64(ctypes.sizeof(Summary)))
        return [list(stacks)[place] for place in order], summaries


class Handle:
    """Destroyed with the object."""

    def __init__(self, library: CLibrary, kind: str, value: c_void_p) -> None:
        self.value = value
        self._destroy = getattr(library.lib, f"ndreg_preeval_{kind}_destroy")

    def __del__(self) -> None:
        self._destroy(self.value)


class CError(Exception):
    @property
    def status(self) -> int:
        return int(self.args[0])
