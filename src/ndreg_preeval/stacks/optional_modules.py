# SPDX-License-Identifier: MIT
"""Modules that a Python may lack, asked for where a file needs them; their objects, and what they log."""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import threading
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

COMPILED: Final = ("zlib", "bz2", "ctypes")
"""Modules of the standard library that need headers of another library when Python is built."""


PLAIN: Final = (np.ndarray, list, tuple)


def optional_module(name: str) -> Any | None:
    """Return a module, or None where this Python lacks it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def is_a(value: object, package: str, *names: str) -> bool:
    """Return whether this is of a class of a package, or of one made of it: asking needs no import."""
    return any(
        each.__module__.partition(".")[0] == package and (not names or each.__name__ in names)
        for each in type(value).__mro__
    )


def is_plain(value: object) -> bool:
    """Return whether this is an array of numpy, a list or a tuple, and so no object of another library."""
    return type(value) in PLAIN


def load_h5py() -> None:
    """Import h5py.

    Raises
    ------
    ImportError
        When it cannot be imported; says what this Python lacks.
    """
    try:
        importlib.import_module("h5py")
    except ImportError as error:
        raise ImportError(
            f"reading files needs h5py, which cannot be imported: {error}{_what_python_lacks()}",
            name=error.name,
        ) from error


@functools.cache
def why_no_plugins() -> str:
    """Register the filters of hdf5plugin; say why where that fails: other files do not need them."""
    try:
        importlib.import_module("hdf5plugin")
    except ImportError as error:
        return f"; it cannot be imported: {error}{_what_python_lacks()}"
    return ""


def _what_python_lacks() -> str:
    lacking = " and ".join(name for name in COMPILED if optional_module(name) is None)
    return f" (this Python was built without {lacking})" if lacking else ""


@contextlib.contextmanager
def errors_logged(library: str) -> Iterator[list[str]]:
    """Collect what a library logs as error in this thread: it goes on nevertheless."""
    said: list[str] = []
    me = threading.get_ident()

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == me and record.getMessage() not in said:
                said.append(record.getMessage())

    logger, handler = logging.getLogger(library), Collect(logging.ERROR)
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)
