# SPDX-License-Identifier: MIT
"""Whole scores and registrations of peers as programs: a loop over a stack, each in one thread.

Where a peer can keep what it knows of the reference image, it is given that; scikit-image and
OpenCV can not, and transform both images in every call. Those that compare image by image get only
the first images of a stack: they take long enough.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from common.known_shifts import Image, numpy_correlogram, way_back
from common.timing import Program, optional, require

from .cases import Case
from .rankings import FEWER_IMAGES


def tolerance_for(image: Image) -> float:
    return 1e-4 if image.dtype == np.float32 else 1e-9


def share(case: Case, compared: int) -> float:
    """Images of a stack that so many comparisons stand for: all but the reference are compared."""
    return compared * case.images / (case.images - 1)


def numpy_score(case: Case) -> Program:
    """The few lines of numpy that one would write, in the precision of the images."""
    reference, *others = case.stack()[:FEWER_IMAGES]

    def run() -> list[tuple[float, float, int]]:
        spectrum = np.fft.rfft2(reference)
        found = []
        for image in others:
            r = numpy_correlogram(spectrum, image)
            found.append((float(r.max()), float(r.mean()), int(r.argmax())))
        return found

    for answer, (peak, mean, place) in zip(case.answers()[: len(others)], run(), strict=True):
        row, column = divmod(place, case.columns)
        back = tuple(step % length for step, length in zip(answer.shift, reference.shape, strict=True))
        require((row, column) == back, "shift of numpy")
        require(abs(peak - answer.peak) < tolerance_for(reference), "peak of numpy")
        require(abs(mean - answer.mean) < tolerance_for(reference) * answer.mean, "mean of numpy")
    return Program("numpy", run, share(case, len(others)))


def scikit_image(case: Case) -> Program:
    """`phase_cross_correlation` for whole pixels."""
    phase_cross_correlation = optional("skimage.registration").phase_cross_correlation
    reference, *others = case.stack()[:FEWER_IMAGES]

    def run() -> list[Any]:
        return [phase_cross_correlation(reference, image, normalization="phase") for image in others]

    back = way_back(reference.shape)
    require(all(tuple(found[0]) == back for found in run()), "shifts of scikit-image")
    return Program("scikit-image", run, share(case, len(others)))


def opencv(case: Case) -> Program:
    """`cv2.phaseCorrelate`, which takes float32 and float64."""
    cv2 = optional("cv2")
    cv2.setNumThreads(1)
    reference, *others = case.stack()[:FEWER_IMAGES]

    def run() -> list[Any]:
        return [cv2.phaseCorrelate(reference, image) for image in others]

    back = way_back(reference.shape)
    for (columns, rows), _ in run():
        require(abs(rows + back[0]) < 0.5 and abs(columns + back[1]) < 0.5, f"OpenCV finds {rows}, {columns}")
    return Program("OpenCV", run, share(case, len(others)))


def ewoksndreg_score(stack: Image) -> float:
    """What ewoksndreg documents to compute for a stack and its first image, in float64."""
    first = None
    total = 0.0
    for image in stack:
        pixels = image.astype(np.float64)
        spectrum = np.fft.fft2((pixels - pixels.min()) / (pixels.max() - pixels.min()))
        first = spectrum if first is None else first
        product = first * spectrum.conj()
        r = np.abs(np.fft.ifft2(product / np.abs(product)))
        total += r.mean() - r.max()
    return float(total / len(stack))


def ewoksndreg(case: Case) -> Program:
    """ewoksndreg's own function on the whole stack."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its dependencies
        peak_eval = optional("ewoksndreg.evaluation.eval_metrics").peak_eval
    stack = case.stack()
    expected = ewoksndreg_score(stack)
    found = peak_eval(stack, 0)
    require(abs(found - expected) < tolerance_for(stack), f"score of ewoksndreg: {found}, not {expected}")
    return Program("ewoksndreg", lambda: peak_eval(stack, 0), case.images)


SCORES: dict[str, Callable[[Case], Program]] = {
    "numpy": numpy_score,
    "OpenCV": opencv,
    "scikit-image": scikit_image,
    "ewoksndreg": ewoksndreg,
}

DISTRIBUTIONS = (
    "numpy",
    "scipy",
    "ducc0",
    "mkl",
    "mkl_fft",
    "pyFFTW",
    "opencv-python-headless",
    "opencv-python",
    "scikit-image",
    "ewoksndreg",
)
"""Packages whose versions belong to the figures."""
