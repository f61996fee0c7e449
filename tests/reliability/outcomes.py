# SPDX-License-Identifier: MIT
"""What a case may come to: a ranking, or an error of the right family that names its cause."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

MESSAGE_LIMIT = 4096
"""Bytes a message may take, whatever the input."""


class Failed(AssertionError):
    """A case did not come to one of its accepted outcomes."""


def require(condition: object, complaint: str) -> None:
    """Assert that also holds under ``python -O``."""
    if not condition:
        raise Failed(complaint)


def shorten(text: str, limit: int = 600) -> str:
    """Text that can be printed in one report line, whatever characters it holds."""
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


def message(error: BaseException) -> str:
    """What a person would read: the message and its notes."""
    return "\n".join([str(error), *getattr(error, "__notes__", [])])


@dataclasses.dataclass(frozen=True)
class Got:
    """What `rank_stacks` came to: names, or an error; and the names that were given, if known."""

    names: list[Any] | None = None
    error: BaseException | None = None
    given: tuple[Any, ...] | None = None

    def __str__(self) -> str:
        if self.error is not None:
            return shorten(f"{type(self.error).__name__}: {message(self.error)}")
        return shorten(f"ranked {self.names!r}")

    def check(self) -> None:
        """Rules for every case: own objects, each once, and no message without bound."""
        if self.error is not None:
            size = len(message(self.error).encode("utf-8", "backslashreplace"))
            require(size <= MESSAGE_LIMIT, f"a message of {size} bytes: {self}")
            return
        require(isinstance(self.names, list), f"ranked_stack_names is {type(self.names).__name__}")
        if self.given is not None:
            own = sorted(map(id, self.given)) == sorted(map(id, self.names or []))
            require(own, f"not the names given, each once: {self}")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One accepted outcome."""

    description: str
    accepts: Callable[[Got], bool]


def ranking(description: str, accepts: Callable[[list[Any]], bool]) -> Outcome:
    """Any ranking whose names satisfy `accepts`."""
    return Outcome(description, lambda got: got.names is not None and accepts(got.names))


def rank(*names: Any) -> Outcome:
    """Exactly this order; names have to be of the same type, too."""
    expected = [(type(name), name) for name in names]
    return ranking(f"rank {list(names)!r}", lambda got: [(type(name), name) for name in got] == expected)


def any_order(*names: str) -> Outcome:
    """These names, in whatever order."""
    return ranking(f"any order of {list(names)}", lambda got: sorted(got) == sorted(names))


def error(*families: type[BaseException], naming: Sequence[str] = ()) -> Outcome:
    """An error of one of the families whose message has one of the tokens (any when there is none)."""
    kinds = "/".join(family.__name__ for family in families)

    def accepts(got: Got) -> bool:
        if got.error is None or not isinstance(got.error, families):
            return False
        text = message(got.error)
        return not naming or any(token in text for token in naming)

    return Outcome(f"{kinds} naming one of {list(naming)}" if naming else kinds, accepts)


def in_order(names: Sequence[Any], *expected: str) -> bool:
    """Whether the expected names are all there, in this relative order."""
    return [name for name in names if name in expected] == list(expected)


GOOD = ("zeta", "alpha", "kilo")
RANKED = rank(*GOOD)
BAD_LAST = rank(*GOOD, "stk_bad")
OTHERS_IN_ORDER = ranking("others in order", lambda got: len(got) == 4 and in_order(got, *GOOD))
NOT_BEST = ranking(
    "others in order, the faulty one not best",
    lambda got: len(got) == 4 and in_order(got, *GOOD) and got[0] != "stk_bad",
)
FOUR = ranking("4 names", lambda got: sorted(got) == ["alpha", "kilo", "stk_bad", "zeta"])
ZETA_FIRST = ranking("zeta first", lambda got: got[0] == "zeta")
REFUSED = error(ValueError, TypeError)
NAMES_BAD = error(ValueError, TypeError, naming=["stk_bad"])
NAMES_GOOD = error(ValueError, TypeError, naming=["kilo", "zeta", "alpha"])
