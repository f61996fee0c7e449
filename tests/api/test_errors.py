# SPDX-License-Identifier: MIT
"""Naming what is at fault keeps class, errno and picklability, and stays short."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ndreg_preeval.errors import (
    MAX_MESSAGE,
    annotate,
    clip,
    naming,
    naming_stack,
    printable_location,
    shorten,
    without_warnings,
)


class HostileText(str):
    """Text whose every method misbehaves."""

    __slots__ = ()

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __str__(self) -> str:
        raise RuntimeError("str")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    __hash__ = str.__hash__


class HostileObject:
    def __repr__(self) -> str:
        raise RuntimeError("repr")


class OwnError(Exception):
    """An error with more than a message."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code


class OwnOSError(OSError):
    pass


def named(
    error: BaseException, key: object = "Ca", location: str = "", image: int | None = None
) -> BaseException:
    with pytest.raises(type(error)) as caught, naming_stack(key, location, image):
        raise error
    assert caught.value is error
    return error


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ca", "'Ca'"),
        (np.str_("Ca"), "'Ca'"),
        (HostileText("Ca"), "'Ca'"),
        ("\udc80\n", r"'\udc80\n'"),
        (b"Ca", "b'Ca'"),
        (None, "None"),
        (3, "3"),
        (("a", 1), "('a', 1)"),
    ],
)
def test_short_values_are_shown_whole(value: object, expected: str) -> None:
    assert shorten(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**6,
        b"x" * 10**6,
        ["x" * 10**6] * 10,
        dict.fromkeys(range(1000), "x" * 1000),
        10**4000,
        HostileObject(),
    ],
    ids=["str", "bytes", "list", "dict", "int", "object"],
)
def test_long_or_hostile_values_are_shown_short(value: object) -> None:
    assert 0 < len(shorten(value)) <= 210


def test_clip_keeps_both_ends() -> None:
    assert clip("begin" + "x" * 100 + "end", 20) == "begin" + "x" * 8 + "..." + "xend"
    assert clip("short", 20) == "short"


def test_places_are_printable() -> None:
    assert printable_location("/d/Kβ.h5::/Ca") == "/d/Kβ.h5::/Ca"
    assert printable_location("a\n\udc80") == r"a\n\udc80"


@pytest.mark.parametrize("kind", [ValueError, TypeError, RuntimeError, IndexError, OverflowError])
def test_builtin_errors_say_it_in_their_message(kind: type[Exception]) -> None:
    error = named(kind("too flat"), location="f.h5::/Ca", image=3)
    assert str(error) == "stack 'Ca' (f.h5::/Ca), image 3: too flat"
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)


def test_key_errors_keep_their_class() -> None:
    assert named(KeyError("no such dataset")).args == ("stack 'Ca': no such dataset",)


@pytest.mark.parametrize("file", [None, "f.h5"])
def test_os_errors_keep_errno_file_and_subclass(file: str | None) -> None:
    error = named(OSError(2, "No such file", *([file] if file else [])))
    assert type(error) is FileNotFoundError
    copy = pickle.loads(pickle.dumps(error))
    for each in (error, copy):
        assert type(each) is FileNotFoundError
        assert (each.errno, each.filename) == (2, file)
        assert str(each) == "[Errno 2] stack 'Ca': No such file" + (": 'f.h5'" if file else "")


def test_os_errors_with_a_message_only() -> None:
    error = named(OSError("bad chunk"))
    assert str(error) == "stack 'Ca': bad chunk"
    assert error.errno is None


@pytest.mark.parametrize(
    "error", [OwnError(7, "offline"), OwnOSError(5, "offline"), ValueError("a", 1), OSError(), ValueError()]
)
def test_other_errors_get_a_note(error: Exception) -> None:
    before = error.args
    named(error)
    assert error.args == before
    assert error.__notes__ == ["stack 'Ca'"]
    assert pickle.loads(pickle.dumps(named(ValueError("a", 1)))).__notes__ == ["stack 'Ca'"]


