# SPDX-License-Identifier: MIT
"""What is known of a stack before and after its images were scored."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..stacks.base import StackSource, StackSpec
from .pairs import RangeScore, StackInfo


class Scored(NamedTuple):
    """All numbers of one stack."""

    info: StackInfo
    numbers: RangeScore


class Failed(NamedTuple):
    """What went wrong with a stack; the error names it."""

    error: Exception


class Plan(NamedTuple):
    """A stack that was opened and checked, or could not be."""

    name: Any
    spec: StackSpec
    info: StackInfo
    source: StackSource | None
    """Stacks in memory stay open, and files as long as there are few."""
    failed: Exception | None = None
    number: int = 0
    """Among all stacks."""

    def with_warning(self, text: str) -> Plan:
        """Return the same plan with something to be said about the stack."""
        return self._replace(info=self.info._replace(warnings=(*self.info.warnings, text)))

    @classmethod
    def of_failure(cls, name: Any, spec: StackSpec, error: Exception) -> Plan:
        """Return the plan of a stack that cannot be scored."""
        nothing = StackInfo((0, 0, 0), "", spec.location, "double", 0, 1, 0, ())
        return cls(name, spec, nothing, None, error)


def open_as_known(spec: StackSpec, info: StackInfo) -> StackSource:
    """Open a stack again.

    Raises
    ------
    ValueError
        When its shape is no longer that; a file that is being written may have grown.
    """
    source = spec.open()
    if source.shape[1:] != info.shape[1:] or source.shape[0] < info.shape[0]:
        source.close()
        raise ValueError(f"its shape changed from {info.shape} to {source.shape} while it was scored")
    return source


def joined(parts: list[RangeScore]) -> RangeScore:
    """Return the numbers of consecutive ranges of a stack as one."""
    return parts[0]._replace(records=np.concatenate([part.records for part in parts]))
