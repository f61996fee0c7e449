# SPDX-License-Identifier: MIT
"""Other packages that bring threads along, and what they cost a score that runs beside them.

    python -m tests.support.other_runtimes

prints one line per package and order of import: how long scoring eight images takes there, as a multiple of
what it takes alone; first right after the other package's work, when idle threads of its may still spin,
then 50 ms later. Read it, do not test it: the machine may be busy.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import statistics
import subprocess
import sys

from ndreg_preeval import build_config

# Uses of a package that keep several of its threads busy, as a function that returns a number.
USES = {
    "numpy": """
a = np.sin(np.arange(640_000.0)).reshape(800, 800)
def theirs():
    return float((a @ a).sum())
""",
    "torch": """
import torch
def theirs():
    a = torch.sin(torch.arange(3_000_000, dtype=torch.float64)).reshape(1000, 3000)
    return float((a[:, :300] @ a[:300]).abs().sum() + torch.relu(a).sum())
""",
    "sklearn": """
from sklearn.cluster import KMeans
def theirs():
    points = np.sin(np.arange(60_000.0)).reshape(-1, 4)
    return float(KMeans(5, n_init=1, random_state=0).fit(points).inertia_)
""",
    "cv2": """
import cv2
def theirs():
    image = np.sin(np.arange(1_000_000.0)).reshape(1000, 1000)
    return float(np.abs(cv2.GaussianBlur(image, (31, 31), 5)).sum() + cv2.dft(image).max())
""",
    "numba_omp": """
import numba
numba.config.THREADING_LAYER = "omp"
@numba.njit(parallel=True)
def total(a):
    s = 0.0
    for i in numba.prange(a.size):
        s += np.sin(a[i])
    return s
def theirs():
    answer = float(total(np.arange(1_000_000.0)))
    assert numba.threading_layer() == "omp"
    return answer
""",
}
# The other layer comes with threads of numba's own.
USES["numba_workqueue"] = USES["numba_omp"].replace('"omp"', '"workqueue"')

# What all numbers are taken from.
OURS = """
from ndreg_preeval import _core
def ours(threads=4, size=(48, 40)):
    images = np.random.default_rng(0).normal(size=(8, *size))
    records = _core.Scorer(images[0]).score(images, num_threads=threads)
    return b"".join(records[name].tobytes() for name in records.dtype.names).hex()
"""

ORDERS = ("theirs first", "ours first")


def module_of(package: str) -> str:
    return package.partition("_")[0]


def missing(package: str) -> bool:
    return importlib.util.find_spec(module_of(package)) is None


def prelude(package: str, order: str) -> str:
    """Defines `theirs` and `ours`, imported in the order given."""
    parts = [USES[package], OURS]
    return "".join(
        ["import os, signal, time\nimport numpy as np\n", *(parts if order == ORDERS[0] else parts[::-1])]
    )


def run(code: str, **environment: str) -> list[str]:
    """What code prints in an interpreter of its own, without thread settings but those given."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "KMP_"))
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"ended with status {done.returncode}\n{done.stderr[-3000:]}")
    return done.stdout.split()


# Idle threads of OpenBLAS and OpenMP spin for some milliseconds before they sleep.
TIMED = """
images = np.random.default_rng(0).normal(size=(8, 256, 256))
scorer = _core.Scorer(images[0])
theirs()
for pause in (0, 0.05):
    times = []
    for _ in range(15):
        theirs()
        time.sleep(pause)
        start = time.perf_counter()
        scorer.score(images, num_threads=_core.default_threads())
        times.append(time.perf_counter() - start)
    print(sorted(times)[len(times) // 2])
"""


def seconds(code: str) -> list[float]:
    return [float(word) for word in run(code)]


def main() -> None:
    threads = build_config()["threads"]
    print(
        f"{os.cpu_count()} CPUs, threads: {threads}, {platform.platform()}, Python {platform.python_version()}"
    )
    print(f"{'times the time alone':30} at once  later")
    alone = f"import time\nimport numpy as np\n{OURS}\ndef theirs(): pass\n{TIMED}"
    for package in USES:
        if missing(package):
            print(f"{package:16} not installed")
            continue
        for order in ORDERS:
            beside = prelude(package, order) + TIMED
            pairs = [(seconds(beside), seconds(alone)) for _ in range(5)]
            at_once, later = (statistics.median(a[i] / b[i] for a, b in pairs) for i in (0, 1))
            print(f"{package:16} {order:13} {at_once:6.2f} {later:6.2f}", flush=True)


if __name__ == "__main__":
    main()