@pytest.mark.parametrize("error", [MemoryError("full"), KeyboardInterrupt(), SystemExit(3)])
def test_what_is_no_fault_of_the_stack_passes_unchanged(error: BaseException) -> None:
    before = error.args
    named(error)
    assert error.args == before
    assert not hasattr(error, "__notes__")


def test_the_array_memory_error_of_numpy_passes_unchanged() -> None:
    with pytest.raises(MemoryError) as caught, naming_stack("Ca"):
        np.empty(1 << 60, np.uint8)
    assert "Ca" not in str(caught.value)


def test_a_stack_is_named_once_and_not_taken_for_another() -> None:
    error = ValueError("odd")
    for key in ("Ca", "Ca", "C"):
        annotate(error, f"stack {key}")
    assert str(error) == "stack C: stack Ca: odd"


def test_the_location_is_not_repeated() -> None:
    assert str(named(ValueError("f.h5::/Ca: odd"), location="f.h5::/Ca")) == "stack 'Ca': f.h5::/Ca: odd"


def test_inner_places_come_after_outer_ones() -> None:
    with (
        pytest.raises(ValueError, match=r"^stack 'Ca': image 3: odd$"),
        naming_stack("Ca"),
        naming("image 3"),
    ):
        raise ValueError("odd")


@pytest.mark.parametrize("key", ["x" * 10**6, HostileText("Ca"), HostileObject(), "{0}%s%n", "\udc80"])
def test_no_key_makes_a_message_fail_or_grow(key: object) -> None:
    error = named(ValueError("odd " + "y" * 10**6), key=key, location="z" * 10**6)
    assert str(error).startswith("stack ")
    assert "odd" in str(error)
    assert len(str(error).encode("utf-8", "replace")) <= MAX_MESSAGE


def test_an_error_that_refuses_notes_still_comes_out() -> None:
    class Refusing(Exception):
        def add_note(self, note: str) -> None:
            raise RuntimeError(note)

    assert type(named(Refusing("a"))) is Refusing


def test_warnings_are_ignored_by_those_who_ask_and_filters_come_back() -> None:
    """Of two threads the one that came first leaves first: what the second one found is not what was there before."""
    before = list(warnings.filters)
    inside, left = threading.Event(), threading.Event()

    def second() -> None:
        with without_warnings(RuntimeWarning):
            inside.set()
            left.wait()
            warnings.warn("divided by nothing", RuntimeWarning, stacklevel=1)

    with ThreadPoolExecutor(1) as pool:
        with without_warnings(message="Glyph .* missing"):
            done = pool.submit(second)
            inside.wait()
            warnings.warn("Glyph 1 missing from font", UserWarning, stacklevel=1)
        left.set()
        done.result()
    assert warnings.filters == before
    with pytest.warns(RuntimeWarning, match="again"):
        warnings.warn("again", RuntimeWarning, stacklevel=1)
    with pytest.raises(OSError, match="gone"), without_warnings():
        raise OSError("gone")
    assert warnings.filters == before


FORK = """
import os, sys, threading, warnings
from ndreg_preeval.errors import without_warnings

before = list(warnings.filters)
inside, go_on = threading.Event(), threading.Event()

def other():
    with without_warnings():
        inside.set()
        go_on.wait()

def child(expected):
    pid = os.fork()
    if pid == 0:
        with without_warnings(UserWarning):
            warnings.warn("nobody hears this", UserWarning)
        os._exit(0 if (warnings.filters == before) == expected else 3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

thread = threading.Thread(target=other)
thread.start()
inside.wait()
child(True)
go_on.set()
thread.join()
assert warnings.filters == before
with without_warnings():
    child(bool(getattr(sys.flags, "context_aware_warnings", False)))  # of the thread alone
assert warnings.filters == before
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_has_the_filters_of_before() -> None:
    """But for those of the thread that forks."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
