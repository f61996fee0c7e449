# SPDX-License-Identifier: MIT
"""Options as keyword arguments of the public functions: their types, and `Options` made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict

from numpy.typing import ArrayLike

from ..argument_checks import type_name
from ..errors import shorten
from ..limits import USUAL_LIMITS, Limits
from ..methods import DEFAULT_METHOD, Method, Normalization, Window, resolve_method
from ..text import did_you_mean
from .declared import (
    DECLARED_OPTIONS,
    NAMES,
    DeclaredInvalid,
    ImageKey,
    Invalid,
    OnError,
    Options,
    Pairing,
    Precision,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from os import PathLike

    from silx.io.url import DataUrl

__all__ = ["OptionArguments", "RankingArguments", "make_options"]


class OptionArguments(TypedDict, total=False):
    """Options that functions take by name, for type checkers and editors; `rank_stacks` says what they mean.

    Its signature, these and `Options` have the same names: tests/api/test_declared_options.py.
    """

    reference_image: int
    image_axis: int | None
    stacks_axis: int | None
    method: str | Method
    pairing: Pairing
    precision: Precision
    window: Window | None
    cutoff: float | None
    max_shift: float | None
    normalization: Normalization | None
    mask: ArrayLike | str | PathLike[str] | DataUrl | None
    mask_valid: int | None
    invalid: Invalid
    declared_invalid: DeclaredInvalid
    image_key: ImageKey
    num_threads: int | None
    memory_limit: int | None
    limits: Limits | None
    on_error: OnError
    options: Options | None


class RankingArguments(OptionArguments, total=False):
    """Options, and how a ranking runs."""

    executor: Executor | None
    isolate: bool
    progress: bool | Callable[[int, int], None] | None


def _check_alone(options: object, others: dict[str, Any]) -> None:
    """Refuse what is no `Options`, and single options beside it that would say something else."""
    if not isinstance(options, Options):
        raise TypeError(
            f"options must be those of a ranking (`Ranking.options`), not {type_name(options)}; "
            "Ranking.from_json makes them of JSON"
        )
    usual = {option.name: option.default for option in DECLARED_OPTIONS}
    beside = [
        name
        for name, value in others.items()
        if value is not usual[name] and not _is_usual(value, usual[name])
    ]
    if beside:
        raise TypeError(
            f"options= holds all options, and {', '.join(beside)} came beside it: give single options only, "
            f"or options=dataclasses.replace(options, {beside[0]}=...)"
        )


def _is_usual(value: object, usual: object) -> bool:
    return isinstance(value, str | int | float) and type(value) is type(usual) and value == usual


def make_options(
    *,
    options: Options | None = None,
    method: str | Method = DEFAULT_METHOD,
    limits: Limits | None = None,
    mask: Any = None,
    **others: Any,
) -> Options:
    """Return `Options` from the arguments of the public functions: `options`, or single ones.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, the rule, and what came instead.
    """
    for name in others:
        if name not in NAMES:
            raise TypeError(
                f"there is no option {shorten(name)}; options are {', '.join(sorted(NAMES))}"
                f"{did_you_mean(name, sorted(NAMES))}"
            )
    if options is not None:
        _check_alone(options, {"method": method, "limits": limits, "mask": mask, **others})
        return options
    return Options(
        method=resolve_method(method),
        limits=USUAL_LIMITS if limits is None else limits,
        mask=mask,
        **others,
    )
