# SPDX-License-Identifier: MIT
"""What the compiled core refuses, with which class and which words; nothing is ever changed."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import _core
from tests.support.agreement import aggregate, bits
from tests.support.oracle import Floats


def stack(n: int = 3) -> Floats:
    return np.random.default_rng(0).normal(size=(n, 6, 7))


BAD_DTYPES: dict[str, Any] = {
    "complex": np.zeros((6, 7), complex),
    "object": np.zeros((6, 7), object),
    "text": np.full((6, 7), "a"),
    "bytes": np.full((6, 7), b"a"),
    "datetime": np.zeros((6, 7), "M8[s]"),
    "timedelta": np.zeros((6, 7), "m8[s]"),
    "structured": np.zeros((6, 7), [("a", "f8")]),
    "void": np.zeros((6, 7), "V4"),
}
BAD_SHAPES = [(), (7,), (6, 7, 3), (1, 1, 6, 7), (0, 7), (6, 0), (0, 0)]


@pytest.mark.parametrize("image", BAD_DTYPES.values(), ids=BAD_DTYPES)
def test_dtypes_that_are_no_pixels(image: Any) -> None:
    scorer = _core.Scorer(stack()[0])
    for call in (
        lambda: _core.Scorer(image),
        lambda: scorer.score(image[None]),
        lambda: scorer.score([stack()[1], image]),
        lambda: scorer.score_consecutive([stack()[1], image]),
        lambda: scorer.correlogram(image),
    ):
        with pytest.raises(TypeError, match=re.escape(str(image.dtype)[:3])):
            call()


@pytest.mark.parametrize("shape", BAD_SHAPES, ids=str)
def test_shapes_of_the_reference(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"2-D|at least one row and one column") as caught:
        _core.Scorer(np.ones(shape))
    assert_useful(caught.value)


@pytest.mark.parametrize("shape", [*BAD_SHAPES, (7, 6), (6, 8), (1, 7), (6, 1), (1, 1)], ids=str)
def test_shapes_of_an_image(shape: tuple[int, ...]) -> None:
    """(1, 7) and (6, 1) would broadcast silently."""
    scorer = _core.Scorer(stack()[0])
    with pytest.raises(ValueError, match="1") as caught:
        scorer.score([stack()[0], np.ones(shape)])
    assert_useful(caught.value)
    with pytest.raises(ValueError, match=r"\b2\b") as caught:
        scorer.score_consecutive([stack()[0], stack()[1], np.ones(shape)])
    assert_useful(caught.value)
    with pytest.raises(ValueError, match=r"\d") as caught:
        scorer.correlogram(np.ones(shape))
    assert_useful(caught.value)


@pytest.mark.parametrize("shape", [(), (7,), (6, 7), (2, 7, 6), (2, 6, 8), (2, 1, 7), (2, 6, 7, 1)], ids=str)
def test_shapes_of_a_stack(shape: tuple[int, ...]) -> None:
    scorer = _core.Scorer(stack()[0])
    for call in (scorer.score, scorer.score_consecutive):
        with pytest.raises(ValueError, match=r"\d") as caught:
            call(np.ones(shape))
        assert_useful(caught.value)


def test_the_shape_asked_for_and_given_are_in_the_message() -> None:
    with pytest.raises(ValueError, match=r"6.*7.*6.*8|6.*8.*6.*7"):
        _core.Scorer(stack()[0]).score([np.ones((6, 8))])


@pytest.mark.parametrize("images", [None, 3, "abc", {"a": 1}, [None], ["abc"], [stack()[0], None], object()])
def test_what_is_no_image(images: Any) -> None:
    scorer = _core.Scorer(stack()[0])
    for call in (scorer.score, scorer.score_consecutive):
        with pytest.raises(TypeError) as caught:
            call(images)
        assert_useful(caught.value)


@pytest.mark.parametrize("image", [None, "abc", {}, object()])
def test_what_is_no_reference(image: Any) -> None:
    with pytest.raises(TypeError):
        _core.Scorer(image)
    with pytest.raises(TypeError):
        _core.Scorer(stack()[0]).correlogram(image)
    with pytest.raises(TypeError):
        _core.Scorer()  # type: ignore[call-arg]


@pytest.mark.parametrize("shape", [(7, 6), (6, 8), (7,), (), (2, 6, 7), (1, 7)], ids=str)
def test_shapes_of_masks(shape: tuple[int, ...]) -> None:
    mask = np.ones(shape, bool)
    with pytest.raises(ValueError, match=r"[Mm]ask") as caught:
        _core.Scorer(stack()[0], mask=mask)
    assert_useful(caught.value)
    scorer = _core.Scorer(stack()[0])
    with pytest.raises(ValueError, match=r"[Mm]ask"):
        scorer.correlogram(stack()[1], mask=mask)


@pytest.mark.parametrize(
    "shape", [(2, 6, 7), (1, 6, 7), (4, 6, 7), (3, 7, 6), (3, 1, 7), (3, 6), ()], ids=str
)
def test_shapes_of_stacks_of_masks(shape: tuple[int, ...]) -> None:
    scorer = _core.Scorer(stack()[0])
    for images in (stack(), list(stack())):
        for call in (scorer.score, scorer.score_consecutive):
            with pytest.raises(ValueError, match=r"[Mm]ask") as caught:
                call(images, mask=np.ones(shape, bool))
            assert_useful(caught.value)


@pytest.mark.parametrize("dtype", ["u1", "f8", "i4", "O", "U1"])
def test_dtypes_of_masks(dtype: str) -> None:
    """1 and 0 have two readings (valid, or bad pixel): only booleans are masks."""
    scorer = _core.Scorer(stack()[0])
    with pytest.raises(TypeError, match=r"[Mm]ask"):
        _core.Scorer(stack()[0], mask=np.ones((6, 7), dtype))
    with pytest.raises(TypeError, match=r"[Mm]ask"):
        scorer.score(stack(), mask=np.ones((3, 6, 7), dtype))
    with pytest.raises(TypeError, match=r"[Mm]ask"):
        scorer.correlogram(stack()[0], mask=np.ones((6, 7), dtype))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("precision", "half"),
        ("precision", ""),
        ("window", "hamming"),
        ("window", "x" * 100_000),
        ("confirm_window", "tukey"),
        ("cutoff", 0.0),
        ("cutoff", -0.1),
        ("cutoff", float("nan")),
        ("cutoff", 0.7072),
        ("confirm_cutoff", 7.0),
        ("confirm_cutoff", 0.0),
        ("confirm_cutoff", float("nan")),
        ("max_shift", -1.0),
        ("max_shift", float("nan")),
    ],
)
def test_values_of_options(option: str, value: Any) -> None:
    with pytest.raises(ValueError, match=option.removeprefix("confirm_")) as caught:
        _core.Scorer(stack()[0], **{option: value})
    assert_useful(caught.value)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("precision", 1),
        ("precision", None),
        ("window", 3),
        ("confirm_window", ["hann"]),
        ("cutoff", "low"),
        ("confirm_cutoff", [0.1]),
        ("max_shift", "far"),
        ("mask", "all"),
        ("windows", "hann"),
    ],
)
def test_kinds_of_options(option: str, value: Any) -> None:
    with pytest.raises(TypeError):
        _core.Scorer(stack()[0], **{option: value})


def test_options_have_names() -> None:
    with pytest.raises(TypeError):
        _core.Scorer(stack()[0], None)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        _core.Scorer(stack()[0]).score(stack(), None)  # type: ignore[call-arg]


@pytest.mark.parametrize("num_threads", [-1, -1000])
def test_numbers_of_threads(num_threads: int) -> None:
    scorer = _core.Scorer(stack()[0])
    with pytest.raises(ValueError, match="num_threads"):
        scorer.score(stack(), num_threads=num_threads)
    with pytest.raises(ValueError, match="num_threads"):
        scorer.score_consecutive(stack(), num_threads=num_threads)
    with pytest.raises(TypeError):
        scorer.score(stack(), num_threads="two")  # type: ignore[arg-type]


def test_invalid_pixels_can_be_refused() -> None:
    images = stack(5)
    images[3, 2, 1] = np.nan
    strict = _core.Scorer(images[0], accept_invalid=False)
    strict.score(images[:3])
    for num_threads in (1, 3):
        with pytest.raises(ValueError, match=r"\b3\b") as caught:
            strict.score(images, num_threads=num_threads)
        assert_useful(caught.value)
        with pytest.raises(ValueError, match=r"\b3\b"):
            strict.score_consecutive(images, num_threads=num_threads)
    with pytest.raises(ValueError, match=r"pixel|finite|valid"):
        strict.correlogram(images[3])
    with pytest.raises(ValueError, match=r"pixel|finite|valid"):
        _core.Scorer(images[3], accept_invalid=False)
    mask = np.ones(images.shape, bool)
    mask[1, 0, 0] = False
    with pytest.raises(ValueError, match=r"\b1\b"):
        strict.score(images[:3], mask=mask[:3])
    with pytest.raises(ValueError, match=r"pixel|finite|valid"):
        _core.Scorer(images[0], mask=mask[1], accept_invalid=False)
    # after all that, the scorer is as before
    assert bits(strict.score(images[:3])) == bits(_core.Scorer(images[0]).score(images[:3]))


def test_the_first_invalid_image_is_named_whatever_the_threads() -> None:
    images = np.repeat(stack(1), 40, 0)
    images[7:, 0, 0] = np.inf
    strict = _core.Scorer(images[0], accept_invalid=False)
    messages = set()
    for num_threads in (1, 2, 4, 8):
        with pytest.raises(ValueError, match=r"\b7\b") as caught:
            strict.score(images, num_threads=num_threads)
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_second_opinion_must_have_been_asked_for() -> None:
    scorer = _core.Scorer(stack()[0], confirm=False)
    with pytest.raises(ValueError, match=r"confirm|opinion"):
        scorer.correlogram(stack()[1], second_opinion=True)
    record = scorer.score(stack())[1]
    assert (record["confirmation"], record["probability"]) == (0, 0)


def test_methods_have_names() -> None:
    records = np.zeros(3, _core.PAIR_SCORE)
    for name, value, error in (
        ("statistic", "ratio", ValueError),
        ("aggregation", "geometric", ValueError),
        ("statistic", 4, TypeError),
        ("aggregation", None, TypeError),
    ):
        wrong: Any = SimpleNamespace(**{"statistic": "evidence", "aggregation": "mean", name: value})
        with pytest.raises(error, match=name):
            _core.stack_score(records, None, wrong)
    with pytest.raises(ValueError, match=r"method must be one of 'evidence', .*, not 'best'"):
        _core.method_named("best")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_are_of_finite_numbers(bad: float) -> None:
    with pytest.raises(ValueError, match="value 1 must be finite"):
        aggregate(np.array([0.5, bad]), "mean")


def test_cancelled_is_a_runtime_error() -> None:
    assert issubclass(_core.Cancelled, RuntimeError)


def test_inputs_are_left_alone() -> None:
    images = stack(4)
    images[1, 2, 3] = np.nan
    mask = np.random.default_rng(1).random(images.shape) > 0.1
    before = images.tobytes(), mask.tobytes(), images.flags.writeable
    scorer = _core.Scorer(images[0], mask=mask[0])
    scorer.score(images, mask=mask, num_threads=2)
    scorer.score_consecutive(images, mask=mask)
    scorer.correlogram(images[1], mask=mask[1])
    assert (images.tobytes(), mask.tobytes(), images.flags.writeable) == before


def test_the_reference_is_no_longer_needed() -> None:
    images = stack(4)
    reference = images[0].copy()
    mask = np.random.default_rng(2).random(reference.shape) > 0.1
    scorer = _core.Scorer(reference, mask=mask)
    expected = bits(scorer.score(images))
    reference[...] = np.nan
    mask[...] = False
    assert bits(scorer.score(images)) == expected
    record = scorer.score(images)
    correlogram = scorer.correlogram(images[1])
    copy = correlogram.copy()
    record["peak"] = 7  # results belong to the caller
    correlogram[...] = 7
    assert bits(scorer.score(images)) == expected
    assert (scorer.correlogram(images[1]) == copy).all()


def test_floating_point_errors_stay_inside() -> None:
    images = stack(4)
    images[1], images[2, 0] = 0, np.nan
    with np.errstate(all="raise"):
        records = _core.Scorer(images[0] * 1e300).score(images * 1e-300)
        assert (records["p_value"] <= 1).all()
        assert np.float64(2) / 3 > 0


def assert_useful(error: BaseException) -> None:
    """One sentence of words and figures, of a length that fits a log."""
    text = str(error)
    assert 10 < len(text) < 4096
    assert "\n" not in text


def test_a_caller_can_stop_a_long_call() -> None:
    """Asked from time to time: yes, an error, or no."""
    image = np.random.default_rng(0).normal(size=(512, 512))
    scorer = _core.Scorer(image)
    images = np.broadcast_to(image, (400, *image.shape))
    asked = []

    def no() -> bool:
        asked.append(len(asked))
        return False

    def raises() -> bool:
        raise KeyError("enough")

    with pytest.raises(_core.Cancelled):
        scorer.score(images, num_threads=1, stop=lambda: True)
    with pytest.raises(KeyError, match="enough"):
        scorer.score(images, num_threads=1, stop=raises)
    assert len(scorer.score(images, num_threads=1, stop=no)) == 400
    assert asked
    with pytest.raises(TypeError, match="stop must be callable"):
        scorer.score(images[:1], stop=1)  # type: ignore[arg-type]


def test_a_caller_hears_how_far_a_call_is() -> None:
    stack = np.random.default_rng(1).normal(size=(7, 40, 50))
    scorer = _core.Scorer(stack[0])
    for score, total in ((scorer.score, 7), (scorer.score_consecutive, 6)):
        told: list[tuple[int, int]] = []
        score(stack, num_threads=2, progress=lambda *each, told=told: told.append(each))
        assert told[-1] == (total, total)
        assert told == sorted(told)

    def raises(done: int, total: int) -> None:
        raise KeyError(f"{done} of {total}")

    with pytest.raises(KeyError, match="7 of 7"):
        scorer.score(stack, progress=raises)
    with pytest.raises(TypeError, match="progress must be callable"):
        scorer.score(stack, progress=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("place", [0, 3, 6])
def test_an_image_in_the_middle_is_left_out(place: int) -> None:
    stack = np.random.default_rng(2).normal(size=(7, 40, 50))
    mask = np.random.default_rng(3).random(stack.shape) < 0.9
    scorer = _core.Scorer(stack[place])
    others = np.delete(np.arange(7), place)
    expected = scorer.score(stack[others], mask=mask[others])
    for images in (stack, list(stack)):
        assert bits(scorer.score(images, mask=mask, skip=place)) == bits(expected)
    wrong = [*stack[:5], stack[5, 1:], stack[6]]
    with pytest.raises(ValueError, match=r"^image 5 must have the shape"):
        scorer.score(wrong, skip=place)
    with pytest.raises(IndexError, match="one of the 7 images, not 7"):
        scorer.score(stack, skip=7)
