# SPDX-License-Identifier: MIT
"""What a ranking with a stack at fault comes to, and what must hold of it."""

from __future__ import annotations

import functools
import re
import threading
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from ndreg_preeval import Ranking, RankingWarning, rank_stacks
from ndreg_preeval.ranking import OTHERS_ALL_THE_SAME
from tests.support.scenes import assert_same_numbers, drifting

from .damage import PATH
from .fault import Fault

GOOD = {"clear": 0.05, "fair": 0.8}
"""Noise of the stacks that nothing is wrong with."""


class Outcome(NamedTuple):
    """One of them, and the texts of the warnings."""

    ranking: Ranking | None
    error: Exception | None
    warned: tuple[str, ...]

    @property
    def message(self) -> str:
        """What a person reads of the error."""
        error = self.error
        assert error is not None, f"ranked {self.ranking}"
        return str(error.args[0] if isinstance(error, KeyError) else error)


def with_bad(bad: Any) -> dict[str, Any]:
    """The stack at fault between two good ones."""
    clear, fair = (drifting(noise, n=5) for noise in GOOD.values())
    return {"clear": clear, "bad": bad, "fair": fair}


@functools.cache
def without_bad() -> Ranking:
    """What the good ones come to by themselves."""
    return rank_stacks({name: drifting(noise, n=5) for name, noise in GOOD.items()})


def attempt(stacks: Any, **options: Any) -> Outcome:
    """Rank; nothing may be left open or running, though the error is held."""
    before = left_over()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ranking, error = None, None
        try:
            ranking = rank_stacks(stacks, **options)
        except Exception as found:  # noqa: BLE001 - which one it is, is judged later
            error = found
    after = left_over()
    assert after[0] <= before[0], f"left open after {error!r}: {after[0] - before[0]}"
    assert after[1] <= before[1], f"{after[1]} threads after {error!r}"
    assert all(issubclass(each.category, RankingWarning) for each in caught), caught
    return Outcome(ranking, error, tuple(str(each.message) for each in caught))


def left_over() -> tuple[frozenset[str], int]:
    """Open files and running threads of this process."""
    names = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:  # that of the listing itself
            continue
        if "/proc/" not in target:
            names.add(f"{entry.name} -> {target}")
    return frozenset(names), threading.active_count()


def check_error(found: Outcome, fault: Fault) -> None:
    """The error is of the right class and names all there is to name."""
    message = found.message
    assert type(found.error) is fault.kind, repr(found.error)
    parts = ["stack 'bad'", re.escape(f"bad.h5::{PATH}"), *fault.says]
    for part in parts:
        assert re.search(part, message), f"{part!r} is not in: {message}"
    if fault.image is not None:
        check_range(message, fault.image)
        if fault.chunk:
            assert f"chunk at ({fault.image}, 0, 0)" in message, message
    assert len(message) < 4096


def check_range(message: str, image: int) -> None:
    """The image is one of those that the message names."""
    named = re.search(r"images? (\d+)(?: to (\d+))?", message)
    assert named, f"no images are named: {message}"
    first, last = int(named[1]), int(named[2] or named[1])
    assert first <= image <= last, message


def check_last(found: Outcome, raised: Outcome) -> None:
    """The stack at fault is last and says why; the others are as without it."""
    ranking = found.ranking
    assert ranking is not None, found.error
    assert ranking.ranked_stack_names == ["clear", "fair", "bad"]
    check_others(ranking)
    bad = ranking.stacks["bad"]
    told = getattr(raised.error, "__notes__", [])
    # The way out that an error names has been taken here.
    assert OTHERS_ALL_THE_SAME in told, told
    notes = [text for text in told if text != OTHERS_ALL_THE_SAME]
    assert bad.error in {raised.message, str(raised.error)} or notes
    assert all(text in bad.error for text in (raised.message, *notes)), bad.error
    assert (bad.rankable, bad.score) == (False, 0.0)
    assert any("stack 'bad'" in text for text in found.warned), found.warned
    (entry,) = (each for each in ranking.to_dict()["stacks"] if each["name"] == "bad")
    assert entry["error"] == bad.error
    assert "stack 'bad'" in " ".join(str(ranking).split()), str(ranking)


def check_others(ranking: Ranking) -> None:
    """The good stacks have the numbers, bit for bit, that they have by themselves."""
    for name, stack in without_bad().stacks.items():
        assert_same_numbers(ranking.stacks[name], stack)
        assert ranking.stacks[name].opinion.tobytes() == stack.opinion.tobytes()
        assert not getattr(ranking.stacks[name], "error", None)
