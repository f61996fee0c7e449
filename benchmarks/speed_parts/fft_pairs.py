# SPDX-License-Identifier: MIT
"""Bare pairs: one forward and one inverse real 2-D FFT of an image and nothing else, in one thread.

Every library gets its best honest form: plans and buffers are made once and used again where its
interface allows that, the spectrum between the two may be overwritten, the image may not.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.metadata
import os
from collections.abc import Callable
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


def checked(name: str, image: Image, run: Callable[[], Image], scale: float = 1.0) -> Program:
    """The pair as a program, if it returns the image times the scale."""
    before = image.copy()
    back = np.asarray(run())
    tolerance = 1e-5 if image.dtype == np.float32 else 1e-12
    require(np.array_equal(before, image), f"{name} overwrites the image")
    require(back.dtype == image.dtype, f"{name} gives {back.dtype} for {image.dtype}")
    error = float(np.abs(back / scale - image).max() / np.abs(image).max())
    require(error < tolerance, f"{name} does not give the image back: relative error {error:.1e}")
    return Program(name, run)


def scipy_pair(image: Image) -> Program:
    """SciPy, which is pocketfft."""
    scipy_fft = optional("scipy.fft")

    def run() -> Image:
        spectrum = scipy_fft.rfft2(image, workers=1)
        return np.asarray(scipy_fft.irfft2(spectrum, s=image.shape, overwrite_x=True, workers=1))

    return checked("SciPy", image, run)


def ducc_pair(image: Image) -> Program:
    """ducc0, the successor of pocketfft."""
    ducc = optional("ducc0.fft")
    spectrum, back = buffers(image)
    forth: dict[str, Any] = {"axes": (0, 1), "nthreads": 1, "out": spectrum}
    inverse: dict[str, Any] = {"axes": (0, 1), "nthreads": 1, "out": back, "forward": False, "inorm": 2}
    inverse |= {"lastsize": image.shape[1], "allow_overwriting_input": True}

    def run() -> Image:
        ducc.r2c(image, **forth)
        ducc.c2r(spectrum, **inverse)
        return back

    return checked("ducc0", image, run)


def mkl_fft_pair(image: Image) -> Program:
    """MKL as its Python package mkl_fft calls it: axis by axis."""
    mkl_fft = optional("mkl_fft")
    spectrum, back = buffers(image)

    def run() -> Image:
        mkl_fft.rfft2(image, out=spectrum)
        mkl_fft.irfft2(spectrum, s=image.shape, out=back)
        return back

    return checked("mkl_fft", image, run)


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


def mkl_pair(image: Image) -> Program:
    """MKL itself, planned once for two dimensions: faster than through mkl_fft."""
    library = mkl_library()
    prefix = "fftwf" if image.dtype == np.float32 else "fftw"
    forth, inverse = (getattr(library, f"{prefix}_plan_dft_{way}_2d") for way in ("r2c", "c2r"))
    execute = getattr(library, f"{prefix}_execute")
    forth.restype = inverse.restype = ctypes.c_void_p
    execute.argtypes = [ctypes.c_void_p]
    arrays = (image.copy(), *buffers(image))
    shape = [ctypes.c_int(n) for n in image.shape]
    address = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
    preserve_input = 1 << 4
    there = forth(*shape, address[0], address[1], preserve_input)
    return_ = inverse(*shape, address[1], address[2], 0)
    if not there or not return_:
        raise NotMeasured(f"MKL makes no plan for {image.dtype} {image.shape}")

    def run() -> Image:
        execute(there)
        execute(return_)
        return arrays[2]  # all three have to live as long as the plans

    return checked("MKL", arrays[0], run, image.size)


def fftw_pair(image: Image) -> Program:
    """FFTW with FFTW_MEASURE, planned once; aligned buffers are used again."""
    pyfftw = optional("pyfftw")
    given, (spectrum, back) = pyfftw.empty_aligned(image.shape, image.dtype), buffers(image)
    spectrum, back = (pyfftw.empty_aligned(each.shape, each.dtype) for each in (spectrum, back))
    measured: dict[str, Any] = {"axes": (0, 1), "threads": 1}
    forth = pyfftw.FFTW(given, spectrum, flags=("FFTW_MEASURE",), **measured)
    inverse = pyfftw.FFTW(
        spectrum,
        back,
        direction="FFTW_BACKWARD",
        flags=("FFTW_MEASURE", "FFTW_DESTROY_INPUT"),
        **measured,
    )
    given[:] = image  # planning has overwritten it

    def run() -> Image:
        forth.execute()
        inverse.execute()
        return np.asarray(back)

    return checked("FFTW", given, run, image.size)


PAIRS: dict[str, Callable[[Image], Program]] = {
    "SciPy": scipy_pair,
    "ducc0": ducc_pair,
    "MKL": mkl_pair,
    "mkl_fft": mkl_fft_pair,
    "FFTW": fftw_pair,
}
