# SPDX-License-Identifier: MIT
"""Files that are cut, deleted, replaced or written to while they are read."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.damage import PATH, counts, write
from tests.faults.outcome import Outcome, attempt, check_others, with_bad
from tests.faults.writer import BEGUN, MOST, images, writing
from tests.support.scenes import assert_same_numbers

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors as Linux does")

OLD = counts(400)
NEW = OLD[::-1].copy()
MEMORY = 64 << 10
"""Bytes for images: a small part of the stack is read ahead."""

LAYOUTS: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "chunked": {"chunks": (1, 32, 40)},
    "gzip": {"codec": "gzip"},
    "bitshuffle-lz4": {"codec": "bitshuffle-lz4"},
    "blosc2": {"codec": "blosc2"},
}
THREADS = pytest.mark.parametrize("threads", [1, 2])
MODES = pytest.mark.parametrize("mode", ["raise", "rank_last"])
CHANGED = "changed while it was read"


def rank_while(stacks: Any, work: Callable[[], object], threads: int, after: int = 1, **more: Any) -> Outcome:
    """Rank, and do something to the files as soon as so many images are scored."""
    worked: list[int] = []

    def progress(done: int, _: int) -> None:
        if done >= after and not worked:
            worked.append(done)
            work()

    found = attempt(stacks, progress=progress, num_threads=threads, memory_limit=MEMORY, **more)
    assert worked
    return found


def check_same(found: Outcome, *candidates: Any) -> None:
    """The numbers of the bad stack are those of one of these arrays, bit for bit."""
    assert found.ranking is not None, found.error
    check_others(found.ranking)
    for candidate in candidates:
        expected = attempt(with_bad(candidate)).ranking
        assert expected is not None
        with contextlib.suppress(AssertionError):
            assert_same_numbers(found.ranking.stacks["bad"], expected.stacks["bad"])
            return
    raise AssertionError("these are the numbers of no stack that there ever was")


def check_refused(found: Outcome, mode: str, *kinds: type[Exception], says: str = "") -> None:
    """The bad stack is refused, by an error or in the ranking, and named."""
    if mode == "raise":
        assert isinstance(found.error, kinds), found
        message = found.message
    else:
        assert found.ranking is not None, found.error
        check_others(found.ranking)
        assert found.ranking.ranked_stack_names == ["clear", "fair", "bad"]
        message = found.ranking.stacks["bad"].error
        assert message
    for part in ("stack 'bad'", rf"bad\.h5::{PATH}", says):
        assert re.search(part, message), message


def refused(found: Outcome) -> bool:
    return found.ranking is None or bool(getattr(found.ranking.stacks["bad"], "error", None))


@MODES
@THREADS
@pytest.mark.parametrize("after", [0, 1, 50])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_cut(tmp_path: Path, layout: str, after: int, threads: int, mode: str) -> None:
    file = tmp_path / "bad.h5"
    stacks = with_bad(write(file, OLD, **LAYOUTS[layout]))
    found = rank_while(stacks, lambda: os.truncate(file, 20_000), threads, after, on_error=mode)
    check_refused(found, mode, OSError, says=r"images \d+ to \d+" if after else "")


@MODES
@THREADS
@pytest.mark.parametrize("layout", LAYOUTS)
def test_deleted(tmp_path: Path, layout: str, threads: int, mode: str) -> None:
    file = tmp_path / "bad.h5"
    stacks = with_bad(write(file, OLD, **LAYOUTS[layout]))
    found = rank_while(stacks, file.unlink, threads, on_error=mode)
    if refused(found):
        check_refused(found, mode, FileNotFoundError)
    else:
        check_same(found, OLD)


@MODES
@THREADS
@pytest.mark.parametrize("what", ["other pixels", "another shape", "another type", "no stack", "text"])
@pytest.mark.parametrize("layout", ["contiguous", "gzip"])
def test_replaced(tmp_path: Path, layout: str, what: str, threads: int, mode: str) -> None:
    file, other = tmp_path / "bad.h5", tmp_path / "other.h5"
    stacks = with_bad(write(file, OLD, **LAYOUTS[layout]))
    contents = {
        "other pixels": NEW,
        "another shape": NEW[:, :20],
        "another type": NEW.astype("f8"),
        "no stack": NEW[0],
    }
    if what == "text":
        other.write_text("no HDF5\n" * 1000)
    else:
        layout = "contiguous" if what == "no stack" else layout
        write(other, contents[what], **LAYOUTS[layout])
    found = rank_while(stacks, lambda: other.replace(file), threads, on_error=mode)
    if refused(found):
        check_refused(found, mode, OSError, ValueError)
    else:  # the one or the other, and no mixture
        check_same(found, OLD, *([NEW] if what == "other pixels" else []))


@THREADS
def test_overwritten(tmp_path: Path, threads: int) -> None:
    """Nothing tells pixels that were changed from others: but that they were, must be said."""
    file = tmp_path / "bad.h5"
    stacks = with_bad(write(file, OLD))
    data = file.read_bytes().replace(OLD.tobytes(), NEW.tobytes())

    def overwrite() -> None:
        with file.open("r+b") as opened:
            opened.write(data)

    found = rank_while(stacks, overwrite, threads)
    if refused(found):
        check_refused(found, "raise", OSError)
    else:
        assert found.ranking is not None
        assert any(CHANGED in text for text in found.ranking.stacks["bad"].warnings)


@MODES
@THREADS
@pytest.mark.parametrize("writer", ["swmr", "plain"])
def test_appended_to_by_another_process(tmp_path: Path, writer: str, threads: int, mode: str) -> None:
    with writing(tmp_path / "bad.h5", writer) as append:
        stacks = with_bad(f"{tmp_path / 'bad.h5'}::{PATH}")
        idle = rank_while(stacks, lambda: None, threads, on_error=mode)
        check_same(idle, images(BEGUN))
        assert idle.ranking is not None
        assert not any(CHANGED in text for text in idle.ranking.stacks["bad"].warnings)
        found = rank_while(stacks, lambda: append(40), threads, on_error=mode)
    assert found.ranking is not None, found.error
    bad = found.ranking.stacks["bad"]
    assert bad.n_images == BEGUN
    check_same(found, images(BEGUN))
    assert any(CHANGED in text for text in bad.warnings), bad.warnings


@contextlib.contextmanager
def all_the_time(append: Callable[[int], None], number: int) -> Iterator[None]:
    """Let the other process append images, one by one, until the block ends."""
    stop = threading.Event()

    def work() -> None:
        for _ in range(number):
            if not stop.is_set():
                append(1)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@THREADS
def test_appended_to_all_the_time(tmp_path: Path, threads: int) -> None:
    with writing(tmp_path / "bad.h5", "swmr") as append:
        stacks = with_bad(f"{tmp_path / 'bad.h5'}::{PATH}")
        with all_the_time(append, MOST - BEGUN):
            results = [attempt(stacks, num_threads=threads, memory_limit=MEMORY) for _ in range(5)]
    for found in results:
        assert found.ranking is not None, found.error
        n = found.ranking.stacks["bad"].n_images
        assert n >= BEGUN
        check_same(found, images(n))


def test_appended_to_between_shape_and_chunks(tmp_path: Path) -> None:
    """A reader may know the shape of before, and the chunks of after."""
    file = tmp_path / "bad.h5"
    stacks = with_bad(write(file, images(BEGUN), "gzip", maxshape=(None, None, None)))
    data = file.read_bytes()
    shape = b"".join(length.to_bytes(8, "little") for length in images(BEGUN).shape)
    assert data.count(shape) == 1
    before = (BEGUN - 4).to_bytes(8, "little") + shape[8:]
    file.write_bytes(data.replace(shape, before))
    check_same(attempt(stacks), images(BEGUN - 4))
