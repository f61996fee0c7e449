# SPDX-License-Identifier: MIT
"""How long it takes to refuse what is far larger than it looks."""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from common.known_shifts import moved_stack
from common.report import Section
from common.timing import require
from ndreg_preeval import rank_stacks

from .latencies import Latency, LatencySettings, section, within

BOMB = within("a bomb is refused", 500)
MESSAGE = within("a short message about something huge", 2000)
LONGEST = 4096
"""Bytes of a message, at most."""

DECLARED: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "images of a petabyte": ((3, 1 << 24, 1 << 24), (1, 64, 64)),
    "2^40 images": ((1 << 40, 8, 8), (1, 8, 8)),
    "4 GB in a file of some KB": ((1 << 24, 8, 8), (1, 8, 8)),
    "a chunk of 6 GB": ((3, 8, 8), (4, 20000, 20000)),
}


def good_stack() -> Any:
    """A stack that nothing is wrong with."""
    _, stack = moved_stack(4, (64, 72))
    return stack


def declared(file: Path, shape: tuple[int, ...], chunks: tuple[int, ...]) -> str:
    """A small file that declares much."""
    with h5py.File(file, "w") as opened:
        made = opened.create_dataset("data", shape, "f4", chunks=chunks, maxshape=(None,) * 3)
        made.id.write_direct_chunk((0, 0, 0), b"some", filter_mask=0)
    return f"{file}::/data"


def bombs(folder: Path) -> dict[str, str]:
    """Files in which a chunk of two bytes a pixel inflates to a gigabyte, as the tests make them."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    faults = importlib.import_module("tests.faults")
    made = {}
    for codec in faults.BOMBS:
        (folder / codec).mkdir()
        fault = faults.FAULTS[f"a gigabyte in a chunk of {codec}"]
        made[f"a gigabyte in a chunk of {codec}"] = fault.build(folder / codec)
    return made


def refused(stacks: Any, naming: str) -> float:
    """Seconds to an error that names the stack at fault."""
    start = time.perf_counter()
    try:
        rank_stacks(stacks)
    except (OSError, ValueError, TypeError, KeyError) as error:
        took = time.perf_counter() - start
        message = str(error)
    else:
        raise AssertionError("it was ranked")
    require(naming in message, f"{naming} is not in {message!r:.300}")
    require(len(message.encode("utf-8", "backslashreplace")) <= LONGEST, "a message without bound")
    return took


def huge() -> dict[str, tuple[Any, str]]:
    """Stacks that cannot be ranked, and what the message has to say."""
    good, long = good_stack(), "n" * 1_000_000
    return {
        "a name of 1 MB": ({long: np.zeros((3, 3)), "other": good}, "nnn"),
        "a name of 200 000 numbers": ({tuple(range(200_000)): None, "other": good}, "0, 1, 2"),
        "one image of 3000 x 3000": ({"flat": np.zeros((3000, 3000)), "other": good}, "flat"),
        "2000 stacks of one image": (
            {f"stack {i}": np.zeros((1, 4, 4)) + np.arange(4) for i in range(2000)},
            "stack 0",
        ),
    }


def refusals(settings: LatencySettings) -> Section:
    """All of them."""

    def measure(stacks: Any, naming: str) -> Callable[[int], float]:
        refused(stacks, naming)  # whatever is imported late is imported now
        return lambda _: refused(stacks, naming)

    with tempfile.TemporaryDirectory(prefix="latency-") as name:
        folder = Path(name)
        uris = bombs(folder)
        for number, (case, layout) in enumerate(DECLARED.items()):
            uris[case] = declared(folder / f"{number}.h5", *layout)
        found = [
            Latency(case, BOMB, measure({"good": good_stack(), "bad": uri}, "bad"))
            for case, uri in uris.items()
        ]
        found += [Latency(case, MESSAGE, measure(*what)) for case, what in huge().items()]
        note = "From the call of `rank_stacks` to the error, which has to name the stack and to be short."
        return section("Refusals", note, found, settings)
