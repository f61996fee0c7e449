# SPDX-License-Identifier: MIT
"""What cases need to watch a process, or to start another one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from .outcomes import Failed, require

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0
"""Seconds after which a process counts as hanging."""
PRELUDE = """
import os, sys, time, threading
import numpy as np
import ndreg_preeval
from tests.reliability.support import good, images, rank, strict_warnings
strict_warnings()
"""


def script(
    code: str, *prefix: str, env: Mapping[str, str] | None = None, timeout: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter, after `PRELUDE`; `prefix` is a command that runs the interpreter."""
    return subprocess.run(
        [*prefix, sys.executable, "-c", PRELUDE + code],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def in_fork(work: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Do the work in a fork; fail when it hangs, crashes or is not true."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            code = 0 if work() else 3
        finally:
            os._exit(code)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            require(code == 0, f"the fork ended with status {code} (3: wrong rank)")
            return
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise Failed(f"the fork hangs, killed after {seconds} s")


def resident() -> int:
    """Bytes of memory in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def descriptors() -> dict[str, str]:
    """Open files of this process."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found[entry.name] = str(entry.readlink())
        except FileNotFoundError:  # the descriptor of the listing itself
            continue
    return found


def threads() -> int:
    """Threads of this process, whoever started them."""
    return len(list(Path("/proc/self/task").iterdir()))
