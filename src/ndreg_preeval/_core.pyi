# SPDX-License-Identifier: MIT
"""Types of the compiled module; `nox -s lint` checks them against it (stubtest)."""

from collections.abc import Callable, Sequence
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from .methods import Method

PAIR_SCORE: Final[np.dtype[np.void]]
"""One record per image compared with the reference image (C++ `PairScore`).

peak, mean, rms, second_peak, zero_peak  f8  of the correlogram |r|
shift_y, shift_x                         f8  pixels, what registers the image onto the reference
opinion, opinion_rms                     f8  second opinion: in the 3 x 3 at the peak; its rms
opinion_second, opinion_moved            f8  its highest outside the 5 x 5 there; and outside that at zero
opinion_zero                             f8  in the 3 x 3 at zero shift
confirmation                             f8  q = opinion / opinion_second
probability                              f8  about P(the image aligns within a pixel), see `judgement`
p_value                                  f8  chance of such a peak in unrelated white noise
invalid_pixels                           i8  replaced pixels of the image
peak_dy, peak_dx                         i4  whole-pixel shift of the highest pixel
flags                                    u4  NO_CONTRAST | ALL_INVALID | FEW_LEVELS | IDENTICAL | HOT_PIXEL | WRAPPED
                                             | REPEATED_PIXELS | IN_DOUBLE | SPLIT_PEAK | HIDES_MOTION | AT_REST
                                             | STATIC_APERTURE | STATIC_BACKGROUND | BEYOND_LIMIT
                                             | height of a block << 16 | its width << 24
beyond_max_shift                         u4  with BEYOND_LIMIT: how far its highest peak lies along y or x, else 0
probability_masked                       f8  what it would be with static outliers masked
static_pixels                            i8  static outliers that were left out
"""

NO_CONTRAST: Final[int]
ALL_INVALID: Final[int]
FEW_LEVELS: Final[int]
IDENTICAL: Final[int]
HOT_PIXEL: Final[int]
WRAPPED: Final[int]
REPEATED_PIXELS: Final[int]
IN_DOUBLE: Final[int]
SPLIT_PEAK: Final[int]
HIDES_MOTION: Final[int]
AT_REST: Final[int]
STATIC_APERTURE: Final[int]
STATIC_BACKGROUND: Final[int]
BEYOND_LIMIT: Final[int]

@final
class Cancelled(RuntimeError): ...

@final
class Scorer:
    def __init__(
        self,
        reference: NDArray[Any],
        *,
        mask: NDArray[np.bool_] | None = None,
        precision: str = "double",
        window: str | None = None,
        cutoff: float | None = None,
        window_from: int = 8,
        confirm: bool = True,
        confirm_window: str | None = None,
        confirm_cutoff: float | None = 0.25,
        confirm_window_from: int = 8,
        judgement: str = "evidence",
        max_shift: float | None = None,
        normalization: str | None = "phase",
        keep_mean: bool = False,
        ignore_hot_pixel: bool = False,
        accept_invalid: bool = True,
        reference_stays: bool = False,
        num_threads: int = 0,
    ) -> None: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def precision(self) -> str: ...
    @property
    def reference_invalid_pixels(self) -> int: ...
    @property
    def reference_flags(self) -> int: ...
    def score(
        self,
        images: NDArray[Any] | Sequence[NDArray[Any]],
        *,
        mask: NDArray[np.bool_] | None = None,
        skip: int | None = None,
        num_threads: int = 0,
        stop: Callable[[], bool] | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> NDArray[np.void]: ...
    def score_consecutive(
        self,
        images: NDArray[Any] | Sequence[NDArray[Any]],
        *,
        mask: NDArray[np.bool_] | None = None,
        num_threads: int = 0,
        stop: Callable[[], bool] | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> NDArray[np.void]: ...
    def correlogram(
        self,
        image: NDArray[Any],
        *,
        mask: NDArray[np.bool_] | None = None,
        second_opinion: bool = False,
    ) -> NDArray[np.float64]: ...

def method_names() -> list[str]:
    """Names of all methods, the default one first."""

def method_named(name: str) -> dict[str, Any]:
    """Return the arguments of the `Method` of that name."""

def stack_score(
    records: NDArray[np.void], itself: NDArray[np.void] | None, method: Method
) -> tuple[float, float, float, NDArray[np.float64]]:
    """Return score and trust of a stack, its trust with static outliers masked, and what the method takes from each image.

    `records` are those of its compared images, `itself` is that of the reference image compared with
    itself, where it enters the score.
    """

def summary(records: NDArray[np.void]) -> tuple[int, int, int, int, float, int, float, bool, int, int, int]:
    """Return the fields of a `Summary` of the records of a stack's compared images, in their order."""

def rank(stacks: Sequence[tuple[float, bool, bool]]) -> list[int]:
    """Return the places of stacks, best first.

    From their scores, whether images were compared, and whether any of those has evidence.
    """

def at_zero_shift(records: NDArray[np.void]) -> list[int]:
    """Return the places of images that have evidence and their peak at zero shift, of which `find_static_pattern` may tell more."""

def static_pattern_stride(compared: int, height: int, width: int) -> int:
    """Return the number whose multiples are the images to be looked at again, counted from 1 without the reference image."""

def find_static_pattern(
    images: NDArray[Any] | Sequence[NDArray[Any]],
    *,
    mask: NDArray[np.bool_] | None = None,
    pairs: Sequence[tuple[int, int]],
    num_threads: int = 0,
    stop: Callable[[], bool] | None = None,
) -> tuple[int, int]:
    """Tell a sample at rest from a pattern that stays while the sample moves.

    `pairs` are the places of reference and image of those that lie at zero shift. The answer is for `with_static_pattern`.
    """

def with_static_pattern(
    records: NDArray[np.void], pattern: tuple[int, int], judgement: str, plain: bool
) -> NDArray[np.void]:
    """Return the records of a stack with what the pattern says of the images at zero shift: probabilities and flags."""

def lzf_length(chunk: bytes | NDArray[np.uint8]) -> int:
    """Return how many bytes LZF data inflate to, -1 where they are cut off."""

def block_starts(chunk: bytes | NDArray[np.uint8], count: int) -> NDArray[np.int64]:
    """Return where each of `count` blocks of a chunk begins, each after its size, and where one more would.

    The sizes are of 4 bytes, big-endian; the first one follows 12 other bytes. Empty where a block does not fit.
    """

def zstd_fits(frame: bytes | NDArray[np.uint8]) -> bool:
    """Return whether the blocks of one zstd frame fill these bytes (RFC 8878, 3.1.1)."""

def usable_cpus() -> int: ...
def default_threads() -> int: ...
def kept_memory() -> int: ...
def release_memory() -> int: ...
def leave_openmp_place() -> None: ...
def build_config() -> dict[str, Any]: ...
