# SPDX-License-Identifier: MIT
"""What needs a process of its own: files of other people, and Ctrl-C."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest

from tests.faults.damage import CODECS, PATH, counts

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors as Linux does")

THREADS = pytest.mark.parametrize("threads", [1, 2])
PRELUDE = f"""
import sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
"""


def script(code: str, *arguments: object, timeout: float = 300.0) -> Any:
    """Run code in a new interpreter; gives what it prints, read as JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PRELUDE + code, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, f"status {done.returncode}: {done.stderr[-3000:]}"
    return json.loads(done.stdout)


FORBIDDEN = """
import errno, json, os, pathlib
from tests.faults.damage import write
from tests.faults import Fault
from tests.faults.outcome import attempt, check_error, check_last, with_bad
from tests.support.privileges import forbidden, obey_permission_bits, within_reach
folder, threads = within_reach(pathlib.Path(sys.argv[1])), int(sys.argv[2])
uri = write(folder / "bad.h5", codec="gzip")
(folder / "bad.h5").chmod(0)
gone = with_bad(str(folder / "nope.h5") + "::/a")  # whatever errors import late is imported now
check_last(attempt(gone, on_error="rank_last"), attempt(gone))
obey_permission_bits()
assert forbidden(folder / "bad.h5", os.O_RDONLY)
raised = attempt(with_bad(uri), num_threads=threads)
check_error(raised, Fault(None, PermissionError, ("denied",)))
assert raised.error.errno == errno.EACCES
if sys.argv[3] == "rank_last":
    check_last(attempt(with_bad(uri), num_threads=threads, on_error="rank_last"), raised)
print(json.dumps(raised.message))
"""


@pytest.mark.parametrize("mode", ["raise", "rank_last"])
@THREADS
def test_files_that_may_not_be_read(tmp_path: Path, threads: int, mode: str) -> None:
    assert "bad.h5" in script(FORBIDDEN, tmp_path, threads, mode)


@pytest.mark.parametrize("mode", ["raise", "rank_last"])
@THREADS
def test_files_that_cannot_be_opened(
    tmp_path: Path, threads: int, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as far as Python code goes, wherever permission bits mean nothing."""
    from tests.faults import Fault
    from tests.faults.damage import write
    from tests.faults.outcome import attempt, check_error, check_last, with_bad

    stacks = with_bad(write(tmp_path / "bad.h5", codec="gzip"))
    original = os.open

    def refusing(path: Any, *more: Any, **options: Any) -> int:
        if str(path).endswith("bad.h5"):
            raise PermissionError(13, "Permission denied", path)
        return original(path, *more, **options)

    monkeypatch.setattr(os, "open", refusing)
    raised = attempt(stacks, num_threads=threads)
    check_error(raised, Fault(lambda _: "", PermissionError, ("denied",)))
    if mode == "rank_last":
        check_last(attempt(stacks, num_threads=threads, on_error=mode), raised)


# The signal comes in the midst of a task of reading, decoding or scoring, of which there are many more.
INTERRUPTED = """
import json, os, signal, threading, warnings
import ndreg_preeval
from tests.faults.outcome import left_over
from ndreg_preeval.pipeline.thread_pool import ThreadPool
warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)  # the images repeat themselves
uri, threads, mode, moment = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
signal.signal(signal.SIGINT, signal.default_int_handler)
ndreg_preeval.rank_stacks({"one": sys.argv[5]}, num_threads=threads)
before = left_over()
begun, late = [], []
run = ThreadPool._run

def counted(self, task, limit):
    begun.append(task)
    if self.cancelled():  # it was taken just before, or should not have been taken
        late.append(task)
    if len(begun) == moment:
        os.kill(os.getpid(), signal.SIGINT)
    run(self, task, limit)

ThreadPool._run = counted
try:
    ndreg_preeval.rank_stacks({"two": uri}, num_threads=threads, on_error=mode)
except KeyboardInterrupt as error:
    assert left_over() == before, (before, left_over())
    print(json.dumps([len(late), len(begun)]))
else:
    raise AssertionError(f"ranked in {len(begun)} tasks")
"""

FULL = 2048
"""Images of a stack that takes long."""

SIDE = 512


def endless(folder: Path, codec: str, images: int, number: int) -> str:
    """A stack that takes long: one compressed chunk stored very often."""
    chunk = (images, SIDE, SIDE)
    stack = counts(1, (SIDE, SIDE)).repeat(images, axis=0)
    stack[:, :, 60:] = 0  # small in the file
    with h5py.File(folder / f"{number}.h5", "w") as file:
        made = file.create_dataset(PATH, (number, *chunk[1:]), "<u2", chunks=chunk, **CODECS[codec]())
        made[:images] = stack
        _, raw = made.id.read_direct_chunk((0, 0, 0))
        for start in range(images, number, images):
            made.id.write_direct_chunk((start, 0, 0), raw)
    return f"{folder / f'{number}.h5'}::{PATH}"


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["raise", "rank_last"])
@THREADS
@pytest.mark.parametrize(
    ("codec", "images"), [("gzip", 1), ("gzip", 128), ("bitshuffle-lz4", 16), ("blosc2", 16)]
)
def test_ctrl_c_while_chunks_are_decoded(
    tmp_path: Path, codec: str, images: int, threads: int, mode: str
) -> None:
    uri = endless(tmp_path, codec, images, FULL)
    small = endless(tmp_path, codec, images, 2 * images)
    late, tasks = script(INTERRUPTED, uri, threads, mode, 4 + 3 * threads, small)
    assert late <= threads, f"{late} tasks were begun after everybody was sent home"
    # All would be one for each chunk, and one for 16 images (4 Mi pixels) that are scored.
    assert tasks < (FULL // images + FULL // 16) // 2
