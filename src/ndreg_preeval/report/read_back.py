# SPDX-License-Identifier: MIT
"""A ranking read back from the dictionary or JSON that `export` made of it, of this format or an earlier one."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..argument_checks import HIGHEST_FREQUENCY, LEAST_MEMORY
from ..errors import FormatVersionError, RankingWarning, shorten
from ..methods import Method
from ..options import Limits, Options
from ..results import OPINION, InputRead, Provenance, StackScore
from .export import FLAG_WORDS, FORMAT_VERSION
from .json_values import JsonValue
from .mask_text import mask_from_text

OLDEST: Final = 2
"""Oldest format that is read."""

NUMBERS: Final = (
    *("peak", "mean", "rms", "peak_to_mean", "second_peak", "zero_peak"),
    *OPINION,
    "p_value",
)
"""Attributes of `StackScore` with a number for each image, called the same in JSON."""

NO_FILE: Final = "give the text of the JSON, or a pathlib.Path of its file"

FLAG_BITS: Final = {word: bit for bit, word in FLAG_WORDS.items()}


def arguments_from_json(text: str | bytes, stacklevel: int = 2) -> dict[str, Any]:
    """Return the arguments of a `Ranking` that JSON stands for; raises as `arguments_from_dict`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        shown = shorten(text, 60)
        raise ValueError(f"this is no JSON: {error} ({shown}); {NO_FILE}") from None
    return arguments_from_dict(found, stacklevel + 1)


