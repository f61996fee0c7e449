# SPDX-License-Identifier: MIT
"""Engines, on which stacks are resolved, opened and scored: this process, or any executor."""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from .. import core
from ..errors import naming_stack
from ..options import Options
from ..stacks import StackSource, StackSpec, load_mask, resolve_stack, resolve_stacks
from .in_process import kept_open, score_in_process
from .on_executor import inspect_on_executor, score_on_executor
from .pairs import Advance
from .stack_state import Failed, OpenStack, Scored, choices_of, goes_on_without, inspect_stack
from .told import tell_source

if TYPE_CHECKING:
    from concurrent.futures import Executor

NamedSpecs = Sequence[tuple[Any, StackSpec]]


class Engine(abc.ABC):
    """A place where stacks are scored. Used as a context manager, which closes what was opened and started.

    Parameters
    ----------
    options : Options
    threads : int
        Threads that each core call may use.
    """

    options: Options
    words: str
    """Place of the work, for the log."""

    def __init__(self, options: Options, threads: int) -> None:
        self.options = options
        self.threads = threads
        self._opened = contextlib.ExitStack()
        self._one: dict[str, Any] = {"limits": options.limits, "choices": choices_of(options)}
        self._resolving: dict[str, Any] = {**self._one, "keep_going": options.on_error != "raise"}

    def resolve(self, image_stacks: Any) -> list[tuple[Any, StackSpec]]:
        """Return a spec for every stack of a ranking; raises as `resolve_stacks`."""
        return resolve_stacks(image_stacks, **self._resolving)

    def resolve_one(self, stack: Any, name: Any) -> StackSpec:
        """Return the spec of one stack; raises as `resolve_stack`."""
        return resolve_stack(stack, name=name, **self._one)

    def with_mask(self, options: Options) -> Options:
        """Return the options with the mask that they name by a URI, from where stacks are opened.

        Raises
        ------
        TypeError, ValueError, KeyError, OSError
            When there is no mask; names the URI.
        """
        uri: Any = options.mask
        if uri is None or isinstance(uri, np.ndarray):
            return options
        mask = self._load_mask(uri, options.mask_valid, options.limits)
        self.options = replace(self.options, mask=mask, mask_valid=None)
        return replace(options, mask=mask, mask_valid=None)

    def _load_mask(self, *arguments: Any) -> NDArray[np.bool_]:
        return load_mask(*arguments)

    @abc.abstractmethod
    def open(self, stacks: NamedSpecs) -> list[OpenStack]:
        """Open and check every stack; those in memory stay open.

        Parameters
        ----------
        stacks : sequence of (name, StackSpec)
            Names only serve errors.
        """

    @abc.abstractmethod
    def score(self, open_stacks: Sequence[OpenStack], advance: Advance | None) -> list[Scored | Failed]:
        """Score every image of some stacks that were opened here."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _open_here(self, name: Any, spec: StackSpec, *, keep: bool) -> OpenStack:
        source: StackSource | None = None
        try:
            with naming_stack(name, spec.location):
                source = spec.open()
                info = inspect_stack(source, self.options)
                tell_source(name, source)
        except Exception as error:
            if source is not None:
                source.close()
            if not goes_on_without(spec, error, self.options):
                raise
            return OpenStack.of_failure(name, spec, error)
        if keep:
            self._opened.enter_context(source)
        else:
            source.close()
        return OpenStack(name, spec, info, source if keep else None)


class InProcess(Engine):
    """This process: stacks in memory at once, files as a stream."""

    words = "in this process"

    def __init__(self, options: Options) -> None:
        super().__init__(options, options.num_threads or core.default_threads())

    def open(self, stacks: NamedSpecs) -> list[OpenStack]:
        """Open all here; of the files as many stay open as the process may have."""
        found: list[OpenStack] = []
        left_open = 0 if all(spec.in_memory for _, spec in stacks) else kept_open()
        for name, spec in stacks:
            stack = self._open_here(name, spec, keep=spec.in_memory or left_open > 0)
            left_open -= stack.source is not None and not spec.in_memory
            found.append(stack)
        return found

    def score(self, open_stacks: Sequence[OpenStack], advance: Advance | None) -> list[Scored | Failed]:
        """Score them one by one, and files as a stream."""
        return score_in_process(open_stacks, self.options, self.threads, advance)


class OnExecutor(Engine):
    """Any executor: specs of files travel and are opened there; images in memory are sent block by block."""

    def __init__(self, options: Options, executor: Executor) -> None:
        super().__init__(options, options.num_threads or 1)
        self.executor = executor
        self.words: str = f"on {type(executor).__name__}, whose workers log where they are"

    def _load_mask(self, *arguments: Any) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.executor.submit(load_mask, *arguments).result()
        return found

    def open(self, stacks: NamedSpecs) -> list[OpenStack]:
        """Open stacks in memory here, and those in files there."""
        files = [(name, spec) for name, spec in stacks if not spec.in_memory]
        with contextlib.closing(inspect_on_executor(files, self.options, self.executor)) as inspected:
            return [
                self._open_here(name, spec, keep=True) if spec.in_memory else next(inspected)
                for name, spec in stacks
            ]

    def score(self, open_stacks: Sequence[OpenStack], advance: Advance | None) -> list[Scored | Failed]:
        """Score them by jobs of consecutive images."""
        return score_on_executor(open_stacks, self.options, self.executor, advance)
