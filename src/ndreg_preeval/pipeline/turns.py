# SPDX-License-Identifier: MIT
"""One call at a time, in the order in which they came: what a live scan needs that several threads add to."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator
from typing import Final


class Turns:
    """Calls wait for their turn; one within another, in the same thread, is refused: it would wait for itself.

    Parameters
    ----------
    what : str
        Names the call in the error.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        # One that its own thread may take again: a handler of a signal runs in the middle of a call.
        self._lock = threading.RLock()
        self._at_work: int | None = None
        _ALL.add(self)

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Wait until no other thread is in here.

        Raises
        ------
        RuntimeError
            Where this thread is in here already.
        """
        me = threading.get_ident()
        with self._lock:
            if self._at_work == me:
                raise RuntimeError(
                    f"{self._what} was called from within {self._what}, by a handler of a signal or an object "
                    "that makes its array: that one comes first, so add these images when it has returned"
                )
            self._at_work = me
            try:
                yield
            finally:
                self._at_work = None

    def begin_anew(self) -> None:
        """In a child of a fork: threads that were in here are not there."""
        self._lock = threading.RLock()
        if self._at_work != threading.get_ident():
            self._at_work = None


_ALL: Final[weakref.WeakSet[Turns]] = weakref.WeakSet()


def _begin_anew() -> None:
    for each in _ALL:
        each.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
