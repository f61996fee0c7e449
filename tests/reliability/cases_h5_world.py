# SPDX-License-Identifier: MIT
"""Files that are no regular files, belong to others, or change while they are read."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .cases_h5_layouts import FAMILIES, H5_REFUSED, h5
from .outcomes import OTHERS_IN_ORDER, RANKED, any_order, error
from .support import excellent, good, strict_warnings
from .table import call, check
from .uris import bad_uri, beside, good_file, write

NOBODY = 65534


def not_regular(token: str) -> Any:
    return error(OSError, ValueError, KeyError, naming=["stk_bad", token])


@h5.case("fifo", "a FIFO: opening it must not wait for a writer", not_regular("pipe.h5"), timeout=8)
def _(folder: Path) -> Any:
    os.mkfifo(folder / "pipe.h5")
    return bad_uri(folder, file="pipe.h5")


def device(path: str) -> Callable[[Path], Any]:
    return lambda folder: beside(folder, f"{path}::/entry/stk_bad")


for name in ("dev_zero", "dev_null", "dev_urandom"):
    path = "/" + name.replace("_", "/")
    h5.add(name, f"{path} as file", device(path), not_regular(path), timeout=8)


@h5.case("dev_stdin", "/dev/stdin, a pipe that nobody writes", not_regular("/dev/stdin"), timeout=8)
def _(folder: Path) -> Any:
    reading, _writing = os.pipe()  # the writing end stays open and silent
    os.dup2(reading, 0)
    return device("/dev/stdin")(folder)


@contextlib.contextmanager
def as_nobody() -> Any:
    """A folder that an unprivileged user owns, and this process as that user: root may read all."""
    import h5py  # noqa: F401 - whatever is imported late must be found while it may still be read
    import hdf5plugin  # noqa: F401
    import silx.io.h5py_utils
    import silx.io.url  # noqa: F401

    strict_warnings()
    with tempfile.TemporaryDirectory(prefix="nobody-") as folder:
        if os.getuid() == 0:
            Path(folder).chmod(0o755)
            os.chown(folder, NOBODY, NOBODY)
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        yield Path(folder)


@h5.scenario("permission", "a file that may not be read")
def _(_: Path) -> None:
    with as_nobody() as folder:
        write(folder / "b.h5", {"stk_bad": excellent()})
        stacks = bad_uri(folder)
        (folder / "b.h5").chmod(0)
        check(call(stacks), error(OSError, naming=["stk_bad", "b.h5"]))


@h5.scenario("read_only_file", "neither file nor folder may be written: reading needs no write")
def _(_: Path) -> None:
    with as_nobody() as folder:
        stacks = good_file(folder)
        (folder / "ok.h5").chmod(stat.S_IRUSR)
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        try:
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
    """Rank stacks of a file that suffers a fault 20 ms after the start."""
    stacks = write(folder / "ok.h5", good(n=150, shape=(96, 96)), chunks=(1, 96, 96), compression="gzip")
    strict_warnings()
    began = threading.Event()

    def later() -> None:
        began.wait()
        time.sleep(0.02)
        fault(folder / "ok.h5")

    thread = threading.Thread(target=later)
    thread.start()
    began.set()
    got = call(stacks)
    thread.join()
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
