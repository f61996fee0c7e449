# SPDX-License-Identifier: MIT
"""A Python that was built without zlib, bzip2 or ctypes: what it can do, and what it says of the rest."""

from __future__ import annotations

import bz2
import json
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest

import ndreg_preeval

SCENE = np.arange(32 * 40).reshape(32, 40) ** 2 % 251
STACK = np.stack([np.roll(SCENE, (i, -i), (0, 1)) for i in range(4)]).astype("u2")
CHUNKS = {"chunks": (1, 32, 40)}
BZIP2 = {**CHUNKS, **hdf5plugin.BZip2()}
DEFLATE = {**CHUNKS, "compression": "gzip"}

# None in place of a module is how Python itself remembers that there is none.
SCRIPT = """
import json, sys
import numpy, numpy.random
{before}
for name in {missing}:
    sys.modules[name] = None
import ndreg_preeval

def ranked(stacks):
    try:
        ranking = ndreg_preeval.rank_stacks(stacks)
    except (OSError, ImportError) as error:
        return type(error).__name__ + ": " + str(error)
    return [score.peak.tolist() for score in ranking.stacks.values()]

{after}
print(json.dumps({expression}))
"""

NO_ZLIB = ["zlib"]
NO_BZIP2 = ["bz2", "_bz2"]
NO_CTYPES = ["ctypes", "_ctypes"]
EVERYTHING = [*NO_ZLIB, *NO_BZIP2, *NO_CTYPES, "lzma", "_lzma", "sqlite3", "_sqlite3", "ssl", "_ssl"]
KINDS = {"zlib": NO_ZLIB, "bzip2": NO_BZIP2, "ctypes": NO_CTYPES, "all": EVERYTHING}
# Whether h5py and imagecodecs can be imported without zlib depends on how they were compiled: where a test
# is about what comes after, they are there before it goes.
READERS = "import h5py, hdf5plugin, silx.io.h5py_utils, silx.io.nxdata"
DECODER = "import imagecodecs; imagecodecs.DEFLATE.available"
NO_DECODER = "sys.modules['imagecodecs'] = None"


def without(missing: list[str], expression: str, before: str = "", after: str = "") -> Any:
    """What an expression is in a process without some modules."""
    script = SCRIPT.format(before=before, missing=missing, after=after, expression=expression)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ranked_here(stacks: dict[str, Any]) -> list[list[float]]:
    return [score.peak.tolist() for score in ndreg_preeval.rank_stacks(stacks).stacks.values()]


def one_file(path: Path, **options: Any) -> str:
    with h5py.File(path, "w") as file:
        file.create_dataset("stack", data=STACK, **options)
    return f"{path}::/stack"


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_rank(kind: str) -> None:
    made = (
        "scene = numpy.arange(32 * 40).reshape(32, 40) ** 2 % 251\n"
        "stack = numpy.stack([numpy.roll(scene, (i, -i), (0, 1)) for i in range(4)]).astype('u2')\n"
    )
    found = without(KINDS[kind], "ranked({'a': stack, 'b': list(stack[::-1])})", after=made)
    assert found == ranked_here({"a": STACK, "b": list(STACK[::-1])})


@pytest.mark.parametrize("kind", KINDS)
def test_files_rank_that_need_none_of_them(tmp_path: Path, kind: str) -> None:
    uri = one_file(tmp_path / "a.h5", **CHUNKS, shuffle=True, fletcher32=True)
    assert without(KINDS[kind], f"ranked({{'a': {uri!r}}})", READERS) == ranked_here({"a": STACK})


BUILT_WITHOUT = "and this Python was built without it: use one that has it"
INSTEAD = ', or install imagecodecs (extra "decode"), which does without'


@pytest.mark.parametrize(
    ("missing", "readable", "refused", "message"),
    [
        (NO_ZLIB, BZIP2, DEFLATE, f"module zlib (HDF5 filter 1), {BUILT_WITHOUT}"),
        (
            NO_BZIP2,
            DEFLATE,
            BZIP2,
            f"module bz2 (HDF5 filter 307), {BUILT_WITHOUT}{INSTEAD}",
        ),
    ],
    ids=["zlib", "bzip2"],
)
def test_what_needs_one_says_so_and_the_rest_ranks(
    tmp_path: Path, missing: list[str], readable: dict[str, Any], refused: dict[str, Any], message: str
) -> None:
    one, other = one_file(tmp_path / "a.h5", **readable), one_file(tmp_path / "b.h5", **refused)
    expression = f"[ranked({{'a': {one!r}}}), ranked({{'a': {other!r}}})]"
    found = without(missing, expression, READERS, NO_DECODER)
    assert found[0] == ranked_here({"a": STACK})
    assert found[1].startswith("OSError: stack 'a'")
    assert found[1].endswith(message)


@pytest.mark.parametrize("writing", [False, True], ids=["decoded here", "decoded by HDF5"])
@pytest.mark.parametrize(("missing", "options"), [(NO_ZLIB, DEFLATE), (NO_BZIP2, BZIP2)])
def test_imagecodecs_instead(
    tmp_path: Path, missing: list[str], options: dict[str, Any], writing: bool
) -> None:
    """The same bits; and no pixels of chunks that inflate to less or more than they should, or not at all.

    Pixels of a file that this process has open for writing are decoded by HDF5, and measured before.
    """
    pytest.importorskip("imagecodecs")
    paths = {kind: tmp_path / f"{kind}.h5" for kind in ("good", "short", "long", "cut")}
    uris = {kind: one_file(path, **options) for kind, path in paths.items()}
    for kind in ("short", "long", "cut"):
        spoil(paths[kind], kind, zlib.compress if options is DEFLATE else bz2.compress)
    names = list(map(str, paths.values())) if writing else []
    opened = f"held = [sys.modules['h5py'].File(name, 'r+') for name in {names}]"
    expression = f"{{kind: ranked({{'a': uri}}) for kind, uri in {uris}.items()}}"
    found = without(missing, expression, f"{READERS}\n{DECODER}", opened)
    assert found.pop("good") == ranked_here({"a": STACK})
    for text in found.values():
        assert text.startswith("OSError: stack 'a'")
        assert "the chunk at (1, 0, 0)" in text


def spoil(path: Path, kind: str, compress: Any) -> None:
    """Give the second image a chunk of another length, or cut it in the middle."""
    content = STACK[1].tobytes()
    raw = compress({"short": content[:-1], "long": content * 2, "cut": content}[kind])
    with h5py.File(path, "r+") as file:
        file["stack"].id.write_direct_chunk((1, 0, 0), raw[: len(raw) // 2] if kind == "cut" else raw)


def test_plugins_that_cannot_be_imported(tmp_path: Path) -> None:
    uri = one_file(tmp_path / "a.h5", **CHUNKS, **hdf5plugin.Blosc())
    found = without(NO_CTYPES, f"ranked({{'a': {uri!r}}})")
    assert "the pixels need the HDF5 filter 32001" in found
    assert "hdf5plugin (blosc) brings it; it cannot be imported: " in found
    assert found.endswith("(this Python was built without ctypes)")


def test_h5py_that_cannot_be_imported(tmp_path: Path) -> None:
    uri = one_file(tmp_path / "a.h5")
    for found in without([*NO_ZLIB, "h5py"], f"[ranked({{'a': {uri!r}}}), ranked({uri!r})]"):
        assert found.startswith("ImportError: ")
        assert "reading files needs h5py, which cannot be imported: " in found
        assert found.endswith("(this Python was built without zlib)")
