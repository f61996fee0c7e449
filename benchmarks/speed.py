# SPDX-License-Identifier: MIT
"""Cost of a whole score beside named peers, interleaved in one run, as medians of ratios.

    python benchmarks/speed.py [--sizes 256 512 1024] [--runs 7] [--write]

Every case first checks its own answer: the known shift of the image, found by every program that
gives one, and the correlogram's peak and mean against plain numpy. `--write` puts the table into
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from skimage.registration import phase_cross_correlation as skimage_registration

from ndreg_preeval import _core, build_config

TABLE = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- table begins -->", "<!-- table ends -->"
SHIFT = (5, -7)

Image = NDArray[Any]
phase_cross_correlation: Callable[[Image, Image], Any] = skimage_registration
Program = Callable[[], Any]


def pair_of_images(size: int, dtype: str) -> tuple[Image, Image]:
    """A textured image and the same scene moved by SHIFT, with noise."""
    rng = np.random.default_rng(size)
    scene = rng.standard_normal((size, size))
    moved = np.roll(scene, SHIFT, axis=(0, 1))
    images = [image + 0.3 * rng.standard_normal(scene.shape) for image in (scene, moved)]
    return images[0].astype(dtype), images[1].astype(dtype)


def numpy_correlogram(reference: Image, image: Image) -> Image:
    """The correlogram, the plain way."""
    product = np.fft.rfft2(reference.astype(float)) * np.conj(np.fft.rfft2(image.astype(float)))
    product /= np.abs(product)
    product[0, 0] = 0
    return np.asarray(np.abs(np.fft.irfft2(product, s=image.shape)))


def programs(reference: Image, image: Image) -> dict[str, Program]:
    """What is timed: one image against a reference that is known already, where a peer can."""
    precision = "single" if image.dtype == np.float32 else "double"
    plain = _core.Scorer(reference, precision=precision, confirm=False)
    robust = _core.Scorer(reference, precision=precision)
    expected = numpy_correlogram(reference, image)
    tolerance = 1e-4 if precision == "single" else 1e-9
    back = (-SHIFT[0], -SHIFT[1])
    for scorer in (plain, robust):
        (score,) = scorer.score([image], num_threads=1)
        assert (score["peak_dy"], score["peak_dx"]) == back
        assert abs(score["peak"] - expected.max()) < tolerance
        assert abs(score["mean"] - expected.mean()) < tolerance * expected.mean()
    assert tuple(phase_cross_correlation(reference, image)[0]) == back

    return {
        "peak_to_mean": lambda: plain.score([image], num_threads=1),
        "robust": lambda: robust.score([image], num_threads=1),
        "bare pair, SciPy": lambda: scipy.fft.irfft2(scipy.fft.rfft2(image), s=image.shape),
        "numpy score": lambda: numpy_correlogram(reference, image),
        "scikit-image": lambda: phase_cross_correlation(reference, image),
    }


def seconds(program: Program) -> float:
    start = time.perf_counter()
    program()
    return time.perf_counter() - start


def measure(size: int, dtype: str, runs: int) -> dict[str, list[float]]:
    """Seconds of each program, run after run in turn."""
    timed = programs(*pair_of_images(size, dtype))
    for program in timed.values():
        program()
    times: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(runs):
        for name, program in timed.items():
            times[name].append(seconds(program))
    return times


def ratio(times: dict[str, list[float]], a: str, b: str) -> float:
    return statistics.median(x / y for x, y in zip(times[a], times[b], strict=True))


def cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def table(sizes: list[int], runs: int) -> str:
    config = build_config()
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy", "scikit-image")
    )
    lines = [
        f"One thread, median of {runs} interleaved runs, one image per call. CPU: {cpu_name()};",
        f"kernels: {config['isa']}; {config['compiler']}; {versions}.",
        "",
        (
            "| image | `peak_to_mean`, ms | / SciPy's bare pair | `robust` / bare pair "
            "| numpy score / `peak_to_mean` | scikit-image / `peak_to_mean` |"
        ),
        "|---|---|---|---|---|---|",
    ]
    for dtype in ("float32", "float64"):
        for size in sizes:
            times = measure(size, dtype, runs)
            lines.append(
                f"| {dtype} {size} x {size} | {1e3 * statistics.median(times['peak_to_mean']):.2f} "
                f"| {ratio(times, 'peak_to_mean', 'bare pair, SciPy'):.2f} "
                f"| {ratio(times, 'robust', 'bare pair, SciPy'):.2f} "
                f"| {ratio(times, 'numpy score', 'peak_to_mean'):.1f} "
                f"| {ratio(times, 'scikit-image', 'peak_to_mean'):.1f} |"
            )
            print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1000, 1024, 2048])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    found = table(options.sizes, options.runs)
    if options.write:
        text = TABLE.read_text()
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2]
        TABLE.write_text(f"{before}{BEGIN}\n\n{found}\n\n{END}{after}")


if __name__ == "__main__":
    main()
