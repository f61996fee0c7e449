# SPDX-License-Identifier: MIT
"""Options -v and -vv: what the package logs, as lines on standard error, above a bar."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator

from ..log import LOGGER
from ..progress import write_above_bars
from ..text import fitting


class _Lines(logging.Handler):
    """One line for each record, or several that fit a terminal: its level, and what it says."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = " ".join(record.getMessage().split())
            write_above_bars(fitting(f"{record.levelname.lower()}: {text}", sys.stderr))
        except BrokenPipeError:
            raise
        except Exception:  # noqa: BLE001 - logging must not stop the work
            self.handleError(record)


@contextlib.contextmanager
def records_as_lines(verbose: int) -> Iterator[None]:
    """Show records of INFO (1), or of DEBUG, too (2 or more); the logger is as before when the block ends."""
    if not verbose:
        yield
        return
    handler, before = _Lines(), LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO if verbose == 1 else logging.DEBUG)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(before)
