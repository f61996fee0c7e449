# SPDX-License-Identifier: MIT
"""The process in which a case runs.

``child.py run ID FOLDER VERDICT`` runs one case in this interpreter. ``child.py serve`` imports what
the cases need, then forks for each order that comes on its standard input: a crash or a hang costs
one fork, and a case costs milliseconds instead of the start of an interpreter.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any


def limit_memory(more: int | None) -> None:
    """Let the process grow by so many bytes of address space."""
    if more is None:
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def execute(case_id: str, folder: Path, verdict: Path) -> None:
    """Run a case; an empty verdict means that all is well."""
    from tests.reliability.catalogue import find

    case = find(case_id)
    limit_memory(case.memory)
    complaint = ""
    handle = verdict.open("w", encoding="utf-8", errors="backslashreplace")  # while it can be opened
    try:
        case.run(folder)
    except AssertionError as error:
        complaint = f"{error}" or "".join(traceback.format_exception(error)[-2:])
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the verdict
        complaint = "unexpected " + "".join(traceback.format_exception(error))[-3000:]
    handle.write(json.dumps({"complaint": complaint}))
    handle.close()


def fork(order: dict[str, Any]) -> int:
    """Run an ordered case in a fork, with a session and standard streams of its own."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.setsid()
        folder = Path(order["folder"])
        for number, name, mode in (
            (0, os.devnull, os.O_RDONLY),
            (1, order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
            (2, order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        ):
            os.dup2(os.open(name, mode, 0o666), number)
        faulthandler.enable(2)
        execute(order["case"], folder, Path(order["verdict"]))
        code = 0
    finally:
        os._exit(code)


def wait(pid: int, seconds: float) -> int | None:
    """Exit status of a fork, or None when it had to be killed."""
    deadline = time.monotonic() + seconds
    pause = 0.001
    status = None
    while status is None and time.monotonic() < deadline:
        done, code = os.waitpid(pid, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(code)
        else:
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # what it may have left behind, or the case itself
    if status is None:
        os.waitpid(pid, 0)
    return status


def serve() -> None:
    """Import what most cases use, once, then work off orders; one JSON line each way."""
    import h5py  # noqa: F401
    import hdf5plugin  # noqa: F401
    import silx.io.url  # noqa: F401

    import ndreg_preeval  # noqa: F401
    import tests.reliability.catalogue  # noqa: F401

    for line in sys.stdin:
        order = json.loads(line)
        status = wait(fork(order), order["timeout"])
        print(json.dumps({"status": status}), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background jobs of a shell
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # not this folder: `tests` is the package
    if sys.argv[1] == "serve":
        serve()
    else:
        execute(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