def arguments_from_dict(found: Any, stacklevel: int = 2) -> dict[str, Any]:
    """Return the arguments of a `Ranking` that a dictionary stands for.

    Raises
    ------
    FormatVersionError
        For a format that a later version of this package wrote, or none that is known.
    ValueError
        For what is no ranking; names the place that is wrong.
    """
    whole = JsonValue(dict(found) if isinstance(found, Mapping) else found)
    version = _format_version(whole)
    options = _options(whole["options"], stacklevel + 1)
    stacks = tuple(_stack(each, options.method, version) for each in whole["stacks"])
    names = whole["ranked_stack_names"]
    ranked = None if names.is_null else list(names.texts())
    if ranked is not None and ranked != [stack.name for stack in stacks]:
        names.refuse("the names of the stacks, in their order")
    reference = whole["reference_stack"]
    if ranked and not reference.is_null and reference.text() not in ranked:
        reference.refuse("one of ranked_stack_names")
    return {
        # Of a key that was None, format 2 had null.
        "reference_stack": (ranked[0] if ranked else None) if reference.is_null else reference.text(),
        "ranked_stack_names": ranked,
        "method": options.method,
        "options": options,
        "warnings": whole["warnings"].texts(),
        "num_threads": whole["num_threads"].integer(),
        "stack_scores": stacks,
        "_specs": (None,) * len(stacks),
        "_made": _provenance(whole),
    }


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of rankings."""
    from importlib.resources import files

    text = files(__package__).joinpath("ranking.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _format_version(whole: JsonValue) -> int:
    version = whole["format_version"].integer(-(2**31))
    if OLDEST <= version <= FORMAT_VERSION:
        return version
    author = whole.get("ndreg_preeval_version")
    by = "" if author is None or author.is_null else f" by ndreg_preeval {shorten(author.text(), 60)}"
    way_out = "install a newer one" if version > FORMAT_VERSION else "rank the stacks again"
    raise FormatVersionError(
        f"the ranking was written in format {version}{by}, and this version reads formats {OLDEST} to "
        f"{FORMAT_VERSION}: {way_out}"
    )


def _options(found: JsonValue, stacklevel: int) -> Options:
    """Options of a ranking; those that a later version may have added are left out, with a warning."""
    given: dict[str, Any] = {}
    for name in _known(found, Options, stacklevel + 1):
        if name == "method":
            given[name] = _made(Method, found[name], stacklevel + 1)
        elif name == "limits":
            given[name] = _made(Limits, found[name], stacklevel + 1)
        elif name == "mask":
            given[name] = _mask(found[name], stacklevel + 1)
        else:
            given[name] = _as_now(name, found[name], stacklevel + 1)
    options: Options = _built(Options, given, found)
    return options


def _made(kind: Callable[..., Any], found: JsonValue, stacklevel: int) -> Any:
    names = _known(found, kind, stacklevel + 1)
    return _built(kind, {name: _as_now(name, found[name], stacklevel + 1) for name in names}, found)


def _as_now(name: str, found: JsonValue, stacklevel: int) -> Any:
    """Value of an option; of those that earlier versions took and this one refuses, the nearest."""
    value = found.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if name == "memory_limit" and 0 < value < LEAST_MEMORY:
        return LEAST_MEMORY  # of which no number depends
    if name == "cutoff" and HIGHEST_FREQUENCY < value < math.inf:
        _warn(
            f"{found.place}: {value:g} lies beyond every frequency of an image, and is None now",
            stacklevel + 1,
        )
        return None
    return value


def _known(found: JsonValue, kind: Any, stacklevel: int) -> list[str]:
    """Names of the members that a class has as fields; warns of others, which would say something."""
    known = {each.name for each in fields(kind)}
    names = found.members()
    strange = [shorten(name, 60) for name in names if name not in known]
    if strange:
        _warn(f"{found.place}: {', '.join(strange[:6])} is not known to this version", stacklevel + 1)
    return [name for name in names if name in known]


def _built(kind: Callable[..., Any], given: dict[str, Any], found: JsonValue) -> Any:
    try:
        return kind(**given)
    except (TypeError, ValueError) as error:
        raise ValueError(f"this is no ranking: {found.place}: {error}") from None


def _mask(found: JsonValue, stacklevel: int) -> Any:
    """Mask of the options: pixels, or the URI of one that was not read."""
    if found.is_null:
        return None
    if isinstance(found.value, str):
        return found.value
    shape = found["shape"]
    height, width = (int(size) for size in shape.integers(2, 0))
    bits = found.get("bits")
    if bits is None:
        # Format 2 has the number of valid pixels only.
        if found["valid_pixels"].integer() == height * width:
            return np.ones((height, width), np.bool_)
        text = (
            "the mask of the options is lost: format 2 of rankings does not hold it, and options.mask is None"
        )
        _warn(text, stacklevel + 1)
        return None
    try:
        return mask_from_text(bits.text(), (height, width))
    except ValueError as error:
        raise ValueError(f"this is no ranking: {bits.place}: {error}") from None


def _warn(text: str, stacklevel: int) -> None:
    warnings.warn(text, RankingWarning, stacklevel=stacklevel + 1)


def _stack(found: JsonValue, method: Method, version: int) -> StackScore:
    n_images = found["n_images"].integer()
    height, width = found["shape"].integers(2, 0).tolist()
    images = found["images"]
    compared = images["image"]
    m = len(list(compared))
    if m > max(0, n_images - 1):
        compared.refuse(f"a list of at most {max(0, n_images - 1)} values")
    error = found.get("error")
    reference_image = found["reference_image"].integer()
    trusts = [found["trust"], found.get("trust_masked") or found["trust"]]
    for trust in trusts if method.asks_opinion else []:
        if not 0 <= trust.number() <= 1:
            trust.refuse("a probability")
    per_image = {name: _numbers(images, name, m) for name in NUMBERS}
    flags = _flags(images, m)
    probability = per_image["probability"]
    if images.get("probability_masked") is None:
        per_image["probability_masked"] = probability
    shifts = np.stack([_numbers(images, "shift_y", m), _numbers(images, "shift_x", m)], axis=-1)
    score = StackScore(
        name=found["name"].text(),
        score=found["score"].number(),
        n_images=n_images,
        shape=(height, width),
        dtype=found["dtype"].text(),
        location=found["location"].text(),
        method=method,
        precision=_one_of(found["precision"], ("single", "double", "mixed")),
        rankable=found["rankable"].boolean(),
        reference_image=reference_image,
        trust=trusts[0].number(),
        trust_masked=trusts[1].number(),
        reasons=found["reasons"].texts(),
        warnings=found["warnings"].texts(),
        image_indices=compared.integers(m, 0, n_images, np.intp),
        reference_indices=images["reference_image"].integers(m, 0, n_images, np.intp),
        shifts=shifts,
        peak_shifts=_peak_shifts(images, shifts, version),
        jumps=np.zeros(m, np.bool_) if images.get("jumps") is None else images["jumps"].booleans(m),
        invalid_pixels=_counts(images, "invalid_pixels", m),
        static_pixels=_counts(images, "static_pixels", m),
        flags=flags,
        values=images["value"].numbers(m),
        error=None if error is None or error.is_null else error.text(),
        reference_flags=_integer(found, "reference_flag_bits", 2**32),
        image_axis=_integer(found, "image_axis", 3),
        **per_image,
    )
    for value in vars(score).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return score


def _one_of(found: JsonValue, choices: tuple[str, ...]) -> Any:
    return found.text() if found.value in choices else found.refuse(f"one of {', '.join(choices)}")


def _integer(found: JsonValue, name: str, below: int) -> int:
    value = found.get(name)
    return 0 if value is None else value.integer(0, below)


def _numbers(images: JsonValue, name: str, m: int) -> NDArray[np.float64]:
    """A number for each image; NaN where an earlier version did not write it."""
    found = images.get(name)
    return np.full(m, np.nan) if found is None else found.numbers(m)


def _counts(images: JsonValue, name: str, m: int) -> NDArray[np.int64]:
    found = images.get(name)
    return np.zeros(m, np.int64) if found is None else found.integers(m, 0)


def _peak_shifts(images: JsonValue, shifts: NDArray[np.float64], version: int) -> NDArray[np.intp]:
    """Places of the highest pixels; format 2 has the shifts only, which are a fraction of a pixel from them."""
    m = len(shifts)
    if version > OLDEST:
        axes = [images[f"peak_{name}"].integers(m, dtype=np.intp) for name in ("dy", "dx")]
        return np.stack(axes, axis=-1)
    return np.rint(np.nan_to_num(shifts)).astype(np.intp)


def _flags(images: JsonValue, m: int) -> NDArray[np.uint32]:
    bits = images.get("flag_bits")
    if bits is not None:
        return bits.integers(m, 0, 2**32, np.uint32)
    # Format 2 has words only.
    return images["flags"].each(
        m, lambda each: sum(FLAG_BITS.get(word, 0) for word in each.texts()), np.uint32
    )


def _provenance(whole: JsonValue) -> Provenance:
    version = whole.get("ndreg_preeval_version")
    told = None if version is None or version.is_null else version.text()
    found = whole.get("provenance")
    if found is None or found.is_null:
        return Provenance(told)
    command = found["command_line"]
    return Provenance(
        version=told,
        date=_text_or_none(found["date"]),
        command_line=None if command.is_null else command.texts(),
        inputs=tuple(_input(each) for each in found["inputs"]),
    )


def _input(found: JsonValue) -> InputRead:
    n, height, width = found["shape"].integers(3, 0).tolist()
    size = found["size"]
    return InputRead(
        stack=found["stack"].text(),
        uri=found["uri"].text(),
        shape=(n, height, width),
        dtype=found["dtype"].text(),
        files=found["files"].integer(),
        size=None if size.is_null else size.integer(),
        modified=_text_or_none(found["modified"]),
    )


def _text_or_none(found: JsonValue) -> str | None:
    return None if found.is_null else found.text()
