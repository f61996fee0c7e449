# SPDX-License-Identifier: MIT
"""Too little memory, failing allocations, and whatever may be left behind."""

from __future__ import annotations

import contextlib
import functools
import gc
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...outcomes import require
from ...processes import descriptors, resident, script, threads
from ...support import faulty, good, rank, strict_warnings
from ...uris import bad_uri, good_file, write
from .threads import FRESH, ORDER, behave, right

MB = 1 << 20


@contextlib.contextmanager
def address_space(more: int) -> Iterator[None]:
    """Let the process grow by no more than so many bytes of address space."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def right_or_memory_error(stacks: dict[str, Any], **options: Any) -> bool:
    """Whether there was memory enough; any other outcome fails."""
    try:
        got = rank(stacks, **options)
    except MemoryError:
        return False
    require(got == ORDER, f"ranked {got}")
    return True


def _short_of_memory(*limits: Any) -> None:
    """Rank within each limit, given in MB; the folder of the case comes last and is not needed."""
    import ndreg_preeval

    # Imported before the limit: CPython raises SystemError where memory ends in the midst of an import.
    require(callable(ndreg_preeval.rank_stacks), "no rank_stacks")
    stacks = good(n=2, shape=(701, 700))
    strict_warnings()
    for megabytes in limits[:-1]:
        with address_space(megabytes * MB):
            right_or_memory_error(stacks)
        require(right(), f"wrong rank after the limit of {megabytes} MB")
    require(rank(stacks) == ORDER, "wrong rank without limit")


for _megabytes, _threads in ((4, 4), (24, 1), (24, 4), (64, 1), (64, 4), (160, 1), (160, 4)):
    behave.scenario(
        f"mem_plus_{_megabytes}mb_{_threads}",
        f"{_megabytes} MB of address space left, {_threads} threads: MemoryError or right",
        env={"OMP_NUM_THREADS": str(_threads)},
        **FRESH,
    )(functools.partial(_short_of_memory, _megabytes))

SWEEP = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 52, 64, 90, 120, 170, 240)
behave.scenario(
    "mem_sweep_1",
    "19 limits from 1 to 240 MB in one process, 1 thread",
    env={"OMP_NUM_THREADS": "1"},
    slow=True,
    **FRESH,
)(functools.partial(_short_of_memory, *SWEEP))

INJECT = """
import ctypes
from ndreg_preeval import release_memory
from tests.reliability.cases.behave.faults import right_or_memory_error
shim = ctypes.CDLL(None)
shim.faults_arm.argtypes = [ctypes.c_long]
shim.faults_left.restype = ctypes.c_long
stacks = good(n=6, shape=(96, 90))
rank(stacks)
failures = 0
for threads in (1, 2):
    for k in range(1, 41):
        release_memory()  # or nothing would be allocated
        shim.faults_arm(k)
        try:
            enough = right_or_memory_error(stacks, num_threads=threads)
        finally:
            left = shim.faults_left()
            shim.faults_arm(0)
        failures += left <= 0
        assert enough or left <= 0, "MemoryError without a failed allocation"
        assert rank(stacks, num_threads=threads) == ["zeta", "alpha", "kilo"], k
        if left > 0:
            break
print(failures)
"""


@behave.scenario(
    "malloc_faults_big",
    "each allocation over 16 KB fails once: MemoryError or right, usable afterwards",
    slow=True,
    tools=("cc",),
    **FRESH,
)
def _(folder: Path) -> None:
    compiler = shutil.which("cc")
    shim = folder / "faults.so"
    source = Path(__file__).with_name("faults.c")
    subprocess.run([str(compiler), "-O1", "-shared", "-fPIC", "-o", str(shim), str(source)], check=True)
    done = script(INJECT, env={"LD_PRELOAD": str(shim), "PYTHONFAULTHANDLER": "1"})
    require(done.returncode == 0, f"status {done.returncode}: {done.stderr[-1500:]}")
    require(int(done.stdout) >= 4, f"only {done.stdout.strip()} allocations failed: nothing is shown")


def _no_leak(call: Callable[[], Any], repeats: int) -> None:
    """Memory, files and threads stay where they are after 30 calls to warm up."""
    strict_warnings()
    for _warm_up in range(30):
        call()
    gc.collect()
    files, running, before = descriptors(), threads(), resident()
    for _repeat in range(repeats):
        call()
    gc.collect()
    grown = resident() - before
    require(descriptors() == files, f"open files were {files}, are {descriptors()}")
    require(threads() <= running, f"{threads()} threads, {running} before")
    require(grown <= 8 * MB, f"memory grew by {grown / MB:.1f} MB in {repeats} calls")


@behave.scenario("leak_good", "400 good calls leave nothing", slow=True, **FRESH)
def _(_: Path) -> None:
    stacks = good(n=4, shape=(32, 40))
    _no_leak(lambda: rank(stacks), 400)


@behave.scenario("leak_error_uri", "200 calls that fail at a missing dataset leave nothing", **FRESH)
def _(folder: Path) -> None:
    write(folder / "b.h5", {"other": np.ones((2, 3, 3))})
    stacks = bad_uri(folder)

    def call() -> None:
        with contextlib.suppress(KeyError, OSError, ValueError):
            rank(stacks)
            raise AssertionError("a missing dataset was ranked")

    _no_leak(call, 200)


@behave.scenario("leak_good_uri", "200 good calls with files leave nothing", slow=True, **FRESH)
def _(folder: Path) -> None:
    stacks = good_file(folder)
    _no_leak(lambda: rank(stacks), 200)


def _files_left() -> list[str]:
    return [target for target in descriptors().values() if ".h5" in target]


@behave.scenario("file_closed_after_error", "no file stays open while the error is still held", **FRESH)
def _(folder: Path) -> None:
    write(folder / "b.h5", {"other": np.ones((2, 3, 3))})
    stacks = bad_uri(folder)
    strict_warnings()
    held: BaseException | None = None
    try:
        rank(stacks)
    except (KeyError, OSError, ValueError) as error:
        held = error
    require(held is not None, "a missing dataset was ranked")
    require(not _files_left(), f"open: {_files_left()}, while {held!r} is held")


@behave.scenario("file_closed_after_ok", "no file stays open after a good call", **FRESH)
def _(folder: Path) -> None:
    import ndreg_preeval

    stacks = good_file(folder)
    strict_warnings()
    ranking = ndreg_preeval.rank_stacks(stacks)
    require(ranking.ranked_stack_names == ORDER, "wrong rank")
    require(not _files_left(), f"open: {_files_left()}")


@behave.scenario("refcounts", "reference counts are the same after good and failing calls", **FRESH)
def _(_: Path) -> None:
    stacks = {f"name of {name}": stack for name, stack in good().items()}
    failing = faulty(np.zeros((3, 3)), stacks=stacks)
    watched = [*stacks, *stacks.values(), *failing.values(), stacks, failing]

    def count() -> list[int]:
        gc.collect()
        return [sys.getrefcount(thing) for thing in watched]

    strict_warnings()

    def calls() -> None:
        for _repeat in range(5):
            rank(stacks)
            with contextlib.suppress(ValueError):
                rank(failing)
                raise AssertionError("an image was ranked as a stack")

    calls()
    before = count()
    calls()
    require(count() == before, f"were {before}, are {count()}")
