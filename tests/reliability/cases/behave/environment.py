# SPDX-License-Identifier: MIT
"""Odd environments, and the traces that a call must not leave."""

from __future__ import annotations

import ctypes
import locale
import os
import platform
import re
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ...outcomes import BAD_LAST, Got, require
from ...processes import script, threads
from ...support import faulty, good, rank, strict_warnings, to_range
from ...uris import good_file
from .threads import FRESH, ORDER, behave, right

for name, variable, value in (
    ("omp_num_threads_0", "OMP_NUM_THREADS", "0"),
    ("omp_num_threads_abc", "OMP_NUM_THREADS", "abc"),
    ("omp_num_threads_99999999", "OMP_NUM_THREADS", "99999999999999999999"),
    ("omp_num_threads_64", "OMP_NUM_THREADS", "64"),
    ("omp_num_threads_4096", "OMP_NUM_THREADS", "4096"),
    ("omp_thread_limit_1", "OMP_THREAD_LIMIT", "1"),
    ("omp_dynamic_true", "OMP_DYNAMIC", "true"),
    ("omp_stacksize_64G", "OMP_STACKSIZE", "64G"),
    ("omp_stacksize_16k", "OMP_STACKSIZE", "16k"),
    ("omp_proc_bind_true", "OMP_PROC_BIND", "true"),
    ("omp_schedule_nonsense", "OMP_SCHEDULE", "nonsense,-5"),
    ("omp_wait_policy_active", "OMP_WAIT_POLICY", "active"),
    ("omp_max_active_levels_minus3", "OMP_MAX_ACTIVE_LEVELS", "-3"),
    ("omp_cancellation_true", "OMP_CANCELLATION", "true"),
):

    @behave.scenario(f"env_{name}", f"{variable}={value!r}", env={variable: value}, **FRESH)
    def _(_: Path) -> None:
        strict_warnings()
        require(rank(good()) == ORDER, "wrong rank of small images")
        require(right(), "wrong rank of images enough for threads")
        require(right(num_threads=3), "wrong rank with 3 threads")
        require(threads() <= 3 + 2 * (os.cpu_count() or 1), f"{threads()} threads")


@behave.scenario("seterr_raise", "numpy.seterr(all='raise') set by the caller", **FRESH)
def _(_: Path) -> None:
    stacks = faulty(np.full((4, 32, 40), 0.1))
    for stack in stacks.values():
        stack[:, :4] = 0.0
    stacks["kilo"] = stacks["kilo"].astype("f4")
    stacks["alpha"] = to_range(stacks["alpha"], 0, 200, "u1")
    strict_warnings()
    with np.errstate(all="raise"):
        got = Got(names=rank(stacks), given=tuple(stacks))
        require(set(np.geterr().values()) == {"raise"}, f"seterr has become {np.geterr()}")
    got.check()
    require(got.names is not None and got.names[0] == "zeta", str(got))


@behave.scenario("warnings_as_errors", "every warning an error: plain input of five types", **FRESH)
def _(_: Path) -> None:
    warnings.simplefilter("error")
    for kind in ("f8", "f4", "u2", "i4", ">f4"):
        limit = 60000 if kind == "u2" else 1e6
        stacks = {name: to_range(stack, 0, limit, kind) for name, stack in good().items()}
        require(rank(stacks) == ORDER, f"wrong for {kind}")


@behave.scenario("no_output", "nothing is printed for good, constant and zero stacks", **FRESH)
def _(folder: Path) -> None:
    good_file(folder)
    done = script(
        f"""
for bad in (None, np.full((4, 37, 41), 0.1), np.zeros((4, 32, 40))):
    stacks = good()
    if bad is not None:
        stacks["stk_bad"] = bad
    rank(stacks)
rank({{name: {str(folder / "ok.h5")!r} + "::/entry/" + name for name in good()}})
""",
        env={"OMP_NUM_THREADS": "2"},
    )
    require(done.returncode == 0, done.stderr[-800:])
    require(not done.stdout and not done.stderr, f"printed {done.stdout!r} and {done.stderr!r}")


@behave.scenario("denormals_not_flushed", "subnormal numbers are kept by import and use", **FRESH)
def _(_: Path) -> None:
    def kept() -> bool:
        double = np.full(9, sys.float_info.min) / 2
        single = np.full(9, np.finfo(np.float32).tiny) / np.float32(2)
        return bool((double > 0).all() and (single > 0).all() and sys.float_info.min / 4 > 0)

    require(kept(), "this machine flushes subnormal numbers anyway")
    import ndreg_preeval  # noqa: F401

    require(kept(), "import flushes subnormal numbers")
    strict_warnings()
    require(right(num_threads=1) and right(num_threads=2), "wrong rank")
    require(kept(), "use flushes subnormal numbers")


