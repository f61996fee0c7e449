# SPDX-License-Identifier: MIT
"""Progress of a ranking: a callable, a tqdm bar, or a line on the terminal."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from .argument_checks import type_name

Progress = Callable[[int, int], None]
"""Called with the number of images done and of all images."""


def open_progress(
    progress: bool | Callable[[int, int], None] | None,
) -> contextlib.AbstractContextManager[Progress | None]:
    """Give a callable(done, total), or None when the caller asked for no progress.

    Raises
    ------
    TypeError
        When `progress` is neither True, False, None nor callable.
    """
    if progress is None or progress is False:
        return contextlib.nullcontext()
    if progress is True:
        return contextlib.closing(_bar())
    if callable(progress):
        return contextlib.nullcontext(progress)
    raise TypeError(f"progress must be True or callable(done, total), not {type_name(progress)}")


def _bar() -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return _Line()
    return _Tqdm(tqdm)


class _Tqdm:
    def __init__(self, tqdm: Any) -> None:
        self._bar = tqdm(unit="image", leave=False)

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        self._bar.close()


class _Line:
    """One line on standard error, and only where that is a terminal."""

    def __init__(self) -> None:
        self._shown = ""

    def __call__(self, done: int, total: int) -> None:
        if sys.stderr is not None and sys.stderr.isatty():
            self._show(f"{done} of {total} images")

    def close(self) -> None:
        if self._shown:
            self._show("")
            self._show("")

    def _show(self, text: str) -> None:
        sys.stderr.write("\r" + text.ljust(len(self._shown)) + ("" if text else "\r"))
        sys.stderr.flush()
        self._shown = text


class Bar:
    """Called with (done, total); draws at most ten times a second."""

    WIDTH: Final = 30

    def __init__(self) -> None:
        self._drawn = -1.0
        self._length = 0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._drawn < 0.1:
            return
        self._drawn = now
        part = done / total if total else 1.0
        filled = int(part * self.WIDTH)
        text = f"[{'#' * filled}{'.' * (self.WIDTH - filled)}] {part:4.0%}  {done} of {total} images"
        sys.stderr.write("\r" + text.ljust(self._length))
        sys.stderr.flush()
        self._length = len(text)

    def clear(self) -> None:
        if self._length:
            sys.stderr.write("\r" + " " * self._length + "\r")
            sys.stderr.flush()
