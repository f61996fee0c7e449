# SPDX-License-Identifier: MIT
"""Virtual datasets whose file, or whose sources, this process has open: what h5py reads is read."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import rank_stacks
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.hdf5.specs import DatasetSpec, UriSpec

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

STACKS = {name: np.random.default_rng(seed).random((4, 16, 12)) for seed, name in enumerate("abc")}
PLAIN: dict[str, Any] = {}
LOCKINGS = [PLAIN, {"locking": True}, {"locking": False}, {"locking": "best-effort"}]


def write(folder: Path, dtypes: dict[str, str]) -> None:
    """A source file with all stacks, and a file of virtual datasets, which HDF5 reads where dtypes differ."""
    with h5py.File(folder / "src.h5", "w") as file:
        for name, stack in STACKS.items():
            file.create_dataset(name, data=stack, chunks=(1, 16, 12))
    with h5py.File(folder / "master.h5", "w") as file:
        for name, dtype in dtypes.items():
            layout = h5py.VirtualLayout((4, 16, 12), dtype)
            layout[:] = h5py.VirtualSource("src.h5", name, shape=(4, 16, 12))
            file.create_virtual_dataset(f"m/{name}", layout, fillvalue=-7)


OURS = dict.fromkeys("abc", "f8")
MIXED = {"a": "f8", "b": "f4", "c": "f8"}
HDF5_ALONE = dict.fromkeys("abc", "f4")


@contextlib.contextmanager
def held(folder: Path, **files: dict[str, Any] | None) -> Iterator[dict[str, h5py.File]]:
    """Files open by the caller, by h5py."""
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(h5py.File(folder / f"{name}.h5", "r", **options))
            for name, options in files.items()
            if options is not None
        }


def read_all(specs: list[Any]) -> list[Any]:
    """Images of all stacks, which are open at the same time."""
    with contextlib.ExitStack() as stack:
        sources = [stack.enter_context(spec.open()) for spec in specs]
        return [np.asarray(source.read(0, 4).images) for source in sources]


def h5py_reads(dataset: h5py.Dataset) -> bool:
    """Whether h5py gives the pixels; else it raises, or gives the fill value."""
    try:
        return not np.any(dataset[()] == -7)
    except OSError:
        return False


@pytest.mark.parametrize("dtypes", [OURS, MIXED, HDF5_ALONE])
@pytest.mark.parametrize("order", ["abc", "cba"])
@pytest.mark.parametrize("source", [None, PLAIN])
@pytest.mark.parametrize("form", ["uri", "open datasets"])
@pytest.mark.parametrize("master", [None, *LOCKINGS])
def test_master_and_sources_that_the_caller_has_open(
    tmp_path: Path, dtypes: dict[str, str], order: str, source: Any, form: str, master: Any
) -> None:
    if form == "open datasets" and master is None:
        master = {}
    write(tmp_path, dtypes)
    with held(tmp_path, master=master, src=source) as files:
        with (
            contextlib.nullcontext(files.get("master"))
            if master is not None
            else h5py.File(tmp_path / "master.h5") as plain
        ):
            readable = all(h5py_reads(plain[f"m/{name}"]) for name in order)
        if form == "uri":
            specs: list[Any] = [UriSpec(f"{tmp_path}/master.h5", f"m/{name}", Limits()) for name in order]
        else:
            specs = [DatasetSpec(files["master"][f"m/{name}"], Limits()) for name in order]
        if not readable and dtypes != OURS:
            with pytest.raises(OSError, match=r"src\.h5.* other locking.* HDF5_USE_FILE_LOCKING=FALSE"):
                read_all(specs)
            return
        found = read_all(specs)
        for name, images in zip(order, found, strict=True):
            np.testing.assert_array_equal(images, STACKS[name].astype(dtypes[name]))


@pytest.mark.parametrize("dtypes", [OURS, MIXED, HDF5_ALONE])
@pytest.mark.parametrize("converting", ["lower", "upper"])
@pytest.mark.parametrize("order", ["abc", "cba", "b"])
@pytest.mark.parametrize("source", [None, *LOCKINGS])
@pytest.mark.parametrize("master", [None, PLAIN, {"locking": False}])
def test_two_levels_over_files_that_the_caller_has_open(
    tmp_path: Path, dtypes: dict[str, str], converting: str, order: str, source: Any, master: Any
) -> None:
    write(tmp_path, dtypes if converting == "lower" else OURS)
    with h5py.File(tmp_path / "upper.h5", "w") as file:
        for name, dtype in dtypes.items():
            layout = h5py.VirtualLayout((4, 16, 12), dtype)
            layout[:] = h5py.VirtualSource("master.h5", f"m/{name}", shape=(4, 16, 12))
            file.create_virtual_dataset(f"m/{name}", layout, fillvalue=-7)
    with held(tmp_path, master=master, src=source):
        readable = False
        for options in LOCKINGS:  # whichever fits what is open
            with h5py.File(tmp_path / "upper.h5", **options) as plain:
                readable |= all(h5py_reads(plain[f"m/{name}"]) for name in order)
        specs = [UriSpec(f"{tmp_path}/upper.h5", f"m/{name}", Limits()) for name in order]
        if not readable and any(dtypes[name] != "f8" for name in order):
            with pytest.raises(
                OSError, match=r"(src|master)\.h5.* other locking.* HDF5_USE_FILE_LOCKING=FALSE"
            ):
                read_all(specs)
            return
        for name, images in zip(order, read_all(specs), strict=True):
            np.testing.assert_array_equal(images, STACKS[name].astype(dtypes[name]))
    with held(tmp_path, src=source):
        found = rank_stacks(f"{tmp_path}/upper.h5::/m")
        expected = rank_stacks({name: stack.astype(dtypes[name]) for name, stack in STACKS.items()})
        assert found.scores == expected.scores


@pytest.mark.parametrize("dtypes", [OURS, MIXED, HDF5_ALONE])
@pytest.mark.parametrize("mode", ["r", "r+"])
def test_rankings_beside_a_notebook(tmp_path: Path, dtypes: dict[str, str], mode: str) -> None:
    write(tmp_path, dtypes)
    expected = rank_stacks({n: s.astype(dtypes[n]) for n, s in STACKS.items()})
    with h5py.File(tmp_path / "master.h5", mode) as master:
        for what in (
            f"{tmp_path}/master.h5::/m",
            [f"{tmp_path}/master.h5::/m/{name}" for name in STACKS],
            {name: f"{tmp_path}/master.h5::/m/{name}" for name in STACKS},
            {name: master[f"m/{name}"] for name in STACKS},
        ):
            found = rank_stacks(what)
            assert list(found.stacks) == list(expected.stacks)
            assert [s.score for s in found.stacks.values()] == [s.score for s in expected.stacks.values()]
    isolated = rank_stacks(f"{tmp_path}/master.h5::/m", isolate=True)
    assert list(isolated.stacks) == list(expected.stacks)


def test_a_source_that_hdf5_would_not_find(tmp_path: Path) -> None:
    write(tmp_path, HDF5_ALONE)
    with held(tmp_path, master={}, src={"locking": False}) as files:
        assert not h5py_reads(files["master"]["m/a"])
        with pytest.raises(OSError, match=r"src\.h5; HDF5 opens it as .* HDF5_USE_FILE_LOCKING=FALSE"):
            UriSpec(f"{tmp_path}/master.h5", "m/a", Limits()).open()
    with held(tmp_path, src={"locking": False}):
        (images,) = read_all([UriSpec(f"{tmp_path}/master.h5", "m/a", Limits())])
        np.testing.assert_array_equal(images, STACKS["a"].astype("f4"))


def test_sources_deleted_while_they_are_read(tmp_path: Path) -> None:
    write(tmp_path, MIXED)
    specs = [UriSpec(f"{tmp_path}/master.h5", f"m/{name}", Limits()) for name in "ab"]
    with specs[0].open() as ours, specs[1].open() as hdf5:
        (tmp_path / "src.h5").unlink()
        np.testing.assert_array_equal(ours.read(0, 4).images, STACKS["a"])
        with pytest.raises(OSError, match=r"source of the virtual dataset was deleted or replaced.*src\.h5"):
            hdf5.read(0, 4)  # HDF5 gives the fill value


def test_a_master_open_for_writing_and_a_source_for_reading(tmp_path: Path) -> None:
    for dtypes in (OURS, HDF5_ALONE):
        write(tmp_path, dtypes)
        with h5py.File(tmp_path / "src.h5"), h5py.File(tmp_path / "master.h5", "r+") as master:
            assert not h5py_reads(master["m/a"])
            spec = DatasetSpec(master["m/a"], Limits())
            if dtypes == OURS:
                np.testing.assert_array_equal(read_all([spec])[0], STACKS["a"])
            else:
                with pytest.raises(OSError, match=r"src\.h5; HDF5 opens it for writing"):
                    spec.open()


SCRIPT = """
import itertools, h5py
from ndreg_preeval import rank_stacks
names = ["a", "b", "c"]
for master, source in itertools.product([False, True], [False, True]):
    held = [h5py.File(n) for n, wanted in (("master.h5", master), ("src.h5", source)) if wanted]
    print(rank_stacks("master.h5::/m").scores)
    if master:
        print(rank_stacks({n: held[0]["m/" + n] for n in names}).scores)
    for each in held:
        each.close()
