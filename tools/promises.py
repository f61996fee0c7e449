# SPDX-License-Identifier: MIT
"""What each extra promises: a function per extra, run where nothing else is installed.

`tools/extras.py` runs ``python promises.py EXTRA ROOT`` in a fresh environment and an empty folder.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import io
import os
import platform
import re
import struct
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

Promise = Callable[[Path], None]
PROMISES: Final[dict[str, Promise]] = {}
"""By extra; "" is what there is without any. Each is called with the root of the checkout."""

PACKAGE: Final = "ndreg_preeval"


def promise(extra: str) -> Callable[[Promise], Promise]:
    """Decorator: this function is what an extra promises."""

    def enter(function: Promise) -> Promise:
        PROMISES[extra] = function
        return function

    return enter


def stacks() -> dict[str, Any]:
    """Two stacks: noise, and a texture that moves, which is better."""
    import numpy as np

    rng = np.random.default_rng(0)
    scene = rng.integers(0, 4000, (64, 72)).astype("u2")
    moved = np.stack([np.roll(scene, (i, -2 * i), (0, 1)) for i in range(4)])
    return {"noise": rng.integers(0, 4000, moved.shape).astype("u2"), "moved": moved}


def check_ranks(given: Any, **options: Any) -> None:
    """Ranking what is given has to give what the arrays in memory give, bit by bit."""
    import numpy as np

    import ndreg_preeval

    found, expected = ndreg_preeval.rank_stacks(given, **options), ndreg_preeval.rank_stacks(stacks())
    assert found.ranked_stack_names == expected.ranked_stack_names == ["moved", "noise"]
    for name, score in found.stacks.items():
        np.testing.assert_array_equal(score.peak, expected.stacks[name].peak)


def run(*words: str | Path, folder: Path | None = None) -> str:
    """Run a command of this environment, which must succeed; gives what it prints."""
    name, *rest = map(str, words)
    command = str(Path(sysconfig.get_path("scripts")) / name)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [command, *rest], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{name} {rest} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def make_demo() -> str:
    """The URI of the group of a demo file."""
    from ndreg_preeval.cli.demo import make_demo as make

    return str(make(Path("demo.h5"), n_images=6, shape=(64, 72)).uri)


@promise("")
def nothing(_: Path) -> None:
    """Arrays and HDF5 files are ranked, with a bar and a report; what is missing says which package and extra it takes."""
    import ndreg_preeval

    check_ranks(stacks())
    with contextlib.redirect_stderr(io.StringIO()) as shown:
        ndreg_preeval.rank_stacks(stacks(), progress=True)
    assert "image/s" in shown.getvalue(), shown.getvalue()
    ranking = ndreg_preeval.rank_stacks(make_demo())
    assert "Stack to align with" in ranking._repr_html_()
    ranking.save_html("report.html")
    assert "data:image/png" in Path("report.html").read_text(encoding="utf-8")
    page = struct.pack("<HHHI4sI", 1, 256, 3, 1, b"\x08\0\0\0", 0)  # a width is all that it says
    Path("a.tif").write_bytes(b"II*\0\x08\0\0\0" + page)
    lacking: dict[str, Callable[[], object]] = {
        'pip install matplotlib, or the extra "plot"': lambda: ranking.plot("a.png"),
        'pip install pandas, or the extra "pandas"': ranking.to_dataframe,
        'pip install tifffile imagecodecs, or the extra "tiff"': lambda: ndreg_preeval.score_stack("a.tif"),
        'pip install ewoks, or the extra "ewoks"': lambda: importlib.import_module(f"{PACKAGE}.ewoks.models"),
    }
    for advice, use in lacking.items():
        said = ""
        try:
            use()
        except ImportError as error:
            said = str(error)
        assert advice in said, f"{advice}: {said or 'needs nothing'}"
    run("ndreg-preeval", "info")


@promise("plot")
def plot(_: Path) -> None:
    """README's first command: a file, a table and a picture."""
    assert "check ok" in run("ndreg-preeval", "demo")
    assert Path("ndreg_preeval_demo.png").read_bytes().startswith(b"\x89PNG")


@promise("pandas")
def pandas(_: Path) -> None:
    """Data frames, a row per stack and a row per image."""
    import ndreg_preeval

    ranking = ndreg_preeval.rank_stacks(stacks())
    assert list(ranking.to_dataframe()["stack"]) == ["moved", "noise"]
    assert len(ranking.to_dataframe(images=True)) == 6


@promise("dask")
def dask(_: Path) -> None:
    """Stacks of dask arrays."""
    arrays: Any = importlib.import_module("dask.array")
    check_ranks({name: arrays.from_array(stack, chunks=(2, 32, 72)) for name, stack in stacks().items()})


@promise("decode")
def decode(_: Path) -> None:
    """Each compression that the extra is for is decoded outside HDF5, to the same bits."""
    import h5py
    import hdf5plugin

    from ndreg_preeval.stacks.hdf5.readers.chunk_index import filters_of

    kinds = {
        "deflate": {"compression": "gzip"},
        "bzip2": dict(hdf5plugin.BZip2()),
        "lzf": {"compression": "lzf"},
        "lz4": dict(hdf5plugin.LZ4()),
        "zstd": dict(hdf5plugin.Zstd()),
        "blosc": dict(hdf5plugin.Blosc()),
        "blosc2": dict(hdf5plugin.Blosc2()),
        "bitshuffle": dict(hdf5plugin.Bitshuffle()),
        "bitshuffle-zstd": dict(hdf5plugin.Bitshuffle(cname="zstd")),
    }
    with h5py.File("all.h5", "w") as file:
        for kind, options in kinds.items():
            for name, stack in stacks().items():
                file.create_dataset(f"{kind}/{name}", data=stack, chunks=(1, *stack.shape[1:]), **options)
            missing = [each for each in filters_of(file[f"{kind}/noise"]) if each.decoder is None]
            assert not missing, f"{kind}: {missing} has to be decoded by HDF5"
    for kind in kinds:
        check_ranks({name: f"all.h5::/{kind}/{name}" for name in stacks()})


