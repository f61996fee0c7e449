# SPDX-License-Identifier: MIT
"""Calls of the core that a ranking makes, watched."""

from __future__ import annotations

import functools
import operator
import threading
from collections import deque
from typing import Any, Self


class Core:
    """Watches the calls of the core that `rank` makes; a context manager."""

    def __init__(self) -> None:
        self.begun = 0
        self.results: deque[Any] = deque([None])
        """Of the latest call: empty until the very moment that it returns."""
        self.changed = threading.Condition()

    def __enter__(self) -> Self:
        from ndreg_preeval import _core

        self._scorer: Any = _core.Scorer
        self._score = self._scorer.score

        def score(*arguments: Any, **options: Any) -> Any:
            with self.changed:
                self.begun += 1
                self.changed.notify_all()
            self.results = results = deque()
            # No step of Python lies between the return of the call and the result's arrival.
            results.extend(map(operator.call, [functools.partial(self._score, *arguments, **options)]))
            return results[0]

        self._scorer.score = score
        return self

    def __exit__(self, *_: object) -> None:
        self._scorer.score = self._score

    def wait_for(self, calls: int) -> None:
        """Until so many calls have begun."""
        with self.changed:
            self.changed.wait_for(lambda: self.begun >= calls)
