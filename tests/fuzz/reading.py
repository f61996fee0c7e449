# SPDX-License-Identifier: MIT
"""What a damaged file comes to: ranked by the package, and read by plain h5py. Runs in the workers."""

from __future__ import annotations

import contextlib
import hashlib
import os
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401 - its filters
import numpy as np

import ndreg_preeval

from .layouts import stack

Answer = dict[str, Any]
NUMBERS = (
    *("image_indices", "shifts", "peak_shifts", "peak", "mean", "rms", "peak_to_mean", "second_peak"),
    *(
        "zero_peak",
        "confirmation",
        "probability",
        "p_value",
        "invalid_pixels",
        "flags",
        "opinion",
        "opinion_moved",
        "values",
    ),
)
GOOD = stack(7)
"""Of an isolated process."""


def told(work: Callable[[], Answer]) -> Answer:
    """The answer, or what was raised instead."""
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
    try:
        return work()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what is asked for
        text = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
        message = "\n".join([text, *getattr(error, "__notes__", [])])
        families = [each.__name__ for each in type(error).__mro__]
        where = "".join(traceback.format_exception(error))[-3000:]
        answer = {"error": type(error).__name__, "families": families, "message": message, "trace": where}
        return {**answer, "open": open_files()}  # while the error is held


def rank(order: Answer) -> Answer:
    """Rank the damaged stack beside a good one."""
    os.chdir(order["folder"])
    before = open_files()
    answer = told(lambda: _rank(order))
    return {**answer, "left_open": answer.get("open", open_files()) - before}


def open_files() -> int:
    """How many this process has."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _rank(order: Answer) -> Answer:
    stacks = {"good": GOOD, "bad": order["uri"]}
    limits = ndreg_preeval.Limits(open_seconds=order["open_seconds"]) if order["isolate"] else None
    ranking = ndreg_preeval.rank_stacks(
        stacks, num_threads=order["threads"], isolate=order["isolate"], limits=limits
    )
    return {"stacks": _numbers(ranking)}


def plain(order: Answer) -> Answer:
    """Rank what plain h5py reads at the places that were ranked."""
    os.chdir(order["folder"])

    def work() -> Answer:
        stacks: Answer = {"good": GOOD}
        if not order["locations"]:
            return {"stacks": {}}
        stacks |= {name: read(location) for name, location in order["locations"].items()}
        return {"stacks": _numbers(ndreg_preeval.rank_stacks(stacks, num_threads=1))}

    return told(work)


def read(location: str) -> Any:
    """The pixels of a dataset, as h5py gives them."""
    name, _, path = location.partition("::")
    path, _, index = path.partition("&slice=")
    with h5py.File(name, "r") as file:
        return file[path][int(index) if index else ()]


def touch(order: Answer) -> Answer:
    """Do with plain h5py all that reading a file may take; to see whether it survives."""
    os.chdir(order["folder"])
    return {"done": sum(_touch(name) for name in sorted(Path().glob("*.h5")))}


def _touch(name: Path) -> int:
    done = 0
    with contextlib.suppress(OSError), h5py.File(name, "r") as file:
        datasets: list[Any] = []
        for attempt in (
            lambda: datasets.append(file["/entry/data"]),
            # Before anything else was looked at: what crashes may depend on that.
            lambda: [node.id.get_storage_size() for node in datasets],
            lambda: _groups(file),
            lambda: file.visititems(lambda _, node: datasets.append(node)),
            lambda: file.visititems_links(lambda *_: None),
        ):
            done += _survives(attempt)
        for node in datasets:
            for use in (_attributes, _properties, _chunks, _pixels, _images):
                done += _survives(lambda use=use, node=node: use(node))  # type: ignore[misc]
    return done


def _survives(work: Callable[[], object]) -> bool:
    try:
        work()
    except Exception:  # noqa: BLE001 - a crash is what is looked for
        return False
    return True


def _attributes(node: Any) -> None:
    for name in node.attrs:
        _survives(lambda name=name: node.attrs[name])  # type: ignore[misc]


def _groups(group: Any, depth: int = 3) -> None:
    """Attributes of groups, as far as one gets."""
    _survives(lambda: _attributes(group))
    for name in group if depth else ():
        if group.get(name, getclass=True) is h5py.Group:
            _survives(lambda name=name: _groups(group[name], depth - 1))  # type: ignore[misc]


def _properties(node: Any) -> None:
    properties = node.id.get_create_plist()
    for index in range(properties.get_nfilters()):
        properties.get_filter(index)
    _survives(lambda: node.fillvalue)
    _survives(node.id.get_storage_size)
    _survives(node.id.get_offset)


def _chunks(node: Any) -> None:
    found: list[Any] = []
    node.id.chunk_iter(lambda info: found.append(info.chunk_offset))
    for offset in found[:100]:
        _survives(lambda offset=offset: node.id.read_direct_chunk(offset))  # type: ignore[misc]


def _pixels(node: Any) -> None:
    if node.size * node.dtype.itemsize <= 1 << 29:
        node[()]


def _images(node: Any) -> None:
    for index in range(min(len(node), 8)):
        _survives(lambda index=index: node[index, :1])  # type: ignore[misc]
        if node[0].nbytes <= 1 << 26:
            _survives(lambda index=index: node[index])  # type: ignore[misc]


def _numbers(ranking: Any) -> Answer:
    """Each stack but the good one: where it is, and a digest of all its numbers."""
    found = {}
    for stack_score in ranking.stack_scores:
        if stack_score.name == "good":
            continue
        digest = hashlib.sha256(repr((stack_score.n_images, stack_score.shape, stack_score.score)).encode())
        for name in NUMBERS:
            digest.update(np.ascontiguousarray(getattr(stack_score, name)).tobytes())
        found[stack_score.name] = {
            "location": stack_score.location,
            "images": stack_score.n_images,
            "digest": digest.hexdigest(),
            "summary": f"{stack_score.n_images} x {stack_score.shape} {stack_score.dtype}: {stack_score.score!r}",
        }
    return found