UPWARD = {"x86_64": 0x800, "i686": 0x800, "aarch64": 0x400000}


@behave.scenario("rounding_mode", "the caller's fesetround(FE_UPWARD) is kept, the rank right", **FRESH)
def _(_: Path) -> None:
    libm = ctypes.CDLL("libm.so.6")
    upward = UPWARD[platform.machine()]
    strict_warnings()
    require(right(), "wrong rank")
    require(libm.fesetround(upward) == 0, "the rounding mode cannot be set")
    try:
        serial, parallel = right(num_threads=1), right(num_threads=2)
        constant = rank(faulty(np.full((4, 37, 41), 0.1)))
        mode = libm.fegetround()
    finally:
        libm.fesetround(0)
    require(mode == upward, f"the rounding mode has become {mode:#x}")
    require(serial and parallel, "wrong rank")
    require(BAD_LAST.accepts(Got(names=constant)), f"constant images: {constant}")


def _c_environment() -> list[bytes]:
    pointer = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    found: list[bytes] = []
    while (entry := pointer[len(found)]) is not None:
        found.append(entry)
    return found


def _float_controls() -> bytes:
    """Rounding, precision and trap settings; the sticky status flags do not count."""
    state = ctypes.create_string_buffer(64)
    ctypes.CDLL("libm.so.6").fegetenv(state)
    if platform.machine() != "x86_64":
        return bytes(4)
    mxcsr = int.from_bytes(state.raw[28:32], "little") & 0xFFC0
    return state.raw[:2] + mxcsr.to_bytes(4, "little")


@behave.scenario("umask_cwd_env", "folder, umask, environment, locale, affinity, precision are kept", **FRESH)
def _(folder: Path) -> None:
    stacks = good_file(folder)  # h5py and what it loads may do as they like

    def state() -> dict[str, Any]:
        umask = os.umask(0o22)
        os.umask(umask)
        return {
            "cwd": str(Path.cwd()),
            "umask": umask,
            "environ": dict(os.environ),
            "C environ": _c_environment(),
            "locale": locale.setlocale(locale.LC_ALL),
            "affinity": os.sched_getaffinity(0),
            "nice": os.getpriority(os.PRIO_PROCESS, 0),
            "floats": _float_controls(),
            "random": repr(np.random.get_state()),  # noqa: NPY002 - the global state is what must be kept
        }

    before = state()
    strict_warnings()
    require(right(num_threads=2) and rank(stacks) == ORDER, "wrong rank")
    after = state()
    changed = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    require(not changed, f"changed: {changed}")


TRACED = "trace=socket,open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat"
RANK_BOTH = """
assert rank(good(n=12, shape=(64, 60))) == ["zeta", "alpha", "kilo"]
assert rank({{name: {file!r} + "::/entry/" + name for name in good()}}) == ["zeta", "alpha", "kilo"]
"""
WATCH = """
seen = []
def hook(event, args):
    written = event == "open" and isinstance(args[2], int) and args[2] & 3 and args[0] != os.devnull
    if written or event.startswith("socket."):
        seen.append((event, args))
    if event in ("os.rename", "os.remove", "os.mkdir", "os.truncate"):
        seen.append((event, args))
sys.addaudithook(hook)
"""


def _offences(trace: str) -> list[str]:
    """Calls that reach the network or write a file."""
    found = []
    for line in trace.splitlines():
        if "socket(" in line and "AF_UNIX" not in line:
            found.append(line)
        if re.search(r"O_WRONLY|O_RDWR|O_CREAT|\bcreat\(", line) and not re.search(
            r'"/dev/(null|tty)"', line
        ):
            found.append(line)
        if re.search(r"\b(rename|unlink|mkdir)\w*\(", line):
            found.append(line)
    return found


@behave.scenario("no_network_no_write", "no socket, no file opened for writing", slow=True, **FRESH)
def _(folder: Path) -> None:
    good_file(folder)
    code = RANK_BOTH.format(file=str(folder / "ok.h5"))
    log = folder / "trace"
    strace = shutil.which("strace")
    if strace and script("", strace, "-f", "-o", str(log), "-e", TRACED).returncode == 0:
        log.unlink()
        done = script(code, strace, "-f", "-qq", "-o", str(log), "-e", TRACED)
        require(done.returncode == 0, done.stderr[-800:])
        offences = _offences(log.read_text("utf-8", "replace"))
        require("ok.h5" in log.read_text("utf-8", "replace"), "the trace does not show the file read")
        require(not offences, f"offences: {offences[:5]}")
    # Without strace, or where tracing is forbidden, what Python itself sees.
    done = script(WATCH + code + "assert not seen, seen\n")
    require(done.returncode == 0, done.stderr[-800:])
