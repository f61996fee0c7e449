# SPDX-License-Identifier: MIT
"""Reading files that nobody trusts in a child process with a memory limit.

It keeps a file that crashes libhdf5, or makes it eat memory, from doing so here: the child dies
and an OSError names the stack. It is no defence against code that takes over the child.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, ValuesView
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import IO, Any

from . import _core
from .blocks import READ_AHEAD
from .errors import naming_stack, shorten
from .options import Limits, Options
from .stacks.source import StackSpec

# The search path comes first, so that the child finds this very package.
_START = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from ndreg_preeval.isolate import serve; serve()"
)


class ChildExecutor(Executor):
    """Runs one call after the other in one child process.

    Unlike `multiprocessing`'s, the child never imports the caller's main module: scripts need
    no ``if __name__ == "__main__"``.
    """

    _max_workers = 1

    def __init__(self, memory: int | None) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._send(list(sys.path))
            self._send(memory)
        except BaseException:
            self.shutdown()
            raise

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call to its end; the future is done."""
        future: Future[Any] = Future()
        self._send((fn, args, kwargs))
        assert self._child.stdout is not None
        try:
            result, error = pickle.load(self._child.stdout)
        except (EOFError, pickle.UnpicklingError):
            raise OSError(self._died()) from None
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """End the child, whatever it does."""
        self._child.kill()
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # unsent bytes for a dead child
                    stream.close()
        self._child.wait()

    def _send(self, message: object) -> None:
        assert self._child.stdin is not None
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        try:
            self._child.stdin.write(data)
            self._child.stdin.flush()
        except BrokenPipeError:
            raise OSError(self._died()) from None

    def _died(self) -> str:
        code = self._child.wait()
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return f"the isolated process that read it ended {how}"


@contextlib.contextmanager
def isolated(options: Options) -> Iterator[tuple[ChildExecutor, Options]]:
    """Give a child to score in, and the options for scoring there."""
    child = ChildExecutor(memory_allowance(options))
    try:
        yield child, replace(options, num_threads=options.num_threads or _core.default_threads())
    finally:
        child.shutdown()


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


def resolve_apart(
    child: Executor, image_stacks: Any, limits: Limits, *, keep_going: bool = False
) -> list[tuple[Any, Any]]:
    """Resolve stacks in the child where that needs files: links and groups are followed there."""
    from .stacks.resolve import resolve_stacks

    if not _names_files_only(image_stacks):
        return resolve_stacks(image_stacks, limits=limits, keep_going=keep_going)
    try:
        found = child.submit(resolve_stacks, image_stacks, limits=limits, keep_going=keep_going).result()
    except OSError as error:
        if error.errno is None and len(error.args) == 1:
            names = list(image_stacks) if isinstance(image_stacks, Mapping) else image_stacks
            raise OSError(f"stacks {shorten(names)}: {error.args[0]}") from None
        raise
    # The caller's own key objects, not the copies that came back.
    own = {key: key for key in image_stacks} if isinstance(image_stacks, Mapping) else {}
    return [(own.get(key, key), spec) for key, spec in found]


def resolve_one_apart(child: Executor, stack: Any, name: Any, limits: Limits) -> StackSpec:
    """Resolve one stack, in the child when it is in a file."""
    from .stacks.resolve import resolve_stack

    if not _names_file(stack):
        return resolve_stack(stack, name=name, limits=limits)
    with naming_stack(name):
        spec: StackSpec = child.submit(resolve_stack, stack, name=name, limits=limits).result()
        return spec


def _names_files_only(image_stacks: Any) -> bool:
    values = image_stacks.values() if isinstance(image_stacks, Mapping) else image_stacks
    if _names_file(values):
        return True
    return isinstance(values, list | tuple | ValuesView) and all(map(_names_file, values))


def _names_file(value: Any) -> bool:
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
    try:
        data = pickle.dumps((function(*args, **kwargs), None))
    except Exception as error:  # noqa: BLE001 - it is raised again in the parent
        data = _pickled_error(error)
    answers.write(data)
    answers.flush()


def _pickled_error(error: Exception) -> bytes:
    try:
        data = pickle.dumps((None, error))
        pickle.loads(data)
    except Exception:  # noqa: BLE001 - classes of other people may not survive pickling
        data = pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {shorten(str(error), 1000)}")))
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

    import h5py  # noqa: F401 - loaded before the limit, so that it counts as what is there

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
