# SPDX-License-Identifier: MIT
"""Bare pairs: one forward and one inverse real 2-D FFT of each image of a stack, in one thread.

Every library gets its best honest form: plans and buffers are made once and used again where its
interface allows that, images are transformed where they lie, the spectrum between the two may be
overwritten, the image may not.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.metadata
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from common.known_shifts import Image
from common.timing import NotMeasured, Program, optional, require

# Read when the library is first used, which is later: it is loaded by the functions below.
os.environ["MKL_NUM_THREADS"] = "1"


def buffers(image: Image) -> tuple[Image, Image]:
    """Room for the half spectrum and for the image that comes back."""
    rows, columns = image.shape
    return np.empty((rows, columns // 2 + 1), np.result_type(image.dtype, np.complex64)), np.empty_like(image)


def checked(
    name: str, images: Sequence[Image], pair: Callable[[Any], Image], given: Sequence[Any], scale: float = 1.0
) -> Program:
    """A loop over the pairs as a program, if each returns its image times the scale.

    `given` is what the pair gets of each image, in the form that costs the library least.
    """
    steps = [functools.partial(pair, each) for each in given]
    tolerance = 1e-5 if images[0].dtype == np.float32 else 1e-12
    for image, step in zip(images, steps, strict=True):
        before = image.copy()
        back = step()
        require(np.array_equal(before, image), f"{name} overwrites the image")
        require(back.dtype == image.dtype, f"{name} gives {back.dtype} for {image.dtype}")
        error = float(np.abs(back / scale - image).max() / np.abs(image).max())
        require(error < tolerance, f"{name} does not give the image back: relative error {error:.1e}")

    def run() -> None:
        for step in steps:
            step()

    return Program(name, run, len(steps))


def scipy_pair(images: Sequence[Image]) -> Program:
    """SciPy, which is pocketfft."""
    scipy_fft = optional("scipy.fft")

    def pair(image: Image) -> Image:
        spectrum = scipy_fft.rfft2(image, workers=1)
        return np.asarray(scipy_fft.irfft2(spectrum, s=image.shape, overwrite_x=True, workers=1))

    return checked("SciPy", images, pair, images)


def ducc_pair(images: Sequence[Image]) -> Program:
    """ducc0, the successor of pocketfft."""
    ducc = optional("ducc0.fft")
    spectrum, back = buffers(images[0])
    forth: dict[str, Any] = {"axes": (0, 1), "nthreads": 1, "out": spectrum}
    inverse: dict[str, Any] = {"axes": (0, 1), "nthreads": 1, "out": back, "forward": False, "inorm": 2}
    inverse |= {"lastsize": back.shape[1], "allow_overwriting_input": True}

    def pair(image: Image) -> Image:
        ducc.r2c(image, **forth)
        ducc.c2r(spectrum, **inverse)
        return back

    return checked("ducc0", images, pair, images)


def mkl_fft_pair(images: Sequence[Image]) -> Program:
    """MKL as its Python package mkl_fft calls it: axis by axis."""
    mkl_fft = optional("mkl_fft")
    spectrum, back = buffers(images[0])

    def pair(image: Image) -> Image:
        mkl_fft.rfft2(image, out=spectrum)
        mkl_fft.irfft2(spectrum, s=back.shape, out=back)
        return back

    return checked("mkl_fft", images, pair, images)


def mkl_library() -> ctypes.CDLL:
    """MKL's run-time library from the package mkl."""
    try:
        files = importlib.metadata.files("mkl") or []
    except importlib.metadata.PackageNotFoundError as error:
        raise NotMeasured("mkl is not installed") from error
    for file in files:
        if file.name.startswith("libmkl_rt.so"):
            return ctypes.CDLL(str(Path(str(file.locate())).resolve()))
    raise NotMeasured("mkl has no libmkl_rt.so")


def mkl_pair(images: Sequence[Image]) -> Program:
    """MKL itself, planned once for two dimensions: faster than through mkl_fft."""
    library = mkl_library()
    prefix = "fftwf" if images[0].dtype == np.float32 else "fftw"
    forth, inverse = (getattr(library, f"{prefix}_plan_dft_{way}_2d") for way in ("r2c", "c2r"))
    execute_forth, execute_inverse = (
        getattr(library, f"{prefix}_execute_dft_{way}") for way in ("r2c", "c2r")
    )
    forth.restype = inverse.restype = ctypes.c_void_p
    execute_forth.argtypes = execute_inverse.argtypes = [ctypes.c_void_p] * 3
    spectrum, back = buffers(images[0])
    shape = [ctypes.c_int(n) for n in back.shape]
    image, middle, end = (array.ctypes.data for array in (images[0].copy(), spectrum, back))
    preserve_input = 1 << 4
    there = forth(*shape, ctypes.c_void_p(image), ctypes.c_void_p(middle), preserve_input)
    return_ = inverse(*shape, ctypes.c_void_p(middle), ctypes.c_void_p(end), 0)
    if not there or not return_:
        raise NotMeasured(f"MKL makes no plan for {back.dtype} {back.shape}")

    def pair(address: int) -> Image:
        execute_forth(there, address, middle)
        execute_inverse(return_, middle, end)
        return back

    # `images` and the spectrum have to live as long as the addresses are used.
    addresses = [each.ctypes.data for each in images]
    program = checked("MKL", images, pair, addresses, back.size)
    return replace(program, keeps=(images, spectrum))


def fftw_pair(images: Sequence[Image]) -> Program:
    """FFTW with FFTW_MEASURE, planned once; aligned buffers are used again."""
    pyfftw = optional("pyfftw")
    given = pyfftw.empty_aligned(images[0].shape, images[0].dtype)
    spectrum, back = (pyfftw.empty_aligned(each.shape, each.dtype) for each in buffers(given))
    measured: dict[str, Any] = {"axes": (0, 1), "threads": 1}
    # A plan for aligned images is no plan for others, of sizes that are no multiple of a vector.
    aligned = all(pyfftw.is_byte_aligned(image) for image in images)
    flags = ("FFTW_MEASURE",) if aligned else ("FFTW_MEASURE", "FFTW_UNALIGNED")
    forth = pyfftw.FFTW(given, spectrum, flags=flags, **measured)
    inverse = pyfftw.FFTW(
        spectrum,
        back,
        direction="FFTW_BACKWARD",
        flags=("FFTW_MEASURE", "FFTW_DESTROY_INPUT"),
        **measured,
    )

    def pair(image: Image) -> Image:
        forth.update_arrays(image, spectrum)
        forth.execute()
        inverse.execute()
        return np.asarray(back)

    return checked("FFTW", images, pair, images, back.size)


PAIRS: dict[str, Callable[[Sequence[Image]], Program]] = {
    "SciPy": scipy_pair,
    "ducc0": ducc_pair,
    "MKL": mkl_pair,
    "mkl_fft": mkl_fft_pair,
    "FFTW": fftw_pair,
}
