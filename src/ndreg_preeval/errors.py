# SPDX-License-Identifier: MIT
"""Names of the stack, file and image at fault, added without changing the class of an error."""

from __future__ import annotations

import contextlib
import os
import reprlib
import sys
import threading
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import Final

__all__ = [
    "FormatVersionError",
    "RankingWarning",
    "annotate",
    "clip",
    "names_stack",
    "naming",
    "naming_file",
    "naming_stack",
    "printable_location",
    "shorten",
    "stack_label",
    "without_label",
    "without_warnings",
]

LABEL: Final = "stack "
"""Begins the name of a stack in messages."""

MAX_MESSAGE: Final = 3800
"""Longest error message, in characters: readable in a log, whatever the input."""

# Errors whose text is `str(args[0])`: their message can be extended in place. The classes of
# other people may keep more in `args` than a message, so those get a note instead.
_PLAIN: Final = frozenset(
    {
        ArithmeticError,
        AssertionError,
        AttributeError,
        BufferError,
        EOFError,
        Exception,
        IndexError,
        KeyError,
        LookupError,
        NotImplementedError,
        OverflowError,
        RuntimeError,
        TypeError,
        ValueError,
    }
)


class RankingWarning(UserWarning):
    """Something about the stacks that a person should know, and that is no error.

    Examples
    --------
    >>> import warnings
    >>> from ndreg_preeval import RankingWarning
    >>> warnings.simplefilter("error", RankingWarning)  # stops at what makes a ranking doubtful
    """

    __module__ = "ndreg_preeval"


class FormatVersionError(ValueError):
    """A ranking was written in a format that this version does not read.

    Examples
    --------
    >>> from ndreg_preeval import FormatVersionError, Ranking
    >>> try:
    ...     Ranking.from_json('{"format_version": 99}')
    ... except FormatVersionError as error:
    ...     print(error)
    the ranking was written in format 99, and this version reads formats 2 to 3: install a newer one
    """

    __module__ = "ndreg_preeval"


def shorten(value: object, limit: int = 200) -> str:
    """Return a repr of at most about `limit` characters, without building a long one first.

    Never raises, and runs no method that a subclass of str or bytes brings along.
    """
    if isinstance(value, str):
        return repr(clip(str.__str__(value), limit))
    if isinstance(value, (bytes, bytearray)):
        raw = bytes(memoryview(value)[: limit + 1])
        return repr(raw[: limit - 3]) + "..." if len(raw) > limit else repr(raw)
    try:
        return clip(_REPR.repr(value), limit)
    except Exception:  # noqa: BLE001 - whatever the repr of a stranger does
        return f"<{type(value).__name__[:limit]}>"


