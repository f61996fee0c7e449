# SPDX-License-Identifier: MIT
"""A ranking as NeXus: what its groups hold.

NXprocess with the scores as NXdata, and a group for each stack with its images and shifts, so that
viewers plot them and any program that reads HDF5 finds every number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .. import core
from ..errors import clip
from ..results import Provenance
from ..text import printable, text_of
from .export import configuration, flag_words
from .nexus_file import PROGRAM, Target, find_target, mark_group, memory_file, publish

if TYPE_CHECKING:
    from os import PathLike

    from h5py import Group
    from numpy.typing import NDArray
    from silx.io.url import DataUrl

    from ..methods import Method
    from ..results import RankingData, StackScore

PIXELS: Final = "pixels"

IMAGE_FIELDS: Final = {
    "peak": "peak of the correlogram",
    "second_peak": "second peak",
    "zero_peak": "value at zero shift",
    "mean": "mean of the correlogram",
    "rms": "rms of the correlogram",
    "opinion": "second opinion at the peak",
    "opinion_rms": "second opinion, rms",
    "opinion_second": "second opinion, best elsewhere",
    "opinion_moved": "second opinion, best that moved",
    "opinion_zero": "second opinion at zero shift",
    "confirmation": "confirmation",
    "probability_masked": "probability with static pixels masked",
    "p_value": "p-value",
    "invalid_pixels": "invalid pixels",
    "static_pixels": "static pixels",
    "flags": "flags",
    "jumps": "jumps",
}
"""Attributes of `StackScore` with one number per image that lie beside the plotted ones."""

PROBABILITY: Final = "probability that the image aligns"

MOST_VALUES: Final = 1 << 22
"""Largest number of values of the picture of all stacks and images; there is none of more."""

LINK_WIDTH: Final = 80
NAMES_SHOWN: Final = 8
"""Largest number of stacks that are named below a plot."""

UPWARDS: Final = 40
"""Characters of names along an axis that runs upwards, where there is less room."""


def save_nexus(ranking: RankingData, url: str | PathLike[str] | DataUrl, *, overwrite: bool = False) -> str:
    """Write a ranking to a NeXus file; see `Ranking.save_nexus`."""
    target = find_target(url, overwrite=overwrite)
    with memory_file() as memory:
        _write(memory, target, ranking)
        publish(memory, target, overwrite=overwrite)
    return str(target)


def _write(root: Any, target: Target, ranking: RankingData) -> None:
    """The whole tree from the root down to the group; `publish` takes the part that is missing."""
    plotted = bool(ranking.stacks)
    mark_group(root, "NXroot", default=target.parts[0] if plotted else None)
    root.attrs["creator"] = PROGRAM
    root.attrs["file_time"] = _now()
    group = root
    for index, (name, below) in enumerate(zip(target.parts[:-1], target.parts[1:], strict=True)):
        group = group.create_group(name)
        mark_group(group, "NXcollection" if index else "NXentry", default=below if plotted else None)
        if not index:
            group["title"] = "Ranking of image stacks"
    _write_process(group.create_group(target.parts[-1]), ranking)


def _write_process(group: Group, ranking: RankingData) -> None:
    overview = _overview(ranking)
    mark_group(group, "NXprocess", default=_plotted_first(ranking, overview))
    group["program"] = PROGRAM
    made = ranking.provenance or Provenance()
    group["version"] = _text(made.version or core.build_config()["version"])
    group["date"] = _text(made.date or _now())
    if ranking.reference_stack is not None:
        group["reference_stack"] = _text(ranking.reference_stack)
    group["trust"] = _text(ranking.trust)
    _put_texts(group, "warnings", ranking.warnings)
    _write_configuration(group.create_group("configuration"), ranking)
    if not ranking.stacks:
        return
    links = link_names(list(ranking.stacks))
    if overview is not None:
        _write_overview(group.create_group("images"), ranking, overview)
    _write_scores(group.create_group("scores"), ranking, links)
    # In rank order, for readers that ask for the order in which things were made.
    stacks = group.create_group("stacks", track_order=True)
    mark_group(stacks, "NXcollection", default=links[0])
    for rank, (link, (key, stack)) in enumerate(zip(links, ranking.stacks.items(), strict=True), start=1):
        _write_stack(stacks.create_group(link), rank, key, stack)


def _write_configuration(group: Group, ranking: RankingData) -> None:
    mark_group(group, "NXnote")
    group["type"] = "application/json"
    group["description"] = "Method and options of the ranking"
    told = configuration(ranking)
    mask = ranking.options.mask
    if isinstance(mask, np.ndarray):
        del told["options"]["mask"]["bits"]  # they lie beside it
    group["data"] = json.dumps(told, indent=1, allow_nan=False)
    if mask is not None:
        group.create_dataset("mask", data=mask, compression="gzip")
        group["mask"].attrs["interpretation"] = "image"
        group["mask"].attrs["long_name"] = "mask (true: valid pixel)"


def _plotted_first(ranking: RankingData, overview: NDArray[np.float64] | None) -> str | None:
    """Group that viewers show: all images of all stacks, or the curve of the only one; None where nothing is scored."""
    if overview is not None:
        return "images"
    if len(ranking.stacks) == 1:
        return "stacks"
    return "scores" if ranking.stacks else None


def _overview(ranking: RankingData) -> NDArray[np.float64] | None:
    """What the method says of every image, a row for each stack in rank order; None for one stack, and for too many.

    NaN stands for images that were not compared (the reference image), or are not there.
    """
    stacks = list(ranking.stacks.values())
    length = max((stack.n_images for stack in stacks if len(stack.image_indices)), default=0)
    if len(stacks) < 2 or not 0 < len(stacks) * length <= MOST_VALUES:
        return None
    rows = np.full((len(stacks), length), np.nan)
    for row, stack in zip(rows, stacks, strict=True):
        row[stack.image_indices] = stack.probability if stack.method.asks_opinion else stack.values
    return rows


def _per_image(method: Method) -> str:
    """Name of the dataset with what is plotted for each image."""
    return "probability" if method.asks_opinion else "value"


def _write_overview(group: Group, ranking: RankingData, rows: NDArray[np.float64]) -> None:
    first = next(iter(ranking.stacks.values()))
    signal = _per_image(first.method)
    told = PROBABILITY if signal == "probability" else _value_name(first.method)
    title = f"{told[0].upper()}{told[1:]}, of {len(rows)} stacks"
    if ranking.ranked_stack_names is not None:
        title += f"; best: {_shown(first.name)}"
    _mark_data(group, title, signal, [], ["rank", "image"])
    _put(group, signal, rows, told)
    group[signal].attrs["interpretation"] = "image"
    # Pixels are square in silx where both axes have one unit, and stacks are fewer than images.
    _put(group, "rank", np.arange(1, len(rows) + 1), f"rank: {_ranks(ranking, 10, UPWARDS)}", "stack")
    _put(group, "image", np.arange(rows.shape[1]), "image", "image")


def _write_scores(group: Group, ranking: RankingData, links: list[str]) -> None:
    stacks = list(ranking.stacks.values())
    score = np.array([stack.score for stack in stacks], dtype=np.float64)
    trust = np.array([stack.trust for stack in stacks], dtype=np.float64)
    # With the method "evidence" both are the same: one curve would hide the other.
    others = ["trust"] if np.isfinite(trust).any() and not np.array_equal(trust, score) else []
    told = f"score ({_shown(ranking.method.name)})"
    # Not all viewers label the axis that the signal runs along: the title says what it is.
    title = f"{told[0].upper()}{told[1:]} of {len(stacks)} {'stack' if len(stacks) == 1 else 'stacks'}"
    if ranking.ranked_stack_names is not None:
        title += f", best: {_shown(stacks[0].name)}"
    _mark_data(group, title, "score", others, ["rank"])
    _put(group, "score", score, told)
    _put(group, "trust", trust, "trust: probability that every image aligns")
    masked = np.array([stack.trust_masked for stack in stacks], dtype=np.float64)
    _put(group, "trust_masked", masked, "trust with static pixels masked")
    judged = np.array([stack.n_judged for stack in stacks], dtype=np.int64)
    _put(group, "n_judged", judged, "images with evidence, which the trust is about")
    _put(group, "rank", np.arange(1, len(stacks) + 1), f"rank: {_ranks(ranking)}")
    # Text makes no axis: viewers plot numbers only. The label of the axis tells the names.
    _put_texts(group, "stack", ranking.stacks)
    _put_texts(group, "group", [f"stacks/{link}" for link in links])
    group["rankable"] = np.array([stack.rankable for stack in stacks], dtype=np.bool_)


def _ranks(ranking: RankingData, width: int = 24, room: int | None = None) -> str:
    """Names of the first stacks with their ranks, in about as many characters as there is room for."""
    told: list[str] = []
    for rank, key in enumerate(list(ranking.stacks)[:NAMES_SHOWN], start=1):
        if room is not None and sum(map(len, told)) > room:
            break
        told.append(f"{rank} {_shown(key, width)}")
    more = len(ranking.stacks) - len(told)
    return ", ".join([*told, f"and {more} more"] if more else told)


def _write_stack(group: Group, rank: int, key: object, stack: StackScore) -> None:
    mark_group(group, "NXcollection", default="images")
    group["name"] = _text(key)
    group["rank"] = rank
    group["score"] = float(stack.score)
    group["trust"] = float(stack.trust)
    group["trust_masked"] = float(stack.trust_masked)
    group["n_judged"] = int(stack.n_judged)
    group["rankable"] = bool(stack.rankable)
    group["n_images"] = int(stack.n_images)
    _put(group, "shape", stack.shape, "height and width", PIXELS)
    group["image_axis"] = int(stack.image_axis)
    group["reference_image"] = int(stack.reference_image)
    if stack.worst_image is not None:
        group["worst_image"] = int(stack.worst_image)
    for name in ("dtype", "precision", "location"):
        group[name] = _text(getattr(stack, name))
    if stack.error is not None:
        group["error"] = _text(stack.error)
    _put_texts(group, "reasons", stack.reasons)
    _put_texts(group, "warnings", stack.warnings)
    _write_images(group.create_group("images"), _shown(key), stack)
    ratio = group.create_group("peak_to_mean")
    _mark_data(ratio, f"{_shown(key)}: peak / mean of each image", "peak_to_mean", [], ["image"])
    _put(ratio, "peak_to_mean", stack.peak_to_mean, "peak / mean of the correlogram")
    _put(ratio, "image", stack.image_indices, "image")
    _write_shifts(group.create_group("shifts"), _shown(key), stack)


def _write_images(group: Group, shown: str, stack: StackScore) -> None:
    method = stack.method
    signal = _per_image(method)
    told = {"probability": PROBABILITY, "value": _value_name(method)}
    # Curves share one axis: only what lies between 0 and 1 goes with what does.
    others = [] if method.statistic == "peak_to_mean" else ["peak", "second_peak", "zero_peak"]
    _mark_data(group, f"{shown}: {told[signal]}", signal, others, ["image"])
    _put(group, "image", stack.image_indices, "image")
    _put(group, "reference_image", stack.reference_indices, "reference image")
    _put(group, "probability", stack.probability, told["probability"])
    _put(group, "value", stack.values, told["value"])
    for name, long_name in IMAGE_FIELDS.items():
        _put(group, name, getattr(stack, name), long_name, PIXELS if name.endswith("_pixels") else "")
    words = [f"{1 << bit}: {word}" for bit in range(32) for word in flag_words(1 << bit)]
    group["flags"].attrs["bits"] = words


def _value_name(method: Method) -> str:
    return f"value ({method.statistic.replace('_', ' ')})"


def _write_shifts(group: Group, shown: str, stack: StackScore) -> None:
    shifts = np.asarray(stack.shifts).reshape(-1, 2)
    whole = np.asarray(stack.peak_shifts).reshape(-1, 2)
    title = f"{shown}: dy and dx of each image onto its reference, in pixels"
    _mark_data(group, title, "dy", ["dx"], ["image"])
    _put(group, "image", stack.image_indices, "image")
    for axis, name in enumerate(("dy", "dx")):
        _put(group, name, shifts[:, axis], f"{name} (pixels)", PIXELS)
        _put(group, f"peak_{name}", whole[:, axis], f"{name} of the highest pixel (pixels)", PIXELS)


def _mark_data(group: Group, title: str, signal: str, others: list[str], axes: list[str]) -> None:
    """Make a group NXdata, so that viewers plot a signal, and others with it, along axes."""
    mark_group(group, "NXdata")
    group.attrs["signal"] = signal
    group.attrs["axes"] = axes
    if others:
        group.attrs["auxiliary_signals"] = others
    group["title"] = title


def _put(group: Group, name: str, values: Any, long_name: str, units: str = "") -> None:
    group[name] = np.asarray(values)
    group[name].attrs["long_name"] = long_name
    group[name].attrs["units"] = units


def _put_texts(group: Group, name: str, texts: Any) -> None:
    import h5py

    group.create_dataset(name, data=[_text(text) for text in texts], dtype=h5py.string_dtype())


def _text(value: object) -> str:
    """Text that HDF5 can store: it ends at the first NUL."""
    return text_of(value).replace("\0", "\\x00")


def _shown(key: object, width: int = 40) -> str:
    """A name for plots; matplotlib takes what is between two dollars for a formula."""
    return printable(key, width).replace("$", r"\$")


def link_names(keys: Sequence[object]) -> list[str]:
    """Return one name for each stack that HDF5 can link to, as like its own as can be.

    Parameters
    ----------
    keys : sequence of object
        The caller's names.

    Returns
    -------
    list of str
        Not empty, unique, and without slashes and control characters. A name that can be kept is
        kept; others that would clash with it get a number.
    """
    texts = [text_of(key) for key in keys]
    clean = [_clean(text) for text in texts]
    taken: set[str] = set()
    found: dict[int, str] = {}
    # Names that need no change come first, so that none of them has to give way.
    for index in sorted(range(len(texts)), key=lambda i: texts[i] != clean[i]):
        found[index] = next(name for name in _variants(clean[index]) if name not in taken)
        taken.add(found[index])
    return [found[index] for index in range(len(texts))]


def _clean(text: str) -> str:
    name = "".join("_" if c == "/" or not c.isprintable() else c for c in clip(text, LINK_WIDTH))
    return name if name.strip(" .") else "stack"


def _variants(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} ({number})"
        number += 1


def _now() -> str:
    from datetime import datetime

    return datetime.now().astimezone().isoformat(timespec="seconds")
