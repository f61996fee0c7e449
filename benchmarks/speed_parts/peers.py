# SPDX-License-Identifier: MIT
"""Whole scores and registrations of peers as programs, each in one thread.

Where a peer can keep what it knows of the reference image, it is given that; scikit-image and
OpenCV can not, and transform both images in every call.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from common.known_shifts import Image, numpy_correlogram, plain_answer, way_back
from common.timing import NotMeasured, Program, optional, require


def tolerance_for(image: Image) -> float:
    return 1e-4 if image.dtype == np.float32 else 1e-9


def numpy_score(reference: Image, image: Image) -> Program:
    """The few lines of numpy that one would write, in the precision of the image."""
    spectrum = np.fft.rfft2(reference)

    def run() -> tuple[float, float, int]:
        r = numpy_correlogram(spectrum, image)
        return float(r.max()), float(r.mean()), int(r.argmax())

    answer = plain_answer(reference, image)
    peak, mean, place = run()
    row, column = divmod(place, image.shape[1])
    back = tuple(step % length for step, length in zip(answer.shift, image.shape, strict=True))
    require((row, column) == back, "shift of numpy")
    require(abs(peak - answer.peak) < tolerance_for(image), "peak of numpy")
    require(abs(mean - answer.mean) < tolerance_for(image) * answer.mean, "mean of numpy")
    return Program("numpy", run)


def scikit_image(reference: Image, image: Image) -> Program:
    """`phase_cross_correlation` for whole pixels."""
    phase_cross_correlation = optional("skimage.registration").phase_cross_correlation

    def run() -> Any:
        return phase_cross_correlation(reference, image, normalization="phase")

    require(tuple(run()[0]) == way_back(image.shape), "shift of scikit-image")
    return Program("scikit-image", run)


def opencv(reference: Image, image: Image) -> Program:
    """`cv2.phaseCorrelate`, which takes float32 and float64."""
    cv2 = optional("cv2")
    cv2.setNumThreads(1)

    def run() -> Any:
        return cv2.phaseCorrelate(reference, image)

    (columns, rows), _ = run()
    back = way_back(image.shape)
    require(abs(rows + back[0]) < 0.5 and abs(columns + back[1]) < 0.5, f"OpenCV finds {rows}, {columns}")
    return Program("OpenCV", run)


def ewoksndreg_score(stack: Image) -> float:
    """What ewoksndreg documents to compute for a stack and its first image, in float64."""
    spectra = [np.fft.fft2((each - each.min()) / (each.max() - each.min())) for each in stack.astype(float)]
    total = 0.0
    for spectrum in spectra:
        product = spectra[0] * spectrum.conj()
        r = np.abs(np.fft.ifft2(product / np.abs(product)))
        total += r.mean() - r.max()
    return float(total / len(spectra))


def ewoksndreg(reference: Image, image: Image) -> Program:
    """ewoksndreg's own function on a stack of three images.

    It makes 2 x 3 + 1 transforms (the first image once more, as the reference), of which two are
    the share of one image.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its dependencies
        peak_eval = optional("ewoksndreg.evaluation.eval_metrics").peak_eval
    stack = np.stack([reference, image, image])
    expected = ewoksndreg_score(stack)
    found = peak_eval(stack, 0)
    require(abs(found - expected) < tolerance_for(image), f"score of ewoksndreg: {found}, not {expected}")
    return Program("ewoksndreg", lambda: peak_eval(stack, 0), (2 * len(stack) + 1) / 2)


def ewoksndreg_double(reference: Image, image: Image) -> Program:
    """The same for float64 copies of float32 images."""
    if image.dtype == np.float64:
        raise NotMeasured("the same as ewoksndreg")
    program = ewoksndreg(reference.astype(np.float64), image.astype(np.float64))
    return Program("ewoksndreg in float64", program.run, program.images)


SCORES: dict[str, Callable[[Image, Image], Program]] = {
    "numpy": numpy_score,
    "OpenCV": opencv,
    "scikit-image": scikit_image,
    "ewoksndreg": ewoksndreg,
    "ewoksndreg in float64": ewoksndreg_double,
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
