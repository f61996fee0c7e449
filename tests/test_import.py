# SPDX-License-Identifier: MIT
"""What importing the package costs and loads."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import ndreg_preeval

HEAVY = {
    "asyncio",
    "dask",
    "h5py",
    "hdf5plugin",
    "matplotlib",
    "multiprocessing",
    "pydantic",
    "scipy",
    "silx",
    "tqdm",
}

PROBE = """
import json, sys, time, numpy
before = set(sys.modules)
start = time.process_time()
import ndreg_preeval
seconds = time.process_time() - start
{use}
print(json.dumps([seconds, sorted({{name.partition(".")[0] for name in set(sys.modules) - before}})]))
"""


def probe(use: str = "") -> tuple[float, set[str]]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE.format(use=use)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    seconds, modules = json.loads(done.stdout)
    return seconds, set(modules)


def test_import_is_quick_and_light() -> None:
    # Processor time, and the best of three: the machine may be busy.
    results = [probe() for _ in range(3)]
    assert min(seconds for seconds, _ in results) < 0.06
    assert not results[0][1] & HEAVY


def test_ranking_arrays_loads_nothing_heavy() -> None:
    use = (
        "image = numpy.arange(256).reshape(16, 16) ** 2 % 17; "
        "ndreg_preeval.rank_stacks({'a': numpy.stack([numpy.roll(image, i, 0) for i in range(3)])})"
    )
    assert not probe(use)[1] & HEAVY


def test_every_public_name_is_there() -> None:
    for name in ndreg_preeval.__all__:
        assert getattr(ndreg_preeval, name) is not None
    assert set(ndreg_preeval.__all__) <= set(dir(ndreg_preeval))
    with pytest.raises(AttributeError, match="no attribute 'rank_stack'"):
        ndreg_preeval.rank_stack  # noqa: B018
