# SPDX-License-Identifier: MIT
"""Files that a library reads: what a format has to say of its own."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH116

from __future__ import annotations

import abc
import contextlib
import errno
import importlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import clip
from ..base import Storage
from ..pixel_checks import FillValues
from ..regular_file import FileState, check_regular_file

if TYPE_CHECKING:
    from ...options import Limits

INDEX = tuple[int | slice, ...]
"""An index or a slice with a positive step for each axis of a file."""


class LibraryFile(abc.ABC):
    """An open file: an array of which parts are read."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    """Type of the pixels that `read` gives, of either byte order."""
    axis_names: Sequence[str | None] | None = None
    """Name of each axis, None where the file has none."""
    labels: Sequence[str] | None = None
    """Names of the stacks, where one of the axes counts stacks."""
    chunks: tuple[int, ...] | None = None
    """Lengths of the parts that are decoded as one, where any axis may count the images; None where the
    file is best read along its first axis."""
    crops: bool = False
    """Whether parts of images are read without the rest of them."""
    stored: int | None = None
    """Bytes that hold the pixels, where it is not the size of the file."""
    compression: str = ""
    """Name of what compresses the pixels, "none", or empty where nobody knows."""
    concurrent: bool = False
    """Whether several threads may read at a time, this file and others of the format."""
    reopens: bool = False
    """Whether it keeps little more than what its headers said, and opens again without reading them."""
    notes: tuple[str, ...] = ()
    """Sentences about this file that a person should know, where no warning is needed."""
    warnings: tuple[str, ...] = ()
    """Sentences about this file that a person should know."""
    fill_values: FillValues = FillValues()
    """Values that its metadata declare to stand for none."""

    @abc.abstractmethod
    def read(self, index: INDEX) -> NDArray[Any]:
        """Return part of the pixels; the caller checks its shape and dtype."""

    def read_into(self, index: INDEX, out: NDArray[Any]) -> bool:  # noqa: ARG002
        """Read part of the pixels to a contiguous place of its shape and dtype; False where `read` has to."""
        return False

    def again(self) -> LibraryFile | None:
        """Open the file again, after it was closed, with what its headers said; None unless it `reopens`."""
        return None

    def storage(self) -> Storage:
        """Return how the whole file is stored, with as many lengths of chunks as it has axes."""
        layout = "contiguous" if self.compression == "none" else ""
        return Storage(None, layout, self.compression, self.stored)

    def close(self) -> None:  # noqa: B027 - some keep nothing open
        """Close what was opened; safe to call twice."""


class NotRead(Exception):
    """An error of this package that is carried past those of a library: `LibraryFormat.open_file` raises it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class LibraryFormat(abc.ABC):
    """A kind of files, and the library that reads it: a class that is used as it is, without instances."""

    name: ClassVar[str]
    """Name of the format in messages; specs pickle it, and look the class up by it."""
    endings: ClassVar[tuple[str, ...]] = ()
    """Endings of file names, in lower case."""
    magic: ClassVar[tuple[tuple[int, bytes], ...]] = ()
    """Offset and bytes, one of which files of this kind begin with."""
    safe_to_open: ClassVar[bool] = False
    """Whether several threads may open files of this format at a time."""
    many_axes: ClassVar[bool] = False
    """Whether a file can hold several stacks along an axis; it is opened once more to learn of its axes then."""
    modules: ClassVar[tuple[str, ...]] = ()
    """Modules that have to be installed."""
    has_paths: ClassVar[bool] = False
    """Whether files hold several stacks or images, which `data_path` tells apart."""
    extra: ClassVar[str | None] = None
    """The extra that installs them; None for those that a plain installation has."""

    def __init_subclass__(cls) -> None:
        if "name" in vars(cls):
            _FORMATS[cls.name] = cls

    @classmethod
    def begins(cls, head: bytes) -> bool:
        """Return whether a file that begins like this is of this kind."""
        return any(head.startswith(start, offset) for offset, start in cls.magic)

    @classmethod
    def states(cls, path: str) -> tuple[FileState, ...]:
        """Look at the files before the library does.

        Raises
        ------
        OSError
            When one is missing, may not be read, or is a folder, pipe or device.
        """
        check_regular_file(path)
        return (state_of(path),)

    @classmethod
    @abc.abstractmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> LibraryFile:
        """Open a file that was looked at, by a library that is there.

        Parameters
        ----------
        path : str
            Absolute.
        data_path : str
            Path in the file, empty where there is none.
        limits : Limits
            What the file declares is checked against these before memory is taken for it, where the
            library would take it: `LibraryFile.shape` is checked afterwards.

        Raises
        ------
        ValueError, NotRead
            When it holds no stack of grey images.
        Exception
            Anything else the library raises; it becomes an OSError that quotes it.
        """

    @classmethod
    def load(cls) -> None:
        """Import the library.

        Raises
        ------
        ModuleNotFoundError
            When it is not installed; names the extra.
        ImportError
            When it cannot be imported.
        """
        for module in cls.modules:
            try:
                importlib.import_module(module)
            except ImportError as error:
                way = f'pip install "ndreg_preeval[{cls.extra}]", the extra "{cls.extra}"'
                if cls.extra is None:
                    way = f"pip install {module}"
                raise type(error)(f"{cls._needs(module, error)}: {way}", name=error.name) from error
            except Exception as error:
                raise ImportError(cls._needs(module, error), name=module) from error

    @classmethod
    def _needs(cls, module: str, error: Exception) -> str:
        said = clip(str(error), 300) or type(error).__name__
        return f"{cls.name} files are read by {module}, which cannot be imported ({said})"


_FORMATS: Final[dict[str, type[LibraryFormat]]] = {}


def format_named(name: str) -> type[LibraryFormat]:
    """Return a format by its name."""
    return _FORMATS[name]


@contextlib.contextmanager
def errors_of_library(of: type[LibraryFormat], path: str) -> Iterator[None]:
    """Turn whatever a library raises into an OSError of its file; ValueErrors with a text stay what they are."""
    try:
        yield
    except NotRead as error:
        raise error.error from error.__cause__
    except (MemoryError, ImportError):
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        raise OSError(errno.EIO, f"{_said(of, error)}", clip(path)) from error
    except ValueError as error:
        if isinstance(error, (UnicodeError, json.JSONDecodeError)) or not str(error):
            raise OSError(errno.EIO, f"{_said(of, error)}", clip(path)) from error
        raise
    except Exception as error:
        raise OSError(errno.EIO, f"{_said(of, error)}", clip(path)) from error


def _said(of: type[LibraryFormat], error: Exception) -> str:
    kind = "" if type(error) is OSError else f"{type(error).__name__}: "
    text = f"it cannot be read as {of.name} file, it may be damaged"
    return f"{text}: {kind}{clip(str(error), 500)}" if str(error) else f"{text}: {kind[:-2]}"


def state_of(path: str) -> FileState:
    """Return a file as it is now."""
    status = os.stat(path)
    return FileState(path, status.st_size, (status.st_dev, status.st_ino), status.st_mtime_ns)


class Locks(dict[str, threading.Lock]):
    """A lock for each format whose library bears one thread only; made when it is asked for."""

    def __missing__(self, name: str) -> threading.Lock:
        return self.setdefault(name, threading.Lock())


LOCKS: Final = Locks()

if hasattr(os, "register_at_fork"):
    # A thread that held one is not there in the child.
    os.register_at_fork(after_in_child=LOCKS.clear)
