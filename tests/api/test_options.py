# SPDX-License-Identifier: MIT
from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from ndreg_preeval.methods import METHODS, Method
from ndreg_preeval.options import Limits, Options, make_options


def test_defaults() -> None:
    options = make_options()
    assert options == Options()
    assert options.method is METHODS["evidence"]
    assert options.limits == Limits()
    assert Limits().image_bytes == 1 << 30


@pytest.mark.parametrize(
    ("argument", "value", "error"),
    [
        ("reference_image", 1.0, TypeError),
        ("reference_image", True, TypeError),
        ("reference_image", np.zeros(1, int), TypeError),
        ("pairing", "next", ValueError),
        ("pairing", None, TypeError),
        ("precision", "half", ValueError),
        ("window", "hamming", ValueError),
        ("cutoff", -1, ValueError),
        ("cutoff", float("inf"), ValueError),
        ("max_shift", -0.5, ValueError),
        ("max_shift", float("nan"), ValueError),
        ("max_shift", "3", TypeError),
        ("invalid", "drop", ValueError),
        ("mask", np.ones((2, 2)), TypeError),
        ("mask", np.ones(2, bool), ValueError),
        ("mask", [[True], [True, False]], ValueError),
        ("num_threads", 0, ValueError),
        ("num_threads", 1.5, TypeError),
        ("num_threads", True, TypeError),
        ("cutoff", 7, ValueError),
        ("cutoff", 0.7072, ValueError),
        ("memory_limit", 0, ValueError),
        ("memory_limit", 1, ValueError),
        ("memory_limit", 1023, ValueError),
        ("memory_limit", "1G", TypeError),
        ("limits", {}, TypeError),
    ],
)
def test_bad_options_are_named(argument: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"{argument} must "):
        make_options(**{argument: value})


def test_unknown_option() -> None:
    with pytest.raises(TypeError, match="no option 'treads'"):
        make_options(treads=1)


def test_numpy_numbers_become_python_numbers() -> None:
    options = make_options(
        reference_image=np.int8(-1), cutoff=np.float32(0.25), max_shift=np.int64(3), num_threads=10**30
    )
    assert type(options.reference_image) is int
    assert type(options.cutoff) is float
    assert options.max_shift == 3.0
    assert options.num_threads is not None
    assert options.num_threads < 10**6


def test_mask_is_a_private_copy() -> None:
    mask = np.ones((3, 4), dtype=bool)
    options = make_options(mask=mask)
    mask[:] = False
    assert options.mask is not None
    assert options.mask.all()
    assert not options.mask.flags.writeable
    assert pickle.loads(pickle.dumps(options)) == options
    assert options != make_options(mask=mask)
    assert options != make_options()


def test_reference_index() -> None:
    assert make_options(reference_image=-1).reference_index(4) == 3
    with pytest.raises(ValueError, match=r"reference_image=4 is outside the 4 images.*-4 to 3"):
        make_options(reference_image=4).reference_index(4)


def test_one_correlogram_has_one_filter() -> None:
    method = Method("peak_to_mean", "mean", window="hann", cutoff=0.2)
    assert make_options(method=method, cutoff=0.2).cutoff == 0.2
    with pytest.raises(ValueError, match=r"cutoff=0\.3 contradicts cutoff=0\.2 of the method"):
        make_options(method=method, cutoff=0.3)


@pytest.mark.parametrize(("value", "error"), [(-1, ValueError), (1.5, TypeError), (True, TypeError)])
def test_bad_limits_are_named(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"limits\.chunk_bytes must"):
        Limits(chunk_bytes=value)


def test_limits_can_be_lifted() -> None:
    assert Limits(image_bytes=None).image_bytes is None
    with pytest.raises(TypeError, match="ratio_floor"):
        Limits(ratio_floor=None)  # type: ignore[arg-type]
