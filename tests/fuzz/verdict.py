# SPDX-License-Identifier: MIT
"""What became of a damaged file, and whether that is all right."""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .layouts import Layout
from .worker import Answer, Worker

PATIENCE = 30.0
"""Seconds after which a case hangs; a third of them, and it is slow; a tenth is there for opening a file apart."""
FRESH_AFTER = 300
"""Cases that one worker ranks: memory that libhdf5 damaged without dying must not be blamed on others."""

FAMILIES = ("OSError", "KeyError", "ValueError", "TypeError", "RuntimeError")
FINE = {
    "verified": "ranked with the numbers of the pixels that h5py reads",
    "undamaged": "ranked with the numbers of the file before the damage; h5py reads something else, or nothing",
    "named": "an error that names the stack",
    "h5 crash": "plain h5py crashes, too, and isolate=True makes that an error that names the stack",
    "h5 hang": "plain h5py hangs, too, and isolate=True makes that an error that names the stack",
    "slow": "more than a third of the patience",
}
FAULTS = {
    "silent": "ranked with numbers of pixels that are not in the file",
    "garbage": "ranked though libhdf5 gives whatever memory holds: plain h5py reads other pixels each time",
    "unnamed": "an error of another class, or that does not name the stack",
    "crash": "the process died",
    "hang": "no end within the patience",
    "left open": "more files open than before",
}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Outcome of a case: a key of `FINE` or `FAULTS`, and what was seen."""

    outcome: str
    seen: dict[str, Answer]
    note: str = ""

    @property
    def fault(self) -> bool:
        return self.outcome in FAULTS


class Judge:
    """Has files ranked and read; a context manager."""

    def __init__(self, *, isolate: bool, bare: bool, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._isolate = isolate
        self._ranker = Worker(0x55, bare=bare)
        self._reader = Worker(0x2A)
        self._second = Worker(0x07)
        self._before: deque[dict[str, bytes]] = deque(maxlen=FRESH_AFTER)
        """Files that the worker has ranked and survived."""
        self._usual: dict[str, Answer] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in (self._ranker, self._reader, self._second):
            worker.close()

    def usual(self, layout: Layout, folder: Path) -> Answer:
        """Numbers of the stack before the damage; it must be ranked as h5py reads it."""
        if layout.name not in self._usual:
            write(folder, layout.files)
            verdict = self._judge(layout, folder, 1)
            if verdict.outcome != "verified":
                raise AssertionError(f"{layout.name}, undamaged: {verdict}")
            self._usual[layout.name] = _digests(verdict.seen["rank"])
        return self._usual[layout.name]

    def judge(self, layout: Layout, files: dict[str, bytes], folder: Path, threads: int) -> Verdict:
        """Rank the damaged files of a layout."""
        self.usual(layout, folder)
        write(folder, files)
        if self._ranker.asked >= FRESH_AFTER:
            self._ranker.close()
            self._before.clear()
        verdict = self._judge(layout, folder, threads)
        self._before.append(files)
        return verdict

    def _judge(self, layout: Layout, folder: Path, threads: int) -> Verdict:
        order = {
            "work": "rank",
            "folder": str(folder),
            "uri": layout.uri,
            "threads": threads,
            "isolate": self._isolate,
            "open_seconds": math.ceil(self._patience / 10),
        }
        touch = {**order, "work": "touch"}
        seen = {"rank": self._ranker.ask(order, self._patience / 3)}
        slow = "hangs" in seen["rank"]
        if slow:
            seen["plain"] = self._reader.ask(touch, self._patience / 3)
            if "hangs" in seen["plain"] and not self._isolate:
                return self._isolated("h5 hang", "hang", order, seen)
            seen["rank"] = self._ranker.ask(order, self._patience)
        found = seen["rank"]
        if "hangs" in found:
            return Verdict("hang", seen)
        if "died" in found:
            return self._died(order, seen, folder)
        if found["left_open"] > 0:
            return Verdict("left open", seen)
        if "error" in found:
            return Verdict(
                "slow" if slow and _named(found) else "named" if _named(found) else "unnamed", seen
            )
        # Of a stack of one image no pixel is read: there is nothing to compare it with.
        locations = {name: each["location"] for name, each in found["stacks"].items() if each["images"] > 1}
        read = self._reader.ask({**order, "work": "plain", "locations": locations}, self._patience)
        seen["plain"] = read
        if "stacks" in read and _digests(read) == _digests(found):
            return Verdict("slow" if slow else "verified", seen)
        if _digests(found) == self._usual.get(layout.name):
            return Verdict("undamaged", seen)
        again = self._second.ask({**order, "work": "plain", "locations": locations}, self._patience)
        if "stacks" in read and ("stacks" not in again or _digests(read) != _digests(again)):
            return Verdict("garbage", {**seen, "plain again": again})
        return Verdict("silent", seen)

    def _died(self, order: Answer, seen: dict[str, Answer], folder: Path) -> Verdict:
        """Whose fault was it?"""
        history = list(self._before)
        self._before.clear()
        seen["again"] = self._ranker.ask(order, self._patience / 3)
        if "died" not in seen["again"]:
            return self._died_of_others(order, seen, folder, history)
        seen["plain"] = self._reader.ask({**order, "work": "touch"}, self._patience)
        if self._isolate or "died" not in seen["plain"]:
            return Verdict("crash", seen)
        return self._isolated("h5 crash", "crash", order, seen)

    def _isolated(self, fine: str, fault: str, order: Answer, seen: dict[str, Answer]) -> Verdict:
        """What plain h5py does not survive must be a named error in a process apart."""
        answer = self._ranker.ask({**order, "isolate": True}, self._patience)
        good = _named(answer) and "OSError" in answer["families"]
        return Verdict(fine if good else fault, {**seen, "isolated": answer}, "plain h5py does the same")

    def _died_of_others(
        self, order: Answer, seen: dict[str, Answer], folder: Path, history: list[dict[str, bytes]]
    ) -> Verdict:
        """Memory may have been damaged before: look whether plain h5py dies of the same sequence."""
        files = {each.name: each.read_bytes() for each in folder.iterdir()}
        self._reader.close()
        for past in [*history, files]:
            write(folder, past)
            answer = self._reader.ask({**order, "work": "touch"}, self._patience)
            if "died" in answer:
                seen["plain"] = answer
                break
        write(folder, files)
        note = f"not alone, but after {len(history)} others"
        if "plain" in seen:
            return Verdict("h5 crash", seen, f"{note}; plain h5py crashes, too")
        return Verdict("crash", seen, note)


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Have these files in a folder, and no others."""
    for each in folder.iterdir():
        each.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)


def _named(answer: Any) -> bool:
    if not set(FAMILIES) & set(answer.get("families", ())):
        return False
    message = answer["message"]
    short = len(message.encode("utf-8", "backslashreplace")) <= 4096
    return short and any(f"stack 'bad{end}" in message for end in ("'", "/"))


def _digests(answer: Answer) -> Answer:
    return {name: each["digest"] for name, each in answer["stacks"].items() if each["images"] > 1}
