# SPDX-License-Identifier: MIT
"""Runs cases in processes of their own and says what became of them."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from .table import Case

CHILD = str(Path(__file__).with_name("child.py"))


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What became of a case; no complaint means that it passed."""

    complaint: str
    seconds: float


def missing(case: Case) -> list[str]:
    """Optional packages and programs that the case needs and that are not installed."""
    packages = [name for name in case.needs if importlib.util.find_spec(name.partition(".")[0]) is None]
    return packages + [name for name in case.tools if shutil.which(name) is None]


class Runner:
    """Keeps the process from which the cases are forked; a context manager."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            assert self._server.stdin is not None
            assert self._server.stdout is not None
            self._server.stdin.close()
            self._server.stdout.close()
            self._server.wait()

    def run(self, case: Case) -> Verdict:
        """Run one case in an empty folder that is removed afterwards."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="reliability-", ignore_cleanup_errors=True) as name:
            top = Path(name)
            top.chmod(0o755)
            folder = top / "case"
            folder.mkdir()
            status = (self._fresh if case.fresh else self._forked)(case, folder, top)
            complaint = self._judge(case, status, top)
        return Verdict(complaint, time.monotonic() - began)

    def _forked(self, case: Case, folder: Path, top: Path) -> int | None:
        if self._server is None:
            # No thread of a linear algebra library may live in a process that forks.
            self._server = subprocess.Popen(
                [sys.executable, "-W", "ignore", CHILD, "serve"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        order = {
            "case": case.id,
            "folder": str(folder),
            "output": str(top / "output"),
            "verdict": str(top / "verdict"),
            "timeout": case.timeout,
        }
        print(json.dumps(order), file=self._server.stdin, flush=True)
        answer = self._server.stdout.readline()
        if not answer:
            raise RuntimeError("the process that runs the cases has died")
        status: int | None = json.loads(answer)["status"]
        return status

    def _fresh(self, case: Case, folder: Path, top: Path) -> int | None:
        command = [sys.executable, CHILD, "run", case.id, str(folder), str(top / "verdict")]
        env = {**os.environ, "PYTHONFAULTHANDLER": "1", **case.env}
        with (top / "output").open("w") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                start_new_session=True,
            )
            try:
                return process.wait(case.timeout)
            except subprocess.TimeoutExpired:
                return None
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _judge(self, case: Case, status: int | None, top: Path) -> str:
        output = ""
        if (top / "output").exists():
            output = (top / "output").read_text("utf-8", "replace")[-2000:]
        verdict = (top / "verdict").read_text("utf-8") if (top / "verdict").exists() else ""
        complaint = json.loads(verdict)["complaint"] if verdict else ""
        if status is None:
            return f"hangs: killed after {case.timeout} s\n{complaint}\n{output}"
        if status < 0:
            return f"killed by {signal.Signals(-status).name}\n{complaint}\n{output}"
        if status or not verdict:
            return f"ended with status {status}\n{complaint}\n{output}"
        return f"{complaint}\n{output}".strip() if complaint else ""
