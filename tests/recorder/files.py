# SPDX-License-Identifier: MIT
"""Files for the cases, and arguments that cannot be ranked; all are made in the current folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ndreg_preeval import Limits

from ..fuzz.layouts import stack

TIFFS: dict[str, dict[str, Any]] = {
    "plain": {"metadata": None},
    "big-endian": {"byteorder": ">"},
    "ImageJ": {"imagej": True},
    "strips": {"rowsperstrip": 7, "metadata": None},
    "deflate": {"compression": "zlib", "predictor": True, "rowsperstrip": 5, "metadata": None},
    "zstd, tiles": {"compression": "zstd", "tile": (16, 16)},
}


def make_tiffs(layout: str) -> None:
    """Two TIFF files of one layout."""
    import tifffile

    for name, seed in (("one", 1), ("two", 2)):
        tifffile.imwrite(
            f"{name}.tif", np.tile(stack(seed), (2, 2, 1)), photometric="minisblack", **TIFFS[layout]
        )


def make_group() -> None:
    """Two stacks of one NXdata, and one behind a link."""
    with h5py.File("maps.h5", "w") as file:
        file.attrs["NX_class"] = "NXroot"
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        results = entry.create_group("fit/results")
        results.attrs["NX_class"] = "NXdata"
        results.attrs["signal"] = "A"
        results.attrs["auxiliary_signals"] = ["B", "C"]
        results.create_dataset("A", data=stack(1), chunks=(2, 16, 10), compression="gzip")
        results.create_dataset("B", data=stack(2).astype("f4"))
        results["C"] = h5py.SoftLink("/elsewhere")
        file.create_dataset("elsewhere", data=stack(3)[::-1], chunks=(1, 16, 20), compression="lzf")


def make_interleaved() -> None:
    """A dataset whose chunks hold pixels of several stacks."""
    data = np.stack([stack(i) for i in range(3)], axis=-1)
    with h5py.File("wise.h5", "w") as file:
        file.create_dataset("data", data=data, chunks=(2, 8, 20, 3), compression="gzip")


Failing = tuple[Callable[[], Any], Any, dict[str, Any]]


def _nothing() -> None:
    """No file is needed."""


def _cut() -> None:
    make_group()
    data = Path("maps.h5").read_bytes()
    Path("cut.h5").write_bytes(data[: len(data) // 2])


def _damaged() -> None:
    with h5py.File("bad.h5", "w") as file:
        made = file.create_dataset("data", data=stack(), chunks=(1, 16, 20), compression="gzip")
        info = made.id.get_chunk_info(2)
        file.create_dataset("flat", data=np.zeros((4, 4)))
        file.create_dataset("text", data=["a", "b"])
        file.create_dataset("complex", data=np.zeros((3, 4, 5), complex))
        file.create_group("empty")
        file["dangling"] = h5py.SoftLink("/nowhere")
        file["outside"] = h5py.ExternalLink("gone.h5", "/data")
    data = bytearray(Path("bad.h5").read_bytes())
    data[info.byte_offset + 5 : info.byte_offset + 60] = bytes(55)
    Path("bad.h5").write_bytes(data)


def make_errors() -> dict[str, Failing]:
    """By name: what makes the files, what is ranked, and how."""
    good = stack(7)

    def beside(bad: Any) -> dict[Any, Any]:
        return {"good": good, "bad": bad, "other": good[::-1]}

    numbers = {"good": good}
    return {
        "missing file": (_nothing, beside("gone.h5::/data"), {}),
        "text file": (lambda: Path("text.h5").write_text("no HDF5 file"), beside("text.h5::/data"), {}),
        "cut file": (_cut, beside("cut.h5::/entry/fit/results/B"), {}),
        "missing dataset": (_damaged, beside("bad.h5::/none"), {}),
        "damaged chunk": (_damaged, beside("bad.h5::/data"), {}),
        "damaged chunk, previous": (_damaged, beside("bad.h5::/data"), {"pairing": "previous"}),
        "two axes": (_damaged, beside("bad.h5::/flat"), {}),
        "text": (_damaged, beside("bad.h5::/text"), {}),
        "complex": (_damaged, beside("bad.h5::/complex"), {}),
        "group": (_damaged, beside("bad.h5::/empty"), {}),
        "dangling": (_damaged, beside("bad.h5::/dangling"), {}),
        "outside": (_damaged, beside("bad.h5::/outside"), {}),
        "slice": (_damaged, beside("bad.h5::/data?slice=3:9,0"), {}),
        "bad slice": (_damaged, beside("bad.h5::/data?slice=a"), {}),
        "limits": (_damaged, beside("bad.h5::/data"), {"limits": Limits(image_bytes=100)}),
        "no dataset": (_damaged, beside("bad.h5"), {}),
        "one dataset": (_damaged, "bad.h5::/data", {}),
        "list": (_damaged, ["bad.h5::/data", "gone.h5::/data"], {}),
        "missing TIFF": (_nothing, beside("gone.tif"), {}),
        "text TIFF": (lambda: Path("a.tif").write_text("no TIFF file"), beside("a.tif"), {}),
        "number": (_nothing, beside(3), {}),
        "None": (_nothing, beside(None), {}),
        "objects": (_nothing, beside(np.array([[[object()]]])), {}),
        "two-dimensional": (_nothing, beside(good[0]), {}),
        "ragged": (_nothing, beside([good[0], good[0][:3]]), {}),
        "short": (_nothing, beside(good[:1]), {"reference_image": 2}),
        "invalid": (_nothing, beside(np.where(good > 260, np.nan, good)), {"invalid": "raise"}),
        "only single images": (_nothing, {"a": good[:1], "b": good[:1]}, {}),
        "nothing valid": (_nothing, {"a": np.full((3, 8, 8), np.nan)}, {}),
        "empty": (_nothing, {}, {}),
        "empty list": (_nothing, [], {}),
        "one array": (_nothing, good, {}),
        "list of arrays": (_nothing, [good, good], {}),
        "set": (_nothing, {"a::b"}, {}),
        "forced": (_nothing, numbers, {"reference_stack": "none"}),
        "option method": (_nothing, numbers, {"method": "best"}),
        "option pairing": (_nothing, numbers, {"pairing": "next"}),
        "option precision": (_nothing, numbers, {"precision": "half"}),
        "option window": (_nothing, numbers, {"window": "box"}),
        "option cutoff": (_nothing, numbers, {"cutoff": -1}),
        "option max_shift": (_nothing, numbers, {"max_shift": "a"}),
        "option mask": (_nothing, numbers, {"mask": np.ones((3, 3), bool)}),
        "option mask dtype": (_nothing, numbers, {"mask": np.ones((16, 20))}),
        "option threads": (_nothing, numbers, {"num_threads": 0}),
        "option memory": (_nothing, numbers, {"memory_limit": 1.5}),
        "option limits": (_nothing, numbers, {"limits": 3}),
        "option executor": (_nothing, numbers, {"executor": 3}),
        "option isolate": (_nothing, numbers, {"isolate": 1}),
        "option reference_image": (_nothing, numbers, {"reference_image": 1.5}),
        "option on_error": (_nothing, numbers, {"on_error": "skip"}),
        "option progress": (_nothing, numbers, {"progress": 3}),
    }


def python(*arguments: str) -> list[str]:
    """What a command of the package prints, and its exit code."""
    call = [sys.executable, "-m", "ndreg_preeval", *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    return [f"$ {arguments} -> {done.returncode}", *done.stdout.splitlines(), *done.stderr.splitlines()]