@promise("tiff")
def tiff(_: Path) -> None:
    """TIFF files, compressed or not."""
    import tifffile

    for compression in (None, "lzw", "zlib", "zstd"):
        for name, stack in stacks().items():
            tifffile.imwrite(f"{name}.tif", stack, photometric="minisblack", compression=compression)
        check_ranks({name: f"{name}.tif" for name in stacks()})


@promise("pictures")
def pictures(_: Path) -> None:
    """Pictures of grey values, as masks."""
    import numpy as np
    from PIL import Image

    import ndreg_preeval

    stack = stacks()["moved"]
    mask = np.arange(stack[0].size).reshape(stack[0].shape) % 7 > 0
    for ending in ("png", "jp2", "bmp"):
        Image.fromarray(mask.astype("u1")).save(f"mask.{ending}")
        found = ndreg_preeval.score_stack(stack, mask=f"mask.{ending}", mask_valid=1)
        assert found.score == ndreg_preeval.score_stack(stack, mask=mask).score


@promise("em")
def em(_: Path) -> None:
    """Files of electron microscopes."""
    import mrcfile

    for name, stack in stacks().items():
        with mrcfile.new(f"{name}.mrc") as file:
            file.set_data(stack)
    check_ranks({name: f"{name}.mrc" for name in stacks()})
    importlib.import_module("ncempy.io.dm")
    importlib.import_module("ncempy.io.ser")


@promise("zarr")
def zarr(_: Path) -> None:
    """Groups of zarr, open or by name."""
    package: Any = importlib.import_module("zarr")
    group = package.open_group("a.zarr", mode="w")
    for name, stack in stacks().items():
        group[name] = stack
    check_ranks(group)
    check_ranks("a.zarr")


@promise("ewoks")
def ewoks(_: Path) -> None:
    """The task in Python, and the workflow from the command line."""
    from ndreg_preeval.ewoks.reg2d_preeval import Reg2DPreEvaluation

    task = Reg2DPreEvaluation(inputs={"image_stacks": stacks()})
    task.execute()
    assert task.get_output_values()["reference_stack"] == "moved"
    printed = run(
        *("ewoks", "execute", f"{PACKAGE}.ewoks.workflows.rank", "--workflow-format", "json_module"),
        *("-pn", f"rank:image_stacks={make_demo()}", "--outputs", "end"),
    )
    assert "'reference_stack': 'Ca-K'" in printed, printed


@promise("completion")
def completion(_: Path) -> None:
    """A script that completes commands, for each shell."""
    for shell in ("bash", "zsh", "tcsh"):
        assert "ndreg-preeval" in run("ndreg-preeval", "completion", shell)


@promise("orange")
def orange(root: Path) -> None:
    """The canvas starts, and the widget ranks and draws, as docs/orange.md has it."""
    assert "usage" in run("ewoks-canvas", "--help").lower()
    run("python", root / "docs" / "orange_screenshot.py", "widget.png")
    assert Path("widget.png").read_bytes().startswith(b"\x89PNG")
    ewoks(root)


@promise("bench")
def bench(root: Path) -> None:
    """Every peer that the benchmarks name is there, and those of bare transforms give the image back."""
    import numpy as np

    sys.path.insert(0, str(root / "benchmarks"))
    image = np.random.default_rng(0).normal(size=(64, 72))
    pairs: dict[str, Any] = importlib.import_module("speed_parts.fft_pairs").PAIRS
    for name, make in pairs.items():
        if "mkl" not in name.lower() or platform.machine() == "x86_64":
            make([image])
    for name in ("skimage.registration", "cv2"):
        importlib.import_module(name)
    decode(root)


@promise("test")
def test(root: Path) -> None:
    """Tests of arrays, files and reports find all that they import; none is left out for want of a package."""
    chosen = [
        "packaging/test_minimal",
        "stacks/memory/test_other_arrays",
        "report/test_figure",
        "stacks/tiff/test_source",
        "ewoks/test_reg2d_preeval",
        "core/test_dtypes",
    ]
    printed = run(
        *("python", "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *(root / "tests" / f"{name}.py" for name in chosen),
        folder=root,
    )
    print(printed.strip().splitlines()[-1])
    left_out = [line for line in printed.splitlines() if re.match("SKIPPED.*(import|install)", line)]
    assert not left_out, left_out


@promise("all")
def everything(root: Path) -> None:
    """What the others promise one by one."""
    for extra in ("plot", "pandas", "dask", "decode", "tiff", "pictures", "zarr", "ewoks", "completion"):
        PROMISES[extra](root)


def check_spelling() -> None:
    """Extras of other packages that ours ask for are spelt as the metadata of those packages have them.

    pip before 23.3 does not find them otherwise, and only warns.
    """
    for line in importlib.metadata.requires(PACKAGE) or []:
        found = re.match(r"([\w.-]+)\s*\[([^]]+)\]", line)
        if found is None:
            continue
        try:
            distribution = importlib.metadata.distribution(found[1])
        except importlib.metadata.PackageNotFoundError:
            continue  # another extra brings it
        provided = distribution.metadata.get_all("Provides-Extra") or []
        for extra in map(str.strip, found[2].split(",")):
            assert extra in provided, f"{found[1]} has no extra {extra!r}: {provided}"


if __name__ == "__main__":
    check_spelling()
    PROMISES[sys.argv[1]](Path(sys.argv[2]))
