# SPDX-License-Identifier: MIT
"""Functions called in a process of their own: another environment, a fresh memory, another build.

`python -m common.child_process` reads requests {"function": "module:name", "args": [...], "kwargs": {...}}
and answers {"result": ...} or {"not_measured": reason}, one line of JSON each.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from .timing import NotMeasured

FOLDER = Path(__file__).resolve().parents[1]
P = ParamSpec("P")
R = TypeVar("R")


class Worker:
    """A process that calls functions of these modules, until it is closed."""

    def __init__(self, environment: Mapping[str, str] | None = None, path: Sequence[Path] = ()) -> None:
        folders = [*map(str, path), str(FOLDER), os.environ.get("PYTHONPATH")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "common.child_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=FOLDER,
            env={
                **os.environ,
                **(environment or {}),
                "PYTHONPATH": os.pathsep.join(filter(None, folders)),
            },
        )

    def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What the function returns there; its arguments and result survive JSON.

        NotMeasured is raised here as it was there; any other exception ends the process, and a
        RuntimeError here says so.
        """
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        request = {
            "function": f"{function.__module__}:{function.__qualname__}",
            "args": args,
            "kwargs": kwargs,
        }
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            said = process.communicate()[1].strip()
            raise RuntimeError(said or f"the process ended with {process.returncode}")
        reply = json.loads(answer)
        if "not_measured" in reply:
            raise NotMeasured(reply["not_measured"])
        return cast(R, reply["result"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()


def serve() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        module, _, name = request["function"].partition(":")
        function = getattr(importlib.import_module(module), name)
        try:
            reply = {"result": function(*request["args"], **request["kwargs"])}
        except NotMeasured as error:
            reply = {"not_measured": str(error)}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    serve()