def clip(text: str, limit: int = 400) -> str:
    """Return the text, its middle left out where it is longer than `limit`."""
    if len(text) <= limit:
        return text
    head = max(limit * 2 // 3, 1)
    tail = max(limit - head - 3, 1)
    return f"{text[:head]}...{text[-tail:]}"


def printable_location(location: str) -> str:
    """Return how messages say where pixels come from: printable, and not too long."""
    text = clip(str.__str__(location), 400)
    return text if text.isprintable() else repr(text)[1:-1]


def stack_label(key: object) -> str:
    """Return how messages call the stack with this key."""
    return f"{LABEL}{shorten(key)}"


def without_label(message: str, key: object) -> str:
    """Return the message of an error without the stack that it names first: for sentences that name it already."""
    label = stack_label(key)
    head, found, rest = message.partition(f"{label} (")
    if found and (not head or head.startswith("[Errno ")):
        return f"{head}{rest.replace('): ', ': ', 1)}" if "): " in rest else message
    head, found, rest = message.partition(f"{label}: ")
    return f"{head}{rest}" if found and (not head or head.startswith("[Errno ")) else message


def annotate(error: BaseException, text: str) -> None:
    """Say in an error where it happened; its class, errno and picklability stay the same.

    Built-in errors get `text` in front of their message, others as a note. MemoryError and what
    is no `Exception` (KeyboardInterrupt) are left alone, as is an error that says it already.
    """
    if not text or not isinstance(error, Exception) or isinstance(error, MemoryError):
        return
    try:
        _annotate(error, clip(text, 1200))
    except Exception:  # noqa: BLE001 - an error that cannot be annotated still is the one to report
        return


class naming:
    """Context manager: errors passing through say `text`, for instance "image 3"."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text: str = text

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            annotate(error, self.text)


class naming_stack(naming):
    """Context manager: errors passing through name a stack.

    Parameters
    ----------
    key : object
        The caller's key of the stack.
    location : str
        Where its pixels come from; empty for memory.
    image : int or None
        Index of the image at fault, where it is known.
    """

    __slots__ = ("image", "key", "location")

    # Words are made for errors alone: there is one of these around every step of every stack.
    def __init__(self, key: object, location: str = "", image: int | None = None) -> None:
        self.key: object = key
        self.location: str = location
        self.image: int | None = image

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        text = stack_label(self.key)
        location = printable_location(self.location)
        if location and not _says(error, location):
            text += f" ({location})"
        annotate(error, text if self.image is None else f"{text}, image {self.image}")


class naming_file(naming):
    """Context manager: errors passing through say which file or URI they are about, where they do not say so themselves."""

    __slots__ = ()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        text = printable_location(self.text)
        if error is not None and not _says(error, text) and not names_stack(error):
            annotate(error, text)


def _says(error: BaseException, text: str) -> bool:
    """Return whether the message of an error has this text already."""
    if not isinstance(error, Exception):
        return False
    return text in _text_of(error) or (isinstance(error, OSError) and error.filename == text)


def names_stack(error: BaseException) -> bool:
    """Return whether an error names a stack already."""
    if not isinstance(error, Exception):
        return False
    return any(text.startswith(LABEL) for text in (_text_of(error), *getattr(error, "__notes__", ())))


def _annotate(error: Exception, text: str) -> None:
    told = [_text_of(error), *getattr(error, "__notes__", ())]
    head = text.split(" (", 1)[0]
    # What follows the label must end it: "stack 1" is not named by "stack 12: ...".
    if any(note.startswith(head) and note[len(head) : len(head) + 1] in {"", ":", ",", " "} for note in told):
        return
    args = error.args
    if type(error) in _PLAIN and len(args) == 1 and type(args[0]) is str:
        error.args = (_join(text, args[0]),)
    elif isinstance(error, OSError) and type(error).__module__ == "builtins":
        _annotate_os_error(error, text)
    else:
        error.add_note(text)


def _annotate_os_error(error: OSError, text: str) -> None:
    if error.errno is not None and isinstance(error.strerror, str):
        # str() and pickle read different copies of the message: both must say the same.
        message = _join(text, error.strerror)
        error.args = (error.errno, message, *error.args[2:])
        error.strerror = message
    elif len(error.args) == 1 and type(error.args[0]) is str:
        error.args = (_join(text, error.args[0]),)
    else:
        error.add_note(text)


def _text_of(error: Exception) -> str:
    if isinstance(error, OSError) and isinstance(error.strerror, str):
        return error.strerror
    return error.args[0] if error.args and type(error.args[0]) is str else ""


def _join(text: str, message: str) -> str:
    return f"{text}: {clip(message, MAX_MESSAGE - len(text) - 2)}"


class _Repr(reprlib.Repr):
    """Limits containers; anything else is trusted to know its own length, then cut."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 200
        self.maxlevel = 3

    def repr_str(self, x: str, level: int) -> str:  # noqa: ARG002 - the signature of reprlib
        return shorten(x, self.maxstring)


_REPR: Final = _Repr()


class _Filters:
    """The filters of warnings of the process, changed by who is within, and put back when the last one has left.

    `warnings.catch_warnings` puts back what it found: of two threads the second one finds the filters of the
    first, and so the process would ignore warnings for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._within: list[int] = []
        """Threads that are within, as often as they are."""
        self._before: contextlib.AbstractContextManager[object] = contextlib.nullcontext()

    def enter(self, category: type[Warning], message: str) -> None:
        with self._lock:
            if not self._within:
                self._before = warnings.catch_warnings()
                self._before.__enter__()
            self._within.append(threading.get_ident())
            warnings.filterwarnings("ignore", message, category)

    def leave(self) -> None:
        with self._lock:
            self._within.remove(threading.get_ident())
            self._put_back()

    def _put_back(self) -> None:
        if not self._within:
            self._before.__exit__(None, None, None)

    def begin_anew(self) -> None:
        """In a child of a fork: other threads that were within are not there."""
        self._lock = threading.RLock()
        if self._within:
            self._within = [each for each in self._within if each == threading.get_ident()]
            self._put_back()


_FILTERS: Final = _Filters()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_FILTERS.begin_anew)


@contextlib.contextmanager
def without_warnings(category: type[Warning] = Warning, message: str = "") -> Iterator[None]:
    """Ignore warnings, of a category and whose text begins as a pattern says; for other packages' only.

    Threads may be in here at once; those that are not may miss warnings meanwhile, where Python has filters of
    the process only (as all before 3.14 do, and with a GIL by default those after).
    """
    if getattr(sys.flags, "context_aware_warnings", False):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message, category)
            yield
        return
    _FILTERS.enter(category, message)
    try:
        yield
    finally:
        _FILTERS.leave()
