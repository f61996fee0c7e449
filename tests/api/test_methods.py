# SPDX-License-Identifier: MIT
from __future__ import annotations

import dataclasses
import pickle

import pytest

from ndreg_preeval.methods import DEFAULT_METHOD, METHODS, Method, resolve_method


def test_named_methods() -> None:
    assert METHODS["evidence"] == Method(cutoff=0.25, ignore_hot_pixel=True, name="evidence")
    assert METHODS["evidence"].aggregation == "every_image"
    assert METHODS["plain"] == dataclasses.replace(METHODS["evidence"], normalization=None, name="plain")
    assert METHODS["robust"] == Method(
        "confirmation", "harmonic_mean", "hann", 0.15, ignore_hot_pixel=True, name="robust"
    )
    assert METHODS["peak_to_mean"] == Method("peak_to_mean", "mean", name="peak_to_mean")
    assert METHODS["ewoksndreg"] == Method(
        "peak_minus_mean", "mean", include_reference=True, name="ewoksndreg"
    )
    assert list(METHODS) == ["evidence", "plain", "robust", "peak_to_mean", "ewoksndreg"]
    assert DEFAULT_METHOD == "evidence"
    assert all(name == method.name for name, method in METHODS.items())


def test_frozen_and_picklable() -> None:
    method = Method("peak_to_mean", "median", "hann", 0.2, name="mine")
    assert pickle.loads(pickle.dumps(method)) == method
    with pytest.raises(dataclasses.FrozenInstanceError):
        method.cutoff = 1.0  # type: ignore[misc]


def test_resolve() -> None:
    mine = Method()
    assert resolve_method(mine) is mine
    assert resolve_method("robust") is METHODS["robust"]
    with pytest.raises(ValueError, match=r"method must be one of 'evidence', 'plain', 'robust'.*not 'best'"):
        resolve_method("best")
    with pytest.raises(TypeError, match="method must be a name or a Method, not int"):
        resolve_method(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("argument", "value", "error"),
    [
        ("statistic", "ratio", ValueError),
        ("statistic", None, TypeError),
        ("aggregation", "sum", ValueError),
        ("window", "hamming", ValueError),
        ("window", 1, TypeError),
        ("normalization", "none", ValueError),
        ("normalization", False, TypeError),
        ("cutoff", 0, ValueError),
        ("cutoff", float("nan"), ValueError),
        ("cutoff", "0.1", TypeError),
        ("cutoff", True, TypeError),
        ("include_reference", 1, TypeError),
        ("ignore_hot_pixel", 1, TypeError),
        ("window_from", 7, ValueError),
        ("window_from", 2**31, ValueError),
        ("window_from", 16.0, TypeError),
        ("window_from", True, TypeError),
        ("name", b"x", TypeError),
    ],
)
def test_bad_parameters_are_named(argument: str, value: object, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"method\.{argument} must be"):
        Method(**{argument: value})  # type: ignore[arg-type]


def test_messages_stay_short() -> None:
    with pytest.raises(ValueError, match="method must be") as caught:
        resolve_method("x" * 1_000_000)
    assert len(str(caught.value)) < 1000
