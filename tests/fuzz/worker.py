# SPDX-License-Identifier: MIT
"""Processes that work off one order after the other, and may die or hang of it."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 4 << 30
"""Bytes of address space beyond what a worker takes at its start."""

OPTIONAL = ("imagecodecs",)
"""Packages that decode chunks where they are installed."""

Answer = dict[str, Any]


class Worker:
    """One such process; started when it is needed, and again after it died.

    Parameters
    ----------
    filling : int
        Byte of which new memory consists, so that results made of it differ between workers.
    bare : bool
        Leave optional packages alone.
    """

    def __init__(self, filling: int, *, bare: bool = False) -> None:
        self._filling = filling
        self._bare = bare
        self._process: subprocess.Popen[str] | None = None
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as this
        self.asked = 0
        """Orders since it was started."""

    def ask(self, order: Answer, seconds: float) -> Answer:
        """The answer, or ``{"died": status}``, or ``{"hangs": seconds}``; says how long it took."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        self.asked += 1
        began = time.monotonic()
        line = ""
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps({**order, "seconds": seconds}), file=process.stdin, flush=True)
            if not select.select([process.stdout], [], [], seconds)[0]:
                self.close()
                return {"hangs": seconds, "seconds": time.monotonic() - began, "trace": self._said()}
            line = process.stdout.readline()
        if not line:
            status = process.wait()
            self.close()
            return {"died": status, "seconds": time.monotonic() - began, "trace": self._said()}
        answer: Answer = json.loads(line)
        return {**answer, "seconds": time.monotonic() - began}

    def close(self) -> None:
        """End it, and whatever it started."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()
        self._process = None

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._errors.seek(0)
            self._errors.truncate()
            self.asked = 0
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.fuzz.worker", *(["--bare"] if self._bare else [])],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                start_new_session=True,
                env={**os.environ, "MALLOC_PERTURB_": str(self._filling ^ 255)},
            )
        return self._process

    def _said(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-3000:]


def serve() -> None:
    """Answer orders from standard input."""
    if "--bare" in sys.argv:
        sys.modules.update(dict.fromkeys(OPTIONAL))  # type: ignore[arg-type]  # None: not to be found
    from . import reading

    works = {"rank": reading.rank, "plain": reading.plain, "touch": reading.touch}
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not end up between the answers
    faulthandler.enable()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        order = json.loads(line)
        faulthandler.dump_traceback_later(0.9 * order["seconds"])
        answer = works[order["work"]](order)
        faulthandler.cancel_dump_traceback_later()
        os.chdir("/")
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve()