"""


@pytest.mark.parametrize("value", [None, "FALSE", "BEST_EFFORT", "TRUE"])
@pytest.mark.parametrize("dtypes", [OURS, MIXED])
def test_locking_by_the_environment(tmp_path: Path, value: str | None, dtypes: dict[str, str]) -> None:
    write(tmp_path, dtypes)
    expected = rank_stacks({n: s.astype(dtypes[n]) for n, s in STACKS.items()}).scores
    environment = {k: v for k, v in os.environ.items() if k != "HDF5_USE_FILE_LOCKING"}
    if value is not None:
        environment["HDF5_USE_FILE_LOCKING"] = value
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [str(expected)] * 6


WRITER = """
import h5py, sys
with h5py.File("src.h5", "r+", locking=True):
    print(flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("what", ["src.h5::/", "master.h5::/m"])
@pytest.mark.parametrize(
    ("value", "reads"), [(None, True), ("FALSE", True), ("BEST_EFFORT", False), ("TRUE", False)]
)
def test_files_that_somebody_else_writes(tmp_path: Path, value: str | None, reads: bool, what: str) -> None:
    write(tmp_path, OURS)
    clean = {k: v for k, v in os.environ.items() if k != "HDF5_USE_FILE_LOCKING"}
    environment = clean if value is None else {**clean, "HDF5_USE_FILE_LOCKING": value}
    script = f"import ndreg_preeval; print(list(ndreg_preeval.rank_stacks({what!r}).stacks))"
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", WRITER], cwd=tmp_path, env=clean, stdin=pipe, stdout=pipe, text=True
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        writer.communicate("")
    if reads:
        assert done.stderr == ""
        return
    *_, last = done.stderr.splitlines()
    for part in (f"HDF5_USE_FILE_LOCKING={value}", "open for writing", "set it to FALSE", "src.h5"):
        assert part in last
