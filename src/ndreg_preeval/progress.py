# SPDX-License-Identifier: MIT
"""Progress of a ranking: a callable of the caller's, or a bar of tqdm on a terminal and in a notebook."""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Callable
from typing import Any

from .argument_checks import type_name
from .errors import without_warnings

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
        return contextlib.closing(Bar())
    if callable(progress):
        return contextlib.nullcontext(progress)
    raise TypeError(f"progress must be True or callable(done, total), not {type_name(progress)}")


def write_above_bars(text: str) -> None:
    """Write a line to standard error; a bar that is shown there comes below it again."""
    if _bar_class.cache_info().currsize:
        _bar_class().write(text, file=sys.stderr)
    else:
        print(text, file=sys.stderr)  # noqa: T201 - for the command line


class Bar:
    """A bar of tqdm, called with (done, total): a widget in a notebook, else a line on standard error.

    It comes with the first call, and goes when it is closed.
    """

    def __init__(self) -> None:
        self._bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` images are done."""
        if self._bar is None:
            self._bar = _bar_class()(total=total, unit="image", leave=False)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


@functools.cache
def _bar_class() -> Any:
    # In a notebook without ipywidgets the bar is a line of text: nothing to be warned of.
    with without_warnings():
        from tqdm.auto import tqdm

    class ImageBar(tqdm):  # type: ignore[misc]  # tqdm has no types
        # Neither a thread that watches bars nor a semaphore of the system: processes that fork inherit both.
        monitor_interval = 0
        _lock = threading.RLock()

    return ImageBar
