# SPDX-License-Identifier: MIT
"""How cases are written down, and what running one means."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import support
from .outcomes import Failed, Got, Outcome

Build = Callable[[Path], Any]


@dataclasses.dataclass(frozen=True)
class Case:
    """One input or fault and the function that checks what comes of it."""

    id: str
    what: str
    run: Callable[[Path], None]
    """Gets an empty folder; returns when all is well."""
    slow: bool = False
    """Takes more than two seconds."""
    fresh: bool = False
    """Needs a new interpreter; the others run in a fork of one that has imported the package."""
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)
    timeout: float = 600.0
    """Seconds after which the case counts as hanging: a guard only, and generous, since other processes may take
    the machine."""
    memory: int | None = 2 << 30
    """Bytes of address space that the case may add; None for no limit."""
    needs: tuple[str, ...] = ()
    """Optional packages without which the case has no meaning."""
    tools: tuple[str, ...] = ()
    """Programs of the system that the case needs."""


def call(stacks: Any, **options: Any) -> Got:
    """What `rank_stacks` comes to for these stacks."""
    given = tuple(stacks) if isinstance(stacks, Mapping) else None
    try:
        return Got(names=support.rank(stacks, **options), given=given)
    except Exception as error:  # noqa: BLE001 - judged by `check`
        return Got(error=error, given=given)


def check(got: Got, *accepted: Outcome) -> None:
    """Raise `Failed` unless the outcome is an accepted one."""
    got.check()
    if not any(outcome.accepts(got) for outcome in accepted):
        wanted = " OR ".join(outcome.description for outcome in accepted)
        raise Failed(f"{got}\naccepted: {wanted}") from got.error


class Section:
    """The cases of one subject."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cases: dict[str, Case] = {}

    def scenario(
        self, name: str, what: str, **options: Any
    ) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
        """Decorate a function that does and checks everything itself."""

        def register(run: Callable[[Path], None]) -> Callable[[Path], None]:
            if name in self.cases:
                raise ValueError(f"two cases {self.name}.{name}")
            self.cases[name] = Case(f"{self.name}.{name}", what, run, **options)
            return run

        return register

    def add(self, name: str, what: str, build: Build, *accepted: Outcome, **options: Any) -> None:
        """A case that ranks what `build` returns."""
        if not accepted:
            raise ValueError(f"{self.name}.{name} accepts nothing")

        def run(folder: Path) -> None:
            stacks = build(folder)
            support.strict_warnings()
            check(call(stacks), *accepted)

        self.scenario(name, what, **options)(run)

    def case(self, name: str, what: str, *accepted: Outcome, **options: Any) -> Callable[[Build], Build]:
        """Decorate the function that builds the stacks of a case."""

        def register(build: Build) -> Build:
            self.add(name, what, build, *accepted, **options)
            return build

        return register
