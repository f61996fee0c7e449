# SPDX-License-Identifier: MIT
"""What importing the package costs and loads."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import ndreg_preeval

HEAVY = {
    "asyncio",
    "dask",
    "h5py",
    "hdf5plugin",
    "jinja2",
    "matplotlib",
    "multiprocessing",
    "pydantic",
    "scipy",
    "silx",
    "tqdm",
}

PROBE = """
import json, sys, numpy
sys.path.insert(0, {root!r})
from tests.support.effort import counted
before = set(sys.modules)
with counted() as effort:
    import ndreg_preeval
    {use}
print(json.dumps([effort.calls, effort.memory, sorted(set(sys.modules) - before)]))
"""


def probe(use: str = "") -> tuple[int, int, set[str]]:
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            PROBE.format(use=use, root=str(Path(__file__).resolve().parents[2])),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    calls, memory, modules = json.loads(done.stdout)
    return calls, memory, set(modules)


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_import_is_light() -> None:
    calls, memory, modules = probe()
    assert not packages(modules) & HEAVY
    # Beyond numpy: nothing is computed, and little loaded. benchmarks/latency.py has the time.
    assert len(modules) < 12, sorted(modules)
    assert calls < 6_000
    assert memory < 3_000_000


def test_ranking_arrays_loads_nothing_heavy() -> None:
    use = (
        "image = numpy.arange(256).reshape(16, 16) ** 2 % 17; "
        "ndreg_preeval.rank_stacks({'a': numpy.stack([numpy.roll(image, i, 0) for i in range(3)])})"
    )
    assert not packages(probe(use)[2]) & HEAVY


def test_every_public_name_is_there() -> None:
    for name in ndreg_preeval.__all__:
        assert getattr(ndreg_preeval, name) is not None
    assert set(ndreg_preeval.__all__) <= set(dir(ndreg_preeval))
    importlib.import_module(
        "ndreg_preeval.cli.main"
    )  # whatever was imported, completion offers what is public
    offered = [name for name in dir(ndreg_preeval) if not name.startswith("_")]
    assert offered == [name for name in ndreg_preeval.__all__ if not name.startswith("_")]
    with pytest.raises(AttributeError, match="no attribute 'rank_stack'"):
        ndreg_preeval.rank_stack  # noqa: B018
