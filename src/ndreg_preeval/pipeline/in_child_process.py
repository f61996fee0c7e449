# SPDX-License-Identifier: MIT
"""Child process with a memory limit, which reads files from unknown sources.

It keeps a file that crashes libhdf5, or makes it eat memory, from doing so here: the child dies
and an OSError names the stack. It is no defence against code that takes over the child.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pickle
import selectors
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import IO, Any

import numpy as np

from .. import core
from ..errors import RankingWarning, naming_file, naming_stack, shorten
from ..options import Options
from ..stacks import FailedSpec, StackSpec, optional_module, resolve_stack, resolve_stacks
from ..text import list_names
from .batches import READ_AHEAD
from .engine import OnExecutor

# The search path comes first, so that the child finds this very package.
_START = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from ndreg_preeval.pipeline.in_child_process import serve; serve()"
)


OPENING = frozenset({"resolve_stacks", "resolve_stack", "load_mask", "inspect_file"})
"""Functions that only look at files: they have a time limit."""


class ChildExecutor(Executor):
    """Runs one call after the other in one child process.

    Unlike `multiprocessing`'s, the child never imports the caller's main module: scripts need
    no ``if __name__ == "__main__"``.
    """

    _max_workers = 1

    def __init__(self, memory: int | None, open_seconds: int | None) -> None:
        self._memory = memory
        self._open_seconds = open_seconds
        self._child: subprocess.Popen[bytes] | None = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call to its end; the future is done. Where the child dies, the next call has a new one."""
        future: Future[Any] = Future()
        try:
            result, error, told = self._ask(fn, args, kwargs)
        except TimeoutError:
            self.shutdown()
            text = f"opening it took more than {self._open_seconds} seconds: Limits.open_seconds allows more"
            future.set_exception(TimeoutError(errno.ETIMEDOUT, text))
            return future
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            future.set_exception(OSError(self._died()))
            return future
        for text in told:
            warnings.warn(text, RankingWarning, stacklevel=4)
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
        return future

    def _ask(
        self, fn: Callable[..., Any], args: Any, kwargs: Any
    ) -> tuple[Any, BaseException | None, list[str]]:
        # An error here is the caller's.
        data = pickle.dumps((fn, args, kwargs), protocol=pickle.HIGHEST_PROTOCOL)
        if self._child is None:
            self._child = subprocess.Popen(
                [sys.executable, "-c", _START],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._send(pickle.dumps(list(sys.path)))
            self._send(pickle.dumps(self._memory))
        self._send(data)
        assert self._child.stdout is not None
        self._wait(fn)
        answer: tuple[Any, BaseException | None, list[str]] = pickle.load(self._child.stdout)
        return answer

    def _wait(self, fn: Callable[..., Any]) -> None:
        """Raise TimeoutError where opening takes too long: libhdf5 may run in circles."""
        if self._open_seconds is None or fn.__name__ not in OPENING:
            return
        assert self._child is not None
        assert self._child.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            if not selector.select(self._open_seconds):
                raise TimeoutError

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """End the child, whatever it does."""
        if self._child is None:
            return
        self._child.kill()
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # unsent bytes for a dead child
                    stream.close()
        self._child.wait()
        self._child = None

    def _send(self, data: bytes) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        self._child.stdin.write(data)
        self._child.stdin.flush()

    def _died(self) -> str:
        assert self._child is not None
        code = self._child.wait()
        self.shutdown()
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return f"the isolated process that read it ended {how}"


class InChildProcess(OnExecutor):
    """One child process: links and groups of files are followed there too."""

    executor: ChildExecutor

    def __init__(self, options: Options) -> None:
        child = ChildExecutor(memory_allowance(options), options.limits.open_seconds)
        super().__init__(replace(options, num_threads=options.num_threads or core.default_threads()), child)
        self.words = "in a child process, which logs nothing"
        self._opened.callback(child.shutdown)

    def resolve(self, image_stacks: Any) -> list[tuple[Any, StackSpec]]:
        """Resolve stacks, those in files in the child."""
        if not isinstance(image_stacks, Mapping):
            if not _names_file(image_stacks):
                return super().resolve(image_stacks)
            with naming_file(_files_named(image_stacks)):
                return self._resolve_there(image_stacks)
        pairs: list[tuple[Any, StackSpec]] = []
        for key, value in list(image_stacks.items()):
            if not _names_file(value):
                pairs += super().resolve({key: value})
                continue
            portable = _portable(key)
            try:
                with naming_stack(key):
                    some = self._resolve_there({portable: value})
            except OSError as error:
                if self.options.on_error == "raise":
                    raise
                some = [(portable, FailedSpec(error, str(value)))]
            # The caller's own key object, not the copy that came back.
            pairs += [(key if name == portable else name, spec) for name, spec in some]
        return pairs or super().resolve(image_stacks)

    def resolve_one(self, stack: Any, name: Any) -> StackSpec:
        """Resolve one stack, in the child when it is in a file."""
        if not _names_file(stack):
            return super().resolve_one(stack, name)
        with naming_stack(name):
            spec: StackSpec = self.executor.submit(resolve_stack, stack, name=name, **self._one).result()
            return spec

    def _resolve_there(self, image_stacks: Any) -> list[tuple[Any, StackSpec]]:
        future = self.executor.submit(resolve_stacks, image_stacks, **self._resolving)
        found: list[tuple[Any, StackSpec]] = future.result()
        return found


def memory_allowance(options: Options) -> int | None:
    """Return how many bytes the child may take for itself; None for any number.

    What the limits allow one image to need, but no more than half of the machine's memory.
    """
    limits = options.limits
    if limits.image_bytes is None or limits.chunk_bytes is None:
        return None
    read_ahead = options.memory_limit or 4 * READ_AHEAD
    wanted = read_ahead + 2 * limits.chunk_bytes + 6 * limits.image_bytes
    try:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not on this platform
        return wanted
    return min(wanted, max(machine // 2, 1 << 30))


def _files_named(uris: Any) -> str:
    """Return what a URI or several name, for errors that name no stack: as of a child that died."""
    return str(uris) if _is_uri(uris) else list_names([str(each) for each in uris], 3)


def _portable(key: Any) -> Any:
    """Return the key, or how it looks: objects of callers need not survive the journey."""
    return key if type(key) in (str, int, float) else shorten(key)


def _names_file(value: Any) -> bool:
    """Return whether a value is a URI, or a list of the URIs of images."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "OUT" and value.size > 0 and all(map(_is_uri, value.ravel().tolist()))
    return (isinstance(value, list | tuple) and len(value) > 0 and all(map(_is_uri, value))) or _is_uri(value)


def _is_uri(value: Any) -> bool:
    # DataUrl is known by its name: importing silx for this would cost more than the child.
    return isinstance(value, str | os.PathLike) or type(value).__name__ == "DataUrl"


# ------------------------------------------------------------------ in the child


def serve() -> None:
    """Answer calls from standard input until it ends; the first message is the memory limit."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up between the answers
    _limit_memory(pickle.load(requests))
    with contextlib.suppress(EOFError, BrokenPipeError), answers:
        while True:
            function, args, kwargs = pickle.load(requests)
            _answer(answers, function, args, kwargs)


def _answer(answers: IO[bytes], function: Callable[..., Any], args: Any, kwargs: Any) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RankingWarning)
        result, failure = None, None
        try:
            result = function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - it is raised again in the parent
            failure = error
    told = [str(each.message) for each in caught if issubclass(each.category, RankingWarning)]
    try:
        data = pickle.dumps((result, failure, told))
        if failure is not None:
            pickle.loads(data)
    except Exception as error:  # noqa: BLE001 - classes of callers may not survive pickling
        data = _pickled_error(failure or error, told)
    answers.write(data)
    answers.flush()


def _pickled_error(error: Exception, told: list[str]) -> bytes:
    try:
        data = pickle.dumps((None, error, told))
        pickle.loads(data)
    except Exception:  # noqa: BLE001 - classes of callers may not survive pickling
        told_error = RuntimeError(f"{type(error).__name__}: {shorten(str(error), 1000)}")
        data = pickle.dumps((None, told_error, told))
    return data


def _limit_memory(allowance: int | None) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if allowance is None:
        return
    from pathlib import Path

    optional_module("h5py")  # loaded before the limit, so that it counts as what is there

    try:
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        taken = 1 << 30
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = taken + allowance
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses limits on address space
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
