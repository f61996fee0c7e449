# SPDX-License-Identifier: MIT
"""Files that are no regular files, belong to others, or change while they are read."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...outcomes import OTHERS_IN_ORDER, RANKED, any_order, error, require
from ...support import excellent, good, strict_warnings
from ...table import call, check
from ...uris import bad_uri, beside, good_file, write
from .layouts import FAMILIES, H5_REFUSED, h5


def not_regular(token: str) -> Any:
    return error(OSError, ValueError, KeyError, naming=["stk_bad", token])


@h5.case("fifo", "a FIFO: opening it must not wait for a writer", not_regular("pipe.h5"))
def _(folder: Path) -> Any:
    os.mkfifo(folder / "pipe.h5")
    return bad_uri(folder, file="pipe.h5")


def device(path: str) -> Callable[[Path], Any]:
    return lambda folder: beside(folder, f"{path}::/entry/stk_bad")


for name in ("dev_zero", "dev_null", "dev_urandom"):
    path = "/" + name.replace("_", "/")
    h5.add(name, f"{path} as file", device(path), not_regular(path))


@h5.case("dev_stdin", "/dev/stdin, a pipe that nobody writes", not_regular("/dev/stdin"))
def _(folder: Path) -> Any:
    reading, _writing = os.pipe()  # the writing end stays open and silent
    os.dup2(reading, 0)
    return device("/dev/stdin")(folder)


@h5.scenario("permission", "a file that may not be read")
def _(folder: Path) -> None:
    from tests.support.privileges import forbidden, obey_permission_bits, within_reach

    folder = within_reach(folder)
    write(folder / "b.h5", {"stk_bad": excellent()})
    stacks = bad_uri(folder)
    strict_warnings()
    call(bad_uri(folder, file="missing.h5"))  # whatever errors import late is imported now
    (folder / "b.h5").chmod(0)
    obey_permission_bits()
    require(forbidden(folder / "b.h5", os.O_RDONLY), "the file may be read all the same")
    check(call(stacks), error(PermissionError, naming=["stk_bad", "b.h5"]))


@h5.scenario("read_only_file", "neither file nor folder may be written: reading needs no write")
def _(folder: Path) -> None:
    from tests.support.privileges import forbidden, obey_permission_bits, within_reach

    folder = within_reach(folder)
    stacks = good_file(folder)
    strict_warnings()
    check(call(stacks), RANKED)  # whatever is imported late is imported now
    (folder / "ok.h5").chmod(stat.S_IRUSR)
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    obey_permission_bits()
    try:
        require(forbidden(folder / "ok.h5", os.O_RDWR), "the file may be written all the same")
        require(
            forbidden(folder / "new.h5", os.O_WRONLY | os.O_CREAT), "the folder may be written all the same"
        )
        check(call(stacks), RANKED)
    finally:
        folder.chmod(stat.S_IRWXU)


@contextlib.contextmanager
def elsewhere(code: str, *arguments: str) -> Any:
    """Run Python code in another process until the block ends; it prints a line when it is ready."""
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline().strip()
        assert ready == "ready", f"the other process said {ready!r}"
        try:
            yield
        finally:
            process.kill()


HOLD_RPLUS = """
import h5py, sys
handle = h5py.File(sys.argv[1], "r+", locking=True)
print("ready", flush=True)
sys.stdin.read()
"""
HOLD_NEW = """
import h5py, numpy, sys
handle = h5py.File(sys.argv[1], "w", locking=True)
handle["/entry/stk_bad"] = numpy.ones((4, 32, 40))
print("ready", flush=True)
sys.stdin.read()
"""


@h5.scenario("locked_rplus", "open for writing, and locked, in another process")
def _(folder: Path) -> None:
    write(folder / "b.h5", {"stk_bad": excellent()})
    stacks = bad_uri(folder)
    strict_warnings()
    with elsewhere(HOLD_RPLUS, str(folder / "b.h5")):
        check(call(stacks), OTHERS_IN_ORDER, H5_REFUSED)


@h5.scenario("locked_w_unflushed", "being created, and not flushed, in another process")
def _(folder: Path) -> None:
    stacks = bad_uri(folder)
    strict_warnings()
    with elsewhere(HOLD_NEW, str(folder / "b.h5")):
        check(call(stacks), OTHERS_IN_ORDER, H5_REFUSED)


@h5.scenario("own_process_has_it_open_w", "open for writing in this process")
def _(folder: Path) -> None:
    import h5py

    with h5py.File(folder / "b.h5", "w") as handle:
        handle["/entry/stk_bad"] = excellent()
        strict_warnings()
        check(call(bad_uri(folder)), OTHERS_IN_ORDER, H5_REFUSED)
        assert handle["/entry/stk_bad"].shape == (4, 32, 40), "the caller's handle is dead"


def meanwhile(folder: Path, fault: Callable[[Path], None], *families: type[BaseException]) -> None:
    """Rank stacks of a file that suffers a fault once the first images are scored, most being unread."""
    stacks = write(folder / "ok.h5", good(n=150, shape=(96, 96)), chunks=(1, 96, 96), compression="gzip")
    strict_warnings()
    suffered: list[int] = []

    def progress(done: int, _: int) -> None:
        if done and not suffered:
            suffered.append(done)
            fault(folder / "ok.h5")

    got = call(stacks, progress=progress, memory_limit=1 << 20)
    require(suffered and suffered[0] < 300, f"the fault came after {suffered} of 447 images")
    names = ["ok.h5", "kilo", "zeta", "alpha"]
    check(got, any_order("zeta", "alpha", "kilo"), error(*families, naming=names))


@h5.scenario("truncated_during", "truncated while it is read: no SIGBUS")
def _(folder: Path) -> None:
    meanwhile(folder, lambda file: os.truncate(file, 4096), *FAMILIES)


def _overwrite(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as handle:
        handle.write(os.urandom(size))


@h5.scenario("overwritten_during", "overwritten with random bytes while it is read")
def _(folder: Path) -> None:
    meanwhile(folder, _overwrite, *FAMILIES, MemoryError)
