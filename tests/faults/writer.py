# SPDX-License-Identifier: MIT
"""Another process that writes to a file: ``python -m tests.faults.writer FILE swmr|plain``.

It makes a file with `BEGUN` images and says "ready". For each number on a line of standard input
it appends so many images and says "done".
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py

from .damage import PATH, counts

ROOT = Path(__file__).resolve().parents[2]
BEGUN = 24
MOST = 96
SHAPE = (64, 60)


def images(n: int) -> Any:
    """The first n images that are written."""
    return counts(MOST, SHAPE)[:n]


@contextlib.contextmanager
def writing(file: Path, mode: str) -> Iterator[Callable[[int], None]]:
    """Start the writer; gives a function that lets it append images, and waits for that."""
    command = [sys.executable, "-m", "tests.faults.writer", str(file), mode]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def append(number: int) -> None:
            assert process.stdin is not None
            assert process.stdout is not None
            print(number, file=process.stdin, flush=True)
            assert process.stdout.readline() == "done\n"

        try:
            assert process.stdout.readline() == "ready\n"
            yield append
        finally:
            process.kill()


def main(file: str, mode: str) -> None:
    """What the other process does."""
    options: dict[str, Any] = {"libver": "latest"} if mode == "swmr" else {}
    opened = h5py.File(file, "w", **options)
    dataset = opened.create_dataset(
        PATH, data=images(BEGUN), maxshape=(None, *SHAPE), chunks=(1, *SHAPE), compression="gzip"
    )
    if mode == "swmr":
        opened.swmr_mode = True
    else:
        opened.close()
    print("ready", flush=True)
    for line in sys.stdin:
        if mode == "plain":
            opened = h5py.File(file, "r+", locking=False)
            dataset = opened[PATH]
        begin = len(dataset)
        for index in range(begin, begin + int(line)):
            dataset.resize(index + 1, axis=0)
            dataset[index] = images(index + 1)[index]
            dataset.flush()
        if mode == "plain":
            opened.close()
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
