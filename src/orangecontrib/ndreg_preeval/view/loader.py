# SPDX-License-Identifier: MIT
"""Slow work beside the GUI: one job at a time, and of those that wait only the newest."""

from __future__ import annotations

import atexit
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from AnyQt.QtCore import QObject, QThread, pyqtSignal

_logger = logging.getLogger(__name__)

Job = Callable[[], Any]

_ending: list[QThread] = []


def let_end(thread: QThread) -> None:
    """Keep a thread until it has ended: Qt ends the process when one that runs is destroyed."""
    _ending[:] = [each for each in _ending if each.isRunning()]
    if thread.isRunning():
        _ending.append(thread)


@atexit.register
def _wait_for_all() -> None:
    for thread in _ending:
        thread.wait()


class Loader(QObject):
    """Runs jobs in a thread of its own and tells their results in the thread of the GUI.

    A job that is asked for while another one runs replaces the one that waits: whoever drags a
    slider wants the last image, not all of them. A result is told only when it is the newest
    one that was asked for.
    """

    loaded = pyqtSignal(object)
    """Result of the newest job."""

    _finished = pyqtSignal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="ndreg-preeval-pictures")
        self._newest = 0
        self._running = False
        self._waiting: Job | None = None
        self._closed = False
        self._finished.connect(self._done)

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._running

    def ask(self, job: Job) -> None:
        """Run a job as soon as the running one, if any, has ended."""
        if self._closed:
            return
        self._newest += 1
        self._waiting = job
        if not self._running:
            self._start()

    def forget(self) -> None:
        """Tell no result of what was asked for so far."""
        self._newest += 1
        self._waiting = None

    def close(self) -> None:
        """Start nothing any more; a job that runs ends unheard."""
        self._closed = True
        self.forget()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> None:
        job, self._waiting = self._waiting, None
        if job is None:
            return
        self._running = True
        number = self._newest
        self._executor.submit(job).add_done_callback(lambda future: self._tell(number, future))

    def _tell(self, number: int, future: Future[Any]) -> None:
        """Called in the thread of the job: hands its result over to the GUI's."""
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            _logger.error("a picture could not be made", exc_info=error)
        # The widget may have been deleted meanwhile: no object is left to tell.
        with contextlib.suppress(RuntimeError):
            self._finished.emit(number, None if error is not None else future.result())

    def _done(self, number: int, result: Any) -> None:
        self._running = False
        if self._closed:
            return
        if self._waiting is not None:
            self._start()
        elif number == self._newest and result is not None:
            self.loaded.emit(result)
